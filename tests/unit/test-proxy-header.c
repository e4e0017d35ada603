/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The PROXY protocol as bytes: what is read, what is refused and why, what is
 * written, and that the one reads what the other writes. */

#include "../../plugins/tcp-common/crc32c.c"
#include "../../plugins/tcp-common/proxy-header.c"
#include "../../plugins/tcp-common/proxy-write.c"

#include "unit.h"

#include <stdio.h>

static struct proxy_header h;

/* Read the whole, and before it each beginning, in memory of exactly its size:
 * none may come to another verdict than "more", or than the whole does. */
static int
read_all(const void *data, size_t n)
{
	int whole, rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		char *part = malloc(i + 1);

		memcpy(part, data, i);
		rc = proxy_header_read(&h, part, i);
		if (rc == 0)
			ck_assert_uint_gt(h.wanted, i);
		free(part);
	}
	whole = proxy_header_read(&h, data, n);
	if (rc)
		ck_assert_int_eq(rc, whole);
	return whole;
}

static const char *
flaw(const void *data, size_t n)
{
	int rc = read_all(data, n);

	if (rc >= 0)
		return NULL;
	ck_assert_int_eq(rc, -EBADMSG);
	ck_assert_ptr_nonnull(h.why);
	return h.why;
}

/* ---- version 1 */

static int
line(const char *text)
{
	return read_all(text, strlen(text));
}

static void
assert_in(const struct tcp_address *a, const char *host, unsigned port)
{
	char text[INET6_ADDRSTRLEN];
	bool is_v4 = a->any.sa_family == AF_INET;

	ck_assert_uint_eq(a->size, is_v4 ? sizeof(a->in) : sizeof(a->in6));
	inet_ntop(a->any.sa_family,
	    is_v4 ? (const void *)&a->in.sin_addr
		  : (const void *)&a->in6.sin6_addr,
	    text, sizeof(text));
	ck_assert_str_eq(text, host);
	ck_assert_uint_eq(
	    ntohs(is_v4 ? a->in.sin_port : a->in6.sin6_port), port);
}

START_TEST(v1_reads)
{
	ck_assert_int_eq(
	    line("PROXY TCP4 192.0.2.1 198.51.100.2 0 65535\r\n"), 43);
	ck_assert(h.has_addresses);
	ck_assert_uint_eq(h.version, 1);
	assert_in(&h.source, "192.0.2.1", 0);
	assert_in(&h.destination, "198.51.100.2", 65535);
	ck_assert_uint_eq(h.tlvs_size, 0);
	ck_assert_int_eq(
	    line("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.7 1 2\r\n"), 45);
	assert_in(&h.source, "2001:db8::1", 1);
	assert_in(&h.destination, "::ffff:192.0.2.7", 2);
}
END_TEST

START_TEST(v1_stops_at_the_end_of_its_line)
{
	static const char text[] = "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n\0PROXY";

	ck_assert_int_eq(proxy_header_read(&h, text, sizeof(text)), 33);
}
END_TEST

START_TEST(v1_unknown_says_nothing)
{
	static const char *const lines[] = { "PROXY UNKNOWN\r\n",
		"PROXY UNKNOWN \r\n", "PROXY UNKNOWN a b c d e  f\r\n",
		"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 "
		"65535\r\n" };

	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(line(lines[i]), (int)strlen(lines[i]));
		ck_assert(!h.has_addresses);
		ck_assert_uint_eq(h.source.size, 0);
	}
}
END_TEST

