/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * forward.c - with forward = "proxy-v2", what is known of a connection goes to
 * the backend in front of everything that the client says: a header of the
 * PROXY protocol with addresses, TLS, identity, and whatever facts the operator
 * names.
 */

#include "../tcp-common/proxy-write.h"
#include "tcp-client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* clang-format off */
const struct bnd_option forward_options[] = {
	BND_OPTION(struct forward_tlv, type, BND_T_INT, "type",
	    .flags = BND_O_REQUIRED, .min = 1, .max = 255,
	    .doc = "Type of the TLV; 0xE0 to 0xEF are free for anybody."),
	BND_OPTION(struct forward_tlv, fact, BND_T_STRING, "fact",
	    .flags = BND_O_REQUIRED, .doc = "The fact that is its value."),
	{ 0 },
};
/* clang-format on */

/* What is told where forward_tlvs is not given. */
static const struct forward_tlv usual[] = { { 0xe2, "identity" },
	{ 0xe3, "jwt.claims" } };

/* ---- options */

static int
forward_check_row(
    struct bnd_binding *b, const struct forward_tlv *rows, size_t i)
{
	uint64_t type = (uint64_t)rows[i].type;

	if (type == PROXY_T_CRC32C || type == PROXY_T_NOOP)
		return bnd_option_error(b, "type", &rows[i],
		    "0x%02" PRIX64 " is not for facts", type);
	for (size_t k = 0; k < i; k++)
		if (rows[k].type == rows[i].type)
			return bnd_option_error(b, "type", &rows[i],
			    "0x%02" PRIX64 " is that of row %zu too", type,
			    k + 1);
	return 0;
}

int
forward_check(struct bnd_binding *b)
{
	const struct tcp_client *c = b->self;
	const char *option = c->forward_tlvs.n        ? "forward_tlvs"
			     : c->forward_certificate ? "forward_certificate"
						      : NULL;
	int rc = 0;

	if (c->forward == FORWARD_NONE && option)
		return bnd_option_error(b, option, NULL,
		    "has no effect without forward = \"proxy-v2\"");
	for (size_t i = 0; i < c->forward_tlvs.n; i++)
		if (forward_check_row(b, c->forward_tlvs.v, i) < 0)
			rc = -EINVAL;
	return rc;
}

/* Connections are numbered from 1 on in each process: what is drawn here makes
 * the numbers differ from those of all others. */
int
forward_start(struct bnd_binding *b)
{
	struct tcp_client *c = b->self;

	if (c->forward == FORWARD_NONE)
		return 0;
	return getrandom(&c->forward_salt, sizeof(c->forward_salt), 0) < 0
		   ? -errno
		   : 0;
}

/* ---- the header */

static const struct forward_tlv *
forward_row(const struct tcp_client *c, size_t i)
{
	const struct forward_tlv *rows = c->forward_tlvs.v;

	if (c->forward_tlvs.n)
		return i < c->forward_tlvs.n ? &rows[i] : NULL;
	return i < sizeof(usual) / sizeof(usual[0]) ? &usual[i] : NULL;
}

/* Of any kind: an address or a number as text. */
static const void *
forward_fact(struct bnd_stage *st, const char *key, size_t *n)
{
	const void *value = bnd_fact(st, key, BND_F_TEXT, n);

	return value ? value : bnd_fact(st, key, BND_F_BYTES, n);
}

/* false: there is no such fact. */
static bool
forward_tlv(struct bnd_stage *st, struct proxy_writer *w, unsigned type,
    const char *key)
{
	size_t n;
	const void *value = forward_fact(st, key, &n);

	if (value)
		proxy_write_tlv(w, type, value, n);
	return value != NULL;
}

/* A row of the operator's takes the place of what we would say ourselves. */
static bool
forward_is_ours(const struct tcp_client *c, unsigned type)
{
	const struct forward_tlv *row;

	for (size_t i = 0; (row = forward_row(c, i)); i++)
		if (row->type == type)
			return false;
	return true;
}

/* What a proxy in front of us has called the connection, or else what the log
 * calls it. */
static void
forward_unique_id(struct bnd_stage *st, struct proxy_writer *w)
{
	const struct tcp_client *c = st->binding->self;
	char text[48];
	int n;

	if (forward_tlv(st, w, PROXY_T_UNIQUE_ID, "proxy.unique_id"))
		return;
	n = snprintf(text, sizeof(text), "%016" PRIx64 "-%" PRIu64,
	    c->forward_salt, st->id);
	proxy_write_tlv(w, PROXY_T_UNIQUE_ID, text, (size_t)n);
}

