/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* daemon-upgrade.c - another program takes over from this process. */

#include "daemon-inner.h"

#include "handover.h"
#include "log/log-report.h"
#include "log/log.h"
#include "worker/inherit.h"
#include "worker/listener.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

/* Another process serves: let our connections end. */
static void
daemon_leave(struct daemon *d)
{
	d->has_left = true;
	listeners_keep_files(true);
	inherit_finish();
	if (d->control)
		control_leave(d->control);
	succession_retire(&d->generations);
	timer_arm(d->loop.timers, &d->drain_timer, d->loop.now_ms);
}

static void
daemon_upgraded(void *arg, int rc, pid_t pid, const struct report *report)
{
	struct daemon *d = arg;
	bool reload_waits = d->reload_waits;

	d->reload_waits = false;
	log_report(report);
	if (d->control)
		control_upgraded(d->control, rc, pid,
		    loop_clock() - d->upgrade.began_ms, report);
	if (rc < 0) {
		if (rc != -ECANCELED)
			log_error(
			    "upgrade refused: process %d goes on as it was",
			    (int)getpid());
		if (reload_waits)
			daemon_reload(d);
		return;
	}
	log_notice("process %d has taken over: %" PRIu64
		   " connections end here",
	    (int)pid, succession_pins(&d->generations));
	daemon_leave(d);
	/* It may have read the configuration before it was changed. */
	if (reload_waits)
		kill(pid, SIGHUP);
}

int
daemon_upgrade(struct daemon *d)
{
	if (d->drain_due_ms || d->has_left)
		return -ECANCELED;
	if (handover_is_on())
		return -EALREADY;
	/* It may open listeners, which the new program would not get. */
	if (succession_is_reloading(&d->generations)) {
		d->upgrade_waits = true;
		return 0;
	}
	d->upgrade.control_fd = d->control ? control_fd(d->control) : -1;
	return upgrade_begin(&d->upgrade, daemon_upgraded, d);
}

void
daemon_upgrade_now(struct daemon *d)
{
	int rc;

	if (!d->upgrade_waits)
		return;
	d->upgrade_waits = false;
	rc = daemon_upgrade(d);
	if (rc < 0 && d->control)
		control_upgraded(d->control, rc, 0, 0, NULL);
}
