/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-signature.c - does a signature fit?  GnuTLS only reads a public key while
 * it verifies, so any number of threads may do so with one.
 */

#include "jwt-key.h"
#include "jwt-keys.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

/* clang-format off */
static const struct method {
	gnutls_sign_algorithm_t sign; /* those of ECDSA name their curve */
	gnutls_mac_algorithm_t mac;
	unsigned mac_size;
} methods[ALG_COUNT] = {
	[ALG_RS256] = { GNUTLS_SIGN_RSA_SHA256, 0, 0 },
	[ALG_RS384] = { GNUTLS_SIGN_RSA_SHA384, 0, 0 },
	[ALG_RS512] = { GNUTLS_SIGN_RSA_SHA512, 0, 0 },
	/* The salt is as long as the hash (RFC 7518 section 3.5): no other is
	 * taken for a key that came without parameters. */
	[ALG_PS256] = { GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 0, 0 },
	[ALG_PS384] = { GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 0, 0 },
	[ALG_PS512] = { GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 0, 0 },
	[ALG_ES256] = { GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 0, 0 },
	[ALG_ES384] = { GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, 0, 0 },
	[ALG_ES512] = { GNUTLS_SIGN_ECDSA_SECP521R1_SHA512, 0, 0 },
	[ALG_EDDSA] = { GNUTLS_SIGN_EDDSA_ED25519, 0, 0 },
	[ALG_ED25519] = { GNUTLS_SIGN_EDDSA_ED25519, 0, 0 },
	[ALG_HS256] = { 0, GNUTLS_MAC_SHA256, 32 },
	[ALG_HS384] = { 0, GNUTLS_MAC_SHA384, 48 },
	[ALG_HS512] = { 0, GNUTLS_MAC_SHA512, 64 },
};
/* clang-format on */

static int
mac_verify(const struct jwt_key *k, const struct method *m,
    const gnutls_datum_t *data, const gnutls_datum_t *signature)
{
	unsigned char mac[64];
	int rc;

	if (signature->size != m->mac_size)
		return -EKEYREJECTED;
	rc = gnutls_hmac_fast(
	    m->mac, k->bytes, k->size, data->data, data->size, mac);
	if (rc < 0)
		return rc == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EKEYREJECTED;
	return gnutls_memcmp(mac, signature->data, m->mac_size) == 0
		   ? 0
		   : -EKEYREJECTED;
}

enum { NUMBER_MOST = 66, DER_ROOM = 2 * (NUMBER_MOST + 3) + 3 };

/* Where the DER of a positive INTEGER ends: as short as can be, the highest bit
 * of it 0. */
static unsigned char *
der_integer(unsigned char *to, const unsigned char *p, unsigned n)
{
	unsigned is_high;

	for (; n > 1 && *p == 0; n--)
		p++;
	is_high = *p >> 7;
	*to++ = 0x02;
	*to++ = (unsigned char)(n + is_high);
	*to = 0;
	memcpy(to + is_high, p, n);
	return to + is_high + n;
}

/* SEQUENCE { r, s } somewhere in the room: where it begins. */
static unsigned char *
der_signature(unsigned char room[static DER_ROOM],
    const gnutls_datum_t *signature, unsigned *size_r)
{
	const unsigned n = signature->size / 2;
	unsigned char *const body = room + 3, *begin = body, *end;
	unsigned size;

	end = der_integer(body, signature->data, n);
	end = der_integer(end, signature->data + n, n);
	size = (unsigned)(end - body);
	*--begin = (unsigned char)size;
	if (size > 0x7f) /* the length has a byte of its own */
		*--begin = 0x81;
	*--begin = 0x30;
	*size_r = (unsigned)(end - begin);
	return begin;
}

/* RFC 7518 section 3.4: r and s side by side.  GnuTLS wants them in DER, and
 * has a function for that, which takes some microseconds and memory. */
static int
ecdsa_verify(const struct jwt_key *k, const struct method *m,
    const gnutls_datum_t *data, const gnutls_datum_t *signature)
{
	unsigned char room[DER_ROOM];
	gnutls_datum_t der;

	der.data = der_signature(room, signature, &der.size);
	return gnutls_pubkey_verify_data2(k->public, m->sign, 0, data, &der);
}

int
jwt_key_verify(const struct jwt_key *k, enum jwt_alg alg, const void *data,
    size_t data_size, const void *signature, size_t signature_size)
{
	const struct method *m = &methods[alg];
	const gnutls_datum_t text = { (void *)(uintptr_t)data,
		(unsigned)data_size };
	const gnutls_datum_t sig = { (void *)(uintptr_t)signature,
		(unsigned)signature_size };
	int rc;

	if (!(k->algorithms & UINT32_C(1) << alg) || data_size > INT32_MAX)
		return -EKEYREJECTED;
	if (k->kind == KIND_OCT)
		return mac_verify(k, m, &text, &sig);
	if (signature_size != k->signature_size)
		return -EKEYREJECTED;
	if (alg >= ALG_ES256 && alg <= ALG_ES512)
		rc = ecdsa_verify(k, m, &text, &sig);
	else
		rc = gnutls_pubkey_verify_data2(
		    k->public, m->sign, 0, &text, &sig);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return -ENOMEM;
	return rc < 0 ? -EKEYREJECTED : 0;
}
