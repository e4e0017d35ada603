/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/metric-name.h"

#include "base/compiler.h"
#include "plugins/negotiate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 100, LABEL_MOST = 400 };

/* ------------------------------------------------------------------- names */

static bool
ends_in(const char *text, size_t n, const char *end)
{
	size_t k = strlen(end);

	return n > k && memcmp(text + n - k, end, k) == 0;
}

static bool
is_unit(const char *text, size_t n, const char *unit)
{
	return n == strlen(unit) && memcmp(text, unit, n) == 0;
}

/* Prometheus knows base units only. */
static const char *
unit_name(const struct bnd_metric *m)
{
	if (!m->unit || !*m->unit)
		return "";
	return strcmp(m->unit, "ms") == 0 ? "seconds" : m->unit;
}

unsigned
metric_decimals(const struct bnd_metric *m)
{
	return m->unit && strcmp(m->unit, "ms") == 0 ? 3 : 0;
}

const char *
metric_kind_name(uint32_t kind)
{
	switch (kind) {
	case BND_COUNTER:
		return "counter";
	case BND_HISTOGRAM:
		return "histogram";
	default:
		return "gauge";
	}
}

char *
metric_family(const char *prefix, const struct bnd_metric *m)
{
	bool is_counter = m->kind == BND_COUNTER;
	size_t n = strlen(m->name);
	const char *unit = unit_name(m);
	char end[NAME_MOST + 2], *name;

	if (is_counter && ends_in(m->name, n, "_total"))
		n -= strlen("_total");
	snprintf(end, sizeof(end), "%s%s", *unit ? "_" : "", unit);
	if (ends_in(m->name, n, end) || is_unit(m->name, n, unit))
		end[0] = 0;
	if (asprintf(&name, "%s%.*s%s%s", prefix, (int)n, m->name, end,
		is_counter ? "_total" : "") < 0)
		return NULL;
	for (char *c = name; *c; c++) /* of the type: "tcp-server" */
		if (*c == '-')
			*c = '_';
	return name;
}

/* ---------------------------------------------------------------- soundness */

/* How long the name is that s begins with: [a-zA-Z_][a-zA-Z0-9_]*. */
static size_t
name_length(const char *s)
{
	size_t n = 0;

	while (s[n] == '_' || (isascii(s[n]) && isalpha(s[n])) ||
	       (n > 0 && s[n] >= '0' && s[n] <= '9'))
		n++;
	return n;
}

static void
text_free(char **text)
{
	free(*text);
}

static bool
is_name(const char *s)
{
	size_t n = name_length(s);

	return n > 0 && n <= NAME_MOST && s[n] == 0;
}

/* Labels that are the host's, or that Prometheus keeps for itself. */
static bool
label_is_taken(const char *s, size_t n)
{
	static const char *const taken[] = { "pipeline", "binding", "le",
		"quantile", "worker" };

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strlen(taken[i]) == n && memcmp(s, taken[i], n) == 0)
			return true;
	return n >= 2 && s[0] == '_' && s[1] == '_';
}

/* The length of a quoted value: "..." with \\, \" and \n; 0: it is none. */
static size_t
quoted_length(const char *s)
{
	size_t n = 1;

	if (s[0] != '"')
		return 0;
	for (; s[n] != '"'; n++) {
		if ((unsigned char)s[n] < 0x20 || (unsigned char)s[n] > 0x7e)
			return 0;
		if (s[n] == '\\' && (!s[++n] || !strchr("\\\"n", s[n])))
			return 0;
	}
	return n + 1;
}

/* reason="expired", or several with commas between. */
static bool
is_label(const char *s)
{
	if (strlen(s) > LABEL_MOST)
		return false;
	for (;;) {
		size_t n = name_length(s), k;

		if (n == 0 || label_is_taken(s, n) || s[n] != '=')
			return false;
		k = quoted_length(s + n + 1);
		if (k == 0)
			return false;
		s += n + 1 + k;
		if (*s == 0)
			return true;
		if (*s++ != ',')
			return false;
	}
}

static const char *
metric_check(const struct bnd_metric *m)
{
	if (m->unit && *m->unit && !is_name(m->unit))
		return "has a unit that is no name";
	if (m->label && !is_label(m->label))
		return "has a label that is not written as name=\"value\"";
	return NULL;
}

/* May two of one family be in one table? */
static const char *
metrics_check_pair(const struct bnd_metric *a, const struct bnd_metric *b)
{
	if (a->kind != b->kind || metric_decimals(a) != metric_decimals(b))
		return "is there twice, with another kind or unit";
	if (!a->label || !b->label || strcmp(a->label, b->label) == 0)
		return "is there twice, and no label tells them apart";
	return NULL;
}

/* The families of the first n metrics of a table. */
static char **
metric_families(const struct bnd_metric *table, size_t element_size, size_t n,
    struct arena *arena)
{
	char **families = arena_array(arena, n + 1, sizeof(char *));
	struct bnd_metric m;

	for (size_t i = 0; families && i < n; i++) {
		CLEANUP(text_free) char *family = NULL;

		metric_at(table, element_size, i, &m);
		family = metric_family("", &m);
		families[i] = family ? arena_string(arena, family) : NULL;
		if (!families[i])
			return NULL;
	}
	return families;
}

/* What is wrong with the i-th? */
static const char *
metrics_check_one(const struct bnd_metric *table, size_t element_size, size_t i,
    char **families)
{
	struct bnd_metric m, other;
	const char *wrong;

	metric_at(table, element_size, i, &m);
	wrong = metric_check(&m);
	for (size_t k = 0; !wrong && k < i; k++) {
		if (strcmp(families[i], families[k]) != 0)
			continue;
		metric_at(table, element_size, k, &other);
		wrong = metrics_check_pair(&m, &other);
	}
	return wrong;
}

const char *
metrics_check(
    const struct bnd_metric *table, size_t element_size, struct arena *arena)
{
	struct bnd_metric m;
	char **families;
	size_t n = 0;

	while (metric_at(table, element_size, n, &m))
		n++;
	families = metric_families(table, element_size, n, arena);
	if (!families)
		return "memory ran out";
	for (size_t i = 0; i < n; i++) {
		const char *wrong =
		    metrics_check_one(table, element_size, i, families);

		if (!wrong)
			continue;
		metric_at(table, element_size, i, &m);
		wrong = arena_printf(arena, "metric '%s' %s", m.name, wrong);
		return wrong ? wrong : "memory ran out";
	}
	return NULL;
}
