/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/conn-log.h"

#include "base/address.h"
#include "log/log.h"
#include "stream/conn.h"
#include "stream/fact.h"

#include <string.h>

/* A line as it grows. */
struct conn_line {
	struct log_field fields[20];
	size_t count;
};

static void
line_text(struct conn_line *l, const char *key, const char *text)
{
	if (text)
		l->fields[l->count++] = (struct log_field){ key, text, 0 };
}

static void
line_number(struct conn_line *l, const char *key, int64_t number)
{
	l->fields[l->count++] = (struct log_field){ key, NULL, number };
}

static const char *const party_names[] = {
	[PARTY_NOBODY] = "both",
	[PARTY_CLIENT] = "client",
	[PARTY_BACKEND] = "backend",
	[PARTY_HOST] = "host",
};

static bool
conn_is_logged(const struct conn *c, int level)
{
	return c->pipeline->log_level >= level && log_is_on(level);
}

static void
line_begin(struct conn_line *l, const struct conn *c)
{
	line_text(l, "pipeline", c->pipeline->name);
	line_number(l, "generation", c->pipeline->bindings->pub.generation);
	line_number(l, "conn", (int64_t)c->id);
}

/* Who a stage has found out is the peer comes first; via is the socket's own
 * then. */
static void
line_peer(struct conn_line *l, struct conn *c, const char *socket_peer)
{
	const char *peer = fact_text_if_set(c, "peer");

	line_text(l, "peer", peer ? peer : socket_peer);
	if (peer && strcmp(peer, socket_peer) != 0)
		line_text(l, "via", socket_peer);
}

void
conn_log_opened(const struct conn *c)
{
	struct conn_line l = { .count = 0 };
	char peer[ADDRESS_TEXT];

	if (!conn_is_logged(c, LOG_L_DEBUG))
		return;
	line_begin(&l, c);
	line_text(
	    &l, "peer", address_text((const struct sockaddr *)&c->peer, peer));
	log_line(LOG_L_DEBUG, l.fields, l.count, "connection opened");
}

/* ------------------------------------------------------------- the last word
 */

/* As clients and backends like to end: nobody needs to look into it. */
static bool
reason_is_usual(enum reason r)
{
	return r == REASON_DONE || r == REASON_CLIENT_RESET ||
	       r == REASON_BACKEND_RESET || r == REASON_IDLE;
}

/* Of the usual ones the first is logged, and then every log_sample'th of each
 * worker. */
static bool
conn_is_sampled(const struct conn *c)
{
	struct desk *d = c->pipeline->bindings->desks[c->worker->index];

	if (!reason_is_usual(c->reason) || c->pipeline->log_sample <= 1)
		return true;
	if (d->unlogged == 0)
		d->unlogged = c->pipeline->log_sample;
	return d->unlogged-- == c->pipeline->log_sample;
}

static void
line_bytes(struct conn_line *l, const struct conn *c)
{
	const struct sock *front = &c->sock[BND_FRONT];
	const struct sock *back = &c->sock[BND_BACK];

	line_number(l, "from_client", (int64_t)front->received);
	line_number(l, "to_client", (int64_t)front->sent);
	line_number(l, "from_backend", (int64_t)back->received);
	line_number(l, "to_backend", (int64_t)back->sent);
}

void
conn_log_closed(struct conn *c)
{
	struct conn_line l = { .count = 0 };
	char peer[ADDRESS_TEXT];

	if (!c->pipeline->log_connections || !conn_is_logged(c, LOG_L_INFO) ||
	    !conn_is_sampled(c))
		return;
	address_text((const struct sockaddr *)&c->peer, peer);
	line_begin(&l, c);
	line_peer(&l, c, peer);
	line_text(&l, "identity", fact_text(c, "identity"));
	line_bytes(&l, c);
	line_text(&l, "message_id", LOG_ID_CONNECTION);
	line_number(&l, "ms", c->worker->loop.now_ms - c->opened_ms);
	line_text(&l, "by", party_names[c->closed_by]);
	line_text(&l, "reason", reason_text(c->reason)->name);
	line_text(&l, "why", c->why);
	if (c->pipeline->log_sample > 1 && reason_is_usual(c->reason))
		line_number(&l, "sample", c->pipeline->log_sample);
	log_line(LOG_L_INFO, l.fields, l.count, "connection closed");
}
