/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "proxy-header.h"

#include "crc32c.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define V1_BEGIN "PROXY "

static int
proxy_wrong(struct proxy_header *r, const char *why)
{
	r->why = why;
	return -EBADMSG;
}

static int
proxy_wants(struct proxy_header *r, size_t n)
{
	r->wanted = n;
	return 0;
}

/* ---- addresses; source and destination lie one behind the other */

static void
proxy_address4(struct tcp_address *r, const void *host, uint16_t port)
{
	memset(r, 0, sizeof(*r));
	r->size = sizeof(r->in);
	r->in.sin_family = AF_INET;
	r->in.sin_port = port;
	memcpy(&r->in.sin_addr, host, sizeof(r->in.sin_addr));
}

static void
proxy_address6(struct tcp_address *r, const void *host, uint16_t port)
{
	memset(r, 0, sizeof(*r));
	r->size = sizeof(r->in6);
	r->in6.sin6_family = AF_INET6;
	r->in6.sin6_port = port;
	memcpy(&r->in6.sin6_addr, host, sizeof(r->in6.sin6_addr));
}

static void
proxy_address_unix(struct tcp_address *r, const void *path)
{
	memset(r, 0, sizeof(*r));
	r->size = sizeof(r->un);
	r->un.sun_family = AF_UNIX;
	memcpy(r->un.sun_path, path, PROXY_UNIX_PATH);
}

/* ---- version 1 */

/* What is left of a line. */
struct line {
	const char *at;
	size_t size;
};

/* The word up to the next space, or the last one. */
static bool
line_word(struct line *l, char *r, size_t room)
{
	const char *end = memchr(l->at, ' ', l->size);
	size_t n = end ? (size_t)(end - l->at) : l->size;

	if (n == 0 || n >= room)
		return false;
	memcpy(r, l->at, n);
	r[n] = '\0';
	l->at += n;
	l->size -= n;
	return true;
}

static bool
line_space(struct line *l)
{
	if (l->size == 0 || *l->at != ' ')
		return false;
	l->at++;
	l->size--;
	return true;
}

static bool
line_host(struct line *l, int family, void *r)
{
	char word[INET6_ADDRSTRLEN];

	return line_space(l) && line_word(l, word, sizeof(word)) &&
	       inet_pton(family, word, r) == 1;
}

static bool
line_port(struct line *l, uint16_t *r)
{
	char word[6];
	unsigned port = 0;

	if (!line_space(l) || !line_word(l, word, sizeof(word)))
		return false;
	for (const char *p = word; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		port = port * 10 + (unsigned)(*p - '0');
	}
	*r = htons((uint16_t)port);
	return port <= 65535 && (word[0] != '0' || !word[1]);
}

/* The two addresses, and nothing behind them. */
static bool
line_addresses(struct line *l, int family, struct proxy_header *r)
{
	uint8_t hosts[2][sizeof(struct in6_addr)];
	uint16_t ports[2];

	if (!line_host(l, family, hosts[0]) ||
	    !line_host(l, family, hosts[1]) || !line_port(l, &ports[0]) ||
	    !line_port(l, &ports[1]) || l->size)
		return false;
	if (family == AF_INET) {
		proxy_address4(&r->source, hosts[0], ports[0]);
		proxy_address4(&r->destination, hosts[1], ports[1]);
	} else {
		proxy_address6(&r->source, hosts[0], ports[0]);
		proxy_address6(&r->destination, hosts[1], ports[1]);
	}
	return r->has_addresses = true;
}

static int
proxy_line_read(struct proxy_header *r, struct line l)
{
	char word[sizeof("UNKNOWN")];

	l.at += strlen(V1_BEGIN);
	l.size -= strlen(V1_BEGIN);
	if (!line_word(&l, word, sizeof(word)))
		word[0] = '\0';
	if (strcmp(word, "UNKNOWN") == 0) /* what else it says is skipped */
		return 0;
	if (strcmp(word, "TCP4") != 0 && strcmp(word, "TCP6") != 0)
		return proxy_wrong(r, "is of no protocol that is known");
	if (!line_addresses(&l, word[3] == '4' ? AF_INET : AF_INET6, r))
		return proxy_wrong(r, "has no sound addresses and ports");
	return 0;
}

