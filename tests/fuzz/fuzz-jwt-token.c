/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Any bytes as a token: none is taken but those that the RFCs publish, which
 * the keys below have signed.  Or as a header and a payload (parted by a 0)
 * that the holder of a key signs: then a token that is taken is one that the
 * rules allow, and whatever it claims does no harm. */

#include "../../plugins/jwt-guard/jwt-alg.c"
#include "../../plugins/jwt-guard/jwt-base64.c"
#include "../../plugins/jwt-guard/jwt-claims.c"
#include "../../plugins/jwt-guard/jwt-json.c"
#include "../../plugins/jwt-guard/jwt-key.c"
#include "../../plugins/jwt-guard/jwt-keys.c"
#include "../../plugins/jwt-guard/jwt-signature.c"
#include "../../plugins/jwt-guard/jwt-token.c"
#include "../../plugins/jwt-guard/jwt-verdict.c"

#include <gnutls/crypto.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define JOE                                                                \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" \
	"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

/* RFC 7515 appendix A.1 and A.3, RFC 8037 appendix A. */
static const char jwks[] =
    "{\"keys\":["
    "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS"
    "0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"},"
    "{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"ed\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
static const char *const known[] = {
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE
	".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	"eyJhbGciOiJFUzI1NiJ9." JOE
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQ"
	"xfKTUJqPP3-Kg6NU1Q",
};

static const char *const types[] = { "JWT" };
static const struct jwt_rules rules = {
	.algorithms = (UINT32_C(1) << ALG_COUNT) - 1,
	.types = types,
	.type_count = 1,
	.max_size = JWT_TOKEN_MAX,
};
static struct jwt_keys *keys;

static size_t
encode(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				     "mnopqrstuvwxyz0123456789-_";
	char *at = out;
	unsigned bits;

	for (size_t i = 0; i < n; i += 3) {
		bits = (unsigned)p[i] << 16;
		bits |= i + 1 < n ? (unsigned)p[i + 1] << 8 : 0;
		bits |= i + 2 < n ? p[i + 2] : 0;
		for (int k = 0; k < 4; k++, bits <<= 6)
			*at++ = digits[bits >> 18 & 63];
	}
	return (size_t)(at - out) - (n % 3 ? 3 - n % 3 : 0);
}

/* What is decoded can be written in this way only. */
static void
try_base64(const uint8_t *data, size_t size)
{
	unsigned char *bytes = malloc(JWT_BASE64_ROOM(size));
	long n = jwt_base64url_decode((const char *)data, size, bytes);
	char *again = malloc(size + 4);

	if (n > (long)JWT_BASE64_ROOM(size))
		abort();
	if (n >= 0 && (encode(bytes, (size_t)n, again) != size ||
			  memcmp(again, data, size) != 0))
		abort();
	free(again);
	free(bytes);
}

static void
try_claims(const struct jwt_token *t)
{
	static const char *const names[] = { "sub", "scope", "a.b", "a.b.c",
		"realm_access.roles" };
	static const char *const audience[] = { "gw" };
	const struct jwt_expected strict = { .issuer = "joe",
		.audiences = audience,
		.audience_count = 1,
		.leeway_ms = 30000,
		.requires_expiry = true };
	const struct jwt_expected lax = { .leeway_ms = 30000 };
	const int64_t now = INT64_C(1300819000000);
	struct jwt_verdict v;
	const json_t *value;
	int64_t expires;

	if (jwt_claims_check(t->claims, &strict, now, &expires, &v) == 0 &&
	    (expires + 30000 <= now || expires == JWT_FOREVER ||
		!string_is(json_object_get(t->claims, "iss"), "joe") ||
		!json_object_get(t->claims, "aud")))
		abort();
	jwt_claims_check(t->claims, &lax, now, &expires, &v);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		value = jwt_claim_find(t->claims, names[i]);
		jwt_claim_has(value, names[i], "a");
		jwt_claim_text(t->claims, names[i]);
	}
}

static void
try_token(const char *text, size_t n)
{
	struct jwt_token *t;
	struct jwt_verdict v;
	char kid[32];
	bool is_known = false;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		is_known = is_known || (strlen(known[i]) == n &&
					   memcmp(known[i], text, n) == 0);
	if (jwt_token_verify(&t, text, n, &rules, keys, &v, kid, sizeof(kid)) ==
	    0)
		try_claims(t);
	if (is_known != (t != NULL))
		abort();
	for (const char *p = v.sentence; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
	jwt_token_unref(&t);
}

/* What must be so of any token that was taken. */
static void
check_header(const uint8_t *header, size_t n)
{
	json_t *h = json_loadb((const char *)header, n, 0, NULL);
	const char *alg = json_string_value(json_object_get(h, "alg"));

	if (!alg || strncmp(alg, "HS", 2) != 0 || json_object_get(h, "crit") ||
	    json_object_get(h, "b64") || json_object_get(h, "kid"))
		abort();
	json_decref(h);
}

static void
try_signed(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	size_t header = end ? (size_t)(end - data) : size;
	size_t payload = end ? size - header - 1 : 0, n;
	char *text = malloc(2 * size + 100);
	unsigned char mac[32];
	struct jwt_token *t;
	struct jwt_verdict v;

	n = encode(data, header, text);
	text[n++] = '.';
	n += encode(data + header + 1, payload, text + n);
	gnutls_hmac_fast(
	    GNUTLS_MAC_SHA256, keys->v[0].bytes, keys->v[0].size, text, n, mac);
	text[n++] = '.';
	n += encode(mac, 32, text + n);
	if (jwt_token_verify(&t, text, n, &rules, keys, &v, NULL, 0) == 0) {
		check_header(data, header);
		try_claims(t);
	}
	jwt_token_unref(&t);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[200];

	if (!keys && jwt_keys_read(&keys, jwks, strlen(jwks), why, sizeof(why),
			 NULL, NULL) < 0)
		abort();
	if (size == 0)
		return 0;
	if (data[0] == '{')
		try_signed(data, size);
	try_base64(data, size);
	try_token((const char *)data, size);
	return 0;
}
