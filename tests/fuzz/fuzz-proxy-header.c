/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Any bytes as a PROXY header: what is read lies within them, more bytes behind
 * a header change nothing, and what was read can be written and read again. */

#include "../../plugins/tcp-common/crc32c.c"
#include "../../plugins/tcp-common/proxy-header.c"
#include "../../plugins/tcp-common/proxy-write.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static bool
address_is_same(const struct tcp_address *a, const struct tcp_address *b)
{
	return a->size == b->size && memcmp(&a->any, &b->any, a->size) == 0;
}

/* All TLVs of a sound header, into the writer. */
static void
copy(struct proxy_writer *w, const struct proxy_header *h)
{
	const uint8_t *at = h->tlvs;
	size_t left = h->tlvs_size;
	struct proxy_ssl ssl;
	struct proxy_tlv t;
	int rc;

	proxy_write_begin(w, &h->source.any, h->source.size,
	    &h->destination.any, h->destination.size);
	while ((rc = proxy_tlv_next(&t, &at, &left)) > 0) {
		proxy_text_is_clean(t.value, t.size);
		if (t.type == PROXY_T_SSL)
			require(proxy_ssl_read(&ssl, &t) == 0);
		if (t.type != PROXY_T_CRC32C)
			proxy_write_tlv(w, t.type, t.value, t.size);
	}
	require(rc == 0);
	proxy_write_end(w);
}

static void
write_again(const struct proxy_header *h)
{
	struct proxy_writer w = { 0 };
	struct proxy_header again;
	uint8_t *p;

	copy(&w, h);
	if (w.size > PROXY_HEADER_MAX)
		return;
	p = malloc(w.size);
	require(p != NULL);
	w = (struct proxy_writer){ .to = p, .room = w.size };
	copy(&w, h);
	require(w.size == w.room);
	require(proxy_header_read(&again, p, w.size) == (int)w.size);
	/* IPv4-mapped addresses become IPv4. */
	if (h->source.any.sa_family != AF_INET6)
		require(address_is_same(&h->source, &again.source) &&
			address_is_same(&h->destination, &again.destination));
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header h, part;
	size_t some = size ? data[size - 1] % (size + 1) : 0;
	int rc = proxy_header_read(&h, data, size), early;

	require(rc <= (int)size);
	require(rc < 0 ? h.why != NULL : rc > 0 || h.wanted > size);
	require(rc != 0 || h.wanted <= PROXY_HEADER_MAX);
	early = proxy_header_read(&part, data, some);
	require(early == 0 ? part.wanted > some : early == rc);
	if (rc <= 0)
		return 0;
	early = proxy_header_read(&part, data, (size_t)rc);
	require(early == rc);
	write_again(&h);
	return 0;
}
