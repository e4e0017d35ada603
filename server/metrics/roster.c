/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "metrics/roster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t
ledger_generation(const struct ledger *l)
{
	return atomic_load_explicit(&l->generation, memory_order_relaxed);
}

/* By what is shown of them. */
static int
ledger_compare_names(const struct ledger *a, const struct ledger *b)
{
	int rc;

	if (!a->key.binding != !b->key.binding)
		return a->key.binding ? 1 : -1;
	rc = strcmp(a->key.pipeline, b->key.pipeline);
	if (rc == 0 && a->key.binding)
		rc = strcmp(a->key.binding, b->key.binding);
	if (rc == 0 && a->key.type)
		rc = strcmp(a->key.type, b->key.type);
	return rc;
}

static int
ledger_compare(const void *x, const void *y)
{
	const struct ledger *a = *(const struct ledger *const *)x;
	const struct ledger *b = *(const struct ledger *const *)y;
	int rc = ledger_compare_names(a, b);
	uint32_t m = ledger_generation(a), n = ledger_generation(b);

	return rc ? rc : (m < n) - (m > n);
}

/* The newest of each name stays. */
static void
roster_thin(struct roster *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct ledger *l = r->ledgers[i];

		if (n > 0 && ledger_compare_names(r->ledgers[n - 1], l) == 0)
			continue;
		r->ledgers[n++] = l;
		r->pipelines += !l->key.binding;
	}
	r->count = n;
}

int
roster_init(struct roster *r)
{
	const struct ledger *first = ledger_first();
	size_t n = 0;

	*r = (struct roster){ 0 };
	for (const struct ledger *l = first; l; l = l->next)
		n++;
	r->ledgers = calloc(n + 1, sizeof(*r->ledgers));
	if (!r->ledgers)
		return -ENOMEM;
	for (const struct ledger *l = first; l; l = l->next)
		if (ledger_is_live(l))
			r->ledgers[r->count++] = l;
	if (r->count > 1)
		qsort(
		    r->ledgers, r->count, sizeof(*r->ledgers), ledger_compare);
	roster_thin(r);
	return 0;
}

void
roster_finish(struct roster *r)
{
	free(r->ledgers);
}
