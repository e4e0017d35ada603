/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tcp-client.h - what a tcp-client knows: of its binding, of the binding's name
 * on one worker, and of a connection until it is connected.  tcp-client.c does
 * the work, forward.c tells the backend who comes, questions.c tells the
 * operator.  [worker]
 */
#ifndef TCP_CLIENT_H
#define TCP_CLIENT_H

#include "../tcp-common/tcp-address.h"
#include "../tcp-common/tcp-options.h"

#include <bindery/plugin.h>
#include <netdb.h>
#include <sys/queue.h>

enum { FORWARD_NONE, FORWARD_PROXY_V2 }; /* as in the table */

struct forward_tlv { /* a row of forward_tlvs */
	int64_t type;
	const char *fact;
};

struct tcp_client { /* a binding */
	const struct bnd_endpoint *connect;
	int64_t connect_timeout; /* ms */
	const char *source;
	struct tcp_options tcp;
	int forward;
	struct bnd_rows forward_tlvs;
	int forward_certificate;
	uint64_t forward_salt;   /* made by start() */
	struct tcp_address to;   /* made by check(); none: a name */
	struct tcp_address from; /* made by check(): source, port 0 */
	bool may_meet_itself;    /* the port is one that connect() may choose */
};

/* The binding's name on one worker.  It is looked up once at a time, and
 * whoever comes meanwhile waits for that answer too: neither a flood of
 * connections nor a resolver that hangs can fill the pool. */
struct names {
	struct addrinfo *known; /* ours */
	int64_t good_until;     /* by bnd_now() */
	TAILQ_HEAD(connecting_list, connecting) waiting;
	bool is_asking; /* meanwhile what follows belongs to the pool */
	const char *host;
	char port[8];
	struct addrinfo hints;
	struct addrinfo *found;
	int rc, err; /* EAI_*, and errno for EAI_SYSTEM */
};

struct connecting {           /* a connection, until it is connected */
	struct race *race;    /* ours, or NULL */
	struct bnd_stage *st; /* whose self this is */
	bool is_waiting;      /* for the addresses of the name */
	TAILQ_ENTRY(connecting) waiting;
};

struct attempt {
	struct tcp_address to;
	int fd; /* -1: over */
};

struct race {
	size_t count, begun, live; /* live: begun and not over */
	struct attempt attempts[];
};

/* ---- forward.c */

extern const struct bnd_option forward_options[];

/* [main] The type's check() and start(), as far as forward goes. */
int forward_check(struct bnd_binding *b);
int forward_start(struct bnd_binding *b);

/* What goes to the backend first, yours to unref.  0, -EMSGSIZE: it is too
 * much, or -ENOMEM. */
int forward_header(struct bnd_stage *st, struct bnd_buf **header_r);

void forward_explain(const struct tcp_client *c, struct bnd_answer *a);

/* ---- questions.c */

void tcp_client_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a);
void tcp_client_explain(struct bnd_stage *st, struct bnd_answer *a);

#endif