static int
proxy_read1(struct proxy_header *r, const char *data, size_t n)
{
	size_t seen = n < PROXY_V1_MAX ? n : PROXY_V1_MAX;
	const char *end = memchr(data, '\n', seen);
	struct line l = { .at = data };

	r->version = 1;
	if (!end && seen == PROXY_V1_MAX)
		return proxy_wrong(r, "is a line of more than 107 bytes");
	if (!end)
		return proxy_wants(r, n + 1);
	l.size = (size_t)(end - data);
	if (end[-1] != '\r' || memchr(data, '\r', l.size) != end - 1 ||
	    memchr(data, '\0', l.size))
		return proxy_wrong(r, "does not end in CR LF");
	l.size--;
	if (proxy_line_read(r, l) < 0)
		return -EBADMSG;
	return (int)(end + 1 - data);
}

/* ---- version 2: TLVs */

int
proxy_tlv_next(struct proxy_tlv *r, const uint8_t **at, size_t *size)
{
	const uint8_t *p = *at;

	if (*size == 0)
		return 0;
	if (*size < PROXY_TLV_SIZE)
		return -EBADMSG;
	r->type = p[0];
	r->size = (size_t)p[1] << 8 | p[2];
	r->value = p + PROXY_TLV_SIZE;
	if (r->size > *size - PROXY_TLV_SIZE)
		return -EBADMSG;
	*at = r->value + r->size;
	*size -= PROXY_TLV_SIZE + r->size;
	return 1;
}

int
proxy_ssl_read(struct proxy_ssl *r, const struct proxy_tlv *t)
{
	const uint8_t *at;
	struct proxy_tlv sub;
	size_t left;
	int rc;

	if (t->size < PROXY_SSL_SIZE)
		return -EBADMSG;
	r->has_tls = (t->value[0] & PROXY_CLIENT_SSL) != 0;
	/* verify alone says nothing: without a certificate proxies leave it
	 * 0 */
	r->is_verified = r->has_tls && (t->value[0] & PROXY_CLIENT_CERT) &&
			 memcmp(t->value + 1, "\0\0\0\0", 4) == 0;
	r->tlvs = at = t->value + PROXY_SSL_SIZE;
	r->tlvs_size = left = t->size - PROXY_SSL_SIZE;
	while ((rc = proxy_tlv_next(&sub, &at, &left)) > 0)
		continue;
	return rc;
}

