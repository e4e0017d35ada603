/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* daemon-end.c - how the process ends: connections end by themselves, are cut
 * at the deadline, and what then still hangs is left behind. */

#include "daemon-inner.h"

#include "base/compiler.h"
#include "handover.h"
#include "log/log.h"
#include "log/notify.h"
#include "stream/setup.h"

#include <inttypes.h>
#include <unistd.h>

enum {
	DRAIN_LOOK_MS = 20, /* how often a drain looks whether it is done */
	STUCK_MS = 1000,    /* after the cut: for blocking work to come back */
};

static int
worker_cut(struct worker *w, void *arg)
{
	unsigned *cut = arg;

	*cut += stream_end_all(w, REASON_SHUTDOWN);
	return 0;
}

static void
daemon_cut(struct daemon *d)
{
	for (unsigned i = 0; i < d->crew.count; i++)
		worker_call(d->crew.workers[i], worker_cut, &d->cut);
}

void
daemon_drain_look(struct timer *t)
{
	struct daemon *d = CONTAINER_OF(t, struct daemon, drain_timer);

	if (succession_pins(&d->generations) == 0) {
		loop_end(&d->loop);
		return;
	}
	if (d->drain_due_ms && d->loop.now_ms >= d->drain_due_ms)
		daemon_cut(d);
	if (d->drain_due_ms && d->loop.now_ms >= d->drain_due_ms + STUCK_MS) {
		d->is_stuck = true;
		loop_end(&d->loop);
		return;
	}
	timer_arm(d->loop.timers, t, d->loop.now_ms + DRAIN_LOOK_MS);
}

/* Whoever would have been taken over from goes on, and has to know. */
static void
heir_gives_up(void)
{
	struct report report = { 0 };

	report_error(&report, NULL, 0,
	    "process %d was told to end, so it does "
	    "not take over",
	    (int)getpid());
	handover_refuse(&report);
	report_finish(&report);
}

/* The first time: let connections end by themselves.  The second: cut them. */
void
daemon_end(struct daemon *d)
{
	const struct generation *g = d->generations.current;
	int64_t patience = generation_settings(g)->shutdown_timeout;
	bool is_first = d->drain_due_ms == 0;

	/* Before what waits for a reload or an upgrade hears that there is
	 * none, and would begin the other. */
	if (is_first)
		d->drain_due_ms = d->loop.now_ms + patience;
	else if (d->drain_due_ms > d->loop.now_ms)
		d->drain_due_ms = d->loop.now_ms; /* once, not at each */
	upgrade_cancel(&d->upgrade);
	succession_reload_cancel(&d->generations);
	if (is_first) {
		/* It would be said of the service, which goes on. */
		if (handover_is_on())
			heir_gives_up();
		else if (!d->has_left)
			notify_send("STOPPING=1\nSTATUS=ending");
		log_notice("ending: %" PRIu64 " connections have %" PRId64
			   " seconds to end",
		    succession_pins(&d->generations), patience / 1000);
		if (!d->has_left) /* else it drains since then */
			succession_drain(&d->generations);
	}
	timer_arm(d->loop.timers, &d->drain_timer, d->loop.now_ms);
}
