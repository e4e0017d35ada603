/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-guard.h"

#include "jwt-decide.h"
#include "jwt-facts.h"
#include "jwt-fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* clang-format off */
static const struct bnd_option claim_options[] = {
	BND_OPTION(struct guard_claim, claim, BND_T_STRING, "claim",
	    .flags = BND_O_REQUIRED,
	    .doc = "Name of a claim; dots lead into objects."),
	BND_OPTION(struct guard_claim, has, BND_T_LIST, "has",
	    .flags = BND_O_REQUIRED,
	    .doc = "It is, or contains, one of these."),
	{ 0 },
};

static const struct bnd_option route_options[] = {
	BND_OPTION(struct guard_route, claims, BND_T_ROWS, "claims",
	    .rows = claim_options, .row_size = sizeof(struct guard_claim),
	    .doc = "What the token must have, all of it."),
	BND_OPTION(struct guard_route, destination, BND_T_LIST, "destination",
	    .doc = "Where the client wants to go: one of these."),
	BND_OPTION(struct guard_route, exit, BND_T_EXIT, "exit",
	    .doc = "The pipeline to go to; otherwise the next binding."),
	{ 0 },
};

const struct bnd_option guard_options[] = {
	BND_OPTION(struct guard, present, BND_T_LIST, "present",
	    .def = "line|connect", .choices = JWT_WAY_CHOICES,
	    .doc = "The ways in which a token may be presented."),
	BND_OPTION(struct guard, ack, BND_T_BOOL, "ack", .def = "false",
	    .doc = "Answer OK to a token in the first line."),
	BND_OPTION(struct guard, issuer, BND_T_STRING, "issuer",
	    .doc = "Who issues the tokens: their iss."),
	BND_OPTION(struct guard, audience, BND_T_LIST, "audience",
	    .doc = "Who the tokens are for: one of these must be in aud."),
	BND_OPTION(struct guard, keys, BND_T_FILE, "keys",
	    .doc = "The issuer's keys: a JWK Set, read again when it changes."),
	BND_OPTION(struct guard, keys_url, BND_T_STRING, "keys_url",
	    .doc = "Where the issuer publishes its keys: an https URL."),
	BND_OPTION(struct guard, keys_trust, BND_T_FILE, "keys_trust",
	    .doc = "Authorities for keys_url, in PEM; otherwise the system's."),
	BND_OPTION(struct guard, keys_refresh, BND_T_TIME, "keys_refresh",
	    .def = "15m", .min = 1000, .max = 7 * DAY_MS,
	    .doc = "How often keys_url is fetched."),
	BND_OPTION(struct guard, algorithms, BND_T_LIST, "algorithms",
	    .def = JWT_ALG_DEFAULT, .choices = JWT_ALG_CHOICES,
	    .doc = "Algorithms that may sign a token."),
	BND_OPTION(struct guard, types, BND_T_LIST, "types",
	    .def = "JWT|at+jwt", .doc = "What typ may say, where it is there."),
	BND_OPTION(struct guard, leeway, BND_T_TIME, "leeway", .def = "30s",
	    .min = 0, .max = 3600 * 1000,
	    .doc = "How far clocks may differ, for exp, nbf and iat."),
	BND_OPTION(struct guard, require_expiry, BND_T_BOOL, "require_expiry",
	    .def = "true", .doc = "Refuse tokens without exp."),
	BND_OPTION(struct guard, require_bound, BND_T_BOOL, "require_bound",
	    .def = "false",
	    .doc = "Refuse tokens that are not bound to a certificate."),
	BND_OPTION(struct guard, allow_cleartext, BND_T_BOOL,
	    "allow_cleartext_tokens", .def = "false",
	    .doc = "Accept tokens over a network without TLS."),
	BND_OPTION(struct guard, require, BND_T_ROWS, "require",
	    .rows = claim_options, .row_size = sizeof(struct guard_claim),
	    .doc = "What every token must have."),
	BND_OPTION(struct guard, routes, BND_T_ROWS, "routes",
	    .rows = route_options, .row_size = sizeof(struct guard_route),
	    .doc = "Where to go on; the first that fits counts, none refuses."),
	BND_OPTION(struct guard, destinations, BND_T_LIST, "destinations",
	    .doc = "Where CONNECT and SOCKS5 may ask to go: host:port."),
	BND_OPTION(struct guard, identity, BND_T_STRING, "identity",
	    .def = "sub", .doc = "The claim that says who it is."),
	BND_OPTION(struct guard, expose, BND_T_LIST, "expose",
	    .doc = "Claims that become facts, such as jwt.email."),
	BND_OPTION(struct guard, on_expiry, BND_T_ENUM, "on_expiry",
	    .def = "close", .choices = "close|ignore",
	    .doc = "What a token's expiry does to a live connection."),
	BND_OPTION(struct guard, renew, BND_T_ENUM, "renew", .def = "none",
	    .choices = "none|identity",
	    .doc = "Whose newer token renews older connections."),
	BND_OPTION(struct guard, revoked, BND_T_FILE, "revoked",
	    .doc = "Tokens (jti) and identities that are no longer good."),
	BND_OPTION(struct guard, max_per_identity, BND_T_INT,
	    "max_per_identity", .def = "1024", .min = 0, .max = UINT32_MAX,
	    .doc = "Connections of one identity; 0: any number."),
	BND_OPTION(struct guard, max_token, BND_T_SIZE, "max_token",
	    .def = "8k", .min = 256, .max = JWT_TOKEN_MAX,
	    .doc = "The longest token."),
	BND_OPTION(struct guard, cache, BND_T_SIZE, "cache", .def = "4m",
	    .min = 0, .max = INT64_C(1) << 30,
	    .doc = "Memory of each worker for tokens that were good; 0: none."),
	BND_OPTION(struct guard, token_timeout, BND_T_TIME, "token_timeout",
	    .def = "5s", .min = 1, .max = 3600 * 1000,
	    .doc = "Time for the client to present its token, in all."),
	BND_OPTION(struct guard, tlv_type, BND_T_INT, "tlv_type",
	    .def = "225", .min = 0, .max = 255,
	    .doc = "Type of the TLV of a PROXY header with the token; 225 is 0xE1."),
	BND_OPTION(struct guard, realm, BND_T_STRING, "realm",
	    .def = "bindery", .doc = "What to name to who must authenticate."),
	{ 0 },
};

