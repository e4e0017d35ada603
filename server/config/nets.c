/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * nets.c - sets of networks, as sorted ranges that neither touch nor overlap:
 * one binary search says whether an address is in.  An IPv6 network inside of
 * ::ffff:0:0/96 is taken as the IPv4 network it maps, as such addresses are.
 */
#include "config/value.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 nets_key;

struct nets_range {
	nets_key first, last;
};

struct nets_set {
	size_t count;
	struct nets_range *ranges;
};

struct bnd_nets {
	struct nets_set v4, v6;
};

/* One network as it was written. */
struct nets_one {
	bool is_v4;
	unsigned bits, prefix; /* of the address; of the network */
	nets_key address;
};

static nets_key
nets_key_read(const uint8_t *bytes, size_t n)
{
	nets_key key = 0;

	for (size_t i = 0; i < n; i++)
		key = key << 8 | bytes[i];
	return key;
}

static bool
nets_is_mapped(const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

/* The host bits of a network. */
static nets_key
nets_mask(const struct nets_one *one)
{
	unsigned n = one->bits - one->prefix;

	return n >= 128 ? ~(nets_key)0 : ((nets_key)1 << n) - 1;
}

static bool
nets_address(const char *text, struct nets_one *r)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*r = (struct nets_one){ true, 32, 32, nets_key_read(bytes, 4) };
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*r = (struct nets_one){ false, 128, 128,
			nets_key_read(bytes, 16) };
		return true;
	}
	return false;
}

/* "8" of "10.0.0.0/8": one to three digits, at most `most`. */
static bool
nets_prefix(const char *text, unsigned most, unsigned *r)
{
	size_t n = strspn(text, "0123456789");

	*r = 0;
	if (n < 1 || n > 3 || text[n])
		return false;
	for (size_t i = 0; i < n; i++)
		*r = *r * 10 + (unsigned)(text[i] - '0');
	return *r <= most;
}

static const char *
nets_bits_error(const struct nets_one *one, struct arena *arena)
{
	nets_key key = one->address & ~nets_mask(one);
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	const char *err;

	for (unsigned i = one->bits / 8; i-- > 0; key >>= 8)
		bytes[i] = (uint8_t)key;
	inet_ntop(one->is_v4 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
	err = arena_printf(arena,
	    "has bits set behind its prefix: write \"%s/%u\"", text,
	    one->prefix);
	return err ? err : value_no_memory;
}

/* Take ::ffff:a.b.c.d/n as a.b.c.d/(n - 96). */
static void
nets_unmap(struct nets_one *one)
{
	const unsigned prefix = 96;

	if (one->is_v4 || one->prefix < prefix ||
	    one->address >> 32 != (nets_key)0xffff)
		return;
	one->is_v4 = true;
	one->bits = 32;
	one->prefix -= prefix;
	one->address &= UINT32_MAX;
}

static const char *
nets_parse(const char *text, struct arena *arena, struct nets_one *r)
{
	static const char bad[] = "is not a network: write \"10.0.0.0/8\", "
				  "\"2001:db8::/32\" or an address";
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char addr[INET6_ADDRSTRLEN];

	if (n >= sizeof(addr))
		return bad;
	memcpy(addr, text, n);
	addr[n] = 0;
	if (!nets_address(addr, r))
		return bad;
	if (slash && !nets_prefix(slash + 1, r->bits, &r->prefix))
		return r->is_v4
			   ? "has no prefix length of 0 to 32 behind the '/'"
			   : "has no prefix length of 0 to 128 behind the '/'";
	if (r->address & nets_mask(r))
		return nets_bits_error(r, arena);
	nets_unmap(r);
	return NULL;
}

static int
nets_compare(const void *a, const void *b)
{
	const struct nets_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Sort, and join what touches or overlaps. */
static void
nets_settle(struct nets_set *s)
{
	struct nets_range *r = s->ranges;
	size_t n = 0;

	if (!s->count)
		return;
	qsort(r, s->count, sizeof(*r), nets_compare);
	for (size_t i = 1; i < s->count; i++) {
		/* A range that ends with the last address has no "next". */
		if (r[n].last + 1 == 0 || r[i].first <= r[n].last + 1) {
			if (r[i].last > r[n].last)
				r[n].last = r[i].last;
		} else {
			r[++n] = r[i];
		}
	}
	s->count = n + 1;
}

static void
nets_add(struct nets_set *s, const struct nets_one *one)
{
	s->ranges[s->count++] =
	    (struct nets_range){ one->address, one->address | nets_mask(one) };
}

/* Only a check: nothing is kept, so that errors cost no memory. */
static const char *
nets_check(const char *const *texts, size_t count, struct arena *arena,
    size_t *v4_r, size_t *bad_r)
{
	*v4_r = 0;
	for (size_t i = 0; i < count; i++) {
		struct nets_one one;
		const char *err = nets_parse(texts[i], arena, &one);

		*bad_r = i;
		if (err)
			return err;
		*v4_r += one.is_v4;
	}
	*bad_r = count;
	return NULL;
}

const char *
value_nets(const char *const *texts, size_t count, struct arena *arena,
    const struct bnd_nets **r, size_t *bad_r)
{
	struct bnd_nets *nets;
	struct nets_one one;
	size_t v4;
	const char *err = nets_check(texts, count, arena, &v4, bad_r);

	if (err)
		return err;
	nets = arena_alloc(arena, sizeof(*nets));
	if (!nets)
		return value_no_memory;
	nets->v4.ranges = arena_array(arena, v4, sizeof(*nets->v4.ranges));
	nets->v6.ranges =
	    arena_array(arena, count - v4, sizeof(*nets->v6.ranges));
	if (!nets->v4.ranges || !nets->v6.ranges)
		return value_no_memory;
	for (size_t i = 0; i < count; i++)
		if (!nets_parse(texts[i], arena, &one))
			nets_add(one.is_v4 ? &nets->v4 : &nets->v6, &one);
	nets_settle(&nets->v4);
	nets_settle(&nets->v6);
	*r = nets;
	return NULL;
}

static int
nets_set_has(const struct nets_set *s, nets_key key)
{
	size_t low = 0, high = s->count; /* of the first range above key */

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->ranges[mid].first <= key)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && key <= s->ranges[low - 1].last;
}

int
nets_has(const struct bnd_nets *nets, const struct sockaddr *a)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (!nets || !a)
		return 0;
	if (a->sa_family == AF_INET) {
		memcpy(&in, a, sizeof(in));
		return nets_set_has(&nets->v4, ntohl(in.sin_addr.s_addr));
	}
	if (a->sa_family != AF_INET6)
		return 0;
	memcpy(&in6, a, sizeof(in6));
	if (nets_is_mapped(in6.sin6_addr.s6_addr))
		return nets_set_has(
		    &nets->v4, nets_key_read(in6.sin6_addr.s6_addr + 12, 4));
	return nets_set_has(
	    &nets->v6, nets_key_read(in6.sin6_addr.s6_addr, 16));
}
