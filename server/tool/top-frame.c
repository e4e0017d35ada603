/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/top.h"

#include "tool/ask.h"
#include "tool/view.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char *const top_counts[] = { "accepted", "from_client",
	"to_client", "from_backend", "to_backend" };

void
top_sample_finish(struct top_sample *s)
{
	json_decref(s->pipelines);
	json_decref(s->connections);
	*s = (struct top_sample){ 0 };
}

int
top_sample_take(struct top_sample *s, const struct tool *t)
{
	CLEANUP(json_release)
	json_t *arguments =
	    json_pack("{s:b, s:i}", "stages", 0, "limit", TOP_SAMPLE);
	int rc = arguments ? ask_well(t, "pipelines", NULL, &s->pipelines)
			   : tool_no_memory();

	if (!rc)
		rc = ask_well(t, "connections", arguments, &s->connections);
	s->at_ms = clock_ms();
	return rc;
}

/* A counter that went back began anew. */
static json_int_t
top_rate(int64_t was, int64_t is, int64_t interval_ms)
{
	double rate;

	if (interval_ms <= 0 || is < was)
		return 0;
	rate = (double)(is - was) * 1000 / (double)interval_ms;
	return rate < (double)VIEW_INT_MAX ? (json_int_t)rate : VIEW_INT_MAX;
}

/* What an entry is known by: a name, or a number. */
static const char *
top_key(const json_t *entry, const char *key, char number[32])
{
	const char *name = view_text(entry, key);

	if (*name)
		return name;
	snprintf(number, 32, "%lld", (long long)view_int(entry, key));
	return number;
}

/* The entries of a list by their keys. */
static json_t *
top_index(const json_t *list, const char *key)
{
	json_t *index = json_object(), *entry;
	char number[32];
	size_t i;

	json_array_foreach(
	    list, i, entry) if (json_object_set(index,
				    top_key(entry, key, number), entry) < 0)
	{
		json_decref(index);
		return NULL;
	}
	return index;
}

static const json_t *
top_find(const json_t *index, const json_t *entry, const char *key)
{
	char number[32];

	return json_object_get(index, top_key(entry, key, number));
}

/* Add "from_client_rate" and so on to r, and their sum as "rate". */
static int
top_add_rates(json_t *r, const json_t *was, const json_t *is, int64_t ms)
{
	json_int_t sum = 0;

	for (size_t i = 0; i < ARRAY_COUNT(top_counts); i++) {
		const char *name = top_counts[i];
		json_int_t rate =
		    was ? top_rate(view_int(was, name), view_int(is, name), ms)
			: 0;
		char key[32];

		snprintf(key, sizeof(key), "%s_rate", name);
		if (json_object_get(is, name) &&
		    json_object_set_new(r, key, json_integer(rate)) < 0)
			return -1;
		sum += i ? rate : 0;
	}
	return json_object_set_new(r, "rate", json_integer(sum));
}

static json_t *
top_entry(
    const json_t *was, const json_t *is, int64_t ms, const char *const *keys)
{
	json_t *r = json_object();

	for (; r && *keys; keys++) {
		json_t *value = json_object_get(is, *keys);

		if (value && json_object_set(r, *keys, value) < 0)
			break;
	}
	if (!r || *keys || top_add_rates(r, was, is, ms) < 0) {
		json_decref(r);
		return NULL;
	}
	return r;
}

/* Every entry of the newer list with its rates.  NULL: no memory. */
static json_t *
top_entries(const json_t *was, const json_t *is, int64_t ms, const char *key,
    const char *const *keys)
{
	CLEANUP(json_release) json_t *index = top_index(was, key);
	json_t *list = json_array(), *entry;
	size_t i;

	json_array_foreach(is, i, entry)
	{
		json_t *e = index ? top_entry(top_find(index, entry, key),
					entry, ms, keys)
				  : NULL;

		if (json_array_append_new(list, e) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int
top_compare(const void *a, const void *b)
{
	int64_t x = view_int(*(json_t *const *)a, "rate");
	int64_t y = view_int(*(json_t *const *)b, "rate");

	return (x < y) - (x > y);
}

/* The most active ones, in a list of their own. */
static json_t *
top_busiest(const json_t *list)
{
	size_t n = json_array_size(list), i;
	json_t **sorted = calloc(n ? n : 1, sizeof(*sorted));
	json_t *r = sorted ? json_array() : NULL, *entry;

	if (r) {
		json_array_foreach(list, i, entry) sorted[i] = entry;
		qsort(sorted, n, sizeof(*sorted), top_compare);
	}
	for (i = 0; r && i < n && i < TOP_CONNECTIONS; i++) {
		if (json_array_append(r, sorted[i]) == 0)
			continue;
		json_decref(r);
		r = NULL;
	}
	free(sorted);
	return r;
}

json_t *
top_frame(const struct top_sample *was, const struct top_sample *is)
{
	static const char *const pipeline_keys[] = { "name", "is_drained",
		"connections", NULL };
	static const char *const connection_keys[] = { "id", "pipeline", "peer",
		"identity", "age_ms", "idle_ms", "state", NULL };
	int64_t ms = was->pipelines ? is->at_ms - was->at_ms : 0;
	CLEANUP(json_release)
	json_t *all = top_entries(view_list(was->connections, "connections"),
	    view_list(is->connections, "connections"), ms, "id",
	    connection_keys);

	/* A NULL among them makes the whole NULL. */
	return json_pack("{s:I, s:o, s:o, s:I, s:b}", "interval_ms",
	    (json_int_t)ms, "pipelines",
	    top_entries(view_list(was->pipelines, "pipelines"),
		view_list(is->pipelines, "pipelines"), ms, "name",
		pipeline_keys),
	    "connections", all ? top_busiest(all) : NULL, "matched",
	    (json_int_t)view_int(is->connections, "matched"), "is_cut",
	    view_flag(is->connections, "is_cut"));
}
