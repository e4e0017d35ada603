/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* clang-format off */
static const struct jwt_code_words words[JWT_CODES] = {
	[JWT_OK] = { "ok", 0, 200, 0, NULL },
	[JWT_MISSING] = { "missing", -EACCES, 407, 2, NULL },
	[JWT_MALFORMED] = { "malformed", -EACCES, 407, 2, "invalid_token" },
	[JWT_TOO_LONG] = { "too-long", -EMSGSIZE, 431, 2, NULL },
	[JWT_ALGORITHM] = { "algorithm", -EACCES, 407, 2, "invalid_token" },
	[JWT_UNKNOWN_KEY] = { "unknown-key", -EACCES, 407, 2, "invalid_token" },
	[JWT_SIGNATURE] = { "signature", -EACCES, 407, 2, "invalid_token" },
	[JWT_EXPIRED] = { "expired", -EKEYEXPIRED, 407, 2, "invalid_token" },
	[JWT_NOT_YET] = { "not-yet", -EACCES, 407, 2, "invalid_token" },
	[JWT_ISSUER] = { "issuer", -EACCES, 407, 2, "invalid_token" },
	[JWT_AUDIENCE] = { "audience", -EACCES, 407, 2, "invalid_token" },
	[JWT_TYPE] = { "type", -EACCES, 407, 2, "invalid_token" },
	[JWT_UNBOUND] = { "unbound", -EACCES, 407, 2, "invalid_token" },
	[JWT_REVOKED] = { "revoked", -EKEYREVOKED, 407, 2, "invalid_token" },
	[JWT_FORBIDDEN] = { "forbidden", -EACCES, 403, 2, NULL },
	[JWT_DESTINATION] = { "destination", -EACCES, 403, 2, NULL },
	[JWT_CLEARTEXT] = { "cleartext", -EACCES, 403, 2, NULL },
	[JWT_LIMIT] = { "limit", -EDQUOT, 503, 1, NULL },
	[JWT_NO_KEYS] = { "no-keys", -EACCES, 503, 1, NULL },
	[JWT_TIMEOUT] = { "timeout", -ETIMEDOUT, 408, 1, NULL },
	[JWT_PROTOCOL] = { "protocol", -EPROTO, 400, 1, NULL },
	[JWT_METHOD] = { "method", -EPROTO, 405, 7, NULL },
	[JWT_BACKEND] = { "backend", -EHOSTUNREACH, 502, 5, NULL },
	[JWT_BACKEND_TIMEOUT] = { "backend-timeout", -ETIMEDOUT, 504, 4, NULL },
	[JWT_BUSY] = { "busy", -EDQUOT, 503, 1, NULL },
	[JWT_MEMORY] = { "memory", -ENOMEM, 503, 1, NULL },
};
/* clang-format on */

const struct jwt_code_words *
jwt_code_words(enum jwt_code code)
{
	return &words[code];
}

static char
printable(char c)
{
	return c < ' ' || c > '~' ? '?' : c;
}

void
jwt_quote(char *out, size_t room, const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n && i + 1 < room; i++)
		out[i] = printable(text[i]);
	out[i] = '\0';
}

int
jwt_verdict_set(struct jwt_verdict *v, enum jwt_code code, const char *fmt, ...)
{
	va_list ap;

	v->code = code;
	va_start(ap, fmt);
	vsnprintf(v->sentence, sizeof(v->sentence), fmt, ap);
	va_end(ap);
	for (char *p = v->sentence; *p; p++)
		*p = printable(*p);
	return -EACCES;
}
