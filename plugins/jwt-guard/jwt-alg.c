/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-alg.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
static const char *const alg_names[ALG_COUNT] = {
	[ALG_RS256] = "RS256", [ALG_RS384] = "RS384", [ALG_RS512] = "RS512",
	[ALG_PS256] = "PS256", [ALG_PS384] = "PS384", [ALG_PS512] = "PS512",
	[ALG_ES256] = "ES256", [ALG_ES384] = "ES384", [ALG_ES512] = "ES512",
	[ALG_EDDSA] = "EdDSA", [ALG_ED25519] = "Ed25519",
	[ALG_HS256] = "HS256", [ALG_HS384] = "HS384", [ALG_HS512] = "HS512",
};
/* clang-format on */

int
jwt_alg_find(const char *name, size_t n)
{
	for (int i = 0; i < ALG_COUNT; i++)
		if (strlen(alg_names[i]) == n &&
		    memcmp(alg_names[i], name, n) == 0)
			return i;
	return -ENOENT;
}

const char *
jwt_alg_name(enum jwt_alg alg)
{
	return alg_names[alg];
}

uint32_t
jwt_alg_bits(enum jwt_alg alg)
{
	if (alg == ALG_EDDSA || alg == ALG_ED25519)
		return JWT_ALG_BIT(ALG_EDDSA) | JWT_ALG_BIT(ALG_ED25519);
	return JWT_ALG_BIT(alg);
}
