/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Signatures that somebody made who has no key: what has been published. */

#include "jwt-check.h"
#include "unit.h"

#include <pthread.h>

#define PAYLOAD "{\"sub\":\"mallory\"}"

/* One message of one key, whose signature salts of many lengths were made
 * for; the first is as RFC 7518 section 3.5 says. */
static const char pss_key[] =
    "{\"kty\":\"RSA\",\"n\":\"yCIp9FHQmq3pZ6mJDCBFCDuBDBf-RIGf3WKubMS39"
    "1sWtDHUwpyq9BWD4s6WMiic4nB4bTWNiWTzI8tecfRWKViKjNa-Ua48T8gZN9JQctg"
    "0Dl6gV2G9IYS6eQrMLqfatHv3T4JyOq7uQyOpSqLdf9mkVM_NosIyUHvP2PYKM089J"
    "Pf_16JMdaO9-bVYyyhoQNUhFiaAdtZ-NIM5p7QKG4i9yhJNwOON7hhol8YRaxF8Uw9"
    "6h6LfUpe94N6qZRbKpFQmSvF5Dam56KhIDXz0im8YPCptbcRXjfyzY9YjPzj-43tOw"
    "sHg0hHy1hfEvjtaPzBzfwVG2hEkAi3vYx5kzw\",\"e\":\"AQAB\"}";