START_TEST(v1_has_107_bytes_at_most)
{
	char text[200];

	for (int n = 85; n < 98; n++) {
		snprintf(text, sizeof(text), "PROXY UNKNOWN %.*s\r\n", n,
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		ck_assert_uint_eq(strlen(text), 16 + (size_t)n);
		if (16 + n <= 107)
			ck_assert_int_eq(line(text), 16 + n);
		else
			ck_assert_str_eq(flaw(text, strlen(text)),
			    "is a line of more than 107 bytes");
	}
}
END_TEST

START_TEST(v1_refuses)
{
	static const char *const rest[] = {
		" TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
		" TCP4 192.0.2.1  192.0.2.2 1 2\r\n",
		" TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
		" TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
		" TCP4 192.0.2.1 192.0.2.2 1\r\n",
		" TCP4 192.0.2.1 192.0.2.2 1 \r\n",
		" TCP4 192.0.2.1 192.0.2.2\r\n",
		" TCP4\r\n",
		" TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
		" TCP4 192.0.2 192.0.2.2 1 2\r\n",
		" TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
		" TCP4 0xc0.0.2.1 192.0.2.2 1 2\r\n",
		" TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
		" TCP4 192.0.2.1 192.0.2.2 00 2\r\n",
		" TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
		" TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
		" TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
		" TCP4 192.0.2.1 192.0.2.2 1 99999\r\n",
		" TCP4 192.0.2.1 192.0.2.2 1 100000\r\n",
		" TCP4 192.0.2.1 192.0.2.2 1 2x\r\n",
		" TCP4 192.0.2.1\t192.0.2.2 1 2\r\n",
		" TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
		" TCP4 192.0.2.1 2001:db8::2 1 2\r\n",
		" TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
		" TCP6 2001:db8::1 192.0.2.2 1 2\r\n",
		" TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n",
		" TCP6 fe80::1%lo 2001:db8::2 1 2\r\n",
		" TCP6 2001:db8:::1 2001:db8::2 1 2\r\n",
	};

	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		char text[200];
		const char *why;

		snprintf(text, sizeof(text), "PROXY%s", rest[i]);
		why = flaw(text, strlen(text));
		ck_assert_msg(
		    why && strcmp(why, "has no sound addresses and ports") == 0,
		    "%s: %s", rest[i], why ? why : "taken");
	}
}
END_TEST

static void
assert_flaw(const char *text, size_t n, const char *why)
{
	ck_assert_pstr_eq(flaw(text, n), why);
}

#define ASSERT_FLAW(TEXT, WHY) assert_flaw(TEXT, sizeof(TEXT) - 1, WHY)

START_TEST(v1_refuses_other_lines)
{
	const char *unknown = "is of no protocol that is known",
		   *end = "does not end in CR LF";

	ASSERT_FLAW("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n", unknown);
	ASSERT_FLAW("PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n", unknown);
	ASSERT_FLAW("PROXY UNKNOWNS\r\n", unknown);
	ASSERT_FLAW("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n", unknown);
	ASSERT_FLAW("PROXY \r\n", unknown);
	ASSERT_FLAW("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", end);
	ASSERT_FLAW("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n", end);
	ASSERT_FLAW("PROXY UNKNOWN a\rb\r\n", end);
	ASSERT_FLAW("PROXY UNKNOWN a\0b\r\n", end);
	ASSERT_FLAW("PROXY \n", end);
}
END_TEST

START_TEST(nothing_is_guessed)
{
	const char *missing = "is missing";

	ASSERT_FLAW("GET / HTTP/1.1\r\n", missing);
	ASSERT_FLAW("PROXY\r\n", missing);
	ASSERT_FLAW("PROXYTCP4", missing);
	ASSERT_FLAW("proxy TCP4", missing);
	ASSERT_FLAW(" PROXY TCP4", missing);
	ASSERT_FLAW("\r\n\r\n\0\r\nQUIT ", missing);
	ASSERT_FLAW("\r\n\r\nG", missing);
	ASSERT_FLAW("\0", missing);
	ASSERT_FLAW("\x16\3\1", missing);
	ck_assert_int_eq(proxy_header_read(&h, "", 0), 0);
	ck_assert_uint_eq(h.wanted, 1);
}
END_TEST

/* ---- version 2 */

static uint8_t bytes[PROXY_WRITE_MAX + 100];
static size_t size;

static void
add(const void *data, size_t n)
{
	ck_assert_uint_le(size + n, sizeof(bytes));
	memcpy(bytes + size, data, n);
	size += n;
}