#define REFUSED(CODE, REASON)                                               \
	[METRIC_REFUSED + (CODE)] = { .name = "refused_total",              \
	    .kind = BND_COUNTER, .label = "reason=\"" REASON "\"",          \
	    .doc = "Connections refused." }
#define CUT(REASON)                                                         \
	{ .name = "cut_total", .kind = BND_COUNTER,                         \
	    .label = "reason=\"" REASON "\"",                               \
	    .doc = "Live connections ended." }

const struct bnd_metric guard_metrics[] = {
	REFUSED(JWT_MISSING, "missing"),
	REFUSED(JWT_MALFORMED, "malformed"),
	REFUSED(JWT_TOO_LONG, "too-long"),
	REFUSED(JWT_ALGORITHM, "algorithm"),
	REFUSED(JWT_UNKNOWN_KEY, "unknown-key"),
	REFUSED(JWT_SIGNATURE, "signature"),
	REFUSED(JWT_EXPIRED, "expired"),
	REFUSED(JWT_NOT_YET, "not-yet"),
	REFUSED(JWT_ISSUER, "issuer"),
	REFUSED(JWT_AUDIENCE, "audience"),
	REFUSED(JWT_TYPE, "type"),
	REFUSED(JWT_UNBOUND, "unbound"),
	REFUSED(JWT_REVOKED, "revoked"),
	REFUSED(JWT_FORBIDDEN, "forbidden"),
	REFUSED(JWT_DESTINATION, "destination"),
	REFUSED(JWT_CLEARTEXT, "cleartext"),
	REFUSED(JWT_LIMIT, "limit"),
	REFUSED(JWT_NO_KEYS, "no-keys"),
	REFUSED(JWT_TIMEOUT, "timeout"),
	REFUSED(JWT_PROTOCOL, "protocol"),
	REFUSED(JWT_METHOD, "method"),
	REFUSED(JWT_BACKEND, "backend"),
	REFUSED(JWT_BACKEND_TIMEOUT, "backend-timeout"),
	REFUSED(JWT_BUSY, "busy"),
	REFUSED(JWT_MEMORY, "memory"),
	[METRIC_ADMITTED] = { .name = "admitted_total", .kind = BND_COUNTER,
	    .doc = "Connections let through." },
	[METRIC_CACHED] = { .name = "cached_total", .kind = BND_COUNTER,
	    .doc = "Tokens whose signature had been verified before." },
	[METRIC_CHALLENGED] = { .name = "challenged_total",
	    .kind = BND_COUNTER,
	    .doc = "Requests answered with 407 whose client may try again." },
	[METRIC_RENEWED] = { .name = "renewed_total", .kind = BND_COUNTER,
	    .doc = "Live connections renewed by a newer token." },
	[METRIC_CUT_EXPIRED] = CUT("expired"),
	[METRIC_CUT_REVOKED] = CUT("revoked"),
	[METRIC_CUT_RIGHTS] = CUT("rights"),
	[METRIC_OPEN] = { .name = "connections", .kind = BND_GAUGE,
	    .doc = "Connections that live by a token." },
	[METRIC_KEYS] = { .name = "keys", .kind = BND_VALUE,
	    .doc = "Keys in use." },
	[METRIC_KEYS_READ] = { .name = "keys_read_timestamp",
	    .kind = BND_VALUE, .unit = "seconds",
	    .doc = "When the keys were last read, since 1970." },
	[METRIC_KEYS_FAILED] = { .name = "keys_failures_total",
	    .kind = BND_COUNTER, .doc = "Times keys_url could not be used." },
	[METRIC_VERIFY] = { .name = "verify_duration", .kind = BND_HISTOGRAM,
	    .unit = "us", .doc = "Time to parse and verify a token." },
	{ 0 },
};
/* clang-format on */

