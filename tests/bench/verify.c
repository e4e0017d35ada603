/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * How many signatures the library verifies in a CPU second, and nothing else:
 * the yardstick of the guard.  "verify ALG SECONDS" prints the number.
 */

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* clang-format off */
static const struct algorithm {
	const char *name;
	gnutls_pk_algorithm_t key;
	unsigned bits;
	gnutls_digest_algorithm_t digest;
	gnutls_sign_algorithm_t sign;
} algorithms[] = {
	{ "ES256", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
	  GNUTLS_DIG_SHA256, GNUTLS_SIGN_ECDSA_SHA256 },
	{ "RS256", GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA256,
	  GNUTLS_SIGN_RSA_SHA256 },
	{ "EdDSA", GNUTLS_PK_EDDSA_ED25519,
	  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), GNUTLS_DIG_SHA512,
	  GNUTLS_SIGN_EDDSA_ED25519 },
};
/* clang-format on */

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
verify(const struct algorithm *a, double seconds)
{
	char text[400];
	gnutls_datum_t data = { (void *)text, sizeof(text) }, signature;
	gnutls_privkey_t private;
	gnutls_pubkey_t public;
	double began, ends;
	unsigned long n = 0;

	memset(text, 'x', sizeof(text)); /* as long as a small token */
	gnutls_privkey_init(&private);
	gnutls_pubkey_init(&public);
	if (gnutls_privkey_generate(private, a->key, a->bits, 0) < 0 ||
	    gnutls_privkey_sign_data(private, a->digest, 0, &data, &signature) <
		0 ||
	    gnutls_pubkey_import_privkey(public, private, 0, 0) < 0)
		return 1;
	began = cpu_seconds();
	ends = began + seconds;
	while (cpu_seconds() < ends)
		for (int i = 0; i < 16; i++, n++)
			if (gnutls_pubkey_verify_data2(
				public, a->sign, 0, &data, &signature) < 0)
				return 1;
	printf("%.0f\n", (double)n / (cpu_seconds() - began));
	return 0;
}

int
main(int argc, char **argv)
{
	for (size_t i = 0;
	     argc == 3 && i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (strcmp(argv[1], algorithms[i].name) == 0)
			return verify(&algorithms[i], atof(argv[2]));
	fputs("usage: verify ES256|RS256|EdDSA SECONDS\n", stderr);
	return 64;
}