static void
begin(unsigned command, unsigned family, size_t addresses)
{
	const uint8_t more[] = { (uint8_t)command, (uint8_t)family, 0, 0 };

	size = 0;
	add(PROXY_SIGNATURE, 12);
	add(more, 4);
	for (size_t i = 0; i < addresses; i++)
		bytes[size++] = (uint8_t)(i + 1);
}

static void
tlv(unsigned type, const void *data, size_t n)
{
	const uint8_t head[] = { (uint8_t)type, (uint8_t)(n >> 8), (uint8_t)n };

	add(head, 3);
	add(data, n);
}

/* The verdict on what was added, its length set. */
static const char *
verdict(void)
{
	bytes[14] = (uint8_t)((size - 16) >> 8);
	bytes[15] = (uint8_t)(size - 16);
	return flaw(bytes, size);
}

START_TEST(v2_reads_addresses)
{
	begin(0x21, 0x11, 12);
	ck_assert_pstr_eq(verdict(), NULL);
	ck_assert_uint_eq(h.version, 2);
	ck_assert(h.has_addresses);
	assert_in(&h.source, "1.2.3.4", 0x090a);
	assert_in(&h.destination, "5.6.7.8", 0x0b0c);
	begin(0x21, 0x21, 36);
	ck_assert_pstr_eq(verdict(), NULL);
	assert_in(&h.source, "102:304:506:708:90a:b0c:d0e:f10", 0x2122);
	assert_in(
	    &h.destination, "1112:1314:1516:1718:191a:1b1c:1d1e:1f20", 0x2324);
	begin(0x21, 0x31, 216);
	ck_assert_pstr_eq(verdict(), NULL);
	ck_assert_int_eq(h.source.any.sa_family, AF_UNIX);
	ck_assert_uint_eq(h.source.size, sizeof(struct sockaddr_un));
	ck_assert_mem_eq(h.source.un.sun_path, bytes + 16, 108);
	ck_assert_mem_eq(h.destination.un.sun_path, bytes + 124, 108);
}
END_TEST

START_TEST(v2_without_addresses)
{
	begin(0x21, 0x00, 0);
	tlv(0xe1, "x", 1);
	ck_assert_pstr_eq(verdict(), NULL);
	ck_assert(!h.has_addresses);
	ck_assert_uint_eq(h.tlvs_size, 4);
	/* of a local one all is skipped, whatever it is */
	begin(0x20, 0x00, 0);
	ck_assert_pstr_eq(verdict(), NULL);
	begin(0x20, 0x12, 7);
	ck_assert_pstr_eq(verdict(), NULL);
	begin(0x20, 0xff, 100);
	ck_assert_pstr_eq(verdict(), NULL);
	ck_assert(!h.has_addresses);
	ck_assert_uint_eq(h.tlvs_size, 0);
	ck_assert_int_eq(proxy_header_read(&h, bytes, size), 116);
}
END_TEST

START_TEST(v2_refuses_heads)
{
	static const unsigned datagrams[] = { 0x12, 0x22, 0x32 },
			      families[] = { 0x10, 0x01, 0x13, 0x41, 0xff };

	for (size_t i = 0; i < 3; i++) {
		begin(0x21, datagrams[i], 216);
		ck_assert_pstr_eq(
		    verdict(), "speaks of datagrams, not of a stream");
	}
	for (size_t i = 0; i < 5; i++) {
		begin(0x21, families[i], 216);
		ck_assert_pstr_eq(verdict(), "is of no family that is known");
	}
	begin(0x22, 0x11, 12);
	ck_assert_pstr_eq(verdict(), "has a command that is not known");
	begin(0x11, 0x11, 12);
	ck_assert_pstr_eq(verdict(), "is of a version that is not known");
	begin(0x31, 0x11, 12);
	ck_assert_pstr_eq(verdict(), "is of a version that is not known");
}
END_TEST

