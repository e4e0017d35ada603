/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-token.h"
#include "jwt-base64.h"
#include "jwt-json.h"
#include "jwt-key.h"
#include "jwt-keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define JWT_PARTS 3

enum part { PART_HEADER, PART_PAYLOAD, PART_SIGNATURE };

/* A token taken apart; its parts decoded lie in one piece of memory. */
struct parts {
	const char *text[JWT_PARTS];
	size_t text_size[JWT_PARTS];
	unsigned char *bytes[JWT_PARTS];
	size_t size[JWT_PARTS];
	unsigned char *room;
};

/* What a header says, before anything is believed. */
struct header {
	enum jwt_alg alg;
	json_t *json;
	const char *kid; /* in json; NULL: not there */
	size_t kid_size;
	char kid_quoted[64];
};

static const char *const part_names[JWT_PARTS] = { "header", "payload",
	"signature" };

struct jwt_token *
jwt_token_ref(struct jwt_token *t)
{
	t->refs++;
	return t;
}

void
jwt_token_unref(struct jwt_token **t)
{
	struct jwt_token *old = *t;

	*t = NULL;
	if (!old || --old->refs > 0)
		return;
	json_decref(old->claims);
	free(old->kid);
	free(old);
}

static int
token_no_memory(struct jwt_verdict *v)
{
	return jwt_verdict_set(v, JWT_MEMORY, "out of memory");
}

/* ---- three parts */

static int
parts_split(struct parts *p, const char *text, size_t n, struct jwt_verdict *v)
{
	const char *const end = text + n;
	const char *dot;
	size_t count = 0;

	for (const char *at = text;; at = dot + 1) {
		dot = memchr(at, '.', (size_t)(end - at));
		if (count < JWT_PARTS) {
			p->text[count] = at;
			p->text_size[count] = (size_t)((dot ? dot : end) - at);
		}
		count++;
		if (!dot)
			break;
	}
	if (n == 0)
		return jwt_verdict_set(v, JWT_MALFORMED, "token is empty");
	if (count == 5)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token is encrypted (JWE, five parts); a signed one is "
		    "needed");
	if (count != JWT_PARTS)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token has %zu part%s, not the 3 of a signed JWT", count,
		    count == 1 ? "" : "s");
	return 0;
}

static int
part_decode(struct parts *p, int i, struct jwt_verdict *v)
{
	long n;

	if (p->text_size[i] == 0)
		return jwt_verdict_set(
		    v, JWT_MALFORMED, "token has no %s", part_names[i]);
	n = jwt_base64url_decode(p->text[i], p->text_size[i], p->bytes[i]);
	if (n < 0)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token's %s is not strict base64url", part_names[i]);
	p->size[i] = (size_t)n;
	return 0;
}

static int
parts_decode(struct parts *p, struct jwt_verdict *v)
{
	size_t room = 0;
	int rc = 0;

	for (int i = 0; i < JWT_PARTS; i++)
		room += JWT_BASE64_ROOM(p->text_size[i]);
	p->room = malloc(room);
	if (!p->room)
		return token_no_memory(v);
	p->bytes[0] = p->room;
	for (int i = 1; i < JWT_PARTS; i++)
		p->bytes[i] =
		    p->bytes[i - 1] + JWT_BASE64_ROOM(p->text_size[i - 1]);
	for (int i = 0; rc == 0 && i < JWT_PARTS; i++)
		rc = part_decode(p, i, v);
	return rc;
}

static int
part_parse(const struct parts *p, int i, json_t **json_r, struct jwt_verdict *v)
{
	char flaw[128];

	*json_r = jwt_json_read(
	    p->bytes[i], p->size[i], JWT_DEPTH_MAX, flaw, sizeof(flaw));
	if (json_is_object(*json_r))
		return 0;
	if (*json_r)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token's %s is not an object", part_names[i]);
	if (errno == ENOMEM)
		return token_no_memory(v);
	return jwt_verdict_set(
	    v, JWT_MALFORMED, "token's %s %s", part_names[i], flaw);
}

