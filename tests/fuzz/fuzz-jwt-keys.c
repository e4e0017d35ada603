/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Any bytes as a set of keys: those that are taken are strong enough, can be
 * told apart, and verify nothing that they did not sign. */

#include "../../plugins/jwt-guard/jwt-alg.c"
#include "../../plugins/jwt-guard/jwt-base64.c"
#include "../../plugins/jwt-guard/jwt-json.c"
#include "../../plugins/jwt-guard/jwt-key.c"
#include "../../plugins/jwt-guard/jwt-keys.c"
#include "../../plugins/jwt-guard/jwt-signature.c"
#include "../../plugins/jwt-guard/jwt-verdict.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
note(void *arg, const char *sentence)
{
	unsigned *count = arg;

	if (!*sentence || ++*count > JWT_KEYS_MAX)
		abort();
	for (; *sentence; sentence++)
		if (*sentence < ' ' || *sentence > '~')
			abort();
}

static void
check_strength(const struct jwt_key *k)
{
	if (k->algorithms == 0 ||
	    (k->kind == KIND_RSA && (k->bits < 2048 || k->bits > 8192)) ||
	    (k->kind == KIND_OCT && k->size < 32) ||
	    (k->kind == KIND_OCT) != (k->public == NULL))
		abort();
}

static void
check_use(const struct jwt_keys *set, const struct jwt_key *k, enum jwt_alg alg)
{
	static const unsigned char junk[1024] = { 1 };
	const struct jwt_key *found;

	if (!(k->algorithms & UINT32_C(1) << alg)) {
		if (jwt_key_verify(k, alg, "a", 1, junk, 64) == 0)
			abort();
		return;
	}
	found = jwt_keys_find(set, k->kid, k->kid_size, alg);
	if (k->kid ? !found || !jwt_key_is_same(found, k)
		   : found && !jwt_key_is_same(found, k))
		abort();
	if (k->bits <= 2048 &&
	    jwt_key_verify(k, alg, "a", 1, junk,
		k->signature_size ? k->signature_size : 32) == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[200] = "", text[200];
	unsigned notes = 0;
	struct jwt_keys *set;

	if (jwt_keys_read(&set, (const char *)data, size, why, sizeof(why),
		note, &notes) < 0) {
		if (set || !why[0])
			abort();
		return 0;
	}
	if (jwt_keys_count(set) == 0 || jwt_keys_count(set) > JWT_KEYS_MAX)
		abort();
	for (size_t i = 0; i < jwt_keys_count(set); i++) {
		jwt_keys_show(set, i, text, sizeof(text));
		check_strength(&set->v[i]);
		for (int alg = 0; alg < ALG_COUNT; alg++)
			check_use(set, &set->v[i], alg);
	}
	jwt_keys_unref(&set);
	return 0;
}