START_TEST(v2_refuses_what_is_too_short)
{
	static const struct {
		unsigned family;
		size_t size;
	} f[] = { { 0x11, 12 }, { 0x21, 36 }, { 0x31, 216 } };

	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n < f[i].size; n++) {
			begin(0x21, f[i].family, n);
			ck_assert_pstr_eq(
			    verdict(), "is too short for its addresses");
		}
}
END_TEST

START_TEST(v2_has_32768_bytes_at_most)
{
	static const char zeros[PROXY_HEADER_MAX];

	begin(0x21, 0x00, 0);
	tlv(0xe0, zeros, PROXY_HEADER_MAX - 16 - 3);
	bytes[14] = 0x7f;
	bytes[15] = 0xf0;
	ck_assert_int_eq(proxy_header_read(&h, bytes, size), PROXY_HEADER_MAX);
	ck_assert_int_eq(proxy_header_read(&h, bytes, size - 1), 0);
	ck_assert_uint_eq(h.wanted, PROXY_HEADER_MAX);
	/* nobody waits for more than that */
	bytes[15] = 0xf1;
	ck_assert_int_eq(proxy_header_read(&h, bytes, 16), -EBADMSG);
	ck_assert_str_eq(h.why, "is longer than 32768 bytes");
	bytes[12] = 0x20;
	bytes[14] = bytes[15] = 0xff;
	ck_assert_int_eq(proxy_header_read(&h, bytes, 16), -EBADMSG);
}
END_TEST

/* ---- TLVs */

START_TEST(tlvs_in_order)
{
	struct proxy_tlv t;
	const uint8_t *at;
	size_t left;

	begin(0x21, 0x11, 12);
	tlv(0x01, "h2", 2);
	tlv(0x04, "\0\0\0\0\0", 5);
	tlv(0xe1, "", 0);
	ck_assert_pstr_eq(verdict(), NULL);
	at = h.tlvs;
	left = h.tlvs_size;
	ck_assert_int_eq(proxy_tlv_next(&t, &at, &left), 1);
	ck_assert_uint_eq(t.type, 1);
	ck_assert_uint_eq(t.size, 2);
	ck_assert_mem_eq(t.value, "h2", 2);
	ck_assert_int_eq(proxy_tlv_next(&t, &at, &left), 1);
	ck_assert_uint_eq(t.type, 4);
	ck_assert_int_eq(proxy_tlv_next(&t, &at, &left), 1);
	ck_assert_uint_eq(t.type, 0xe1);
	ck_assert_uint_eq(t.size, 0);
	ck_assert_int_eq(proxy_tlv_next(&t, &at, &left), 0);
}
END_TEST

START_TEST(tlvs_that_do_not_fit)
{
	for (size_t n = 1; n < 8; n++) { /* the last one cut short */
		begin(0x21, 0x11, 12);
		tlv(0xe0, "abc", 3);
		tlv(0xe1, "12345", 5);
		size -= n;
		ck_assert_pstr_eq(verdict(), "has a TLV that does not fit");
	}
	begin(0x21, 0x00, 0);
	add("\xe1\xff\xff", 3);
	ck_assert_pstr_eq(verdict(), "has a TLV that does not fit");
}
END_TEST

START_TEST(tlvs_that_are_wrong)
{
	char id[130] = "";

	begin(0x21, 0x11, 12);
	tlv(0x05, id, 128);
	ck_assert_pstr_eq(verdict(), NULL);
	begin(0x21, 0x11, 12);
	tlv(0x05, id, 129);
	ck_assert_pstr_eq(verdict(), "has a unique id of more than 128 bytes");
	for (size_t n = 0; n < 7; n++) {
		begin(0x21, 0x11, 12);
		tlv(0x03, "\0\0\0\0\0\0\0", n);
		ck_assert_pstr_eq(verdict(),
		    n == 4 ? "has a wrong checksum"
			   : "has a checksum that is not 4 bytes long");
	}
}
END_TEST

/* ---- TLS */

