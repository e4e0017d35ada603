/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * daemon-inner.h - what the files of the daemon share: making and serving
 * (daemon.c), ending (daemon-end.c), the control socket (daemon-control.c), a
 * new program (daemon-upgrade.c).
 * [main thread]
 */
#ifndef DAEMON_INNER_H
#define DAEMON_INNER_H

#include "control/control.h"
#include "crew.h"
#include "daemon.h"
#include "reload/succession.h"
#include "upgrade.h"

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
	struct upgrade upgrade;
	bool has_left;      /* another process has taken over */
	bool reload_waits;  /* for the verdict of the upgrade */
	bool upgrade_waits; /* for the verdict of the reload */
	struct timer drain_timer;
	int64_t drain_due_ms; /* 0: not ending */
	unsigned cut;         /* connections that were cut */
	bool is_stuck;        /* blocking work does not come back */
};

/* daemon.c: read the configuration again, now or when an upgrade has ended. */
void daemon_reload(struct daemon *d);

/* daemon-upgrade.c: start the program that takes over.  0: its verdict will be
 * logged and told to the control socket; -ECANCELED: we are ending; -EALREADY:
 * one is going on. */
int daemon_upgrade(struct daemon *d);
void daemon_upgrade_now(struct daemon *d); /* if it waited for a reload */

/* daemon-end.c: the first time connections may end by themselves, the second
 * time they are cut. */
void daemon_end(struct daemon *d);
timer_fn daemon_drain_look;

/* daemon-control.c: make the directory of the control socket, unless the
 * settings name one, for the user who is to own it. */
void
daemon_make_control_directory(const struct settings *s, uid_t uid, gid_t gid);
/* Open the control socket that the settings ask for.  0, or -errno with the
 * report saying why. */
int daemon_open_control(
    struct daemon *d, const struct settings *s, struct report *report);
/* Once it serves: that the default path could not be had. */
void daemon_say_control(const struct daemon *d);
void daemon_close_control(struct daemon *d);

#endif
