/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/value.h"

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { NETS_MAX = 40, ROUNDS = 300, PROBES = 60 };

static int
nets_has_text(const struct bnd_nets *nets, const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return nets_has(nets, (const struct sockaddr *)&in);
	ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return nets_has(nets, (const struct sockaddr *)&in6);
}

START_TEST(membership)
{
	static const char *const texts[] = { "10.0.0.0/8", "192.0.2.1",
		"192.0.2.2/31", "2001:db8::/32", "::1", "203.0.113.128/25",
		"10.1.0.0/16", "::ffff:198.51.100.0/120" };
	static const char *const in[] = { "10.0.0.0", "10.255.255.255",
		"10.1.2.3", "192.0.2.1", "192.0.2.2", "192.0.2.3",
		"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "::1",
		"203.0.113.128", "203.0.113.255", "::ffff:10.0.0.1",
		"198.51.100.0", "::ffff:198.51.100.255" };
	static const char *const out[] = { "9.255.255.255", "11.0.0.0",
		"192.0.2.0", "192.0.2.4",
		"2001:db7:ffff::", "2001:db9::", "::", "::2", "203.0.113.127",
		"203.0.114.0", "::ffff:11.0.0.0", "0.0.0.0", "255.255.255.255",
		"198.51.99.255", "198.51.101.0", "::a00:1" };
	struct arena arena = { 0 };
	const struct bnd_nets *nets;
	size_t bad;

	ck_assert_ptr_null(value_nets(texts, 8, &arena, &nets, &bad));
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		ck_assert_msg(nets_has_text(nets, in[i]), "%s is out", in[i]);
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		ck_assert_msg(!nets_has_text(nets, out[i]), "%s is in", out[i]);
	arena_finish(&arena);
}
END_TEST

