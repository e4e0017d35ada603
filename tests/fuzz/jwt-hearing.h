/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-hearing.h - hears any bytes at once and byte by byte, which must come to
 * the same, as far as the way goes: several replies, the token, a destination,
 * another try.  What is found lies within what was read, and nothing that is
 * answered holds a token.
 */
#ifndef FUZZ_JWT_HEARING_H
#define FUZZ_JWT_HEARING_H

#include "../../plugins/jwt-guard/jwt-answer.c"
#include "../../plugins/jwt-guard/jwt-base64.c"
#include "../../plugins/jwt-guard/jwt-connect.c"
#include "../../plugins/jwt-guard/jwt-destination.c"
#include "../../plugins/jwt-guard/jwt-hear.c"
#include "../../plugins/jwt-guard/jwt-line.c"
#include "../../plugins/jwt-guard/jwt-socks5.c"
#include "../../plugins/jwt-guard/jwt-verdict.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
lies_in(const char *p, size_t n, const char *in, size_t size)
{
	return p >= in && p + n <= in + size;
}

static void
check_destination(const struct jwt_heard *r)
{
	const char *colon = strrchr(r->destination, ':');
	int port;

	must(colon && colon > r->destination);
	port = atoi(colon + 1);
	must(port > 0 && port <= 65535);
	for (const char *p = r->destination; p < colon; p++)
		must(is_digit(*p) || (*p >= 'a' && *p <= 'z') ||
		     strchr("-_.:[]", *p));
	must((r->destination[0] == '[') == (colon[-1] == ']'));
}

static void
check_heard(const struct jwt_heard *r, const struct jwt_hear_rules *rules,
    const char *p, size_t n)
{
	must(r->used <= n);
	must((r->kind == HEARD_TOKEN) == (r->token != NULL));
	must((r->kind == HEARD_REPLY) == (r->reply_size > 0));
	must((r->kind == HEARD_WRONG) == (r->verdict.code != JWT_OK));
	if (r->kind == HEARD_MORE)
		must(r->used == 0);
	else if (r->kind != HEARD_WRONG)
		must(r->used > 0);
	if (r->kind == HEARD_WRONG)
		must(r->verdict.sentence[0] != 0);
	if (r->token) {
		must(r->token_size > 0 && r->token_size <= rules->max_token);
		must(lies_in(r->token, r->token_size, p, r->used) ||
		     lies_in(r->token, r->token_size, r->room, r->room_size));
	}
	if (r->destination[0] && r->kind != HEARD_WRONG)
		check_destination(r);
}

static void
check_same(const struct jwt_heard *a, const struct jwt_heard *b)
{
	must(a->kind == b->kind && a->used == b->used);
	must(a->verdict.code == b->verdict.code);
	must(strcmp(a->verdict.sentence, b->verdict.sentence) == 0);
	must(strcmp(a->destination, b->destination) == 0);
	must(a->token_size == b->token_size &&
	     (!a->token || memcmp(a->token, b->token, a->token_size) == 0));
	must(a->reply == b->reply && a->reply_size == b->reply_size);
}

/* What was heard, and of which bytes: they have nothing behind them. */
struct hearsay {
	struct jwt_heard r;
	char *p;
};

static struct hearsay whole, pieces;

static enum jwt_heard_kind
hear_copy(struct jwt_hear *h, const struct jwt_hear_rules *rules, const char *p,
    size_t n, struct hearsay *to)
{
	free(to->p);
	to->p = malloc(n ? n : 1);
	must(to->p != NULL);
	memcpy(to->p, p, n);
	jwt_hear(h, rules, to->p, n, false, &to->r);
	check_heard(&to->r, rules, to->p, n);
	return to->r.kind;
}

/* Long inputs only come in larger pieces. */
static void
hear_pieces(struct jwt_hear *h, const struct jwt_hear_rules *rules,
    const char *p, size_t n)
{
	size_t step = 1 + n / 512;

	for (size_t i = step; i < n; i += step)
		if (hear_copy(h, rules, p, i, &pieces) != HEARD_MORE)
			return;
	hear_copy(h, rules, p, n, &pieces);
}

static void
check_answers(struct jwt_hear *h, const struct jwt_verdict *v, bool may_retry)
{
	char *answer = malloc(JWT_ANSWER);
	size_t n;

	must(answer != NULL);
	must(jwt_answer_open(h, true, answer) <= JWT_ANSWER);
	n = jwt_answer_refuse(h, v, "gate", may_retry, answer);
	must(n < JWT_ANSWER);
	must((n == 0) == (h->dialect == DIALECT_SILENT));
	free(answer);
}

/* One step of the way.  How many bytes it has eaten; 0: this was the end. */
static size_t
hear_step(struct jwt_hear *h, const struct jwt_hear_rules *rules, const char *p,
    size_t n)
{
	struct jwt_heard *r = &whole.r;
	struct jwt_hear other = *h;
	char answer[JWT_ANSWER];
	bool may_retry;

	hear_copy(h, rules, p, n, &whole);
	hear_pieces(&other, rules, p, n);
	check_same(r, &pieces.r);
	must(h->dialect == other.dialect && h->step == other.step);
	must(h->scanned == other.scanned && h->reply == other.reply);
	if (r->kind == HEARD_MORE) {
		jwt_hear(h, rules, p, n, true, r);
		must(r->kind == HEARD_WRONG);
		return 0;
	}
	if (r->kind == HEARD_TOKEN && h->dialect == DIALECT_SOCKS5) {
		must(jwt_answer_token(h, answer) == 2);
		return r->used;
	}
	may_retry =
	    r->kind == HEARD_WRONG && jwt_hear_may_retry(h, &r->verdict, 0);
	if (r->kind == HEARD_WRONG)
		check_answers(h, &r->verdict, may_retry);
	return r->kind == HEARD_REPLY || may_retry ? r->used : 0;
}

static void
hear_way(struct jwt_hear h, const struct jwt_hear_rules *rules, const char *p,
    size_t n)
{
	for (size_t used = 1, steps = 0; used > 0 && n > 0; steps++) {
		must(steps <= JWT_TRIES);
		used = hear_step(&h, rules, p, n);
		p += used;
		n -= used;
	}
}

#endif