static const char *
tls(const char *data, size_t n)
{
	begin(0x21, 0x11, 12);
	tlv(0x20, data, n);
	return verdict();
}

START_TEST(tls_parts_must_fit)
{
	static const char good[] = "\1\0\0\0\0\x21\0\7TLSv1.3\x22\0\5alice",
			  *why = "has a TLV about TLS whose parts do not fit";
	size_t size_of_good = sizeof(good) - 1;

	ck_assert_pstr_eq(tls(good, size_of_good), NULL);
	for (size_t n = 0; n < size_of_good; n++)
		ck_assert_pstr_eq(tls(good, n), n == 5 || n == 15 ? NULL : why);
}
END_TEST

START_TEST(tls_verified_needs_a_certificate)
{
	static const struct {
		const char *head;
		bool has_tls, is_verified;
	} c[] = {
		{ "\1\0\0\0\0", true, false },
		{ "\3\0\0\0\0", true, true },
		{ "\5\0\0\0\0", true, true },
		{ "\7\0\0\0\0", true, true },
		{ "\7\0\0\0\1", true, false },
		{ "\7\1\0\0\0", true, false },
		{ "\6\0\0\0\0", false, false },
		{ "\0\0\0\0\0", false, false },
	};
	struct proxy_ssl ssl;

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		const struct proxy_tlv t = { 0x20, (const uint8_t *)c[i].head,
			5 };

		ck_assert_int_eq(proxy_ssl_read(&ssl, &t), 0);
		ck_assert_int_eq(ssl.has_tls, c[i].has_tls);
		ck_assert_int_eq(ssl.is_verified, c[i].is_verified);
	}
}
END_TEST

/* ---- the checksum */

START_TEST(crc32c_of_rfc_3720)
{
	uint8_t v[32];
	/* a SCSI Read (10) command PDU */
	static const uint8_t pdu[48] = { 0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0,
		0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0,
		0 };

	memset(v, 0, 32);
	ck_assert_uint_eq(crc32c(0, v, 32), 0x8a9136aa);
	memset(v, 0xff, 32);
	ck_assert_uint_eq(crc32c(0, v, 32), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		v[i] = (uint8_t)i;
	ck_assert_uint_eq(crc32c(0, v, 32), 0x46dd794e);
	for (unsigned i = 0; i < 32; i++)
		v[i] = (uint8_t)(31 - i);
	ck_assert_uint_eq(crc32c(0, v, 32), 0x113fdb5c);
	ck_assert_uint_eq(crc32c(0, pdu, 48), 0xd9963a56);
	ck_assert_uint_eq(crc32c(crc32c(0, pdu, 17), pdu + 17, 31), 0xd9963a56);
	ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283);
	ck_assert_uint_eq(crc32c(7, v, 0), 7);
}
END_TEST

START_TEST(a_bit_that_falls_is_seen)
{
	struct proxy_writer w = { bytes, sizeof(bytes), 0 };

	proxy_write_begin(&w, NULL, 0, NULL, 0);
	proxy_write_tlv(&w, 0xe1, "token", 5);
	proxy_write_end(&w);
	ck_assert_int_eq(proxy_header_read(&h, bytes, w.size), (int)w.size);
	for (size_t i = 19 * 8; i < w.size * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		if (i / 8 != 24) /* not the type of the checksum itself */
			ck_assert_int_lt(
			    proxy_header_read(&h, bytes, w.size), 0);
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}
END_TEST

/* ---- writing */

static const struct sockaddr_in v4[2] = {
	{ .sin_family = AF_INET,
	    .sin_port = 0x0102,
	    .sin_addr = { 0x04030201 } },
	{ .sin_family = AF_INET,
	    .sin_port = 0x0304,
	    .sin_addr = { 0x08070605 } },
};

static struct sockaddr_in6
v6(const char *text, unsigned port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port) };

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a.sin6_addr), 1);
	return a;
}

