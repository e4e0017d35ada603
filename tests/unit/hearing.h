/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * hearing.h - asks the readers of presented tokens about requests: each at
 * once, byte by byte and with payload behind it, from memory that ends where
 * the request ends, and the answer must always be the same.
 */
#ifndef TESTS_HEARING_H
#define TESTS_HEARING_H

#include "../../plugins/jwt-guard/jwt-answer.c"
#include "../../plugins/jwt-guard/jwt-base64.c"
#include "../../plugins/jwt-guard/jwt-connect.c"
#include "../../plugins/jwt-guard/jwt-destination.c"
#include "../../plugins/jwt-guard/jwt-hear.c"
#include "../../plugins/jwt-guard/jwt-line.c"
#include "../../plugins/jwt-guard/jwt-socks5.c"
#include "../../plugins/jwt-guard/jwt-verdict.c"

#include "unit.h"

#include <stdio.h>

#define TOKEN "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
/* jwt:TOKEN */
#define BASIC                                                              \
	"and0OmV5SmhiR2NpT2lKRlV6STFOaUo5LmV5SnpkV0lpT2lKaGJHbGpaU0o5LmMy" \
	"bG5ibUYwZFhKbA=="

struct hear_row {
	const char *in;
	size_t n; /* 0: up to its 0 byte */
	enum jwt_heard_kind kind;
	enum jwt_code code;
	size_t behind;           /* bytes of `in` that do not belong to it */
	const char *token;       /* NULL: none */
	const char *destination; /* NULL: none */
};

#define HEAR_TEXT(s)  s, sizeof(s) - 1
#define HEAR_BYTES(s) .in = s, .n = sizeof(s) - 1

static const struct jwt_hear_rules hear_rules = {
	WAY_LINE | WAY_CONNECT | WAY_SOCKS5, 8192
};

static struct jwt_heard heard;

/* Hear n bytes that have nothing behind them. */
__attribute__((unused)) static enum jwt_heard_kind
hear(struct jwt_hear *h, const struct jwt_hear_rules *rules, const char *p,
    size_t n)
{
	static char *copy;

	free(copy); /* the last result may still be looked at */
	copy = malloc(n ? n : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, p, n);
	jwt_hear(h, rules, copy, n, false, &heard);
	if (heard.token &&
	    !(heard.token >= copy &&
		heard.token + heard.token_size <= copy + n) &&
	    !(heard.token >= heard.room && heard.token + heard.token_size <=
					       heard.room + sizeof(heard.room)))
		ck_abort_msg("the token lies elsewhere");
	return heard.kind;
}

static void
hear_check(const struct hear_row *row, const char *how, size_t used)
{
	static const char *const kinds[] = { "more", "reply", "token",
		"destination", "wrong" };

	ck_assert_msg(
	    heard.kind == row->kind && heard.verdict.code == row->code,
	    "'%s' %s: %s, %s: %s", row->in, how, kinds[heard.kind],
	    jwt_code_words(heard.verdict.code)->name, heard.verdict.sentence);
	ck_assert_msg(row->kind == HEARD_WRONG || heard.used == used,
	    "'%s' %s: %zu bytes used, not %zu", row->in, how, heard.used, used);
	ck_assert_msg(!heard.token == !row->token, "'%s' %s", row->in, how);
	if (row->token)
		ck_assert_msg(
		    heard.token_size == strlen(row->token) &&
			memcmp(heard.token, row->token, heard.token_size) == 0,
		    "'%s' %s: token '%.*s'", row->in, how,
		    (int)heard.token_size, heard.token);
	if (row->kind != HEARD_WRONG)
		ck_assert_str_eq(heard.destination,
		    row->destination ? row->destination : "");
	if (row->kind == HEARD_WRONG)
		ck_assert_msg(heard.verdict.sentence[0] &&
				  !strstr(heard.verdict.sentence, "eyJ"),
		    "'%s'", heard.verdict.sentence);
}

/* first: what has been heard before. */
__attribute__((unused)) static void
hear_row(const struct hear_row *row, const struct jwt_hear *first)
{
	size_t n = row->n ? row->n : strlen(row->in), i = 0;
	size_t used = row->kind == HEARD_MORE ? 0 : n - row->behind;
	char *with = malloc(n + 8);
	struct jwt_hear h = *first;

	hear(&h, &hear_rules, row->in, n);
	hear_check(row, "at once", used);
	if (row->kind != HEARD_MORE && row->kind != HEARD_REPLY) {
		h = *first;
		memcpy(with, row->in, n);
		memcpy(with + n, "\r\n\0\xff*\r\n\r", 8);
		hear(&h, &hear_rules, with, n + 8);
		hear_check(row, "with payload", used);
		if (row->kind != HEARD_WRONG)
			hear(&h, &hear_rules, with, n + 8);
		hear_check(row, "asked again", used);
	}
	free(with);
	h = *first;
	while (i < n && hear(&h, &hear_rules, row->in, ++i) == HEARD_MORE)
		ck_assert_uint_eq(heard.used, 0);
	hear_check(row, "in pieces", used);
}

/* Does the answer hold this? */
__attribute__((unused)) static bool
answer_has(const char *answer, size_t n, const char *text)
{
	return memmem(answer, n, text, strlen(text)) != NULL;
}

#endif