/* ---- what belongs together */

static int
guard_keys_check(struct bnd_binding *b)
{
	const struct guard *g = b->self;
	const char *wrong;

	if (!g->keys && !g->keys_url)
		return bnd_option_error(b, "keys", NULL,
		    "is missing, and keys_url too: there is nothing to verify "
		    "tokens with");
	if (g->keys && g->keys_url)
		return bnd_option_error(b, "keys_url", NULL,
		    "cannot be used together with keys: choose one");
	if (g->keys && g->keys_trust)
		return bnd_option_error(
		    b, "keys_trust", NULL, "has no effect without keys_url");
	wrong = g->keys_url ? jwt_fetch_url_check(g->keys_url) : NULL;
	return wrong ? bnd_option_error(b, "keys_url", NULL, "%s", wrong) : 0;
}

static int
guard_destinations_check(struct bnd_binding *b, const char *option,
    const void *row, const struct bnd_list *list)
{
	int rc = 0;

	for (size_t i = 0; i < list->n; i++) {
		const char *wrong = destination_wrong(list->v[i]);

		if (wrong)
			rc = bnd_option_error(
			    b, option, row, "'%s' %s", list->v[i], wrong);
	}
	return rc;
}

static int
guard_claims_check(struct bnd_binding *b, const struct bnd_rows *claims)
{
	const struct guard_claim *rows = claims->v;
	int rc = 0;

	for (size_t i = 0; i < claims->n; i++)
		if (!*rows[i].claim)
			rc = bnd_option_error(b, "claim", &rows[i], "is empty");
	return rc;
}