static const struct {
	int salt; /* bytes; -1: 32, but MGF1 with SHA-1 */
	const char *signature;
} pss[] = {
	{ 32,
	    "L4pUkrzh29Bb9xjy6DIaUf7OIlRxCmcK1UXwveapaVSJMj4nz6zS1HsVbrputuL0dr"
	    "3PdH0HFbfHF7X3Oant-rtg-005u80tODMfpw-x0sK9w0gVNgE32xUGkuGP7p-SUWv1"
	    "Cf4fW0vSkKcesqkMISVhvRrCOtadgGh4t7_bJkPFG6BmenTAQu_-QYjwNOraRACmQX"
	    "UMNmTxNYcAK6vTJIG1aYJX6kFsjksL9nc9hwPVhlslBsK6Mt7o7IgiPsews4vU0wjn"
	    "itnsaBU9lQP0t7Lxu18mHpgaX3QUTRAZO-qZsr1LiDLOI4Gm7rCsN_2jGQyEfTcu0I"
	    "QbZYeBnF5dBA" },
	{ 0,
	    "QFeGYvHD5L7vl00SxorF6VOWA73b7FnO4WSuicRqRxGnaVNnlynVldpjW2HTYHH557"
	    "3cSfUGA81CO9MLcAGqub20jSv5-V3dgmeuGkonM5XNCTYWoio-7HEds6WRfgRIC6pL"
	    "6cTEOnHdfy7q1qhkN1oS0mP54uSPx0nmwdRVcbfMcbRzlkmfEd6G5ZuDxZVzar_Uj9"
	    "wtg5JDGZRFfOKvGNWo6eTk0y0vhqpsKkCGZfyfKyio0uT8vO4up25JFzBjTHy5_t0r"
	    "GVvjfSeiXHiRm86XmN1zdGc97Yd3iaGdoutQsTssHaICT7wmEUhOnufLTuAZpM6KW_"
	    "2tCg069_PtsA" },
	{ 20,
	    "TKpkfxb1YtPp7BD4PP8xHNl6SgcdsZM-rXUiQjj7-2zpz13-_e_zeZDYHgA8rdeodi"
	    "OO2t5EKme76oP2gabDT_l23X5HcDXIz1Yj-qffUKFO_XNQ6Oy7fGGCDDsjzMhLVVVD"
	    "jLOyhuIvAEvk7id2yA6mM4zI0zn7CxgnS9TqRsoV4VHe_3TXxHHV_1SbTygNSUA_lP"
	    "6gbBNoJJrqX0p2xv4ANMQGGJKLLwRGFtTqo_0lYHp6lij9ceD1S_lRXazmFj2BTTAE"
	    "dwPdv-HdXymsUnqS4lbetMFuxZF0h0NeKGLEEWlqmudi2eEAnYVeIWIVUgxAzLuXw7"
	    "XvPwZzRmpwgA" },
	{ 31,
	    "OZTMkr_lPL7-6rYsY7y3jDMYkGAL9SgFdGm6fSqbr5NKkkXgamNTaUQjBFxIFIlLL2"
	    "ytsxraoe-X9JZxk7iRis_HqIkDU_1Gl8HObRcuCQKFwIfPOn0xujWzy0cwXAG6GWD-"
	    "sd4mWXXezN874rf_K1XXyI0uqzUnMECzDTU5Gjk2Y_dDhoaZMEOO-bIvGWoapTP9Ju"
	    "50438ez5mgJuTYKHEkGUwtTE9oycQTvHU5sipzD15ehJDMFZfrq0RHv6jPunTA5LEo"
	    "XH06848MNboscGpfm2rtYeFoQ6fa5g7Jdv2rfAzaW42ZUgW2bW6no_MqaMpUeHHTux"
	    "SnMY3DAMbRwQ" },
	{ 33,
	    "OFhM8onjNVUoZP2qd_8uBWfY4-sdCU2AKv5CLv-3xUPEgKve1oIs5MMk1bRjfip6cU"
	    "N-NAWcWEiGKCjBtLn0TFSY1Xuv2-lAWxLiLn72-bbfjetjPam3-olD3txCCnh4wMRd"
	    "L2zYoAAhPjTWDWwQs8HCaEPB3MNpQF6xo5Yp4H_HW0SJYk3Z_hiZyCClPfYmF-qiHZ"
	    "qjpeEaMKYGKTy4GUwV4zI_xeNhwiw_TrOw-jJyRJvX5Q3dvGQYWt1NLsDPLccLLcME"
	    "2f3tpj1NS-Irx1RGLLqPLPHwbavthLLWSTlQSalG9pCcN9ocorcStIjdmT3Kyodl2d"
	    "GAh5cCwHoBoA" },
	{ 222,
	    "awsyEjLxpbzU184ByaDKpp8w4vQ-nqt6b7DDvbNwD2fmh8sq0FZiuO1veIoPTwKRUw"
	    "QBrJkh1B3WrAPzBzkso2EKc-3lEg4kf9Kg4YJHfzmYELKSiy6mV6tKuEQHjTnHFKxe"
	    "s7Tfv3Are616ondrspjpgS_ZkM2N8RK4JXGRM2fD1o8wVaGzfopxs2KqwjG5UcKxoI"
	    "ybdwLJAkQYzzJzFmFUYrKnCv5EG750JxH9EbWD46_rwFNGpe4uldoz4NF8XAEePRNu"
	    "SlbzQZimELKdt_KZ4ButPH6LAA35JY7LRu_usAou1xSI9rqlER4jhO_nUdE6n4Z8l5"
	    "KJjiibX20OGw" },
	{ -1,
	    "CSryZXEiq1vw3RXbHNq-wjvjdHIXFFjYZWif0goOnWwYmy2xfnOobar7Awk98nz1U7"
	    "4DR7i_tEAZZFDkJv3wl0aykm-iiSluVBsm9x6DfxaRbvTMzL9SwKn4Lgc3ZJblWkP6"
	    "3o8503iW0IOHN4g3G8A7adrdi8F0iz-tPu4t3FpGSTd22ZWYKrvQinai__ZzLNcspq"
	    "JOzpB4WSMcAYPnue6-EoszHq3VUToAyIEtF1Z8ssgMAy0ezjLd-9iZXcpNvLV-485q"
	    "X3wUE8kPxGTmyFTyxcUha_4bquRZFiNm30Bim0P5fVSoUlMczbavREUDg2Z6cp_tvb"
	    "ndDPHiq-ynnQ" },
};

/* A token of these bytes as signature. */
static char *
signed_with(enum jwt_alg alg, const char *more, const void *bytes, size_t n)
{
	char *header = made_text("{\"alg\":\"%s\"%s}", jwt_alg_name(alg), more);
	char *h = made_base64(header, strlen(header));
	char *p = made_base64(PAYLOAD, strlen(PAYLOAD));
	char *s = made_base64(bytes, n);
	char *token = made_text("%s.%s.%s", h, p, s);

	free(header);
	free(h);
	free(p);
	free(s);
	return token;
}

