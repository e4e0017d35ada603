/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tcp-options.h - the TCP socket options that tcp-server and tcp-client have in
 * common: their rows of the option table, their check, and their use on a
 * socket. The code is compiled into both plugins.
 */
#ifndef TCP_OPTIONS_H
#define TCP_OPTIONS_H

#include <bindery/plugin.h>
#include <stdbool.h>

struct tcp_options {
	int nodelay;
	int keepalive;
	int64_t keepalive_idle;     /* ms; here and below 0: the system's */
	int64_t keepalive_interval; /* ms */
	int64_t keepalive_count;
	int64_t user_timeout;   /* ms */
	const char *congestion; /* NULL: the system's */
};

/* clang-format off */
/* Rows of a binding's option table; FIELD is the struct tcp_options in STRUCT.
 * The limits are the kernel's, the times rounded down to what reads well. */
#define TCP_OPTIONS(STRUCT, FIELD)                                             \
	BND_OPTION(STRUCT, FIELD.nodelay, BND_T_BOOL, "nodelay",               \
	    .def = "true", .doc = "Send small pieces at once (TCP_NODELAY)."), \
	BND_OPTION(STRUCT, FIELD.keepalive, BND_T_BOOL, "keepalive",           \
	    .def = "false", .doc = "Probe silent peers (SO_KEEPALIVE)."),      \
	BND_OPTION(STRUCT, FIELD.keepalive_idle, BND_T_TIME,                   \
	    "keepalive_idle", .min = 1000, .max = 9 * 3600 * 1000,             \
	    .doc = "Silence before the first probe."),                         \
	BND_OPTION(STRUCT, FIELD.keepalive_interval, BND_T_TIME,               \
	    "keepalive_interval", .min = 1000, .max = 9 * 3600 * 1000,         \
	    .doc = "Time between probes."),                                    \
	BND_OPTION(STRUCT, FIELD.keepalive_count, BND_T_INT,                   \
	    "keepalive_count", .min = 1, .max = 127,                           \
	    .doc = "Unanswered probes before the peer counts as gone."),       \
	BND_OPTION(STRUCT, FIELD.user_timeout, BND_T_TIME, "user_timeout",     \
	    .min = 1, .max = 24 * 3600 * 1000,                                 \
	    .doc = "Longest wait for an acknowledgement (TCP_USER_TIMEOUT)."), \
	BND_OPTION(STRUCT, FIELD.congestion, BND_T_STRING, "congestion",       \
	    .doc = "Congestion control, such as \"bbr\".")
/* clang-format on */

/* [main, in check()] 0, or -EINVAL when bnd_option_error() was said. */
int tcp_options_check(struct bnd_binding *b, const struct tcp_options *o);

/* [worker] Set on a TCP socket what differs from the system's defaults; by then
 * TCP_NODELAY is on or off as has_nodelay says.  What the kernel refuses stays
 * as it was. */
void tcp_options_apply(const struct tcp_options *o, int fd, bool has_nodelay);

#endif
