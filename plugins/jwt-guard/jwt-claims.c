/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-claims.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds; every integer up to here is one in a real number as well, and is
 * no overflow in milliseconds. */
#define SECONDS_MAX (INT64_C(1) << 53)

enum { NAME_SIZE_MAX = 255, QUOTED = 64 };

/* The times of a token in milliseconds. */
struct times {
	bool has_expiry, has_start, has_issue;
	int64_t expiry, start, issue;
};

static bool
string_is(const json_t *value, const char *text)
{
	const size_t n = strlen(text);

	return json_is_string(value) && json_string_length(value) == n &&
	       memcmp(json_string_value(value), text, n) == 0;
}

static void
string_quote(char quoted[QUOTED], const json_t *value)
{
	jwt_quote(quoted, QUOTED, json_string_value(value),
	    json_string_length(value));
}

/* ---- are they what they should be? */

/* NumericDate, RFC 7519 section 2: an integer, or with a fraction. */
static bool
time_in_ms(const json_t *value, int64_t *ms_r)
{
	const json_int_t whole = json_integer_value(value);
	const double real = json_real_value(value);

	if (!(real >= -(double)SECONDS_MAX && real <= (double)SECONDS_MAX) ||
	    whole < -SECONDS_MAX || whole > SECONDS_MAX)
		return false;
	*ms_r = json_is_integer(value) ? whole * 1000 : (int64_t)(real * 1000);
	return true;
}

static int
time_read(const json_t *claims, const char *name, bool *has_r, int64_t *ms_r,
    struct jwt_verdict *v)
{
	const json_t *value = json_object_get(claims, name);

	*has_r = value != NULL;
	if (value && !json_is_number(value))
		return jwt_verdict_set(
		    v, JWT_MALFORMED, "token's '%s' is not a number", name);
	if (value && !time_in_ms(value, ms_r))
		return jwt_verdict_set(
		    v, JWT_MALFORMED, "token's '%s' is out of range", name);
	return 0;
}

static int
text_check(
    const json_t *claims, const char *name, size_t most, struct jwt_verdict *v)
{
	const json_t *value = json_object_get(claims, name);

	if (value && !json_is_string(value))
		return jwt_verdict_set(
		    v, JWT_MALFORMED, "token's '%s' is not a string", name);
	if (json_string_length(value) > most)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token's '%s' has %zu bytes, more than %zu", name,
		    json_string_length(value), most);
	return 0;
}

static int
claims_types(const json_t *claims, struct times *t, struct jwt_verdict *v)
{
	if (time_read(claims, "exp", &t->has_expiry, &t->expiry, v) < 0 ||
	    time_read(claims, "nbf", &t->has_start, &t->start, v) < 0 ||
	    time_read(claims, "iat", &t->has_issue, &t->issue, v) < 0 ||
	    text_check(claims, "iss", SIZE_MAX, v) < 0 ||
	    text_check(claims, "sub", NAME_SIZE_MAX, v) < 0 ||
	    text_check(claims, "jti", NAME_SIZE_MAX, v) < 0)
		return -EACCES;
	return 0;
}

/* ---- when */

/* "42 s", "5 min", "3 h", "12 days" */
static const char *
duration(char text[32], int64_t ms)
{
	const long long s = ms / 1000;

	if (s < 120)
		snprintf(text, 32, "%lld s", s);
	else if (s < 120 * 60)
		snprintf(text, 32, "%lld min", s / 60);
	else if (s < 48 * 3600)
		snprintf(text, 32, "%lld h", s / 3600);
	else
		snprintf(text, 32, "%lld days", s / 86400);
	return text;
}

static int
claims_times(const struct times *t, const struct jwt_expected *e, int64_t now,
    struct jwt_verdict *v)
{
	char text[32];

	if (!t->has_expiry && e->requires_expiry)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token has no 'exp', so it would never expire");
	if (t->has_expiry && now - e->leeway_ms >= t->expiry)
		return jwt_verdict_set(v, JWT_EXPIRED, "token expired %s ago",
		    duration(text, now - t->expiry));
	if (t->has_start && now + e->leeway_ms < t->start)
		return jwt_verdict_set(v, JWT_NOT_YET,
		    "token is not valid until %s from now (nbf)",
		    duration(text, t->start - now));
	if (t->has_issue && now + e->leeway_ms < t->issue)
		return jwt_verdict_set(v, JWT_NOT_YET,
		    "token was issued %s in the future (iat); compare the "
		    "clocks",
		    duration(text, t->issue - now));
	return 0;
}

/* ---- from whom, and for whom */

static int
claims_issuer(
    const json_t *claims, const struct jwt_expected *e, struct jwt_verdict *v)
{
	const json_t *issuer = json_object_get(claims, "iss");
	char quoted[QUOTED];

	if (!e->issuer || string_is(issuer, e->issuer))
		return 0;
	if (!issuer)
		return jwt_verdict_set(v, JWT_ISSUER,
		    "token names no issuer (iss), '%.64s' is needed",
		    e->issuer);
	string_quote(quoted, issuer);
	return jwt_verdict_set(v, JWT_ISSUER,
	    "token is from issuer '%s', not '%.64s'", quoted, e->issuer);
}