/* The true signature of what signed_with(alg, "", ...) makes a token of. */
static size_t
true_signature(const struct maker *m, unsigned char out[1024])
{
	char *token = signed_with(m->alg, "", "", 0);
	size_t n = maker_sign_bytes(m, m->alg, token, strlen(token) - 1, out);

	check_drops(NULL, token, JWT_MALFORMED, "no signature");
	return n;
}

static void
is_wrong(
    const struct jwt_keys *keys, enum jwt_alg alg, const void *bytes, size_t n)
{
	check_drops(keys, signed_with(alg, "", bytes, n), JWT_SIGNATURE,
	    "does not fit");
}

/* ---- confusion of algorithms */

static char *
hmac_token(const char *more, const void *secret, size_t n)
{
	char *token = signed_with(ALG_HS256, more, "", 0), *forged;
	unsigned char mac[32];

	ck_assert_int_ge(gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, n, token,
			     strlen(token) - 1, mac),
	    0);
	forged = signed_with(ALG_HS256, more, mac, 32);
	free(token);
	return forged;
}

/* Whatever text or bytes of the public key serve as the secret. */
START_TEST(a_public_key_is_no_secret)
{
	static const enum jwt_alg algs[] = { ALG_RS256, ALG_ES256, ALG_EDDSA };
	struct jwt_keys *keys;
	gnutls_datum_t forms[3] = { { 0 } };
	gnutls_pubkey_t public;
	struct maker m;
	char *jwk;

	for (size_t a = 0; a < 3; a++) {
		maker_init(&m, algs[a]);
		jwk = maker_jwk(&m, ",\"kid\":\"k\"");
		keys = check_keys(jwk);
		gnutls_pubkey_init(&public);
		gnutls_pubkey_import_privkey(public, m.key, 0, 0);
		gnutls_pubkey_export2(public, GNUTLS_X509_FMT_PEM, &forms[0]);
		gnutls_pubkey_export2(public, GNUTLS_X509_FMT_DER, &forms[1]);
		forms[2].data = (unsigned char *)jwk;
		forms[2].size = (unsigned)strlen(jwk);
		for (size_t i = 0; i < 3; i++) {
			check_drops(keys,
			    hmac_token(
				",\"kid\":\"k\"", forms[i].data, forms[i].size),
			    JWT_ALGORITHM, "is not for its algorithm HS256");
			check_drops(keys,
			    hmac_token("", forms[i].data, forms[i].size),
			    JWT_UNKNOWN_KEY, "not exactly one for HS256");
		}
		gnutls_free(forms[0].data);
		gnutls_free(forms[1].data);
		gnutls_pubkey_deinit(public);
		jwt_keys_unref(&keys);
		free(jwk);
		maker_finish(&m);
	}
}
END_TEST

START_TEST(an_empty_secret_is_none)
{
	struct jwt_keys *keys;
	struct maker m;

	maker_init(&m, ALG_HS256);
	keys = check_maker_keys(&m, "");
	check_drops(keys, hmac_token("", "", 0), JWT_SIGNATURE, "not fit");
	check_drops(
	    keys, hmac_token("", "\0\0\0\0", 4), JWT_SIGNATURE, "not fit");
	jwt_keys_unref(&keys);
	maker_finish(&m);
}
END_TEST

/* Each algorithm with each key: one of them is right. */
START_TEST(a_key_signs_for_its_algorithm_only)
{
	struct maker makers[ALG_COUNT];
	struct jwt_keys *keys;
	char *more, *token, *as;

	for (int k = 0; k < ALG_COUNT; k++)
		maker_init(&makers[k], k);
	for (int k = 0; k < ALG_COUNT; k++) {
		more =
		    made_text(",\"kid\":\"k\",\"alg\":\"%s\"", jwt_alg_name(k));
		keys = check_maker_keys(&makers[k], more);
		free(more);
		for (int alg = 0; alg < ALG_COUNT; alg++) {
			as = made_text("{\"alg\":\"%s\",\"kid\":\"k\"}",
			    jwt_alg_name(alg));
			token = maker_sign_as(&makers[k],
			    made_algs[k].pk == made_algs[alg].pk ? alg : k, as,
			    PAYLOAD);
			if (made_same(alg, k))
				check_takes(keys, token);
			else
				check_drops(keys, token, JWT_ALGORITHM,
				    "is not for its algorithm");
			free(as);
		}
		jwt_keys_unref(&keys);
	}
	for (int k = 0; k < ALG_COUNT; k++)
		maker_finish(&makers[k]);
}
END_TEST

