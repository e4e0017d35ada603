/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* section-plugins.c - the metrics of the bindings.  A family has to be in one
 * piece, so bindings of one type are taken together, metric by metric. */

#include "metrics/sections.h"

#include "base/compiler.h"
#include "base/utf8.h"
#include "metrics/families.h"
#include "metrics/scribe.h"
#include "pipeline/metric.h"
#include "plugins/metric-name.h"
#include "plugins/negotiate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One metric of one binding. */
struct entry {
	char *family;
	struct bnd_metric metric;
	const struct ledger *ledger;
	size_t place; /* of the ledger in the roster */
	size_t cell;  /* where its cells begin */
};

struct entries {
	struct entry *v;
	size_t count, capacity;
};

static void
entries_finish(struct entries *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->v[i].family);
	free(e->v);
}

static int
entries_grow(struct entries *e)
{
	size_t capacity = e->capacity ? e->capacity * 2 : 64;
	struct entry *v;

	if (e->count < e->capacity)
		return 0;
	v = reallocarray(e->v, capacity, sizeof(*v));
	if (!v)
		return -ENOMEM;
	e->v = v;
	e->capacity = capacity;
	return 0;
}

static int
entries_add_metric(struct entries *e, const struct entry *entry)
{
	char prefix[NEGOTIATE_NAME + 16];
	char *family;

	snprintf(
	    prefix, sizeof(prefix), "bindery_%s_", entry->ledger->key.type);
	family = metric_family(prefix, &entry->metric);
	if (!family || entries_grow(e) < 0) {
		free(family);
		return -ENOMEM;
	}
	e->v[e->count] = *entry;
	e->v[e->count++].family = family;
	return 0;
}

static int
entries_add_ledger(struct entries *e, const struct ledger *l, size_t place)
{
	struct entry entry = { .ledger = l, .place = place };

	for (size_t i = 0;
	     metric_at(l->key.metrics, l->key.metric_size, i, &entry.metric);
	     i++) {
		if (entries_add_metric(e, &entry) < 0)
			return -ENOMEM;
		entry.cell += metric_cells(&entry.metric);
	}
	return 0;
}

/* By family, then as the roster has them, then as the plugin has them. */
static int
entry_compare(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int rc = strcmp(a->family, b->family);

	if (rc == 0 && a->place != b->place)
		rc = a->place < b->place ? -1 : 1;
	if (rc == 0)
		rc = a->cell < b->cell ? -1 : 1;
	return rc;
}

/* ----------------------------------------------------------------- writing */

static void
text_free(char **text)
{
	free(*text);
}

static void
write_head(FILE *out, const struct entry *e)
{
	CLEANUP(text_free)
	char *help = strdup(e->metric.doc ? e->metric.doc : "");

	if (help)
		utf8_tame(help);
	scribe_family(
	    out, e->family, metric_kind_name(e->metric.kind), help ? help : "");
}

static bool
write_labels(char labels[LABELS_MOST], const struct entry *e)
{
	const char *own = e->metric.label;

	labels[0] = 0;
	if (!scribe_label(
		labels, LABELS_MOST, "pipeline", e->ledger->key.pipeline) ||
	    !scribe_label(
		labels, LABELS_MOST, "binding", e->ledger->key.binding))
		return false;
	if (!own)
		return true;
	if (strlen(labels) + strlen(own) + 2 > LABELS_MOST)
		return false;
	strcat(strcat(labels, ","), own);
	return true;
}

static void
write_entry(FILE *out, const struct entry *e, const char *labels)
{
	unsigned decimals = metric_decimals(&e->metric);
	int64_t cells[HISTOGRAM_CELLS], value;

	switch (e->metric.kind) {
	case BND_HISTOGRAM:
		for (unsigned i = 0; i < HISTOGRAM_CELLS; i++)
			cells[i] = ledger_sum(e->ledger, e->cell + i);
		scribe_histogram(out, e->family, labels, cells,
		    decimals ? SCALE_MS : SCALE_COUNT);
		break;
	case BND_VALUE:
		value = ledger_greatest(e->ledger, e->cell);
		if (value != LEDGER_UNSET)
			scribe_sample(out, e->family, labels, value, decimals);
		break;
	default:
		scribe_sample(out, e->family, labels,
		    ledger_sum(e->ledger, e->cell), decimals);
	}
}

/* Types whose names run together with those of others, or the host's, or two
 * images of one type that differ: the first of a family says what it is. */
static bool
entry_fits(const struct entry *e, const struct entry *first)
{
	return e->metric.kind == first->metric.kind &&
	       metric_decimals(&e->metric) == metric_decimals(&first->metric) &&
	       !family_is_ours(e->family);
}

int
section_plugins(FILE *out, const struct roster *r)
{
	CLEANUP(entries_finish) struct entries e = { 0 };
	const struct entry *first = NULL;
	char labels[LABELS_MOST];

	for (size_t i = r->pipelines; i < r->count; i++)
		if (entries_add_ledger(&e, r->ledgers[i], i) < 0)
			return -ENOMEM;
	if (e.count > 1)
		qsort(e.v, e.count, sizeof(*e.v), entry_compare);
	for (size_t i = 0; i < e.count; i++) {
		bool is_first =
		    !first || strcmp(first->family, e.v[i].family) != 0;

		if (is_first)
			first = &e.v[i];
		if (!entry_fits(&e.v[i], first))
			continue;
		if (is_first)
			write_head(out, first);
		if (write_labels(labels, &e.v[i]))
			write_entry(out, &e.v[i], labels);
	}
	return 0;
}
