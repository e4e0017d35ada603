/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * client.h - the engine under all client modes: it opens the connections a few
 * at a time, waits until all are open, lets them warm up, measures, and ends.
 * A mode says what a connection does when it can read or write.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "load.h"

struct tls;

struct conn {
	int fd;
	uint32_t events;   /* what epoll watches; 0: connect() is under way */
	bool is_open;      /* it has worked once */
	bool is_shaking;   /* hands, over TLS */
	uint32_t sent;     /* ping-pong: next byte of the message */
	uint32_t received; /* of the answer */
	uint64_t began_ns; /* the round trip, or the connection */
	uint64_t serial;   /* of the message */
	char *message;     /* ping-pong: the command byte, then the message */
	struct tls *tls;   /* NULL: in the clear */
};

/* Each returns 0, or -1 when the connection has failed; the engine closes it.
 */
struct client_mode {
	int (*connected)(struct conn *c);
	int (*readable)(struct conn *c);
	int (*writable)(struct conn *c);
	void (*measuring)(void); /* all are open and warm; may be NULL */
	uint32_t message_size;   /* bytes of conn.message */
	bool may_fail; /* a failed connection is counted, and replaced */
};

/* 0, or -1 when the measurement is worth nothing. */
int client_run(
    const struct options *o, const struct client_mode *mode, struct result *r);

/* For modes. */
extern char client_scratch[CHUNK]; /* to read into */
void conn_watch(struct conn *c, uint32_t events);
int conn_open(struct conn *c);    /* begin to connect (again) */
void conn_opened(struct conn *c); /* it works: the next may open */
ssize_t conn_send(struct conn *c, const void *data, size_t n);
ssize_t conn_receive(struct conn *c, void *to, size_t n); /* -1, as recv() */
void client_count(uint64_t units, uint64_t bytes);
void client_count_latency(uint64_t ns); /* and one unit */
void client_stop_at_end_of_input(void);

#endif
