/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/fact.h"

#include "base/address.h"
#include "plugins/argument.h"
#include "stream/conn.h"

#include <bindery/plugin.h>

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fact {
	struct fact *next;
	char *key;     /* behind the value */
	char *as_text; /* of an address, once asked for */
	unsigned kind;
	size_t size;
	alignas(8) char value[]; /* a 0 behind it */
};

static void
fact_free(struct fact *f)
{
	free(f->as_text);
	free(f);
}

void
facts_free(struct conn *c)
{
	struct fact *f;

	while ((f = c->facts) != NULL) {
		c->facts = f->next;
		fact_free(f);
	}
}

static struct fact **
fact_find(struct conn *c, const char *key)
{
	struct fact **f = &c->facts;

	while (*f && strcmp((*f)->key, key) != 0)
		f = &(*f)->next;
	return f;
}

/* The host's own always have room. */
static bool
facts_have_room(const struct conn *c, const char *key)
{
	unsigned count = 0;

	if (fact_is_of_host(key))
		return true;
	for (const struct fact *f = c->facts; f; f = f->next)
		count += !fact_is_of_host(f->key);
	return count < FACTS_MAX;
}

int
fact_set(
    struct conn *c, const char *key, unsigned kind, const void *v, size_t n)
{
	struct fact **at, *f;
	int rc = fact_check(key, kind, v, &n);
	size_t key_size;

	if (rc < 0)
		return rc;
	key_size = strlen(key) + 1;
	at = fact_find(c, key);
	if (!*at && !facts_have_room(c, key))
		return -EDQUOT;
	f = calloc(1, sizeof(*f) + n + 1 + key_size);
	if (!f)
		return -ENOMEM;
	f->kind = kind;
	f->size = n;
	if (n)
		memcpy(f->value, v, n);
	f->key = f->value + n + 1;
	memcpy(f->key, key, key_size);
	if (*at) {
		struct fact *old = *at;

		f->next = old->next;
		fact_free(old);
	}
	*at = f;
	return 0;
}

/* Of a unix socket's only the family is known, see conn_set_peer(). */
static size_t
conn_peer_size(const struct conn *c)
{
	return c->peer.sin6_family == AF_UNIX
		   ? sizeof(sa_family_t)
		   : address_part((const void *)&c->peer, sizeof(c->peer));
}

/* What the host knows becomes a fact when it is first asked for. */
static struct fact *
fact_of_host(struct conn *c, const char *key)
{
	struct sockaddr_storage local = { 0 };
	struct sock *front = &c->sock[BND_FRONT];
	socklen_t n = sizeof(local);

	if (strcmp(key, "peer") == 0 && c->peer.sin6_family) {
		fact_set(c, key, BND_F_ADDR, &c->peer, conn_peer_size(c));
	} else if (strcmp(key, "local") == 0 && sock_is_open(front)) {
		if (getsockname(front->watch.fd, (void *)&local, &n) == 0)
			fact_set(c, key, BND_F_ADDR, &local, sizeof(local));
	}
	return *fact_find(c, key);
}

static const char *
fact_as_text(struct fact *f)
{
	char text[ADDRESS_TEXT];

	if (f->kind == BND_F_TEXT)
		return f->value;
	if (f->kind == BND_F_BYTES)
		return NULL;
	if (f->as_text)
		return f->as_text;
	address_text((const void *)f->value, text);
	return f->as_text = strdup(text);
}

const void *
fact_get(struct conn *c, const char *key, unsigned kind, size_t *n)
{
	struct fact *f = key ? *fact_find(c, key) : NULL;
	const char *text;

	if (n)
		*n = 0;
	/* Asked for on every connection, so without a copy. */
	if (!f && key && kind == BND_F_ADDR && strcmp(key, "peer") == 0 &&
	    c->peer.sin6_family) {
		if (n)
			*n = conn_peer_size(c);
		return &c->peer;
	}
	if (!f && key)
		f = fact_of_host(c, key);
	if (!f)
		return NULL;
	if (kind == BND_F_TEXT) {
		text = fact_as_text(f);
		if (text && n)
			*n = f->kind == BND_F_TEXT ? f->size : strlen(text);
		return text;
	}
	if (f->kind != kind)
		return NULL;
	if (n)
		*n = f->kind == BND_F_ADDR
			 ? address_part((const void *)f->value, f->size)
			 : f->size;
	return f->value;
}

const char *
fact_text(struct conn *c, const char *key)
{
	return fact_get(c, key, BND_F_TEXT, NULL);
}

void
facts_each(struct conn *c,
    void (*fn)(void *arg, const char *key, const char *text), void *arg)
{
	for (struct fact *f = c->facts; f; f = f->next)
		if (fact_as_text(f))
			fn(arg, f->key, fact_as_text(f));
}

const char *
fact_text_if_set(struct conn *c, const char *key)
{
	struct fact *f = *fact_find(c, key);

	return f ? fact_as_text(f) : NULL;
}
