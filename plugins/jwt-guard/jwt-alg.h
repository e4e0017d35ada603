/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-alg.h - the algorithms of RFC 7518 section 3.1, RFC 8037 and RFC 9864
 * that the guard knows.  There is no "none" to be found here.
 */
#ifndef JWT_ALG_H
#define JWT_ALG_H

#include <stddef.h>
#include <stdint.h>

#define JWT_ALG_BIT(alg) (UINT32_C(1) << (alg))

enum jwt_alg { /* in the order of the choices of the option `algorithms` */
	ALG_RS256,
	ALG_RS384,
	ALG_RS512,
	ALG_PS256,
	ALG_PS384,
	ALG_PS512,
	ALG_ES256,
	ALG_ES384,
	ALG_ES512,
	ALG_EDDSA,
	ALG_ED25519,
	ALG_HS256,
	ALG_HS384,
	ALG_HS512,
	ALG_COUNT
};

#define JWT_ALG_CHOICES                                                \
	"RS256|RS384|RS512|PS256|PS384|PS512|ES256|ES384|ES512|EdDSA|" \
	"Ed25519|HS256|HS384|HS512"
#define JWT_ALG_DEFAULT                                                \
	"RS256|RS384|RS512|PS256|PS384|PS512|ES256|ES384|ES512|EdDSA|" \
	"Ed25519"

/* By its exact name of n bytes; -ENOENT: none of ours. */
int jwt_alg_find(const char *name, size_t n);
const char *jwt_alg_name(enum jwt_alg alg);

/* Its bit, and those of its other names: "EdDSA" leaves the curve to the key
 * (RFC 9864 section 2.2), so with a key on Ed25519 it is "Ed25519". */
uint32_t jwt_alg_bits(enum jwt_alg alg);

#endif
