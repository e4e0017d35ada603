/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/conn-trace.h"

#include "log/log.h"
#include "stream/stage.h"

#include <stdio.h>

enum { TRACE_TEXT = 256 };

PRINTF(3, 0)
static void
trace_write(const struct conn *c, const char *who, const char *fmt, va_list ap)
{
	const struct log_field fields[] = {
		{ "pipeline", c->pipeline->name, 0 },
		{ "worker", NULL, c->worker->index },
		{ "conn", NULL, (int64_t)c->id },
	};
	char text[TRACE_TEXT];

	vsnprintf(text, sizeof(text), fmt, ap);
	log_line(LOG_L_DEBUG, fields, ARRAY_COUNT(fields), "%s %s", who, text);
}

void
conn_trace(const struct conn *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	trace_write(c, "connection", fmt, ap);
	va_end(ap);
}

void
stage_trace(const struct stage *s, const char *fmt, ...)
{
	const struct bnd_binding *b = &s->binding->pub;
	char who[TRACE_TEXT];
	va_list ap;

	snprintf(who, sizeof(who), "stage %s/%s", b->pipeline, b->name);
	va_start(ap, fmt);
	trace_write(s->hop.conn, who, fmt, ap);
	va_end(ap);
}

void
sock_trace(const struct sock *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	trace_write(s->hop.conn,
	    s->side == BND_FRONT ? "client's socket" : "backend's socket", fmt,
	    ap);
	va_end(ap);
}