/* Write with two addresses, and read again. */
static unsigned
written(const void *a, size_t a_size, const void *b, size_t b_size)
{
	struct proxy_writer w = { bytes, sizeof(bytes), 0 }, count = { 0 };

	proxy_write_begin(&w, a, a_size, b, b_size);
	proxy_write_end(&w);
	proxy_write_begin(&count, a, a_size, b, b_size);
	proxy_write_end(&count);
	ck_assert_uint_eq(count.size, w.size);
	ck_assert_int_eq(read_all(bytes, w.size), (int)w.size);
	ck_assert_uint_eq(bytes[12], 0x21);
	return bytes[13];
}

START_TEST(writes_addresses)
{
	struct sockaddr_in6 a = v6("2001:db8::1", 77), b = v6("::1", 88),
			    m = v6("::ffff:192.0.2.1", 99);

	ck_assert_uint_eq(written(&v4[0], sizeof(v4[0]), &v4[1], 16), 0x11);
	ck_assert_mem_eq(&h.source.in, &v4[0], sizeof(v4[0]));
	ck_assert_mem_eq(&h.destination.in, &v4[1], sizeof(v4[1]));
	ck_assert_uint_eq(written(&a, sizeof(a), &b, sizeof(b)), 0x21);
	assert_in(&h.source, "2001:db8::1", 77);
	assert_in(&h.destination, "::1", 88);
	ck_assert_uint_eq(written(&m, sizeof(m), &m, sizeof(m)), 0x11);
	assert_in(&h.source, "192.0.2.1", 99);
	ck_assert_uint_eq(written(&m, sizeof(m), &v4[1], 16), 0x11);
}
END_TEST

START_TEST(writes_unix_addresses)
{
	struct sockaddr_un u = { .sun_family = AF_UNIX, .sun_path = "/run/x" };
	struct sockaddr_un full = { .sun_family = AF_UNIX };

	memset(full.sun_path, 'x', sizeof(full.sun_path));
	ck_assert_uint_eq(written(&u, 2, &full, sizeof(full)), 0x31);
	ck_assert_int_eq(h.source.un.sun_path[0], 0);
	ck_assert_mem_eq(h.destination.un.sun_path, full.sun_path, 108);
	ck_assert_uint_eq(written(&u, sizeof(u), &u, 4), 0x31);
	ck_assert_str_eq(h.source.un.sun_path, "/run/x");
	ck_assert_str_eq(h.destination.un.sun_path, "/r");
}
END_TEST

START_TEST(addresses_that_do_not_agree_are_left_out)
{
	struct sockaddr_in6 a = v6("2001:db8::1", 77);
	struct sockaddr_un u = { .sun_family = AF_UNIX };

	ck_assert_uint_eq(written(&a, sizeof(a), &v4[0], 16), 0);
	ck_assert_uint_eq(written(&u, 2, &v4[0], 16), 0);
	ck_assert_uint_eq(written(&v4[0], 16, &u, 2), 0);
	ck_assert_uint_eq(written(NULL, 0, &v4[0], 16), 0);
	ck_assert_uint_eq(written(&v4[0], 16, NULL, 0), 0);
	ck_assert_uint_eq(written(&v4[0], 15, &v4[0], 16), 0);
	ck_assert(!h.has_addresses);
}
END_TEST