/* ---- the header */

/* A string or nothing.  0, or -EACCES. */
static int
header_string(const struct header *h, const char *name, const char **text_r,
    struct jwt_verdict *v)
{
	const json_t *member = json_object_get(h->json, name);

	*text_r = json_string_value(member);
	if (member && !*text_r)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token's header has a '%s' that is not a string", name);
	return 0;
}

/* A media type without "application/", which RFC 7515 section 4.1.9 leaves
 * out. */
static const char *
type_short(const char *type)
{
	static const char prefix[] = "application/";
	const size_t n = sizeof(prefix) - 1;

	return strncasecmp(type, prefix, n) == 0 && !strchr(type + n, '/')
		   ? type + n
		   : type;
}

static int
header_type(const struct header *h, const struct jwt_rules *rules,
    struct jwt_verdict *v)
{
	const char *type, *content;
	char quoted[64];

	if (header_string(h, "typ", &type, v) < 0 ||
	    header_string(h, "cty", &content, v) < 0)
		return -EACCES;
	if (content && strcasecmp(type_short(content), "JWT") == 0)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token holds another token (cty), which is not taken");
	if (!type)
		return 0;
	for (size_t i = 0; i < rules->type_count; i++)
		if (strcasecmp(type_short(type), type_short(rules->types[i])) ==
		    0)
			return 0;
	jwt_quote(quoted, sizeof(quoted), type, strlen(type));
	return jwt_verdict_set(
	    v, JWT_TYPE, "token is of type '%s', which is not taken", quoted);
}

/* What would change the meaning of all else. */
static int
header_extensions(const struct header *h, struct jwt_verdict *v)
{
	static const char *const extensions[] = { "crit", "b64", "enc", "zip" };

	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++)
		if (json_object_get(h->json, extensions[i]))
			return jwt_verdict_set(v, JWT_MALFORMED,
			    "token's header has '%s', which is not supported",
			    extensions[i]);
	return 0;
}

static int
header_algorithm(
    struct header *h, const struct jwt_rules *rules, struct jwt_verdict *v)
{
	const char *name;
	char quoted[32];
	int alg;

	if (header_string(h, "alg", &name, v) < 0)
		return -EACCES;
	if (!name)
		return jwt_verdict_set(
		    v, JWT_MALFORMED, "token's header has no 'alg'");
	alg = jwt_alg_find(name, strlen(name));
	jwt_quote(quoted, sizeof(quoted), name, strlen(name));
	if (alg < 0 || !(rules->algorithms & UINT32_C(1) << alg))
		return jwt_verdict_set(v, JWT_ALGORITHM,
		    "token's algorithm '%s' is not taken here", quoted);
	h->alg = (enum jwt_alg)alg;
	return 0;
}

static int
header_kid(struct header *h, struct jwt_verdict *v)
{
	if (header_string(h, "kid", &h->kid, v) < 0)
		return -EACCES;
	h->kid_size = h->kid ? strlen(h->kid) : 0;
	if (h->kid_size > JWT_KID_MAX)
		return jwt_verdict_set(v, JWT_MALFORMED,
		    "token's 'kid' has %zu bytes, more than %d", h->kid_size,
		    JWT_KID_MAX);
	jwt_quote(h->kid_quoted, sizeof(h->kid_quoted), h->kid ? h->kid : "",
	    h->kid_size);
	return 0;
}

/* The kid is read first: the log wants it whatever else is wrong. */
static int
header_read(struct header *h, const struct parts *p,
    const struct jwt_rules *rules, struct jwt_verdict *v)
{
	if (part_parse(p, PART_HEADER, &h->json, v) < 0 ||
	    header_kid(h, v) < 0 || header_extensions(h, v) < 0 ||
	    header_type(h, rules, v) < 0 || header_algorithm(h, rules, v) < 0)
		return -EACCES;
	return 0;
}

/* ---- the signature */

