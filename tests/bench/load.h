/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * load.h - the load generator of the benchmark: what its parts share.
 *
 * One program plays all parts: the clients ("pingpong", "bulk", "conn",
 * "idle", "room"), the backend behind the gateway ("serve"), the yardsticks of
 * the echo and reflect bindings ("echo-ref", "room-ref"), and the stop-watch of
 * a start ("start").  Each is one thread, one level-triggered epoll loop, on
 * loopback only, bounded in time.
 *
 * The first byte of a connection tells the backend what to do with it.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "histogram.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	MAX_CONNECTIONS = 16384,
	MAX_SIZE = 1 << 20, /* of a ping-pong message */
	MAX_PIDS = 64,
	MAX_SECONDS = 7200,
	CHUNK = 256 * 1024 /* of bulk */
};

enum command {
	CMD_NONE = 0,
	CMD_ECHO = 'e',   /* send everything back */
	CMD_SOURCE = 'd', /* send without end */
	CMD_SINK = 'u',   /* read without end */
	CMD_BOTH = 'b',   /* both at once */
	CMD_ANSWER = 'c'  /* answer one byte, close */
};

enum tls_use { TLS_NONE, TLS_FULL, TLS_RESUME };

struct options {
	struct sockaddr_in address; /* to connect to, or to listen on */
	uint32_t connections;
	uint32_t in_flight; /* connections that may be opening at once */
	uint32_t size;      /* of a message, bytes */
	uint32_t speakers;  /* of a room */
	uint32_t depth;     /* messages that each of them says at once */
	bool redis;         /* speak its protocol */
	enum command bulk;
	enum tls_use tls; /* speak it, with sessions of before or not */
	bool raw;         /* no command byte: the peer only echoes */
	uint64_t warm_up_ns, measure_ns;
	int cpu;              /* for the child of "start"; -1: any */
	pid_t pids[MAX_PIDS]; /* whose CPU time is measured */
	uint32_t pid_count;
	char **command; /* of "start" */
};

/* What a mode has measured; the rest stays zero. */
struct result {
	double seconds;
	double cpu_seconds; /* of options.pids */
	uint64_t units;     /* round trips, or connections */
	uint64_t bytes;     /* of bulk, both ways */
	uint64_t errors;
	uint64_t connect_ns, answer_ns; /* of "start" */
	struct histogram latency;       /* ns */
};

/* The parts.  0, or -1 with a sentence on stderr. */
int client_pingpong(const struct options *o, struct result *r);
int client_bulk(const struct options *o, struct result *r);
int client_conn(const struct options *o, struct result *r);
int client_idle(const struct options *o, struct result *r);
int client_room(const struct options *o, struct result *r);
int room_server_run(const struct options *o);
int server_run(const struct options *o, enum command fixed);
int start_measure(const struct options *o, struct result *r);

/* Monotonic time; CPU time of all threads of some processes, ended threads
 * included. */
uint64_t now_ns(void);
uint64_t cpu_ns(const pid_t *pids, uint32_t count);

/* A nonblocking socket with TCP_NODELAY whose connect has begun, or -1. */
int socket_connect(const struct sockaddr_in *to);

/* "load: WHAT: strerror(errno)" on stderr; -1. */
int fail(const char *what);

#endif
