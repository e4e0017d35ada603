/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-hello.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
	RECORD_HANDSHAKE = 22,
	RECORD_HEAD = 5,
	RECORD_MAX = 16384,
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_HEAD = 4,
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_ALPN = 16
};

/* ---- records */

/* Is what has come of a record's head what a ClientHello may have?  n >= 1. */
static bool
record_head_is_good(const uint8_t *p, size_t n)
{
	size_t size;

	if (p[0] != RECORD_HANDSHAKE || (n > 1 && p[1] != 3))
		return false;
	if (n < RECORD_HEAD)
		return true;
	size = (size_t)p[3] << 8 | p[4];
	return size > 0 && size <= RECORD_MAX;
}

/* The first bytes of the message may lie in several records. */
static int
scan_head(struct hello_scan *s, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && s->body + i < MESSAGE_HEAD; i++)
		s->head[s->body + i] = p[i];
	if (n > 0 && s->head[0] != MESSAGE_CLIENT_HELLO)
		return -EPROTO;
	if (s->body + n < MESSAGE_HEAD)
		return 0;
	s->size = MESSAGE_HEAD + ((uint32_t)s->head[1] << 16 |
				     (uint32_t)s->head[2] << 8 | s->head[3]);
	return s->size > HELLO_MAX ? -EMSGSIZE : 0;
}

int
hello_scan(struct hello_scan *s, const uint8_t *p, size_t n)
{
	while (s->at < n) {
		const uint8_t *head = p + s->at;
		size_t left = n - s->at, size, here;
		int rc;

		if (!record_head_is_good(head, left))
			return -EPROTO;
		if (left <= RECORD_HEAD)
			break;
		size = (size_t)head[3] << 8 | head[4];
		left -= RECORD_HEAD;
		here = left < size ? left : size;
		rc = s->size ? 0 : scan_head(s, head + RECORD_HEAD, here);
		if (rc < 0)
			return rc;
		if (s->size && s->body + here >= s->size)
			return 1;
		if (left < size)
			break;
		s->at += (uint32_t)(RECORD_HEAD + size);
		s->body += (uint32_t)size;
	}
	return n >= HELLO_MAX ? -EMSGSIZE : 0;
}

void
hello_gather(const struct hello_scan *s, const uint8_t *p, uint8_t *to)
{
	for (size_t done = 0; done < s->size;) {
		size_t n = (size_t)p[3] << 8 | p[4];
		size_t part = n < s->size - done ? n : s->size - done;

		memcpy(to + done, p + RECORD_HEAD, part);
		done += part;
		p += RECORD_HEAD + n;
	}
}

/* ---- the message: a cursor that cannot leave its bytes */

struct cursor {
	const uint8_t *p;
	size_t n;
	bool is_bad; /* it was asked for more than there is */
};

static const uint8_t *
cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (n > c->n) {
		c->is_bad = true;
		c->n = 0;
		return NULL;
	}
	c->p += n;
	c->n -= n;
	return p;
}

static size_t
cursor_number(struct cursor *c, size_t bytes)
{
	const uint8_t *p = cursor_take(c, bytes);
	size_t value = 0;

	for (size_t i = 0; p && i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

/* What follows a length of so many bytes. */
static struct cursor
cursor_vector(struct cursor *c, size_t bytes)
{
	size_t n = cursor_number(c, bytes);
	const uint8_t *p = cursor_take(c, n);

	return (struct cursor){ p ? p : c->p, p ? n : 0, !p };
}

/* ---- extensions */

/* A name that may be logged and compared: letters, digits, '-', '_', '.'. */
static bool
name_is_good(const uint8_t *p, size_t n)
{
	if (n == 0 || n > HELLO_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t lower = p[i] | 0x20;

		if (!(lower >= 'a' && lower <= 'z') &&
		    !(p[i] >= '0' && p[i] <= '9') && p[i] != '-' &&
		    p[i] != '_' && p[i] != '.')
			return false;
	}
	return true;
}

static bool
hello_take_name(struct hello *h, struct cursor *data)
{
	struct cursor list = cursor_vector(data, 2);

	while (list.n > 0) {
		size_t type = cursor_number(&list, 1);
		struct cursor name = cursor_vector(&list, 2);

		if (type != 0) /* of no kind that is known */
			continue;
		if (h->server_name || !name_is_good(name.p, name.n))
			return false;
		h->server_name = (const char *)name.p;
		h->server_name_size = name.n;
	}
	return !list.is_bad && !data->is_bad;
}

static bool
hello_take_alpn(struct hello *h, struct cursor *data)
{
	struct cursor list = cursor_vector(data, 2);

	if (h->alpn || list.n == 0)
		return false;
	h->alpn = list.p;
	h->alpn_size = list.n;
	while (list.n > 0)
		if (cursor_vector(&list, 1).n == 0)
			return false;
	return !list.is_bad && !data->is_bad;
}

int
hello_parse(struct hello *h, const uint8_t *p, size_t n)
{
	struct cursor c = { p, n, false }, extensions;
	bool is_good = true;

	*h = (struct hello){ 0 };
	cursor_take(&c, MESSAGE_HEAD + 2 + 32); /* version, random */
	cursor_vector(&c, 1);                   /* session */
	cursor_vector(&c, 2);                   /* suites */
	cursor_vector(&c, 1);                   /* compression */
	if (c.is_bad)
		return -EPROTO;
	if (c.n == 0) /* TLS 1.2 may have none */
		return 0;
	extensions = cursor_vector(&c, 2);
	while (is_good && extensions.n > 0) {
		size_t type = cursor_number(&extensions, 2);
		struct cursor data = cursor_vector(&extensions, 2);

		if (type == EXTENSION_SERVER_NAME)
			is_good = hello_take_name(h, &data);
		else if (type == EXTENSION_ALPN)
			is_good = hello_take_alpn(h, &data);
	}
	return is_good && !extensions.is_bad && !c.is_bad ? 0 : -EPROTO;
}

const char *
hello_alpn_next(const struct hello *h, size_t *at, size_t *n_r)
{
	const uint8_t *p = h->alpn;

	if (!p || *at >= h->alpn_size)
		return NULL;
	*n_r = p[*at];
	p += *at + 1;
	*at += 1 + *n_r;
	return (const char *)p;
}