/* The set says so, but the last step looks again. */
START_TEST(a_key_looks_at_the_algorithm_itself)
{
	struct jwt_keys *keys;
	unsigned char sig[1024];
	struct maker m;
	size_t n;

	maker_init(&m, ALG_ES256);
	keys = check_maker_keys(&m, "");
	n = maker_sign_bytes(&m, ALG_ES256, "text", 4, sig);
	ck_assert_int_eq(
	    jwt_key_verify(&keys->v[0], ALG_ES256, "text", 4, sig, n), 0);
	for (int alg = 0; alg < ALG_COUNT; alg++)
		if (alg != ALG_ES256)
			ck_assert_int_eq(
			    jwt_key_verify(&keys->v[0], alg, "text", 4, sig, n),
			    -EKEYREJECTED);
	jwt_keys_unref(&keys);
	maker_finish(&m);
	maker_init(&m, ALG_PS256);
	keys = check_maker_keys(&m, ",\"alg\":\"RS256\"");
	n = maker_sign_bytes(&m, ALG_PS256, "text", 4, sig);
	ck_assert_int_eq(
	    jwt_key_verify(&keys->v[0], ALG_PS256, "text", 4, sig, n),
	    -EKEYREJECTED);
	n = maker_sign_bytes(&m, ALG_RS256, "text", 4, sig);
	ck_assert_int_eq(
	    jwt_key_verify(&keys->v[0], ALG_RS256, "text", 4, sig, n), 0);
	jwt_keys_unref(&keys);
	maker_finish(&m);
}
END_TEST

/* ---- ECDSA */

static const struct order {
	enum jwt_alg alg;
	unsigned char bytes[66];
} orders[] = {
	{ ALG_ES256,
	    { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e,
		0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 } },
	{ ALG_ES384,
	    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d,
		0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec,
		0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73 } },
	{ ALG_ES512,
	    { 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96,
		0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b,
		0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7,
		0x1e, 0x91, 0x38, 0x64, 0x09 } },
};

/* CVE-2022-21449 and its kin: every pair of 0, 1, n - 1, n, n + 1 and the
 * largest number that fits. */
START_TEST(numbers_of_no_signature)
{
	unsigned char sig[132], number[6][66];
	struct jwt_keys *keys;
	struct maker m;
	size_t n;

	for (size_t o = 0; o < 3; o++) {
		n = made_algs[orders[o].alg].size;
		maker_init(&m, orders[o].alg);
		keys = check_maker_keys(&m, "");
		memset(number, 0, sizeof(number));
		number[1][n - 1] = 1;
		for (size_t i = 2; i < 5; i++)
			memcpy(number[i], orders[o].bytes, n);
		number[2][n - 1]--;
		number[4][n - 1]++;
		memset(number[5], 0xff, n);
		for (size_t i = 0; i < 36; i++) {
			memcpy(sig, number[i / 6], n);
			memcpy(sig + n, number[i % 6], n);
			is_wrong(keys, orders[o].alg, sig, 2 * n);
		}
		jwt_keys_unref(&keys);
		maker_finish(&m);
	}
}
END_TEST

static void
add_order(unsigned char *number, const struct order *o, size_t n)
{
	unsigned carry = 0;

	for (size_t i = n; i-- > 0; carry >>= 8) {
		carry += number[i] + o->bytes[i];
		number[i] = (unsigned char)carry;
	}
}

