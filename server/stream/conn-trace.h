/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * conn-trace.h - what happens to a connection, a line of level debug each, with
 * -d stream: its stages, ways, sockets, splices and ends, with counts of bytes
 * and never the bytes.  [the connection's worker]
 */
#ifndef STREAM_CONN_TRACE_H
#define STREAM_CONN_TRACE_H

#include "base/compiler.h"
#include "log/log-topic.h"

struct conn;
struct sock;
struct stage;

#define CONN_TRACE(c, ...)                                   \
	do {                                                 \
		if (UNLIKELY(log_topic_is_on(LOG_T_STREAM))) \
			conn_trace((c), __VA_ARGS__);        \
	} while (0)
#define STAGE_TRACE(s, ...)                                  \
	do {                                                 \
		if (UNLIKELY(log_topic_is_on(LOG_T_STREAM))) \
			stage_trace((s), __VA_ARGS__);       \
	} while (0)
#define SOCK_TRACE(s, ...)                                   \
	do {                                                 \
		if (UNLIKELY(log_topic_is_on(LOG_T_STREAM))) \
			sock_trace((s), __VA_ARGS__);        \
	} while (0)

/* Used by these.  The line begins with "connection", the binding, or the side
 * of the socket. */
void conn_trace(const struct conn *c, const char *fmt, ...) PRINTF(2, 3);
void stage_trace(const struct stage *s, const char *fmt, ...) PRINTF(2, 3);
void sock_trace(const struct sock *s, const char *fmt, ...) PRINTF(2, 3);

#endif
