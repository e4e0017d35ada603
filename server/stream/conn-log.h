/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * conn-log.h - what the log says of a connection: one line at its end, of level
 * info, which binderyd(8) describes, and at debug one at its beginning.
 * [the connection's worker]
 */
#ifndef STREAM_CONN_LOG_H
#define STREAM_CONN_LOG_H

struct conn;

void conn_log_opened(const struct conn *c);

/* The stages are gone, facts and sockets' counts are there still. */
void conn_log_closed(struct conn *c);

#endif
