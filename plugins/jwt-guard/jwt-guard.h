/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-guard.h - what the parts of the binding jwt-guard share: its options, its
 * state on a worker, and its state in a connection.  See bindery-jwt-guard(7).
 */
#ifndef JWT_GUARD_H
#define JWT_GUARD_H

#include "jwt-cache.h"
#include "jwt-claims.h"
#include "jwt-hear.h"
#include "jwt-keys.h"
#include "jwt-revoked.h"
#include "jwt-token.h"

#include <bindery/plugin.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

enum guard_on_expiry { EXPIRY_CLOSE, EXPIRY_IGNORE };
enum guard_renew { RENEW_NONE, RENEW_IDENTITY };

struct guard_claim { /* a row of `require`, or of `claims` in a route */
	const char *claim;
	struct bnd_list has; /* one of these */
};

struct guard_route { /* a row of `routes` */
	struct bnd_rows claims;
	struct bnd_list destination;
	const struct bnd_exit *exit; /* NULL: the next binding */
};

struct guard { /* a binding */
	struct bnd_list present, audience, algorithms, types, destinations;
	struct bnd_list expose;
	const char *issuer, *identity, *realm;
	const char *keys, *keys_url, *keys_trust, *revoked;
	struct bnd_rows require, routes;
	int ack, allow_cleartext, require_expiry, require_bound;
	int on_expiry, renew;
	int64_t max_token, cache;                    /* bytes */
	int64_t token_timeout, leeway, keys_refresh; /* ms */
	int64_t max_per_identity, tlv_type;

	/* what check() makes of them */
	struct jwt_hear_rules hear;
	struct jwt_rules rules;
	struct jwt_expected expected;
	char tlv_fact[sizeof("proxy.tlv.xx")];

	struct sources *sources; /* start() makes it, stop() ends it */
};

LIST_HEAD(seat_list, seat);

enum { SEAT_BUCKETS = 256 };

struct desk { /* a binding on one worker */
	struct bnd_worker *worker;
	struct jwt_keys *keys;       /* a reference to those in use */
	uint64_t keys_version;       /* which ones: see jwt-sources.h */
	struct jwt_revoked *revoked; /* as the keys; NULL: no list */
	uint64_t revoked_version;
	struct jwt_cache cache;
	struct seat_list waiting;            /* for other keys */
	struct seat_list open[SEAT_BUCKETS]; /* admitted */
	uint64_t seed;                       /* of the buckets */
	STAILQ_HEAD(, owed) owed;            /* renewals: see jwt-tell.c */
	unsigned owed_count;
	unsigned owed_words;    /* bits of messages that found no room */
	struct jwt_heard heard; /* scratch for whoever is heard */
};

enum seat_state {
	SEAT_HEARING, /* for a token, or for a destination */
	SEAT_WAITING, /* for keys that are being fetched */
	SEAT_OPENING, /* admitted; the way behind is being opened */
	SEAT_OPEN, /* bytes pass; only expiry, renewal, revocation are left */
	SEAT_OVER  /* refused or aborted */
};

struct seat { /* a connection */
	struct bnd_stage *st;
	struct jwt_token *token;     /* until the way is open */
	struct bearer *bearer;       /* once admitted: who it is */
	const struct bnd_exit *exit; /* where the route leads */
	int64_t expires_ms;          /* since 1970, leeway not added */
	LIST_ENTRY(seat) entry;      /* waiting, or open */
	struct jwt_hear hear;
	unsigned awaited; /* the fetch whose end it waits for; 0: none yet */
	uint8_t state;    /* enum seat_state */
	bool is_listed;
};

enum { TIMER_TOKEN, TIMER_EXPIRY }; /* of a stage */

enum guard_metric { /* METRIC_REFUSED + enum jwt_code come first */
	METRIC_REFUSED = -JWT_MISSING,
	METRIC_ADMITTED = METRIC_REFUSED + JWT_CODES,
	METRIC_CACHED,
	METRIC_CHALLENGED,
	METRIC_RENEWED,
	METRIC_CUT_EXPIRED,
	METRIC_CUT_REVOKED,
	METRIC_CUT_RIGHTS,
	METRIC_OPEN,
	METRIC_KEYS,
	METRIC_KEYS_READ,
	METRIC_KEYS_FAILED,
	METRIC_VERIFY
};

static inline const struct guard *
seat_guard(const struct seat *s)
{
	return s->st->binding->self;
}

static inline struct desk *
seat_desk(const struct seat *s)
{
	return s->st->worker->self;
}

enum { GUARD_IDENTITY_MAX = 255, GUARD_KID_ROOM = 64 }; /* bytes */

extern const struct bnd_option guard_options[];
extern const struct bnd_metric guard_metrics[];

/* [main] Do the options agree?  Then the structs of the parts are filled in. 0,
 * or -EINVAL when the errors were said. */
int guard_options_check(struct bnd_binding *b);

/* Milliseconds since 1970. */
int64_t guard_now(void);

/* ---- jwt-guard.c and jwt-seat.c [worker] */

/* The keys have changed, or could not be fetched: whoever waits asks again. */
void desk_wake(struct desk *d);

/* Take the newest keys. */
void desk_use_newest_keys(struct desk *d);

/* Verify a token, or find that it was.  0; or -EACCES, the verdict, and in kid
 * (GUARD_KID_ROOM bytes) what it says its key is. */
int desk_verify(struct desk *d, const char *text, size_t n,
    struct jwt_token **r, struct jwt_verdict *v, char *kid);

/* ---- jwt-questions.c */

void
guard_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a);
void guard_explain(struct bnd_stage *st, struct bnd_answer *a);
int guard_command(
    struct bnd_worker *w, const struct bnd_list *words, struct bnd_answer *a);

#endif
