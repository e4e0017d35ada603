/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-text.h - bytes that grow at their end; memory that runs out ends the
 * test.  A 0 stands behind them. */
#ifndef KIT_TEXT_H
#define KIT_TEXT_H

#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>

struct kit_text {
	char *data; /* NULL: nothing yet */
	size_t size, capacity;
};

void text_add(struct kit_text *t, const void *data, size_t n);
void text_print(struct kit_text *t, const char *fmt, ...) PRINTF(2, 3);
void text_vprint(struct kit_text *t, const char *fmt, va_list ap) PRINTF(2, 0);
void text_finish(struct kit_text *t);

static inline const char *
text_of(const struct kit_text *t)
{
	return t->data ? t->data : "";
}

/* Memory for the kit's own use, zeroed; it ends the test when there is none. */
void *kit_alloc(size_t n);

#endif