static bool
audience_fits(const json_t *value, const struct jwt_expected *e)
{
	for (size_t i = 0; i < e->audience_count; i++)
		if (string_is(value, e->audiences[i]))
			return true;
	return false;
}

static int
audience_wrong(
    const json_t *first, const struct jwt_expected *e, struct jwt_verdict *v)
{
	char quoted[QUOTED];

	if (!first)
		return jwt_verdict_set(
		    v, JWT_AUDIENCE, "token is for no audience at all (aud)");
	string_quote(quoted, first);
	if (e->audience_count == 0)
		return jwt_verdict_set(v, JWT_AUDIENCE,
		    "token is for audience '%s', and none is set up here",
		    quoted);
	return jwt_verdict_set(v, JWT_AUDIENCE,
	    "token is for audience '%s', not '%.64s'", quoted, e->audiences[0]);
}

/* RFC 7519 section 4.1.3: a string or an array of such; one of ours must be
 * there, and without one of ours there must be none. */
static int
claims_audience(
    const json_t *claims, const struct jwt_expected *e, struct jwt_verdict *v)
{
	const json_t *aud = json_object_get(claims, "aud");
	const size_t n = json_is_array(aud) ? json_array_size(aud) : 1;
	const json_t *one;
	bool fits = false;

	if (!aud && e->audience_count == 0)
		return 0;
	if (!aud)
		return jwt_verdict_set(v, JWT_AUDIENCE,
		    "token names no audience (aud), '%.64s' is needed",
		    e->audiences[0]);
	for (size_t i = 0; i < n; i++) {
		one = json_is_array(aud) ? json_array_get(aud, i) : aud;
		if (!json_is_string(one))
			return jwt_verdict_set(v, JWT_MALFORMED,
			    "token's 'aud' is neither a string nor an array of "
			    "strings");
		fits = fits || audience_fits(one, e);
	}
	return fits ? 0
		    : audience_wrong(
			  json_is_array(aud) ? json_array_get(aud, 0) : aud, e,
			  v);
}

int
jwt_claims_check(const json_t *claims, const struct jwt_expected *e,
    int64_t now_ms, int64_t *expires_ms_r, struct jwt_verdict *v)
{
	struct times t = { 0 };

	*expires_ms_r = JWT_FOREVER;
	if (claims_types(claims, &t, v) < 0 ||
	    claims_times(&t, e, now_ms, v) < 0 ||
	    claims_issuer(claims, e, v) < 0 ||
	    claims_audience(claims, e, v) < 0)
		return -EACCES;
	if (t.has_expiry)
		*expires_ms_r = t.expiry;
	return 0;
}

/* ---- any other claim */

const json_t *
jwt_claim_find(const json_t *claims, const char *name)
{
	const json_t *found = json_object_get(claims, name), *inner;

	/* The first part that names an object is the way; there is no way
	 * back from it, so that this takes no longer than the name is. */
	for (const char *dot = strchr(name, '.'); !found && dot;
	     dot = strchr(dot + 1, '.')) {
		inner = json_object_getn(claims, name, (size_t)(dot - name));
		if (json_is_object(inner))
			return jwt_claim_find(inner, dot + 1);
	}
	return found;
}

const char *
jwt_claim_text(const json_t *claims, const char *name)
{
	const json_t *value = jwt_claim_find(claims, name);
	const char *text = json_string_value(value);

	return text && strlen(text) == json_string_length(value) ? text : NULL;
}

/* Is the text one of the words between spaces? */
static bool
list_has(const json_t *value, const char *text)
{
	const char *p = json_string_value(value);
	const char *const end = p + json_string_length(value);
	const size_t n = strlen(text);
	const char *space;
	size_t size;

	for (; p < end; p += size + 1) {
		space = memchr(p, ' ', (size_t)(end - p));
		size = (size_t)((space ? space : end) - p);
		if (size == n && n > 0 && memcmp(p, text, n) == 0)
			return true;
	}
	return false;
}

static bool
integer_is(json_int_t value, const char *text)
{
	char decimal[32];

	snprintf(decimal, sizeof(decimal), "%" JSON_INTEGER_FORMAT, value);
	return strcmp(decimal, text) == 0;
}

static bool
scalar_is(const json_t *value, const char *text)
{
	double real;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return string_is(value, text);
	case JSON_INTEGER:
		return integer_is(json_integer_value(value), text);
	case JSON_REAL:
		real = json_real_value(value);
		return real >= -(double)SECONDS_MAX &&
		       real <= (double)SECONDS_MAX &&
		       real == (double)(json_int_t)real &&
		       integer_is((json_int_t)real, text);
	case JSON_TRUE:
		return strcmp(text, "true") == 0;
	case JSON_FALSE:
		return strcmp(text, "false") == 0;
	default:
		return false;
	}
}

static bool
is_scope(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	return strcmp(last, "scope") == 0 || strcmp(last, "scp") == 0;
}

bool
jwt_claim_has(const json_t *value, const char *name, const char *text)
{
	if (!value)
		return false;
	for (size_t i = 0; i < json_array_size(value); i++)
		if (scalar_is(json_array_get(value, i), text))
			return true;
	return scalar_is(value, text) ||
	       (json_is_string(value) && is_scope(name) &&
		   list_has(value, text));
}