static const struct jwt_key *
header_key(
    const struct header *h, const struct jwt_keys *keys, struct jwt_verdict *v)
{
	const char *alg = jwt_alg_name(h->alg);
	const struct jwt_key *key;

	if (!keys) {
		jwt_verdict_set(v, JWT_NO_KEYS,
		    "there are no keys to verify tokens with yet");
		return NULL;
	}
	key = jwt_keys_find(keys, h->kid, h->kid_size, h->alg);
	if (key)
		return key;
	if (!h->kid)
		jwt_verdict_set(v, JWT_UNKNOWN_KEY,
		    "token names no key (kid), and there is not exactly one "
		    "for %s",
		    alg);
	else if (jwt_keys_has_kid(keys, h->kid, h->kid_size))
		jwt_verdict_set(v, JWT_ALGORITHM,
		    "token's key '%s' is not for its algorithm %s",
		    h->kid_quoted, alg);
	else
		jwt_verdict_set(v, JWT_UNKNOWN_KEY,
		    "token's key '%s' is not known", h->kid_quoted);
	return NULL;
}

static int
signature_verify(const struct header *h, const struct parts *p,
    const struct jwt_keys *keys, struct jwt_verdict *v)
{
	const struct jwt_key *key = header_key(h, keys, v);
	const size_t size =
	    p->text_size[PART_HEADER] + 1 + p->text_size[PART_PAYLOAD];
	int rc;

	if (!key)
		return -EACCES;
	rc = jwt_key_verify(key, h->alg, p->text[PART_HEADER], size,
	    p->bytes[PART_SIGNATURE], p->size[PART_SIGNATURE]);
	if (rc == 0)
		return 0;
	if (rc == -ENOMEM)
		return token_no_memory(v);
	return jwt_verdict_set(v, JWT_SIGNATURE,
	    "token's signature does not fit %s%s%s",
	    h->kid ? "key '" : "the key", h->kid_quoted, h->kid ? "'" : "");
}

/* ---- the whole */

static int
token_make(struct jwt_token **r, const struct header *h, const struct parts *p,
    struct jwt_verdict *v)
{
	struct jwt_token *t = calloc(1, sizeof(*t));

	if (!t)
		return token_no_memory(v);
	*t = (struct jwt_token){ .refs = 1, .alg = h->alg };
	if (part_parse(p, PART_PAYLOAD, &t->claims, v) < 0) {
		jwt_token_unref(&t);
		return -EACCES;
	}
	t->kid = h->kid ? strdup(h->kid) : NULL;
	if (h->kid && !t->kid) {
		jwt_token_unref(&t);
		return token_no_memory(v);
	}
	t->size = sizeof(*t) + h->kid_size +
		  jwt_json_memory(t->claims, p->size[PART_PAYLOAD]);
	*r = t;
	return 0;
}

int
jwt_token_verify(struct jwt_token **r, const char *text, size_t n,
    const struct jwt_rules *rules, const struct jwt_keys *keys,
    struct jwt_verdict *v, char *claimed_kid, size_t claimed_kid_size)
{
	struct parts p = { 0 };
	struct header h = { 0 };
	int rc;

	*r = NULL;
	v->code = JWT_OK;
	v->sentence[0] = '\0';
	if (n > rules->max_size || n > JWT_TOKEN_MAX)
		rc = jwt_verdict_set(v, JWT_TOO_LONG,
		    "token of %zu bytes is longer than %zu", n,
		    rules->max_size < JWT_TOKEN_MAX ? rules->max_size
						    : JWT_TOKEN_MAX);
	else
		rc = parts_split(&p, text, n, v);
	if (rc == 0)
		rc = parts_decode(&p, v);
	if (rc == 0)
		rc = header_read(&h, &p, rules, v);
	if (claimed_kid)
		jwt_quote(claimed_kid, claimed_kid_size, h.kid_quoted,
		    strlen(h.kid_quoted));
	/* What the payload says is read only when we know who says it. */
	if (rc == 0)
		rc = signature_verify(&h, &p, keys, v);
	if (rc == 0)
		rc = token_make(r, &h, &p, v);
	json_decref(h.json);
	free(p.room);
	return rc;
}
