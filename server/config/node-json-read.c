/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/node-json.h"

#include "config/number.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Where the next value came from: see "at" in the header. */
struct json_position {
	const json_t *at;
	const char **files; /* file_count of them, in the arena */
	size_t file_count;
	size_t run, word; /* the run and the place in it to read next */
	const char *file;
	int64_t line, step;
	int64_t left; /* values still to come on this line */
	int64_t n, times;
};

struct json_reader {
	struct arena *arena;
	struct json_position position;
	bool has_no_memory;
};

static void
json_free(json_t **json)
{
	json_decref(*json);
}

static bool
json_integer_at(
    const json_t *list, size_t i, int64_t low, int64_t high, int64_t *value_r)
{
	const json_t *v = json_array_get(list, i);

	*value_r = json_integer_value(v);
	return json_is_integer(v) && *value_r >= low && *value_r <= high;
}

static bool
position_next_run(struct json_position *p)
{
	const json_t *run = json_array_get(p->at, p->run++);
	int64_t file;

	if (!json_integer_at(run, 0, 0, (int64_t)p->file_count - 1, &file) ||
	    !json_integer_at(run, 1, 0, UINT32_MAX, &p->line))
		return false;
	p->file = p->files[file];
	p->word = 2;
	return true;
}

/* Begin the next line that has values. */
static bool
position_next_line(struct json_position *p)
{
	const json_t *run = json_array_get(p->at, p->run - 1);

	p->line += p->step;
	if (p->times == 0) {
		p->step = 0;
		if ((!p->run || p->word == json_array_size(run)) &&
		    !position_next_run(p))
			return false;
		run = json_array_get(p->at, p->run - 1);
		if (!json_integer_at(run, p->word, 1, INT64_MAX, &p->n) ||
		    !json_integer_at(run, p->word + 1, -(int64_t)UINT32_MAX,
			UINT32_MAX, &p->step) ||
		    !json_integer_at(run, p->word + 2, 1, INT64_MAX, &p->times))
			return false;
		p->word += 3;
	}
	p->times--;
	p->left = p->n;
	return p->line >= 0 && p->line <= UINT32_MAX;
}

static bool
position_take(struct json_position *p, struct node *n)
{
	if (!p->left && !position_next_line(p))
		return false;
	p->left--;
	n->file = p->file;
	n->line = (uint32_t)p->line;
	return true;
}

static const char *
reader_copy(struct json_reader *r, const json_t *string)
{
	const char *copy = arena_copy(
	    r->arena, json_string_value(string), json_string_length(string));

	if (!copy)
		r->has_no_memory = true;
	return copy;
}

static const char *
reader_number(struct json_reader *r, const json_t *json)
{
	char text[NUMBER_TEXT_MAX];
	size_t n = json_is_integer(json)
		       ? number_from_integer(json_integer_value(json), text)
		       : number_from_real(json_real_value(json), text);
	char *copy = arena_copy(r->arena, text, n);

	if (!copy)
		r->has_no_memory = true;
	return copy;
}

static bool
reader_node(struct json_reader *r, const json_t *json, struct node *n);

static bool
reader_list(struct json_reader *r, const json_t *json, struct node *n)
{
	n->kind = NODE_LIST;
	n->text = "";
	n->count = json_array_size(json);
	n->items = arena_array(r->arena, n->count, sizeof(*n->items));
	if (!n->items) {
		r->has_no_memory = true;
		return false;
	}
	for (size_t i = 0; i < n->count; i++)
		if (!reader_node(r, json_array_get(json, i), &n->items[i]))
			return false;
	return true;
}

static bool
reader_map(struct json_reader *r, const json_t *json, struct node *n)
{
	n->kind = NODE_MAP;
	n->text = "";
	n->count = json_array_size(json) / 2;
	n->items = arena_array(r->arena, n->count, sizeof(*n->items));
	if (!n->items) {
		r->has_no_memory = true;
		return false;
	}
	if (json_array_size(json) != 2 * n->count + 1)
		return false;
	for (size_t i = 0; i < n->count; i++) {
		const json_t *key = json_array_get(json, 2 * i + 1);

		if (!json_is_string(key) ||
		    !(n->items[i].key = reader_copy(r, key)) ||
		    !reader_node(
			r, json_array_get(json, 2 * i + 2), &n->items[i]))
			return false;
	}
	return true;
}

static bool
reader_scalar(struct json_reader *r, const json_t *json, struct node *n)
{
	switch (json_typeof(json)) {
	case JSON_STRING:
		n->kind = NODE_TEXT;
		n->text = reader_copy(r, json);
		return n->text;
	case JSON_INTEGER:
		n->kind = NODE_INT;
		n->integer = json_integer_value(json);
		n->text = reader_number(r, json);
		return n->text;
	case JSON_REAL:
		n->kind = NODE_REAL;
		n->real = json_real_value(json);
		n->text = reader_number(r, json);
		return n->text;
	case JSON_TRUE:
	case JSON_FALSE:
		n->kind = NODE_BOOL;
		n->integer = json_is_true(json);
		n->text = n->integer ? "true" : "false";
		return true;
	default:
		return false;
	}
}

static bool
reader_node(struct json_reader *r, const json_t *json, struct node *n)
{
	if (!json || !position_take(&r->position, n))
		return false;
	if (!json_is_array(json))
		return reader_scalar(r, json, n);
	if (json_is_null(json_array_get(json, 0)))
		return reader_map(r, json, n);
	return reader_list(r, json, n);
}

static bool
reader_files(struct json_reader *r, const json_t *files)
{
	struct json_position *p = &r->position;
	size_t count = json_array_size(files);

	p->files = arena_array(r->arena, count, sizeof(*p->files));
	if (!p->files) {
		r->has_no_memory = true;
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const json_t *name = json_array_get(files, i);

		if (!json_is_string(name))
			return false;
		p->files[i] = reader_copy(r, name);
		if (!p->files[i])
			return false;
	}
	p->file_count = count;
	return true;
}

/* The errors that the child found, if that is what it sent. */
static bool
reader_errors(const json_t *json, struct report *report)
{
	const json_t *errors = json_object_get(json, "errors");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *error = json_array_get(errors, i);
		const char *s = json_string_value(json_array_get(error, 0));
		const char *file = json_string_value(json_array_get(error, 1));
		json_int_t line = json_integer_value(json_array_get(error, 2));

		if (!s)
			continue;
		report_error(report, file,
		    line > 0 && line <= UINT_MAX ? (unsigned)line : 0, "%s", s);
		count++;
	}
	return count;
}

struct config_tree *
node_json_read(
    const char *text, size_t n, const char *path, struct report *report)
{
	json_t *json CLEANUP(json_free) = json_loadb(text, n, 0, NULL);
	struct config_tree *tree;
	struct json_reader r = { 0 };

	if (reader_errors(json, report))
		return NULL;
	tree = calloc(1, sizeof(*tree));
	if (!tree) {
		report->out_of_memory = true;
		return NULL;
	}
	r.arena = &tree->arena;
	r.position.at = json_object_get(json, "at");
	if (reader_files(&r, json_object_get(json, "files")) &&
	    reader_node(&r, json_object_get(json, "root"), &tree->root) &&
	    tree->root.kind == NODE_MAP)
		return tree;
	if (r.has_no_memory)
		report_error(report, path, 0, "out of memory");
	else
		report_error(report, path, 0,
		    "the configuration reader sent no configuration "
		    "(an internal error)");
	config_tree_destroy(&tree);
	return NULL;
}