/* "TLS1.3", as we say it, is "TLSv1.3" to others. */
static void
forward_tls_version(struct proxy_writer *w, const char *version)
{
	char text[32];

	if (strncmp(version, "TLS", 3) == 0)
		version += 3;
	snprintf(text, sizeof(text), "TLSv%s", version);
	proxy_write_tlv(w, PROXY_T_SSL_VERSION, text, strlen(text));
}

/* The facts of a certificate are there only when it was found good.  In a
 * session that is resumed it is not shown again. */
static void
forward_tls(struct bnd_stage *st, struct proxy_writer *w, const char *version)
{
	const struct tcp_client *c = st->binding->self;
	const char *resumed = bnd_fact_text(st, "tls.resumed");
	uint8_t head[PROXY_SSL_SIZE] = { PROXY_CLIENT_SSL, 0, 0, 0, 1 };
	size_t opened, n;

	if (bnd_fact(st, "tls.peer.der", BND_F_BYTES, &n)) {
		head[0] |= PROXY_CLIENT_CERT_SESSION;
		if (!resumed || strcmp(resumed, "yes") != 0)
			head[0] |= PROXY_CLIENT_CERT_CONN;
		head[4] = 0;
	}
	opened = proxy_write_open(w, PROXY_T_SSL, head, sizeof(head));
	forward_tls_version(w, version);
	forward_tlv(st, w, PROXY_T_SSL_CN, "tls.peer.cn");
	forward_tlv(st, w, PROXY_T_SSL_CIPHER, "tls.cipher");
	if (c->forward_certificate)
		forward_tlv(st, w, PROXY_T_SSL_CERTIFICATE, "tls.peer.der");
	proxy_write_close(w, opened);
}

/* What we say ourselves.  Of a connection without TLS here, a proxy in front
 * may have told the protocol and the name. */
static void
forward_usual(struct bnd_stage *st, struct proxy_writer *w)
{
	const struct tcp_client *c = st->binding->self;
	const char *version = bnd_fact_text(st, "tls.version");

	if (forward_is_ours(c, PROXY_T_ALPN))
		forward_tlv(
		    st, w, PROXY_T_ALPN, version ? "tls.alpn" : "proxy.alpn");
	if (forward_is_ours(c, PROXY_T_AUTHORITY) &&
	    !forward_tlv(st, w, PROXY_T_AUTHORITY, "tls.server_name") &&
	    !version)
		forward_tlv(st, w, PROXY_T_AUTHORITY, "proxy.authority");
	if (forward_is_ours(c, PROXY_T_UNIQUE_ID))
		forward_unique_id(st, w);
	if (version && forward_is_ours(c, PROXY_T_SSL))
		forward_tls(st, w, version);
}

static void
forward_write(struct bnd_stage *st, struct proxy_writer *w)
{
	const struct tcp_client *c = st->binding->self;
	const struct forward_tlv *row;
	const struct sockaddr *peer, *local;
	size_t peer_size, local_size;

	peer = bnd_fact(st, "peer", BND_F_ADDR, &peer_size);
	local = bnd_fact(st, "local", BND_F_ADDR, &local_size);
	proxy_write_begin(w, peer, peer_size, local, local_size);
	forward_usual(st, w);
	for (size_t i = 0; (row = forward_row(c, i)); i++)
		forward_tlv(st, w, (unsigned)row->type, row->fact);
	proxy_write_end(w);
}

int
forward_header(struct bnd_stage *st, struct bnd_buf **header_r)
{
	struct proxy_writer w = { 0 };
	char *p;

	forward_write(st, &w);
	if (w.size > PROXY_WRITE_MAX)
		return -EMSGSIZE;
	*header_r = bnd_buf_alloc(w.size, &p);
	if (!*header_r)
		return -ENOMEM;
	w = (struct proxy_writer){ .to = (uint8_t *)p, .room = w.size };
	forward_write(st, &w);
	return 0;
}

void
forward_explain(const struct tcp_client *c, struct bnd_answer *a)
{
	const struct forward_tlv *row;

	if (c->forward == FORWARD_NONE)
		return;
	bnd_answer(a, "forward", "proxy-v2");
	for (size_t i = 0; (row = forward_row(c, i)); i++)
		bnd_answer(a, "forward_tlvs", "0x%02" PRIX64 " = %s",
		    (uint64_t)row->type, row->fact);
}