static int
guard_routes_check(struct bnd_binding *b)
{
	const struct guard *g = b->self;
	const struct guard_route *rows = g->routes.v;
	int rc = 0;

	for (size_t i = 0; i < g->routes.n; i++) {
		if (guard_claims_check(b, &rows[i].claims) < 0 ||
		    guard_destinations_check(
			b, "destination", &rows[i], &rows[i].destination) < 0)
			rc = -EINVAL;
		if (!rows[i].exit && b->is_last)
			rc = bnd_option_error(b, "exit", &rows[i],
			    "is missing, and there is no next binding");
	}
	if (g->routes.n == 0 && b->is_last)
		rc = bnd_option_error(b, "routes", NULL,
		    "is missing, and there is no next binding");
	return rc;
}

static int
guard_texts_check(struct bnd_binding *b)
{
	const struct guard *g = b->self;
	int rc = 0;

	for (const char *p = g->realm; *p; p++)
		if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\' ||
		    p - g->realm >= 100) {
			rc = bnd_option_error(b, "realm", NULL,
			    "must be at most 100 printable ASCII characters "
			    "without '\"' and '\\'");
			break;
		}
	if (g->present.n == 0)
		rc = bnd_option_error(b, "present", NULL, "lists no way");
	if (g->algorithms.n == 0)
		rc = bnd_option_error(
		    b, "algorithms", NULL, "lists no algorithm");
	if (!*g->identity)
		rc = bnd_option_error(b, "identity", NULL, "is empty");
	for (size_t i = 0; i < g->expose.n; i++)
		if (!fact_may_expose(g->expose.v[i]))
			rc = bnd_option_error(b, "expose", NULL,
			    "'%s' cannot be the name of a fact, or is one of "
			    "our own",
			    g->expose.v[i]);
	return rc;
}

/* ---- for the parts */

static size_t
choice_index(const char *choices, const char *name)
{
	size_t n = strlen(name), i = 0;

	for (const char *p = choices; p; i++) {
		size_t m = strcspn(p, "|");

		if (m == n && memcmp(p, name, n) == 0)
			return i;
		p = p[m] ? p + m + 1 : NULL;
	}
	return 0; /* the host has checked it */
}

static unsigned
choice_bits(const char *choices, const struct bnd_list *list)
{
	unsigned bits = 0;

	for (size_t i = 0; i < list->n; i++)
		bits |= 1u << choice_index(choices, list->v[i]);
	return bits;
}

static void
guard_fill(struct guard *g)
{
	g->hear = (struct jwt_hear_rules){
		.ways = choice_bits(JWT_WAY_CHOICES, &g->present),
		.max_token = (size_t)g->max_token,
	};
	g->rules = (struct jwt_rules){
		.algorithms = choice_bits(JWT_ALG_CHOICES, &g->algorithms),
		.types = g->types.v,
		.type_count = g->types.n,
		.max_size = (size_t)g->max_token,
	};
	g->expected = (struct jwt_expected){
		.issuer = g->issuer,
		.audiences = g->audience.v,
		.audience_count = g->audience.n,
		.leeway_ms = g->leeway,
		.requires_expiry = g->require_expiry,
	};
	snprintf(g->tlv_fact, sizeof(g->tlv_fact), "proxy.tlv.%02x",
	    (unsigned)(g->tlv_type & 0xff));
}

int
guard_options_check(struct bnd_binding *b)
{
	struct guard *g = b->self;
	int rc = guard_texts_check(b);

	if (guard_keys_check(b) < 0)
		rc = -EINVAL;
	if (guard_claims_check(b, &g->require) < 0 ||
	    guard_routes_check(b) < 0 ||
	    guard_destinations_check(
		b, "destinations", NULL, &g->destinations) < 0)
		rc = -EINVAL;
	if (g->on_expiry == EXPIRY_IGNORE && g->renew != RENEW_NONE)
		rc = bnd_option_error(b, "renew", NULL,
		    "has no effect with on_expiry = \"ignore\"");
	guard_fill(g);
	return rc;
}
