/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "metrics/text.h"

#include "base/buf.h"
#include "base/compiler.h"
#include "metrics/sections.h"

#include <stdlib.h>

struct text {
	FILE *out;
	char *data;
	size_t size;
};

/* False: memory ran out. */
static bool
text_end(struct text *t)
{
	bool is_good = t->out && !ferror(t->out);

	if (t->out && fclose(t->out) != 0)
		is_good = false;
	t->out = NULL;
	return is_good;
}

static void
text_finish(struct text *t)
{
	text_end(t);
	free(t->data);
}

struct bnd_buf *
metrics_text(void)
{
	CLEANUP(roster_finish) struct roster roster = { 0 };
	CLEANUP(text_finish) struct text t = { 0 };

	if (roster_init(&roster) < 0)
		return NULL;
	t.out = open_memstream(&t.data, &t.size);
	if (!t.out)
		return NULL;
	section_process(t.out);
	section_pipelines(t.out, &roster);
	section_workers(t.out);
	if (section_plugins(t.out, &roster) < 0 || !text_end(&t))
		return NULL;
	return buf_copy(t.data, t.size);
}