/* The checksum is of the header with four zeros in its own place. */
static bool
proxy_crc_is_right(
    const uint8_t *data, size_t size, const struct proxy_tlv *crc)
{
	static const uint8_t zeros[4];
	size_t before = (size_t)(crc->value - data);
	const uint8_t *v = crc->value;
	uint32_t sum = crc32c(0, data, before);

	sum = crc32c(sum, zeros, sizeof(zeros));
	sum = crc32c(sum, v + 4, size - before - 4);
	return sum == ((uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 |
			  (uint32_t)v[2] << 8 | v[3]);
}

/* NULL, or what is wrong with one TLV of a header of n bytes. */
static const char *
proxy_tlv_flaw(const struct proxy_tlv *t, const uint8_t *data, size_t n)
{
	struct proxy_ssl ssl;

	switch (t->type) {
	case PROXY_T_CRC32C:
		if (t->size != 4)
			return "has a checksum that is not 4 bytes long";
		if (!proxy_crc_is_right(data, n, t))
			return "has a wrong checksum";
		return NULL;
	case PROXY_T_UNIQUE_ID:
		return t->size > PROXY_UNIQUE_ID_MAX
			   ? "has a unique id of more than 128 bytes"
			   : NULL;
	case PROXY_T_SSL:
		return proxy_ssl_read(&ssl, t) < 0
			   ? "has a TLV about TLS whose parts do not fit"
			   : NULL;
	default:
		return NULL;
	}
}

static int
proxy_tlvs_check(struct proxy_header *r, const uint8_t *data, size_t n)
{
	const uint8_t *at = r->tlvs;
	size_t left = r->tlvs_size;
	struct proxy_tlv t;
	const char *flaw;
	int rc;

	while ((rc = proxy_tlv_next(&t, &at, &left)) > 0)
		if ((flaw = proxy_tlv_flaw(&t, data, n)))
			return proxy_wrong(r, flaw);
	return rc < 0 ? proxy_wrong(r, "has a TLV that does not fit") : 0;
}

/* ---- version 2 */

/* How long the addresses of a family are; -EBADMSG: it cannot be. */
static int
proxy_addresses_size(struct proxy_header *r, unsigned family)
{
	switch (family) {
	case PROXY_UNSPEC:
		return 0;
	case PROXY_TCP4:
		return PROXY_INET_SIZE;
	case PROXY_TCP6:
		return PROXY_INET6_SIZE;
	case PROXY_UNIX_STREAM:
		return PROXY_UNIX_SIZE;
	case PROXY_UDP4:
	case PROXY_UDP6:
	case PROXY_UNIX_DGRAM:
		return proxy_wrong(r, "speaks of datagrams, not of a stream");
	default:
		return proxy_wrong(r, "is of no family that is known");
	}
}

static uint16_t
proxy_port(const uint8_t *p)
{
	uint16_t port;

	memcpy(&port, p, sizeof(port));
	return port;
}

static void
proxy_addresses_read(struct proxy_header *r, unsigned family, const uint8_t *p)
{
	r->has_addresses = family != PROXY_UNSPEC;
	if (family == PROXY_TCP4) {
		proxy_address4(&r->source, p, proxy_port(p + 8));
		proxy_address4(&r->destination, p + 4, proxy_port(p + 10));
	} else if (family == PROXY_TCP6) {
		proxy_address6(&r->source, p, proxy_port(p + 32));
		proxy_address6(&r->destination, p + 16, proxy_port(p + 34));
	} else if (family == PROXY_UNIX_STREAM) {
		proxy_address_unix(&r->source, p);
		proxy_address_unix(&r->destination, p + PROXY_UNIX_PATH);
	}
}

/* All n bytes of the header are there. */
static int
proxy_body_read(struct proxy_header *r, const uint8_t *data, size_t n)
{
	unsigned family = data[13];
	int size;

	/* The connection is the proxy's own, and what stands here, the family
	 * included, is to be skipped unread. */
	if (data[12] == PROXY_LOCAL)
		return 0;
	size = proxy_addresses_size(r, family);
	if (size < 0)
		return size;
	if (n - PROXY_V2_SIZE < (size_t)size)
		return proxy_wrong(r, "is too short for its addresses");
	proxy_addresses_read(r, family, data + PROXY_V2_SIZE);
	r->tlvs = data + PROXY_V2_SIZE + size;
	r->tlvs_size = n - PROXY_V2_SIZE - (size_t)size;
	return proxy_tlvs_check(r, data, n);
}

static int
proxy_read2(struct proxy_header *r, const uint8_t *data, size_t n)
{
	size_t size;
	int rc;

	r->version = 2;
	if (n < PROXY_V2_SIZE)
		return proxy_wants(r, PROXY_V2_SIZE);
	if (data[12] != PROXY_LOCAL && data[12] != PROXY_PROXY)
		return proxy_wrong(r,
		    data[12] >> 4 == 2 ? "has a command that is not known"
				       : "is of a version that is not known");
	size = PROXY_V2_SIZE + ((size_t)data[14] << 8 | data[15]);
	if (size > PROXY_HEADER_MAX)
		return proxy_wrong(r, "is longer than 32768 bytes");
	if (n < size)
		return proxy_wants(r, size);
	rc = proxy_body_read(r, data, size);
	return rc < 0 ? rc : (int)size;
}

/* Do the bytes begin as the text does, as far as there are any? */
static bool
proxy_begins(const void *data, size_t n, const char *text, size_t size)
{
	return memcmp(data, text, n < size ? n : size) == 0;
}

int
proxy_header_read(struct proxy_header *r, const void *data, size_t n)
{
	static const char v1[] = V1_BEGIN, v2[] = PROXY_SIGNATURE;

	memset(r, 0, sizeof(*r));
	if (n == 0)
		return proxy_wants(r, 1);
	if (proxy_begins(data, n, v2, PROXY_SIGNATURE_SIZE))
		return proxy_read2(r, data, n);
	if (!proxy_begins(data, n, v1, strlen(v1)))
		return proxy_wrong(r, "is missing");
	return proxy_read1(r, data, n);
}

/* ---- text */

/* The length of the character at p, which n bytes begin with; 0: it is none
 * that may be shown (RFC 3629, no control characters). */
static size_t
proxy_character(const uint8_t *p, size_t n)
{
	/* the least that so many bytes may stand for */
	static const uint32_t least[] = { 0, 0, 0xa0, 0x800, 0x10000 };
	size_t size = *p < 0x80   ? 1
		      : *p < 0xc0 ? 0
		      : *p < 0xe0 ? 2
		      : *p < 0xf0 ? 3
		      : *p < 0xf8 ? 4
				  : 0;
	uint32_t c;

	if (size <= 1)
		return *p >= ' ' && *p != 0x7f ? size : 0;
	if (size > n)
		return 0;
	c = *p & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[size] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	return size;
}

bool
proxy_text_is_clean(const void *text, size_t n)
{
	const uint8_t *p = text;
	size_t size;

	if (n == 0)
		return false;
	for (; n; p += size, n -= size)
		if (!(size = proxy_character(p, n)))
			return false;
	return true;
}
