/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-fail.c - what a test that has failed says, and whom it tells. */

#include "kit-inner.h"

#include <stdio.h>
#include <stdlib.h>

static bndk_failed_fn *failed;
static void *failed_arg;

void
bndk_on_failure(bndk_failed_fn *fn, void *arg)
{
	failed = fn;
	failed_arg = arg;
}

void
kit_wrong(struct bndk *k, const char *rule, const char *fmt, ...)
{
	CLEANUP(text_finish) struct kit_text t = { 0 };
	va_list ap;

	if (k && k->file && !failed)
		text_print(&t, "%s:%d: ", k->file, k->line);
	va_start(ap, fmt);
	text_vprint(&t, fmt, ap);
	va_end(ap);
	if (k && k->at.callback)
		text_print(&t, ", in %s()", k->at.callback);
	if (failed) {
		failed(failed_arg, rule, t.data);
		return;
	}
	fprintf(stderr, "%s [%s]\n", t.data, rule);
	abort();
}
