/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-facts.c - facts and claims of connections. */

#include "base/address.h"
#include "kit-calls.h"
#include "kit-inner.h"
#include "plugins/argument.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CLAIM_KEY = 512 };

static void
fact_free(struct kit_fact *f)
{
	free(f->key);
	free(f->text);
	free(f->value);
	free(f);
}

void
facts_free(struct bndk_conn *c)
{
	struct kit_fact *f;

	while ((f = c->facts) != NULL) {
		c->facts = f->next;
		fact_free(f);
	}
}

static struct kit_fact **
fact_find(struct bndk_conn *c, const char *key)
{
	struct kit_fact **at = &c->facts;

	while (*at && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	return at;
}

static struct kit_fact *
fact_make(const char *key, unsigned kind, const void *v, size_t n)
{
	struct kit_fact *f = kit_alloc(sizeof(*f));

	f->key = strdup(key);
	f->kind = kind;
	f->size = n;
	f->value = kit_alloc(n + 1);
	if (n)
		memcpy(f->value, v, n);
	return f;
}

static bool
facts_have_room(const struct bndk_conn *c, const char *key)
{
	unsigned count = 0;

	if (fact_is_of_host(key))
		return true;
	for (const struct kit_fact *f = c->facts; f; f = f->next)
		count += !fact_is_of_host(f->key);
	return count < FACTS_MAX;
}

int
fact_set(struct bndk_conn *c, const char *key, unsigned kind, const void *v,
    size_t n)
{
	int rc = fact_check(key, kind, v, &n);
	struct kit_fact **at, *f;

	if (rc < 0)
		return rc;
	at = fact_find(c, key);
	if (!*at && !facts_have_room(c, key))
		return -EDQUOT;
	f = fact_make(key, kind, v, n);
	if (*at) {
		f->next = (*at)->next;
		fact_free(*at);
	}
	*at = f;
	return 0;
}

static const char *
fact_text(struct kit_fact *f)
{
	char text[ADDRESS_TEXT];

	if (f->kind == BND_F_TEXT)
		return f->value;
	if (f->kind == BND_F_BYTES)
		return NULL;
	if (!f->text)
		f->text = strdup(address_text(f->value, text));
	return f->text;
}

const void *
fact_get(struct bndk_conn *c, const char *key, unsigned kind, size_t *n)
{
	struct kit_fact *f = key ? *fact_find(c, key) : NULL;
	const char *text;

	if (n)
		*n = 0;
	if (!f)
		return NULL;
	if (kind == BND_F_TEXT) {
		text = fact_text(f);
		if (text && n)
			*n = f->kind == BND_F_TEXT ? f->size : strlen(text);
		return text;
	}
	if (f->kind != kind)
		return NULL;
	if (n)
		*n = f->kind == BND_F_ADDR ? address_part(f->value, f->size)
					   : f->size;
	return f->value;
}

/* ----------------------------------------------------------- for the plugin */

int
call_fact_set(struct bnd_stage *st, const char *key, unsigned kind,
    const void *v, size_t n)
{
	struct kit_stage *s;
	int fail;

	if (!kit_stage_call(st, "fact_set", &s, &fail) && s->state != STAGE_DRY)
		return -ECANCELED;
	return fail ? fail : fact_set(s->conn, key, kind, v, n);
}

/* What is there can be read: only the text of another kind needs memory. */
const void *
call_fact(struct bnd_stage *st, const char *key, unsigned kind, size_t *n)
{
	struct kit_stage *s;
	int fail;

	kit_stage_call(st, "fact", &s, &fail);
	if ((fail && kind == BND_F_TEXT) || s->state == STAGE_DEAD)
		key = NULL;
	return fact_get(s->conn, key, kind, n);
}

static struct kit_claim *
claim_of(struct bndk_conn *c, const char *table)
{
	struct kit_claim *l;

	LIST_FOREACH(l, &c->k->claims, link)
	if (l->conn == c && strcmp(l->table, table) == 0)
		return l;
	return NULL;
}

static void
claim_free(struct kit_claim *l)
{
	LIST_REMOVE(l, link);
	free(l->table);
	free(l->key);
	free(l);
}

static unsigned
claims_count(struct bndk *k, const char *table, const void *key, size_t n)
{
	unsigned count = 0;
	struct kit_claim *l;

	LIST_FOREACH(l, &k->claims, link)
	count += strcmp(l->table, table) == 0 && l->size == n &&
		 (n == 0 || memcmp(l->key, key, n) == 0);
	return count;
}

int
call_claim(struct bnd_stage *st, const char *table, const void *key, size_t n,
    uint32_t max)
{
	struct kit_stage *s;
	struct kit_claim *old, *l;
	int fail;

	if (!kit_stage_call(st, "claim", &s, &fail))
		return -ECANCELED;
	if (fail)
		return fail;
	if (!table || n + strlen(table) > CLAIM_KEY - 8 || (!key && n))
		return -EINVAL;
	old = claim_of(s->conn, table);
	if (old && old->size == n && (!n || memcmp(old->key, key, n) == 0))
		return 0;
	if (claims_count(s->conn->k, table, key, n) >= max)
		return -EDQUOT;
	if (old)
		claim_free(old);
	l = kit_alloc(sizeof(*l));
	l->conn = s->conn;
	l->table = strdup(table);
	l->key = kit_alloc(n);
	l->size = n;
	if (n)
		memcpy(l->key, key, n);
	LIST_INSERT_HEAD(&s->conn->k->claims, l, link);
	return 0;
}

void
call_unclaim(struct bnd_stage *st, const char *table)
{
	struct kit_stage *s;
	struct kit_claim *l;
	int fail;

	if (!kit_stage_call(st, "unclaim", &s, &fail))
		return;
	l = claim_of(s->conn, table);
	if (l)
		claim_free(l);
}

void
claims_free(struct bndk_conn *c)
{
	struct kit_claim *l, *next;

	for (l = LIST_FIRST(&c->k->claims); l; l = next) {
		next = LIST_NEXT(l, link);
		if (l->conn == c)
			claim_free(l);
	}
}

/* ------------------------------------------------------------- for the test */

const char *
bndk_fact(struct bndk_conn *c, const char *key)
{
	return fact_get(c, key, BND_F_TEXT, NULL);
}

void
bndk_fact_set(struct bndk_conn *c, const char *key, const char *text)
{
	struct sockaddr_in6 a;
	int rc;

	if (!fact_is_of_host(key))
		rc = fact_set(c, key, BND_F_TEXT, text, strlen(text));
	else if ((rc = address_parse(text, &a)) == 0)
		rc = fact_set(c, key, BND_F_ADDR, &a, sizeof(a));
	if (rc < 0)
		kit_wrong(
		    c->k, "test", "the fact '%s' cannot be '%s'", key, text);
}

void
bndk_peer_set(struct bndk_conn *c, const struct sockaddr *a, size_t n)
{
	fact_set(c, "peer", BND_F_ADDR, a, n);
}

int
bndk_has_claim(struct bndk_conn *c, const char *table)
{
	return claim_of(c, table) != NULL;
}

int64_t
bndk_limit_asked(struct bndk_conn *c, unsigned which)
{
	return which <= BND_LIMIT_LIFETIME ? c->limits[which] : -1;
}
