/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "daemon.h"

#include "abi/table.h"
#include "base/compiler.h"
#include "config/read.h"
#include "log/log.h"
#include "log/notify.h"
#include "pipeline/post.h"
#include "reload/generation.h"
#include "stream/pledge.h"
#include "stream/setup.h"
#include "stream/work.h"
#include "worker/listener.h"
#include "worker/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "build-info.h"

enum {
	POOL_THREADS = 32,
	POOL_DEADLINE_MS = 1000,
	DRAIN_LOOK_MS = 20, /* how often a drain looks whether it is done */
	STUCK_MS = 1000,    /* after the cut: for blocking work to come back */
	DESCRIPTORS_OWN =
	    128, /* kept from connections: listeners, pipes, ... */
	CONN_DESCRIPTORS = 2
};

struct daemon {
	const struct options *options;
	struct loop loop; /* the main thread's: signals */
	struct watch signals;
	struct pool *pool;
	struct worker **workers;
	struct crew crew;
	struct generation *generation;
	struct timer drain_timer;
	int64_t drain_due_ms; /* 0: not ending */
	unsigned cut;         /* connections that were cut */
	bool is_stuck;        /* blocking work does not come back */
};

/* --------------------------------------------------------------------- making
 */

static unsigned
cpu_count(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	return 1;
}

/* As many descriptors as the system lets us have. */
static uint64_t
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return 1024;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	getrlimit(RLIMIT_NOFILE, &r);
	return r.rlim_cur;
}

/* How many connections one worker may have. */
static uint64_t
worker_share(const struct settings *s, unsigned workers)
{
	uint64_t all = (uint64_t)s->limits.connections, files;

	files = raise_descriptors();
	files =
	    files > 2 * DESCRIPTORS_OWN ? files - DESCRIPTORS_OWN : files / 2;
	if (all == 0)
		all = files / CONN_DESCRIPTORS;
	return (all + workers - 1) / workers;
}

static int
crew_create(struct daemon *d, const struct settings *s)
{
	unsigned n = s->workers > 0 ? (unsigned)s->workers : cpu_count();
	uint64_t share = worker_share(s, n);
	int rc = 0;

	d->workers = calloc(n, sizeof(struct worker *));
	if (!d->workers)
		return -ENOMEM;
	d->crew = (struct crew){ d->workers, 0 };
	for (unsigned i = 0; rc == 0 && i < n; i++) {
		d->workers[i] = worker_create(i);
		if (!d->workers[i])
			return -errno;
		d->crew.count = i + 1;
		rc = stream_init(d->workers[i], s->splice);
		if (rc == 0)
			rc = acceptors_init(d->workers[i], share);
	}
	return rc == 0 ? posts_init(d->workers, n) : rc;
}

static void
say_report(const struct report *report, const struct options *o)
{
	if (!o->is_quiet || report_has_errors(report))
		report_print(report, stderr);
}

static int
log_take_settings(const struct daemon *d, const struct settings *s)
{
	struct log_settings l = {
		.level = d->options->is_verbose
			     ? LOG_L_DEBUG
			     : settings_log_level(s->log.level),
		.format = s->log.format,
		.target = s->log.target,
	};
	const char *error = NULL;
	int rc = d->options->action == ACTION_RUN ? log_configure(&l, &error)
						  : log_check(&l, &error);

	if (rc < 0)
		fprintf(stderr, "binderyd: log.target '%s': %s\n", l.target,
		    error ? error : strerror(-rc));
	return rc;
}

/* The number of workers has to be known before anything can be built for them.
 */
static int
daemon_settle(
    struct daemon *d, const struct config_tree *tree, struct report *report)
{
	struct arena arena = { 0 };
	struct settings s = { 0 };
	int rc;

	/* What is wrong will be reported by the generation: not twice. */
	struct report unheard = { 0 };

	settings_parse(tree, &arena, &unheard, &s);
	report_finish(&unheard);
	rc = crew_create(d, &s);
	if (rc < 0)
		report_error(report, NULL, 0, "cannot make the workers: %s",
		    strerror(-rc));
	arena_finish(&arena);
	return rc;
}

static int
daemon_build(struct daemon *d, struct report *report)
{
	const struct options *o = d->options;
	struct config_tree *tree =
	    config_tree_read(o->config, CONFIG_READ_DEADLINE_MS, report);

	if (!tree)
		return EX_CONFIG;
	if (daemon_settle(d, tree, report) < 0) {
		config_tree_destroy(&tree);
		return EX_SOFTWARE;
	}
	d->generation =
	    generation_create(&tree, 1, &d->crew, &abi_table, o->dirs, report);
	if (!d->generation)
		return EX_SOFTWARE;
	if (report_has_errors(report))
		return EX_CONFIG;
	return log_take_settings(d, generation_settings(d->generation)) < 0
		   ? EX_CONFIG
		   : EX_OK;
}

/* A descriptor of ours must never be taken for standard output or error. */
static int
open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int
daemon_init(struct daemon *d)
{
	int rc = open_standard();

	if (rc == 0)
		rc = loop_init(&d->loop);

	d->signals.fd = -1;
	if (rc < 0) {
		d->loop.epoll_fd = -1;
		return rc;
	}
	d->pool = pool_create(POOL_THREADS);
	if (!d->pool)
		return -ENOMEM;
	works_init(d->pool);
	return pledges_init();
}

