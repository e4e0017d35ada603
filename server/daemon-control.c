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

/* The directory of the default path is made by the service manager; by hand it
 * is ours to make, if we may. */
static void
make_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = strndup(path, (size_t)(slash - path));

	if (dir)
		mkdir(dir, 0755);
	free(dir);
}

int
daemon_open_control(
    struct daemon *d, const struct settings *s, struct report *report)
{
	const struct bnd_node *at = s->control.node;
	bool is_default = !s->control.socket;
	struct control_setup setup = { .loop = &d->loop,
		.generations = &d->generations,
		.calls = &calls,
		.arg = d,
		.mode = (unsigned)s->control.mode,
		.config = d->options->config };
	const char *error;
	int rc;

	if (!is_default && strcmp(s->control.socket, "none") == 0)
		return 0;
	d->control_path =
	    strdup(is_default ? BINDERY_SOCKET : s->control.socket);
	if (!d->control_path)
		return -ENOMEM;
	setup.path = d->control_path;
	if (is_default)
		make_directory(d->control_path);
	rc = control_start(&d->control, &setup, &error);
	if (rc == 0)
		return 0;
	if (is_default) {
		d->control_error = error;
		return 0;
	}
	report_error(report, at->file, at->line,
	    "option 'control.socket': cannot listen on %s: %s", d->control_path,
	    error);
	return rc;
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
