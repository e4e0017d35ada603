/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* daemon-control.c - the control socket of this process, and what can be asked
 * of the process through it. */

#include "daemon-inner.h"

#include "handover.h"
#include "log/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build-info.h"

static int64_t
calls_end(void *arg, bool now)
{
	struct daemon *d = arg;
	int64_t left;

	if (!d->drain_due_ms)
		daemon_end(d);
	if (now)
		daemon_end(d);
	left = d->drain_due_ms - loop_clock();
	return left > 0 ? left : 0;
}

static int
calls_reopen(void *arg)
{
	(void)arg;
	return log_reopen();
}

static int
calls_upgrade(void *arg)
{
	return daemon_upgrade(arg);
}

static bool
calls_is_ending(void *arg)
{
	const struct daemon *d = arg;

	return d->drain_due_ms != 0 || d->has_left;
}

static bool
calls_is_upgrading(void *arg)
{
	const struct daemon *d = arg;

	return upgrade_is_on(&d->upgrade);
}

static const struct control_calls calls = { calls_end, calls_reopen,
	calls_upgrade, calls_is_ending, calls_is_upgrading };

/* Where there is to be one when the settings do not say: who starts us may. */
static const char *
usual_path(void)
{
	const char *path = getenv("BINDERY_SOCKET");

	return path && *path ? path : BINDERY_SOCKET;
}

/* The directory is made by the service manager; by hand it is ours to make, if
 * we may. */
void
daemon_make_control_directory(const struct settings *s, uid_t uid, gid_t gid)
{
	const char *path = usual_path(), *slash = strrchr(path, '/');
	char *dir;

	if (s->control.socket || !slash || slash == path)
		return;
	dir = strndup(path, (size_t)(slash - path));
	if (dir && mkdir(dir, 0755) == 0 && chown(dir, uid, gid) < 0)
		rmdir(dir);
	free(dir);
}

/* What was asked for and cannot be had is an error; the built-in path is not.
 */
static int
control_failed(struct daemon *d, const struct settings *s, const char *error,
    struct report *report)
{
	const struct node *at = s->control.node;

	if (s->control.socket)
		report_error(report, at->file, at->line,
		    "option 'control.socket': cannot listen on %s: %s",
		    d->control_path, error);
	else if (strcmp(d->control_path, BINDERY_SOCKET) != 0)
		report_error(report, NULL, 0,
		    "environment variable BINDERY_SOCKET: cannot listen on "
		    "'%s': %s",
		    d->control_path, error);
	else
		d->control_error = error;
	return d->control_error ? 0 : -1;
}

int
daemon_open_control(
    struct daemon *d, const struct settings *s, struct report *report)
{
	struct control_setup setup = { .loop = &d->loop,
		.generations = &d->generations,
		.calls = &calls,
		.arg = d,
		.mode = (unsigned)s->control.mode,
		.config = d->options->config };
	const char *path = s->control.socket, *error;
	int rc;

	if (path && strcmp(path, "none") == 0)
		return 0;
	d->control_path = strdup(path ? path : usual_path());
	if (!d->control_path)
		return -ENOMEM;
	setup.path = d->control_path;
	daemon_make_control_directory(s, geteuid(), getegid());
	if (d->control_path[0] != '/') {
		rc = -EINVAL;
		error = "it is not an absolute path";
	} else {
		rc = control_start(&d->control, &setup, &error);
	}
	return rc < 0 && control_failed(d, s, error, report) < 0 ? rc : 0;
}

void
daemon_say_control(const struct daemon *d)
{
	if (d->control_error)
		log_notice("no control socket: %s: %s; control.socket names "
			   "another place, or none",
		    d->control_path, d->control_error);
}

void
daemon_close_control(struct daemon *d)
{
	control_stop(&d->control, d->has_left || handover_is_on());
	free(d->control_path);
	d->control_path = NULL;
}