struct daemon *
daemon_create(const struct options *o, int *status_r)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct report report = { 0 };
	int rc;

	*status_r = EX_SOFTWARE;
	signal(SIGPIPE, SIG_IGN);
	rc = d ? daemon_init(d) : -ENOMEM;
	if (rc < 0) {
		fprintf(stderr, "binderyd: cannot start: %s\n", strerror(-rc));
		free(d);
		return NULL;
	}
	d->options = o;
	*status_r = daemon_build(d, &report);
	say_report(&report, o);
	report_finish(&report);
	if (*status_r != EX_OK)
		daemon_destroy(&d);
	return d;
}

void
daemon_destroy(struct daemon **at)
{
	struct daemon *d = *at;

	*at = NULL;
	if (!d)
		return;
	generation_destroy(&d->generation);
	for (unsigned i = 0; i < d->crew.count; i++) {
		acceptors_finish(d->workers[i]);
		stream_finish(d->workers[i]);
		worker_destroy(&d->workers[i]);
	}
	posts_finish();
	free(d->workers);
	pool_destroy(&d->pool, POOL_DEADLINE_MS);
	if (d->signals.fd >= 0)
		close(d->signals.fd);
	if (d->loop.epoll_fd >= 0)
		loop_finish(&d->loop);
	free(d);
}

void
daemon_dump(const struct daemon *d)
{
	generation_dump(d->generation, stdout);
}

/* --------------------------------------------------------------------- ending
 */

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
		worker_call(d->workers[i], worker_cut, &d->cut);
}

static void
drain_look(struct timer *t)
{
	struct daemon *d = CONTAINER_OF(t, struct daemon, drain_timer);

	if (generation_pins(d->generation) == 0) {
		loop_end(&d->loop);
		return;
	}
	if (d->loop.now_ms >= d->drain_due_ms)
		daemon_cut(d);
	if (d->loop.now_ms >= d->drain_due_ms + STUCK_MS) {
		d->is_stuck = true;
		loop_end(&d->loop);
		return;
	}
	timer_arm(d->loop.timers, t, d->loop.now_ms + DRAIN_LOOK_MS);
}

/* The first time: let connections end by themselves.  The second: cut them. */
static void
daemon_end(struct daemon *d)
{
	int64_t patience = generation_settings(d->generation)->shutdown_timeout;

	if (d->drain_due_ms) {
		d->drain_due_ms = d->loop.now_ms;
	} else {
		d->drain_due_ms = d->loop.now_ms + patience;
		notify_send("STOPPING=1\nSTATUS=ending");
		log_notice("ending: %" PRIu64 " connections have %" PRId64
			   " seconds to end",
		    generation_pins(d->generation), patience / 1000);
		generation_drain(d->generation);
	}
	timer_arm(d->loop.timers, &d->drain_timer, d->loop.now_ms);
}

/* -------------------------------------------------------------------- signals
 */

static void
signal_take(struct daemon *d, unsigned number)
{
	switch (number) {
	case SIGTERM:
	case SIGINT:
		daemon_end(d);
		break;
	case SIGUSR1:
		if (log_reopen() < 0)
			log_error("cannot reopen the log: %s", strerror(errno));
		break;
	case SIGHUP:
		log_warn("this version cannot reload: restart it to apply a "
			 "changed configuration");
		break;
	default:
		break;
	}
}

static void
signals_ready(struct watch *w, uint32_t events)
{
	struct daemon *d = CONTAINER_OF(w, struct daemon, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == sizeof(info))
		signal_take(d, info.ssi_signo);
}

static int
signals_start(struct daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	d->signals.fn = signals_ready;
	d->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (d->signals.fd < 0)
		return -errno;
	return loop_watch(&d->loop, &d->signals, EPOLLIN);
}

/* -------------------------------------------------------------------- serving
 */

static int
crew_start(struct daemon *d)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < d->crew.count; i++)
		rc = worker_start(d->workers[i]);
	return rc;
}

static void
crew_stop(struct daemon *d)
{
	for (unsigned i = 0; i < d->crew.count; i++)
		worker_stop(d->workers[i]);
}

static int
status_of_start(int rc)
{
	return rc == -EACCES || rc == -EPERM ? EX_NOPERM : EX_SOFTWARE;
}

int
daemon_start(struct daemon *d)
{
	struct report report = { 0 };
	int rc = signals_start(d);

	if (rc == 0)
		rc = log_start();
	if (rc == 0)
		rc = crew_start(d);
	if (rc < 0)
		log_error("cannot start: %s", strerror(-rc));
	else
		rc = generation_start(d->generation, &report);
	say_report(&report, d->options);
	report_finish(&report);
	if (rc < 0) {
		crew_stop(d);
		log_stop();
		return status_of_start(rc);
	}
	generation_commit(d->generation);
	notify_send("READY=1\nSTATUS=serving %zu pipelines, generation %u",
	    generation_settings(d->generation)->pipeline_count,
	    generation_number(d->generation));
	log_notice("binderyd %s serves %zu pipelines with %u workers",
	    BINDERY_VERSION, generation_settings(d->generation)->pipeline_count,
	    d->crew.count);
	return -1;
}

int
daemon_run(struct daemon *d)
{
	d->drain_timer.fn = drain_look;
	loop_run(&d->loop);
	if (d->is_stuck) {
		/* A lookup that hangs, say: nothing can be stopped in order
		 * while it may still write, so leave without. */
		log_warn("blocking work does not end, leaving without it");
		log_stop();
		_exit(d->cut ? EXIT_CUT : EX_OK);
	}
	generation_stop(d->generation);
	crew_stop(d);
	log_notice("ended: %u connections had to be cut", d->cut);
	log_stop();
	return d->cut ? EXIT_CUT : EX_OK;
}
