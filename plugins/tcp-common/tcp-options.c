/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tcp-options.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
tcp_options_keepalive_check(struct bnd_binding *b, const struct tcp_options *o)
{
	const char *option = o->keepalive_idle       ? "keepalive_idle"
			     : o->keepalive_interval ? "keepalive_interval"
			     : o->keepalive_count    ? "keepalive_count"
						     : NULL;

	if (o->keepalive || !option)
		return 0;
	return bnd_option_error(
	    b, option, NULL, "has no effect without keepalive = true");
}

/* Only the kernel knows which it has, and which this user may choose. */
static int
tcp_options_congestion_check(struct bnd_binding *b, const char *name)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return 0;
	rc = setsockopt(
	    fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name));
	rc = rc < 0 ? errno : 0;
	close(fd);
	if (!rc)
		return 0;
	return bnd_option_error(b, "congestion", NULL,
	    "cannot use '%s' (%s); sysctl "
	    "net.ipv4.tcp_allowed_congestion_control lists what may be used",
	    name, strerror(rc));
}

int
tcp_options_check(struct bnd_binding *b, const struct tcp_options *o)
{
	int rc = tcp_options_keepalive_check(b, o);

	if (o->congestion && tcp_options_congestion_check(b, o->congestion) < 0)
		rc = -EINVAL;
	return rc;
}

static void
tcp_options_set(int fd, int level, int option, int64_t value)
{
	int v = (int)value;

	setsockopt(fd, level, option, &v, sizeof(v));
}

/* A time in the whole seconds of the kernel, rounded up. */
static int64_t
tcp_options_seconds(int64_t ms)
{
	return (ms + 999) / 1000;
}

static void
tcp_options_keepalive_apply(const struct tcp_options *o, int fd)
{
	tcp_options_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (o->keepalive_idle)
		tcp_options_set(fd, IPPROTO_TCP, TCP_KEEPIDLE,
		    tcp_options_seconds(o->keepalive_idle));
	if (o->keepalive_interval)
		tcp_options_set(fd, IPPROTO_TCP, TCP_KEEPINTVL,
		    tcp_options_seconds(o->keepalive_interval));
	if (o->keepalive_count)
		tcp_options_set(
		    fd, IPPROTO_TCP, TCP_KEEPCNT, o->keepalive_count);
}

void
tcp_options_apply(const struct tcp_options *o, int fd, bool has_nodelay)
{
	if (!!o->nodelay != has_nodelay)
		tcp_options_set(fd, IPPROTO_TCP, TCP_NODELAY, o->nodelay);
	if (o->keepalive)
		tcp_options_keepalive_apply(o, fd);
	if (o->user_timeout)
		tcp_options_set(
		    fd, IPPROTO_TCP, TCP_USER_TIMEOUT, o->user_timeout);
	if (o->congestion)
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, o->congestion,
		    (socklen_t)strlen(o->congestion));
}
