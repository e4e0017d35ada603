/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "activation.h"

#include "worker/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

static const char unnamed[] = "unknown"; /* as sd_listen_fds(3) calls it */

/* A number without sign or blanks in the environment, or -1. */
static long
variable_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long n;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	return *end || errno || n > INT_MAX - FIRST_FD ? -1 : n;
}

static bool
name_is_good(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	return n > 0 && n <= INHERIT_NAME_MAX;
}

/* The next of the names between colons; there may be fewer than sockets. */
static const char *
name_next(char **names)
{
	const char *name = *names ? strsep(names, ":") : unnamed;

	return name_is_good(name) ? name : unnamed;
}

static int
socket_take(int fd, const char *name, struct report *report)
{
	int rc = inherit_add(fd, name, true);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		report_warn(report, NULL, 0,
		    "descriptor %d ('%s') of the service manager is no "
		    "listening stream socket, ignoring",
		    fd, name);
	return 0;
}

static int
sockets_take(long count, char *names, struct report *report)
{
	int rc = 0;

	for (int fd = FIRST_FD; rc == 0 && fd < FIRST_FD + count; fd++) {
		/* Ignored or not, no child shall have it. */
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
			report_warn(report, NULL, 0,
			    "LISTEN_FDS is %ld, but descriptor %d is not open",
			    count, fd);
			return 0;
		}
		rc = socket_take(fd, name_next(&names), report);
	}
	return rc;
}

int
activation_take(struct report *report)
{
	long count = variable_number("LISTEN_FDS");
	bool is_ours = variable_number("LISTEN_PID") == getpid();
	const char *given = getenv("LISTEN_FDNAMES");
	char *names = NULL;
	int rc = 0;

	if (is_ours && count > 0 && given) {
		names = strdup(given);
		rc = names ? 0 : -ENOMEM;
	}
	if (rc == 0 && is_ours && count > 0)
		rc = sockets_take(count, names, report);
	free(names);
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_PIDFDID");
	unsetenv("LISTEN_FDNAMES");
	return rc;
}