START_TEST(shapes_of_no_signature)
{
	unsigned char sig[1024], other[1024];
	gnutls_datum_t r, s, der;
	struct jwt_keys *keys;
	struct maker m;
	size_t n, size;

	for (size_t o = 0; o < 3; o++) {
		maker_init(&m, orders[o].alg);
		keys = check_maker_keys(&m, "");
		n = true_signature(&m, sig);
		size = n / 2;
		check_takes(keys, signed_with(m.alg, "", sig, n));
		/* in DER, as TLS has it */
		r = (gnutls_datum_t){ sig, (unsigned)size };
		s = (gnutls_datum_t){ sig + size, (unsigned)size };
		ck_assert_int_ge(gnutls_encode_rs_value(&der, &r, &s), 0);
		is_wrong(keys, m.alg, der.data, der.size);
		gnutls_free(der.data);
		/* too short, too long, cut, padded in the middle */
		is_wrong(keys, m.alg, sig, n - 1);
		is_wrong(keys, m.alg, sig, n - 2);
		is_wrong(keys, m.alg, sig, size);
		is_wrong(keys, m.alg, sig, 1);
		memcpy(other, sig, n);
		other[n] = 0;
		is_wrong(keys, m.alg, other, n + 1);
		other[n + 1] = 0;
		is_wrong(keys, m.alg, other, n + 2);
		memset(other, 0, sizeof(other));
		memcpy(other + 1, sig, size);
		memcpy(other + size + 2, sig + size, size);
		is_wrong(keys, m.alg, other, n + 2);
		/* s before r */
		memcpy(other, sig + size, size);
		memcpy(other + size, sig, size);
		is_wrong(keys, m.alg, other, n);
		/* r + n, modulo what fits */
		memcpy(other, sig, n);
		add_order(other, &orders[o], size);
		is_wrong(keys, m.alg, other, n);
		memcpy(other, sig, n);
		add_order(other + size, &orders[o], size);
		is_wrong(keys, m.alg, other, n);
		jwt_keys_unref(&keys);
		maker_finish(&m);
	}
}
END_TEST

/* ---- EdDSA */

/* S + L verifies where S is not compared with L (RFC 8032 section 5.1.7). */
START_TEST(an_eddsa_signature_has_one_form)
{
	static const unsigned char order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,
		0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
		0x14, [31] = 0x10 };
	unsigned char sig[1024], other[66] = { 0 };
	struct jwt_keys *keys;
	unsigned carry = 0;
	struct maker m;

	maker_init(&m, ALG_EDDSA);
	keys = check_maker_keys(&m, "");
	ck_assert_uint_eq(true_signature(&m, sig), 64);
	check_takes(keys, signed_with(m.alg, "", sig, 64));
	memcpy(other, sig, 64);
	for (size_t i = 0; i < 32; i++, carry >>= 8) {
		carry += sig[32 + i] + order[i];
		other[32 + i] = (unsigned char)carry;
	}
	is_wrong(keys, m.alg, other, 64);
	memcpy(other, sig, 64);
	is_wrong(keys, m.alg, other, 65);
	is_wrong(keys, m.alg, other, 63);
	is_wrong(keys, m.alg, other, 32);
	memset(other, 0, sizeof(other));
	is_wrong(keys, m.alg, other, 64);
	other[0] = 1;
	is_wrong(keys, m.alg, other, 64);
	jwt_keys_unref(&keys);
	maker_finish(&m);
}
END_TEST

/* ---- RSA */

static void
rsa_signed(struct maker *m, const struct jwt_keys *keys,
    gnutls_sign_algorithm_t sign, bool is_good)
{
	char *token = signed_with(m->alg, "", "", 0);
	gnutls_datum_t data = { (unsigned char *)token,
		(unsigned)strlen(token) - 1 };
	gnutls_datum_t sig;

	ck_assert_int_ge(
	    gnutls_privkey_sign_data2(m->key, sign, 0, &data, &sig), 0);
	if (is_good)
		check_takes(keys, signed_with(m->alg, "", sig.data, sig.size));
	else
		is_wrong(keys, m->alg, sig.data, sig.size);
	gnutls_free(sig.data);
	free(token);
}

/* Another hash, another padding, a hash that says not which it is. */
START_TEST(rsa_signatures_of_another_kind)
{
	gnutls_datum_t hash, sig;
	unsigned char digest[32];
	struct jwt_keys *keys;
	struct maker m;
	char *token;

	maker_init(&m, ALG_RS256);
	keys = check_maker_keys(&m, "");
	rsa_signed(&m, keys, GNUTLS_SIGN_RSA_SHA256, true);
	rsa_signed(&m, keys, GNUTLS_SIGN_RSA_SHA512, false);
	rsa_signed(&m, keys, GNUTLS_SIGN_RSA_SHA1, false);
	rsa_signed(&m, keys, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, false);
	token = signed_with(m.alg, "", "", 0);
	ck_assert_int_eq(gnutls_hash_fast(GNUTLS_DIG_SHA256, token,
			     strlen(token) - 1, digest),
	    0);
	hash = (gnutls_datum_t){ digest, 32 };
	ck_assert_int_ge(gnutls_privkey_sign_hash(m.key, GNUTLS_DIG_UNKNOWN,
			     GNUTLS_PRIVKEY_SIGN_FLAG_TLS1_RSA, &hash, &sig),
	    0);
	is_wrong(keys, m.alg, sig.data, sig.size);
	gnutls_free(sig.data);
	free(token);
	m.alg = ALG_PS256;
	rsa_signed(&m, keys, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, true);
	rsa_signed(&m, keys, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, false);
	rsa_signed(&m, keys, GNUTLS_SIGN_RSA_SHA256, false);
	jwt_keys_unref(&keys);
	maker_finish(&m);
}
END_TEST