START_TEST(writes_tlvs_in_tlvs)
{
	struct proxy_writer w = { bytes, sizeof(bytes), 0 };
	struct proxy_ssl ssl;
	struct proxy_tlv t;
	size_t opened;

	proxy_write_begin(&w, NULL, 0, NULL, 0);
	opened = proxy_write_open(&w, 0x20, "\3\0\0\0\0", 5);
	proxy_write_tlv(&w, 0x21, "TLSv1.3", 7);
	proxy_write_tlv(&w, 0x22, "alice", 5);
	proxy_write_close(&w, opened);
	proxy_write_end(&w);
	ck_assert_int_eq(read_all(bytes, w.size), (int)w.size);
	ck_assert_int_eq(proxy_tlv_next(&t, &h.tlvs, &h.tlvs_size), 1);
	ck_assert_int_eq(proxy_ssl_read(&ssl, &t), 0);
	ck_assert(ssl.is_verified);
	ck_assert_int_eq(proxy_tlv_next(&t, &ssl.tlvs, &ssl.tlvs_size), 1);
	ck_assert_mem_eq(t.value, "TLSv1.3", 7);
	ck_assert_int_eq(proxy_tlv_next(&t, &ssl.tlvs, &ssl.tlvs_size), 1);
	ck_assert_uint_eq(t.type, 0x22);
	ck_assert_int_eq(proxy_tlv_next(&t, &ssl.tlvs, &ssl.tlvs_size), 0);
	ck_assert_int_eq(proxy_tlv_next(&t, &h.tlvs, &h.tlvs_size), 1);
	ck_assert_uint_eq(t.type, 0x03);
}
END_TEST

START_TEST(counts_what_does_not_fit)
{
	static const char much[70000];
	struct proxy_writer w = { bytes, 20, 0 };

	memset(bytes, 0x55, 40);
	proxy_write_begin(
	    &w, (const void *)&v4[0], 16, (const void *)&v4[1], 16);
	proxy_write_tlv(&w, 0xe0, much, 65504);
	proxy_write_end(&w);
	ck_assert_uint_eq(w.size, 16 + 12 + 3 + 65504 + 7);
	ck_assert_uint_eq(bytes[20], 0x55);
	ck_assert_uint_gt(w.size, PROXY_WRITE_MAX - 10);
	w = (struct proxy_writer){ 0 };
	proxy_write_begin(&w, NULL, 0, NULL, 0);
	proxy_write_tlv(&w, 0xe0, much, 65536);
	ck_assert_uint_gt(w.size, PROXY_WRITE_MAX);
}
END_TEST

START_TEST(the_longest_that_is_written)
{
	static const char much[65535];
	struct proxy_writer w = { bytes, sizeof(bytes), 0 };

	proxy_write_begin(&w, NULL, 0, NULL, 0);
	proxy_write_tlv(&w, 0xe0, much, 65535 - 3 - 7);
	proxy_write_end(&w);
	ck_assert_uint_eq(w.size, PROXY_WRITE_MAX);
	ck_assert_uint_eq(bytes[14], 0xff);
	ck_assert_uint_eq(bytes[15], 0xff);
}
END_TEST

/* ---- text */

START_TEST(text_is_clean_or_not)
{
	static const char *const good[] = { "a", " ~", "h2", "caf\xc3\xa9",
		"\xc2\xa0", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80" };
	static const char *const bad[] = { "", "\n", "a\x1b", "\x7f",
		"\xc2\x80", "\xc2\x9f", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xc3",
		"\xe2\x82", "\xf0\x9f\x98", "\xc3\x28", "a\xe2\x28\xac" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert(proxy_text_is_clean(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!proxy_text_is_clean(bad[i], strlen(bad[i])),
		    "number %zu", i);
	ck_assert(!proxy_text_is_clean("a\0b", 3));
}
END_TEST

UNIT_TESTS("proxy-header", v1_reads, v1_stops_at_the_end_of_its_line,
    v1_unknown_says_nothing, v1_has_107_bytes_at_most, v1_refuses,
    v1_refuses_other_lines, nothing_is_guessed, v2_reads_addresses,
    v2_without_addresses, v2_refuses_heads, v2_refuses_what_is_too_short,
    v2_has_32768_bytes_at_most, tlvs_in_order, tlvs_that_do_not_fit,
    tlvs_that_are_wrong, tls_parts_must_fit, tls_verified_needs_a_certificate,
    crc32c_of_rfc_3720, a_bit_that_falls_is_seen, writes_addresses,
    writes_unix_addresses, addresses_that_do_not_agree_are_left_out,
    writes_tlvs_in_tlvs, counts_what_does_not_fit, the_longest_that_is_written,
    text_is_clean_or_not)
