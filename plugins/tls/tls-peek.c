/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-peek.h"

#include "tls-route.h"
#include "tls-session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROTOCOLS_MAX = 32 }; /* of a client that routes look at */

/* ---- turning away */

static const char for_http[] =
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
    "Content-Type: text/plain\r\n\r\nThis port speaks TLS.\n";

void
peek_refuse(struct session *s, int alert, int err, const char *fmt, ...)
{
	const char record[] = { 21, 3, 3, 0, 2, 2, (char)alert };
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	session_uncount(s);
	if (alert >= 0)
		bnd_out(s->st, BND_FRONT, record, sizeof(record));
	s->state = SESSION_OVER;
	bnd_refuse(s->st, err, "%s", text);
}

void
peek_refuse_other(struct session *s, unsigned first)
{
	bnd_metric(s->st->worker, METRIC_REFUSED_PROTOCOL, 1);
	if (first < 'A' || first > 'Z') {
		peek_refuse(s, GNUTLS_A_UNEXPECTED_MESSAGE, -EPROTO,
		    "the client does not speak TLS: its first byte is 0x%02x",
		    first);
		return;
	}
	bnd_out(s->st, BND_FRONT, for_http, sizeof(for_http) - 1);
	peek_refuse(s, -1, -EPROTO,
	    "the client speaks plain text, such as HTTP, and not TLS");
}

/* ---- what the ClientHello says */

static void
peek_fact(struct session *s, const char *key, const char *p, size_t n)
{
	if (p && n)
		bnd_fact_set(s->st, key, BND_F_TEXT, p, n);
}

/* The protocols as texts, for routes; those with a zero byte fit none.  Leaves
 * room for the NULL at the end. */
static void
peek_protocols(const struct hello *h, char *room, const char **list)
{
	const char *name;
	size_t at = 0, n, count = 0;

	while (count < PROTOCOLS_MAX && (name = hello_alpn_next(h, &at, &n))) {
		if (memchr(name, '\0', n))
			continue;
		memcpy(room, name, n);
		room[n] = '\0';
		list[count++] = room;
		room += n + 1;
	}
	list[count] = NULL;
}

/* The protocols in one text, with commas between them. */
static void
peek_alpn_fact(struct session *s, const char *const *list)
{
	char all[1024] = "";
	size_t used = 0;

	for (; *list && used < sizeof(all) - 1; list++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
		    used ? "," : "", *list);
	peek_fact(s, "tls.alpn", all, strlen(all));
}

static void
peek_route(struct session *s, const struct hello *h)
{
	const char *list[PROTOCOLS_MAX + 1];
	char name[HELLO_NAME_MAX + 1] = "", room[PROTOCOLS_MAX * 256];
	struct route_facts f = { .alpn = list };
	const struct bnd_exit *to;
	size_t row;

	peek_protocols(h, room, list);
	if (h->server_name) {
		memcpy(name, h->server_name, h->server_name_size);
		f.server_name = name;
	}
	peek_fact(s, "tls.server_name", h->server_name, h->server_name_size);
	peek_alpn_fact(s, list);
	if (route_choose(s->st->binding, &f, &to, &row)) {
		bnd_open_back(s->st, to);
		return;
	}
	bnd_metric(s->st->worker, METRIC_REFUSED_POLICY, 1);
	peek_refuse(s, GNUTLS_A_UNRECOGNIZED_NAME, -EACCES,
	    "no route fits the server name '%s'", name);
}

static void
peek_read(struct session *s, const uint8_t *p)
{
	uint8_t *message = malloc(s->scan.size);
	struct hello h;

	if (!message) {
		s->state = SESSION_OVER;
		bnd_abort(s->st, -ENOMEM, "out of memory");
		return;
	}
	hello_gather(&s->scan, p, message);
	if (hello_parse(&h, message, s->scan.size) == 0) {
		s->state = SESSION_OPEN;
		session_uncount(s);
		peek_route(s, &h);
	} else {
		bnd_metric(s->st->worker, METRIC_REFUSED_PROTOCOL, 1);
		peek_refuse(s, GNUTLS_A_DECODE_ERROR, -EPROTO,
		    "the ClientHello is broken");
	}
	free(message);
}

void
peek_flow(struct session *s)
{
	const char *p;
	size_t n = bnd_peek(s->st, BND_FRONT, HELLO_MAX, &p);
	int rc;

	if (s->state >= SESSION_OPEN) /* bytes wait until the way is open */
		return;
	if (n > 0 && s->state == SESSION_IDLE) {
		if (!session_count(s))
			return;
		s->state = SESSION_SHAKING;
	}
	rc = hello_scan(&s->scan, (const uint8_t *)p, n);
	if (rc > 0) {
		peek_read(s, (const uint8_t *)p);
	} else if (rc == -EPROTO && p[0] != 22) {
		peek_refuse_other(s, (unsigned char)p[0]);
	} else if (rc < 0) {
		bnd_metric(s->st->worker, METRIC_REFUSED_PROTOCOL, 1);
		peek_refuse(s, GNUTLS_A_UNEXPECTED_MESSAGE, rc,
		    rc == -EMSGSIZE ? "the ClientHello is longer than %d bytes"
				    : "the first message is no ClientHello",
		    HELLO_MAX);
	} else if (bnd_ended(s->st, BND_FRONT)) {
		session_fail(s, GNUTLS_E_PREMATURE_TERMINATION);
	}
}

void
peek_opened(struct session *s, int err)
{
	if (err == 0)
		bnd_leave(s->st);
	else
		peek_refuse(
		    s, GNUTLS_A_INTERNAL_ERROR, err, "there is no way on");
}
