/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * daemon-inner.h - what the files of the daemon share: making and serving
 * (daemon.c), ending (daemon-end.c), the control socket (daemon-control.c).
 * [main thread]
 */
#ifndef DAEMON_INNER_H
#define DAEMON_INNER_H

#include "control/control.h"
#include "crew.h"
#include "daemon.h"
#include "reload/succession.h"

struct pool;

struct daemon {
	const struct options *options;
	struct loop loop; /* the main thread's: signals, reloads, control */
	struct watch signals;
	struct pool *pool;
	struct crew crew;
	struct generation *first; /* until it serves */
	struct succession generations;
	struct control *control; /* NULL: there is none */
	char *control_path;
	const char *control_error; /* why the default path is not served */
	struct timer drain_timer;
	int64_t drain_due_ms; /* 0: not ending */
	unsigned cut;         /* connections that were cut */
	bool is_stuck;        /* blocking work does not come back */
};

/* daemon-end.c: the first time connections may end by themselves, the second
 * time they are cut. */
void daemon_end(struct daemon *d);
timer_fn daemon_drain_look;

/* daemon-control.c: open the control socket that the settings ask for.  0, or
 * -errno with the report saying why. */
int daemon_open_control(
    struct daemon *d, const struct settings *s, struct report *report);
/* Once it serves: that the default path could not be had. */
void daemon_say_control(const struct daemon *d);
void daemon_close_control(struct daemon *d);

#endif