START_TEST(rsa_signatures_of_another_size)
{
	static const enum jwt_alg algs[] = { ALG_RS256, ALG_PS256 };
	unsigned char sig[1024], other[260] = { 0 };
	struct jwt_keys *keys;
	struct maker m;

	for (size_t a = 0; a < 2; a++) {
		maker_init(&m, algs[a]);
		keys = check_maker_keys(&m, "");
		ck_assert_uint_eq(true_signature(&m, sig), 256);
		check_takes(keys, signed_with(m.alg, "", sig, 256));
		memset(other, 0, sizeof(other));
		memcpy(other + 1, sig, 256);
		is_wrong(keys, m.alg, other, 257);
		memcpy(other, sig, 256);
		other[256] = 0;
		is_wrong(keys, m.alg, other, 257);
		is_wrong(keys, m.alg, sig, 255);
		is_wrong(keys, m.alg, sig + 1, 255);
		memset(other, 0, sizeof(other));
		is_wrong(keys, m.alg, other, 256);
		other[255] = 1;
		is_wrong(keys, m.alg, other, 256);
		memset(other, 0xff, sizeof(other));
		is_wrong(keys, m.alg, other, 256);
		memcpy(other, keys->v[0].bytes, 256); /* n itself, and n - 1 */
		is_wrong(keys, m.alg, other, 256);
		other[255]--;
		is_wrong(keys, m.alg, other, 256);
		jwt_keys_unref(&keys);
		maker_finish(&m);
	}
}
END_TEST

START_TEST(a_salt_is_as_long_as_the_hash)
{
	struct jwt_keys *keys = check_keys(pss_key);
	char *token;

	for (size_t i = 0; i < sizeof(pss) / sizeof(*pss); i++) {
		token =
		    made_text("eyJhbGciOiJQUzI1NiJ9.e30.%s", pss[i].signature);
		if (pss[i].salt == 32)
			check_takes(keys, token);
		else
			check_drops(keys, token, JWT_SIGNATURE, "not fit");
	}
	jwt_keys_unref(&keys);
}
END_TEST

/* ---- HMAC */

START_TEST(macs_that_are_cut)
{
	static const enum jwt_alg algs[] = { ALG_HS256, ALG_HS384, ALG_HS512 };
	unsigned char sig[1024], mac[1024];
	struct jwt_keys *keys;
	struct maker m;
	size_t n;

	for (size_t a = 0; a < 3; a++) {
		maker_init(&m, algs[a]);
		keys = check_maker_keys(&m, "");
		n = true_signature(&m, sig);
		maker_sign_bytes(&m, m.alg, "text", 4, mac);
		check_takes(keys, signed_with(m.alg, "", sig, n));
		for (size_t cut = 1; cut < n; cut++)
			is_wrong(keys, m.alg, sig, cut);
		for (size_t cut = 1; cut < n; cut++)
			ck_assert_int_eq(jwt_key_verify(&keys->v[0], m.alg,
					     "text", 4, mac, cut),
			    -EKEYREJECTED);
		memset(sig + n, 0, 64);
		is_wrong(keys, m.alg, sig, n + 1);
		is_wrong(keys, m.alg, sig, n + 32);
		jwt_keys_unref(&keys);
		maker_finish(&m);
	}
}
END_TEST

/* ---- many at once */

struct crowd {
	const struct jwt_keys *keys;
	char *tokens[3];
	unsigned wrong;
};

