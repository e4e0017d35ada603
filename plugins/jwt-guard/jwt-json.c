/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-json.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* An empty object takes three bytes of text and some 250 of memory. */
enum { CONTAINERS_MAX = 1024 };

/* Behind the string whose first quote is at p, or the end. */
static const char *
string_skip(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

/* Before anything is allocated: how deep is it, and of how many objects and
 * arrays?  That it is no JSON at all is for jansson to say. */
static int
shape_check(const char *p, size_t n, unsigned depth_max)
{
	const char *const end = p + n;
	unsigned depth = 0, count = 0;

	while (p < end) {
		if (*p == '"') {
			p = string_skip(p, end);
			continue;
		}
		if (*p == '{' || *p == '[') {
			if (++depth > depth_max || ++count > CONTAINERS_MAX)
				return -E2BIG;
		} else if ((*p == '}' || *p == ']') && depth > 0) {
			depth--;
		}
		p++;
	}
	return 0;
}

/* jansson's own sentence would quote the text. */
static const char *
flaw_words(const json_error_t *e)
{
	switch (json_error_code(e)) {
	case json_error_premature_end_of_input:
		return "it ends too early";
	case json_error_end_of_input_expected:
		return "something follows its end";
	case json_error_invalid_utf8:
		return "it is not UTF-8";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a string holds a NUL";
	case json_error_duplicate_key:
		return "a member is there twice";
	case json_error_numeric_overflow:
		return "a number is too large";
	default:
		return "the syntax is wrong";
	}
}

json_t *
jwt_json_read(
    const void *text, size_t n, unsigned depth_max, char *why, size_t why_size)
{
	json_error_t error = { 0 };
	json_t *json;

	/* jansson does not see one behind a number or a word. */
	if (memchr(text, '\0', n)) {
		snprintf(
		    why, why_size, "is not strict JSON: it holds a zero byte");
		errno = EINVAL;
		return NULL;
	}
	if (shape_check(text, n, depth_max) < 0) {
		snprintf(why, why_size,
		    "is nested deeper than %u, or has more than %d parts",
		    depth_max, CONTAINERS_MAX);
		errno = EINVAL;
		return NULL;
	}
	json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	if (json)
		return json;
	errno = error.text[0] ? EINVAL : ENOMEM; /* of that it says nothing */
	if (errno == ENOMEM)
		snprintf(why, why_size, "cannot be read: out of memory");
	else
		snprintf(why, why_size,
		    "is not strict JSON: %s (line %d, column %d)",
		    flaw_words(&error), error.line, error.column);
	return NULL;
}

/* ---- how much it takes */

/* An allocation of n bytes. */
static size_t
piece(size_t n)
{
	return n <= 24 ? 32 : (n + 8 + 15) / 16 * 16;
}

/* A table that begins with eight places and is doubled. */
static size_t
table(size_t count, size_t place)
{
	size_t places = 8;

	while (places < count)
		places *= 2;
	return piece(places * place);
}

static size_t value_memory(const json_t *v);

static size_t
object_memory(const json_t *object)
{
	json_t *v = (json_t *)(uintptr_t)object; /* it is not changed */
	size_t n =
	    piece(72) + table(json_object_size(object), 2 * sizeof(void *));

	for (void *i = json_object_iter(v); i; i = json_object_iter_next(v, i))
		n += piece(57 + json_object_iter_key_len(i)) +
		     value_memory(json_object_iter_value(i));
	return n;
}

static size_t
array_memory(const json_t *v)
{
	size_t n = piece(40) + table(json_array_size(v), sizeof(void *));

	for (size_t i = 0; i < json_array_size(v); i++)
		n += value_memory(json_array_get(v, i));
	return n;
}

static size_t
value_memory(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return object_memory(v);
	case JSON_ARRAY:
		return array_memory(v);
	case JSON_STRING:
		return piece(32) + piece(json_string_length(v) + 1);
	case JSON_INTEGER:
	case JSON_REAL:
		return piece(24);
	default:
		return 0; /* there is one of each */
	}
}

/* A string stays in the room that its text took, escapes and all. */
size_t
jwt_json_memory(const json_t *v, size_t n)
{
	return value_memory(v) + n;
}
