/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tcp-server.h - what a tcp-server knows.  tcp-server.c listens, admits and
 * counts; proxy.c reads the header of a proxy in front, where one is wanted.
 */
#ifndef TCP_SERVER_H
#define TCP_SERVER_H

#include "../tcp-common/tcp-options.h"

#include <bindery/plugin.h>
#include <stdbool.h>

enum { METRIC_DENIED, METRIC_UNTRUSTED, METRIC_HEADERS, METRIC_HEADERS_WRONG };

struct tcp_server { /* a binding */
	struct bnd_endpoints listen;
	const char *mode;
	int v6only;
	int64_t backlog;
	struct tcp_options tcp;
	int64_t max_connections;
	int64_t max_per_source;
	const struct bnd_nets *allow;
	const struct bnd_nets *deny;
	int accept_proxy;
	const struct bnd_nets *trusted;
	int64_t proxy_timeout; /* ms, as the next three */
	int64_t idle_timeout;  /* 0: never, as the next two */
	int64_t half_closed_timeout;
	int64_t lifetime;
};

struct tally { /* on one worker, in this generation */
	uint64_t accepted, denied, untrusted;
};

struct incoming {        /* a connection, until it is let in */
	bool is_proxied; /* its header is awaited */
};

/* Who counts as one source: an IPv4 address (as itself or v4-mapped), the /64
 * of an IPv6 address, or all of a link-local one, whose /64 is everybody on the
 * link. */
struct source {
	const void *key; /* in the address it was made from */
	size_t size;     /* 0: no source that could be told from others */
	bool is_loopback;
};

struct source tcp_server_source(const struct sockaddr *peer);

/* [worker] The fact "peer" is who it should be: ask allow and deny, where that
 * was not done before, count the source, and let the connection pass; or
 * abort it. */
void tcp_server_admit(struct bnd_stage *st);

void
tcp_server_answer_time(struct bnd_answer *a, const char *option, int64_t ms);

/* ---- proxy.c */

/* [main] 0, or -EINVAL after bnd_option_error(). */
int proxy_check(struct bnd_binding *b);

/* [worker] May this peer of a socket speak for others? */
bool proxy_is_trusted(const struct tcp_server *c, const struct sockaddr *peer);

/* [worker] The stage's callbacks as long as the header is awaited; open: 0, or
 * a negative errno after the abort. */
int proxy_open(struct bnd_stage *st);
void proxy_flow(struct bnd_stage *st);
void proxy_timer(struct bnd_stage *st, unsigned slot);

void proxy_show(struct bnd_stage *st, struct bnd_answer *a);
void proxy_explain(const struct tcp_server *c, struct bnd_answer *a);

#endif