static void *
crowd_verify(void *arg)
{
	struct crowd *c = arg;
	struct jwt_verdict v;
	struct jwt_token *t;
	unsigned wrong = 0;

	for (int i = 0; i < 300; i++) {
		const char *token = c->tokens[i % 3];
		size_t n = strlen(token) - (i % 2) * 4;

		jwt_token_verify(
		    &t, token, n, &check_rules, c->keys, &v, NULL, 0);
		wrong += (t != NULL) == (i % 2);
		jwt_token_unref(&t);
	}
	__atomic_add_fetch(&c->wrong, wrong, __ATOMIC_RELAXED);
	return NULL;
}

START_TEST(many_threads_verify_with_one_set)
{
	static const enum jwt_alg algs[] = { ALG_RS256, ALG_ES256, ALG_EDDSA };
	struct maker makers[3];
	struct crowd c = { 0 };
	pthread_t threads[4];
	char *jwks[3], *set;
	struct jwt_keys *keys;

	for (size_t i = 0; i < 3; i++) {
		maker_init(&makers[i], algs[i]);
		jwks[i] = maker_jwk(&makers[i], "");
		c.tokens[i] = maker_token(&makers[i], "", PAYLOAD);
	}
	set = made_text("{\"keys\":[%s,%s,%s]}", jwks[0], jwks[1], jwks[2]);
	c.keys = keys = check_keys(set);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, crowd_verify, &c), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(c.wrong, 0);
	for (size_t i = 0; i < 3; i++) {
		maker_finish(&makers[i]);
		free(jwks[i]);
		free(c.tokens[i]);
	}
	jwt_keys_unref(&keys);
	free(set);
}
END_TEST

/* Numbers of all lengths, in DER as GnuTLS writes it. */
static void
der_is_right(unsigned n, unsigned r_zeros, unsigned s_zeros, unsigned first)
{
	unsigned char bytes[2 * NUMBER_MOST] = { 0 }, room[DER_ROOM], *der;
	gnutls_datum_t r = { bytes, n }, s = { bytes + n, n }, want;
	const gnutls_datum_t both = { bytes, 2 * n };
	unsigned size;

	memset(bytes + r_zeros, 0xa5, n - r_zeros);
	memset(bytes + n + s_zeros, 0x5a, n - s_zeros);
	if (r_zeros < n)
		bytes[r_zeros] = (unsigned char)first;
	if (s_zeros < n)
		bytes[n + s_zeros] = (unsigned char)(first ^ 0x80);
	ck_assert_int_ge(gnutls_encode_rs_value(&want, &r, &s), 0);
	memset(room, 0xee, sizeof(room));
	der = der_signature(room, &both, &size);
	ck_assert_uint_eq(size, want.size);
	ck_assert_mem_eq(der, want.data, size);
	ck_assert(der >= room && der + size <= room + sizeof(room));
	gnutls_free(want.data);
}

START_TEST(r_and_s_in_der)
{
	static const unsigned sizes[] = { 32, 48, 66 };
	static const unsigned firsts[] = { 0x01, 0x7f, 0x80, 0x81, 0xff };

	for (size_t i = 0; i < 3; i++)
		for (size_t f = 0; f < 5; f++)
			for (unsigned r = 0; r < sizes[i]; r++)
				for (unsigned s = 0; s < sizes[i]; s++)
					der_is_right(sizes[i], r, s, firsts[f]);
}
END_TEST

/* No numbers at all are still numbers: 0. */
START_TEST(zeros_in_der)
{
	static const unsigned char want[] = { 0x30, 6, 2, 1, 0, 2, 1, 0 };
	unsigned char zeros[64] = { 0 }, room[DER_ROOM];
	const gnutls_datum_t both = { zeros, sizeof(zeros) };
	unsigned size;

	ck_assert_mem_eq(der_signature(room, &both, &size), want, sizeof(want));
	ck_assert_uint_eq(size, sizeof(want));
}
END_TEST

UNIT_TESTS("jwt attacks", r_and_s_in_der, zeros_in_der,
    a_public_key_is_no_secret, an_empty_secret_is_none,
    a_key_signs_for_its_algorithm_only, a_key_looks_at_the_algorithm_itself,
    numbers_of_no_signature, shapes_of_no_signature,
    an_eddsa_signature_has_one_form, rsa_signatures_of_another_kind,
    rsa_signatures_of_another_size, a_salt_is_as_long_as_the_hash,
    macs_that_are_cut, many_threads_verify_with_one_set)
