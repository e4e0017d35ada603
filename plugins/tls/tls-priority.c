/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-priority.c - which algorithms are spoken.  The library's idea of "normal"
 * includes TLS 1.0, CBC and SHA-1 signatures in places; whatever an operator's
 * string says, what lies below the floor is taken out of it again.
 */

#include "tls-context.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Hybrids first; those that the library does not know are left out. */
static const char *const groups[] = { "X25519-MLKEM768", "SECP256R1-MLKEM768",
	"X25519", "SECP256R1", "SECP384R1", "SECP521R1", "X448" };

/* The groups follow. */
static const char usual[] =
    "NORMAL:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-256-GCM:"
    "+CHACHA20-POLY1305:+AES-128-GCM:-GROUP-ALL";

/* Static RSA and anonymous exchanges, CBC and stream ciphers, SHA-1 and MD5. */
static const char below_floor[] =
    ":-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL:-RSA:-DHE-DSS:"
    "-ANON-DH:-ANON-ECDH:-PSK:-RSA-PSK:-SRP:-SRP-RSA:-SRP-DSS:"
    "-AES-128-CBC:-AES-256-CBC:-CAMELLIA-128-CBC:-CAMELLIA-192-CBC:"
    "-CAMELLIA-256-CBC:-3DES-CBC:-ARCFOUR-128:-NULL:"
    "-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:-SIGN-RSA-MD5";

/* The switches that neither weaken what is agreed on nor let others in: most of
 * the library's do one or the other, such as %VERIFY_ALLOW_BROKEN. */
static const char *const switches[] = { "%SERVER_PRECEDENCE", "%NO_TICKETS",
	"%NO_TICKETS_TLS12", "%FORCE_SESSION_HASH", "%FORCE_ETM",
	"%SAFE_RENEGOTIATION", "%DISABLE_WILDCARDS",
	"%DISABLE_TLS13_COMPAT_MODE", "%LATEST_RECORD_VERSION",
	"%ALLOW_SMALL_RECORDS", "%PROFILE_MEDIUM", "%PROFILE_HIGH",
	"%PROFILE_ULTRA", "%PROFILE_FUTURE", "%PROFILE_SUITEB128",
	"%PROFILE_SUITEB192" };

static bool
priority_knows(const char *text, size_t n)
{
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (strlen(switches[i]) == n &&
		    strncasecmp(switches[i], text, n) == 0)
			return true;
	return false;
}

static int
priority_check_switches(const char *text, struct bnd_binding *b)
{
	for (; (text = strchr(text, '%')) != NULL; text++) {
		size_t n = strcspn(text, ":");

		if (!priority_knows(text, n))
			return bnd_option_error(b, "priority", NULL,
			    "'%.*s' is not allowed", (int)n, text);
	}
	return 0;
}

/* "NORMAL" takes keys of 1024 bits; others say better themselves. */
static const char *
priority_profile(const char *text)
{
	return *text == '@' || strncasecmp(text, "SECURE", 6) == 0 ||
		       strncasecmp(text, "SUITEB", 6) == 0
		   ? ""
		   : ":%PROFILE_MEDIUM";
}

static void
priority_groups(char *to, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (gnutls_group_get_id(groups[i]) != GNUTLS_GROUP_INVALID)
			used += (size_t)snprintf(
			    to + used, size - used, ":+GROUP-%s", groups[i]);
}

static bool
priority_speaks(gnutls_priority_t p, gnutls_protocol_t version)
{
	const unsigned *list;
	int n = gnutls_priority_protocol_list(p, &list);

	for (int i = 0; i < n; i++)
		if (list[i] == (unsigned)version)
			return true;
	return false;
}

/* Is anything left to agree on? */
static bool
priority_is_usable(gnutls_priority_t p)
{
	const unsigned *list;

	return (priority_speaks(p, GNUTLS_TLS1_3) ||
		   priority_speaks(p, GNUTLS_TLS1_2)) &&
	       gnutls_priority_cipher_list(p, &list) > 0 &&
	       gnutls_priority_sign_list(p, &list) > 0;
}

/* What is left below the floor, which names only what "NORMAL" and "LEGACY" can
 * bring; NULL: nothing. */
static const char *
priority_flaw(gnutls_priority_t p)
{
	const unsigned *list;
	int n = gnutls_priority_cipher_list(p, &list);

	for (int i = 0; i < n; i++)
		if (gnutls_cipher_get_tag_size(list[i]) == 0)
			return gnutls_cipher_get_name(list[i]);
	n = gnutls_priority_kx_list(p, &list);
	for (int i = 0; i < n; i++)
		if (list[i] != GNUTLS_KX_ECDHE_RSA &&
		    list[i] != GNUTLS_KX_ECDHE_ECDSA &&
		    list[i] != GNUTLS_KX_DHE_RSA)
			return gnutls_kx_get_name(list[i]);
	n = gnutls_priority_sign_list(p, &list);
	for (int i = 0; i < n; i++)
		if (!gnutls_sign_is_secure(list[i]))
			return gnutls_sign_get_name(list[i]);
	return NULL;
}

/* The string with all that we add to it.  0 or negative after an error. */
static int
priority_text(char *to, size_t size, struct bnd_binding *b)
{
	const struct tls *c = b->self;
	const char *said = c->priority ? c->priority : usual;
	size_t first = strcspn(said, ":");
	char own[256] = "";
	int n;

	if (c->priority && priority_check_switches(said, b) < 0)
		return -EINVAL;
	if (!c->priority)
		priority_groups(own, sizeof(own));
	n = snprintf(to, size, "%.*s%s%s%s%s%s", (int)first, said,
	    priority_profile(said), said + first, own, below_floor,
	    c->min_version == VERSION_1_3 ? ":-VERS-TLS1.2" : "");
	return n >= (int)size
		   ? bnd_option_error(b, "priority", NULL, "is too long")
		   : 0;
}

int
priority_create(gnutls_priority_t *r, struct bnd_binding *b)
{
	const struct tls *c = b->self;
	char text[4096];
	const char *at = NULL, *flaw;
	int rc = priority_text(text, sizeof(text), b);

	if (rc < 0)
		return rc;
	rc = gnutls_priority_init(r, text, &at);
	if (rc == GNUTLS_E_INVALID_REQUEST && at && c->priority)
		return bnd_option_error(b, "priority", NULL,
		    "does not understand '%.*s'", (int)strcspn(at, ":"), at);
	if (rc < 0 && rc != GNUTLS_E_NO_PRIORITIES_WERE_SET)
		return bnd_option_error(b, "priority", NULL,
		    "cannot be used: %s", gnutls_strerror(rc));
	if (rc < 0 || !priority_is_usable(*r))
		return bnd_option_error(b, "priority", NULL,
		    "leaves nothing to agree on at or above TLS 1.%d",
		    c->min_version == VERSION_1_3 ? 3 : 2);
	flaw = priority_flaw(*r);
	return flaw ? bnd_option_error(b, "priority", NULL,
			  "allows '%s', which is too weak", flaw)
		    : 0;
}
