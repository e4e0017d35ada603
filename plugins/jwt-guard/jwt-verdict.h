/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-verdict.h - what the guard says of a client: a code, which log, metrics
 * and the client's own protocol share, and one sentence for a human.  A
 * sentence may quote claims and names, made printable, but never the token.
 */
#ifndef JWT_VERDICT_H
#define JWT_VERDICT_H

#include <stddef.h>
#include <stdint.h>

enum jwt_code {
	JWT_OK,
	JWT_MISSING,   /* no token was presented */
	JWT_MALFORMED, /* not a JWT, or not a strict one */
	JWT_TOO_LONG,
	JWT_ALGORITHM,   /* not one of `algorithms`, or not the key's */
	JWT_UNKNOWN_KEY, /* no key of that kid, or none that fits */
	JWT_SIGNATURE,
	JWT_EXPIRED,
	JWT_NOT_YET, /* nbf or iat lie in the future */
	JWT_ISSUER,
	JWT_AUDIENCE,
	JWT_TYPE,
	JWT_UNBOUND, /* the certificate it is bound to was not shown */
	JWT_REVOKED,
	JWT_FORBIDDEN,   /* valid, but `require` or `routes` say no */
	JWT_DESTINATION, /* valid, but not for where it wants to go */
	JWT_CLEARTEXT,   /* over a network without TLS */
	JWT_LIMIT,       /* max_per_identity */
	JWT_NO_KEYS,     /* none could be read yet */
	JWT_TIMEOUT,     /* no whole token within token_timeout */
	JWT_PROTOCOL,    /* what came is no way to present a token */
	JWT_METHOD,      /* HTTP, but not CONNECT */
	JWT_BACKEND,     /* the way behind the guard cannot be opened */
	JWT_BACKEND_TIMEOUT,
	JWT_BUSY, /* a limit behind the guard */
	JWT_MEMORY,
	JWT_CODES
};

enum { JWT_SENTENCE = 256 }; /* bytes, the 0 included */

struct jwt_verdict {
	enum jwt_code code;
	char sentence[JWT_SENTENCE]; /* no capital, no full stop, printable */
};

struct jwt_code_words {
	const char *name;   /* "expired": log, metrics, ERR */
	int err;            /* for bnd_refuse() */
	uint16_t status;    /* HTTP */
	uint8_t reply;      /* SOCKS5, RFC 1928 section 6 */
	const char *bearer; /* RFC 6750 section 3.1, of a 407; NULL: none */
};

const struct jwt_code_words *jwt_code_words(enum jwt_code code);

/* Set the verdict; what is not printable ASCII becomes '?', what does not fit
 * is cut.  Always says -EACCES, so that it can stand behind a return. */
int jwt_verdict_set(struct jwt_verdict *v, enum jwt_code code, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* n bytes of a stranger's text, to be quoted: so much as fits, with a 0, and
 * what is not printable ASCII as '?'. */
void jwt_quote(char *out, size_t room, const char *text, size_t n);

#endif