START_TEST(whole_families)
{
	static const char *const v4[] = { "0.0.0.0/0" };
	static const char *const v6[] = { "::/0", "ffff::/16", "::1" };
	struct arena arena = { 0 };
	const struct bnd_nets *nets;
	size_t bad;

	ck_assert_ptr_null(value_nets(v4, 1, &arena, &nets, &bad));
	ck_assert(nets_has_text(nets, "0.0.0.0"));
	ck_assert(nets_has_text(nets, "255.255.255.255"));
	ck_assert(nets_has_text(nets, "::ffff:1.2.3.4"));
	ck_assert(!nets_has_text(nets, "::"));
	ck_assert_ptr_null(value_nets(v6, 3, &arena, &nets, &bad));
	ck_assert(nets_has_text(nets, "::"));
	ck_assert(
	    nets_has_text(nets, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	ck_assert(!nets_has_text(nets, "1.2.3.4"));
	ck_assert(!nets_has_text(nets, "::ffff:1.2.3.4"));
	arena_finish(&arena);
}
END_TEST

START_TEST(nothing_is_in_nothing)
{
	const struct sockaddr_un un = { .sun_family = AF_UNIX };
	static const char *const all[] = { "0.0.0.0/0", "::/0" };
	struct arena arena = { 0 };
	const struct bnd_nets *nets;
	size_t bad;

	ck_assert(!nets_has_text(NULL, "10.0.0.1"));
	ck_assert_ptr_null(value_nets(NULL, 0, &arena, &nets, &bad));
	ck_assert(!nets_has_text(nets, "10.0.0.1"));
	ck_assert(!nets_has_text(nets, "::1"));
	ck_assert(!nets_has(nets, NULL));
	ck_assert_ptr_null(value_nets(all, 2, &arena, &nets, &bad));
	ck_assert(!nets_has(nets, (const struct sockaddr *)&un));
	arena_finish(&arena);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *text, *error;
	} all[] = {
		{ "", "not a network" },
		{ "10/8", "not a network" },
		{ "10.0.0", "not a network" },
		{ "localhost", "not a network" },
		{ "[::1]", "not a network" },
		{ "fe80::1%eth0", "not a network" },
		{ "10.0.0.0 /8", "not a network" },
		{ "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
		    "not a network" },
		{ "10.0.0.0/", "0 to 32" },
		{ "10.0.0.0/33", "0 to 32" },
		{ "10.0.0.0/-1", "0 to 32" },
		{ "10.0.0.0/8x", "0 to 32" },
		{ "10.0.0.0/0008", "0 to 32" },
		{ "10.0.0.0/255.0.0.0", "0 to 32" },
		{ "::/129", "0 to 128" },
		{ "10.1.2.3/8", "write \"10.0.0.0/8\"" },
		{ "10.0.0.1/31", "write \"10.0.0.0/31\"" },
		{ "1.0.0.0/0", "write \"0.0.0.0/0\"" },
		{ "2001:db8::1/32", "write \"2001:db8::/32\"" },
		{ "8000::/0", "write \"::/0\"" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *texts[] = { "10.0.0.0/8", all[i].text, "bad" };
		struct arena arena = { 0 };
		const struct bnd_nets *nets;
		size_t bad = 0;
		const char *error = value_nets(texts, 3, &arena, &nets, &bad);

		ck_assert_msg(error && strstr(error, all[i].error),
		    "'%s' is not refused with '%s' but '%s'", all[i].text,
		    all[i].error, error);
		ck_assert_uint_eq(bad, 1);
		arena_finish(&arena);
	}
}
END_TEST

/* ---- against brute force: networks and probes from a small corner of the
 * space, so that they overlap, touch and repeat. */

struct model {
	bool is_v4;
	unsigned prefix;
	uint8_t bytes[16];
};

static uint32_t
model_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Few distinct bytes, at the ends of their range. */
static void
model_address(uint32_t *seed, struct model *m)
{
	static const uint8_t some[] = { 0, 1, 127, 128, 254, 255 };

	memset(m, 0, sizeof(*m));
	m->is_v4 = model_random(seed) % 2;
	if (!m->is_v4)
		m->bytes[0] = 0x20;
	for (unsigned i = 0; i < 4; i++) {
		unsigned at = m->is_v4 || i < 2 ? i : i + 12;

		m->bytes[at] = some[model_random(seed) % sizeof(some)];
	}
	if (!m->is_v4)
		m->bytes[0] |= 0x20;
}

static void
model_net(uint32_t *seed, struct model *m, char *text, size_t size)
{
	unsigned bits;
	char address[INET6_ADDRSTRLEN];

	model_address(seed, m);
	bits = m->is_v4 ? 32 : 128;
	m->prefix = model_random(seed) % (bits + 1);
	for (unsigned i = m->prefix; i < bits; i++)
		m->bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	inet_ntop(
	    m->is_v4 ? AF_INET : AF_INET6, m->bytes, address, sizeof(address));
	snprintf(text, size, "%s/%u", address, m->prefix);
}

static bool
model_has(const struct model *nets, size_t count, const struct model *probe)
{
	for (size_t i = 0; i < count; i++) {
		unsigned same = 0;

		if (nets[i].is_v4 != probe->is_v4)
			continue;
		while (same < nets[i].prefix &&
		       !((nets[i].bytes[same / 8] ^ probe->bytes[same / 8]) &
			   (0x80u >> same % 8)))
			same++;
		if (same == nets[i].prefix)
			return true;
	}
	return false;
}

START_TEST(like_brute_force)
{
	static char texts[NETS_MAX][64];
	struct model nets[NETS_MAX], probe;
	const char *list[NETS_MAX];
	uint32_t seed = 20260101;
	size_t hits = 0, misses = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t count = model_random(&seed) % NETS_MAX, bad;
		struct arena arena = { 0 };
		const struct bnd_nets *set;

		for (size_t i = 0; i < count; i++) {
			model_net(&seed, &nets[i], texts[i], sizeof(texts[i]));
			list[i] = texts[i];
			/* Wide ones would hide the others. */
			if (nets[i].prefix < 4)
				count = i;
		}
		ck_assert_ptr_null(value_nets(list, count, &arena, &set, &bad));
		for (unsigned i = 0; i < PROBES; i++) {
			char text[INET6_ADDRSTRLEN];
			bool expected;

			model_address(&seed, &probe);
			inet_ntop(probe.is_v4 ? AF_INET : AF_INET6, probe.bytes,
			    text, sizeof(text));
			expected = model_has(nets, count, &probe);
			ck_assert_msg(nets_has_text(set, text) == expected,
			    "round %u: %s", round, text);
			expected ? hits++ : misses++;
		}
		arena_finish(&arena);
	}
	ck_assert_uint_gt(hits, 1000);
	ck_assert_uint_gt(misses, 1000);
}
END_TEST

UNIT_TESTS("nets", membership, whole_families, nothing_is_in_nothing, refused,
    like_brute_force)
