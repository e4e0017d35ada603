/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { NOTIFY_MAX = 4096, RETRY_MS = 5, RETRIES = 400 };

/* A path, or '@' and an abstract name.  Returns the length, or -errno. */
static int
notify_address(struct sockaddr_un *a, const char *name)
{
	size_t n = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || n < 2)
		return -EAFNOSUPPORT;
	if (n >= sizeof(a->sun_path))
		return -ENAMETOOLONG;
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, name, n);
	if (name[0] == '@')
		a->sun_path[0] = '\0';
	return (
	    int)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] == '/'));
}

static int
notify_send_to(const char *name, const char *text, size_t n)
{
	struct sockaddr_un a;
	int fd, r, len = notify_address(&a, name);

	if (len < 0)
		return len;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = sendto(fd, text, n, MSG_NOSIGNAL, (struct sockaddr *)&a,
		(socklen_t)len) < 0
		? -errno
		: 0;
	close(fd);
	return r;
}

/* Is it to be tried again? */
static bool
notify_may_wait(int rc, unsigned *tries)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };

	if ((rc != -EAGAIN && rc != -ENOBUFS) || *tries == 0)
		return false;
	--*tries;
	nanosleep(&pause, NULL);
	return true;
}

PRINTF(2, 0)
static int
notify_vsend(unsigned tries, const char *fmt, va_list ap)
{
	const char *name = getenv("NOTIFY_SOCKET");
	char text[NOTIFY_MAX + 1];
	int n, rc;

	if (!name || !*name)
		return 0;
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		return -EINVAL;
	if (n > NOTIFY_MAX)
		return -EMSGSIZE;
	do
		rc = notify_send_to(name, text, (size_t)n);
	while (notify_may_wait(rc, &tries));
	return rc;
}

int
notify_send(const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = notify_vsend(0, fmt, ap);
	va_end(ap);
	return rc;
}

int
notify_send_surely(const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = notify_vsend(RETRIES, fmt, ap);
	va_end(ap);
	return rc;
}
