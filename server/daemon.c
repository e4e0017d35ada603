/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "daemon-inner.h"

#include "abi/table.h"
#include "activation.h"
#include "base/compiler.h"
#include "base/gauges.h"
#include "config/read.h"
#include "handover.h"
#include "identity.h"
#include "log/log-report.h"
#include "log/log-topic.h"
#include "log/log.h"
#include "log/notify.h"
#include "stream/pledge.h"
#include "stream/setup.h"
#include "stream/work.h"
#include "trace/trace.h"
#include "upgrade.h"
#include "worker/listener.h"
#include "worker/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "build-info.h"

enum {
	POOL_THREADS = 32,
	POOL_DEADLINE_MS = 1000,
};

/* --------------------------------------------------------------------- making
 */

static void
say_report(const struct report *report, const struct options *o)
{
	if (!o->is_quiet || report_has_errors(report))
		log_report_print(report);
	if (report_has_errors(report))
		handover_refuse(report);
}

/* The settings that belong to the process; see struct succession. */
static int
daemon_take_settings(
    void *arg, const struct settings *s, bool is_trial, struct report *report)
{
	const struct daemon *d = arg;
	struct log_settings l = {
		.level = d->options->is_verbose
			     ? LOG_L_DEBUG
			     : settings_log_level(s->log.level),
		.format = s->log.format,
		.target = s->log.target,
	};
	const struct node *at = s->log.node;
	const char *error = NULL;
	int rc = is_trial ? log_check(&l, &error) : log_configure(&l, &error);

	if (rc < 0)
		report_error(report, at ? at->file : NULL, at ? at->line : 0,
		    "log.target '%s': %s", l.target,
		    error ? error : strerror(-rc));
	else if (!is_trial)
		crew_settle(&d->crew, s);
	if (!is_trial && d->control)
		control_settle(d->control, (unsigned)s->control.mode);
	return rc;
}

/* Before there are threads, which would each have capabilities of their own. */
static int
daemon_become(struct daemon *d, const struct settings *s, struct report *report)
{
	struct identity id;
	int rc = identity_find(s, report, &id);

	if (rc < 0 || !id.is_wanted || d->options->action != ACTION_RUN)
		return rc;
	daemon_make_control_directory(s, id.uid, id.gid);
	rc = identity_take(&id, s, report);
	if (rc == 0 && access(d->options->config, R_OK) < 0)
		report_warn(report, NULL, 0,
		    "user '%s' cannot read '%s', so every reload will be "
		    "refused: let it read that file",
		    s->user, d->options->config);
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

	if (settings_parse(tree, &arena, &unheard, &s) < 0)
		s.workers = 1; /* enough to look for more that is wrong */
	report_finish(&unheard);
	rc = daemon_become(d, &s, report);
	if (rc == 0 || rc == -EINVAL) {
		rc = crew_create(&d->crew, &s);
		if (rc < 0)
			report_error(report, NULL, 0,
			    "cannot make the workers: %s", strerror(-rc));
	}
	arena_finish(&arena);
	return rc;
}

static int
daemon_build(struct daemon *d, struct report *report)
{
	const struct options *o = d->options;
	struct config_tree *tree =
	    config_tree_read(o->config, CONFIG_READ_DEADLINE_MS, report);
	int rc;

	if (!tree)
		return errno == EINVAL ? EX_CONFIG : EX_SOFTWARE;
	rc = daemon_settle(d, tree, report);
	if (rc < 0) {
		config_tree_destroy(&tree);
		return rc == -EPERM ? EX_NOPERM : EX_SOFTWARE;
	}
	d->first = generation_create(
	    &tree, 1, &d->crew, trace_host(&abi_table), o->dirs, report);
	if (!d->first)
		return EX_SOFTWARE;
	if (!report_has_errors(report))
		daemon_take_settings(d, generation_settings(d->first),
		    o->action != ACTION_RUN, report);
	if (report->out_of_memory)
		return EX_SOFTWARE;
	return report_has_errors(report) ? EX_CONFIG : EX_OK;
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

/* The listening sockets that we are given, whoever gives them. */
static int
daemon_inherit(struct report *report)
{
	int rc = handover_take(report);

	if (rc == 0)
		rc = activation_take(report);
	if (rc == -ENOMEM)
		report->out_of_memory = true;
	return rc;
}

static int
daemon_init(struct daemon *d, const struct options *o, struct report *report)
{
	int rc = open_standard();

	d->options = o;
	d->signals.fd = d->loop.epoll_fd = -1;
	/* Before a descriptor of ours could be taken for one of them. */
	if (rc == 0 && o->action == ACTION_RUN)
		rc = daemon_inherit(report);
	if (rc == 0)
		rc = loop_init(&d->loop);
	if (rc < 0)
		return rc;
	upgrade_init(&d->upgrade, &d->loop, o->argv);
	d->pool = pool_create(POOL_THREADS);
	if (!d->pool)
		return -ENOMEM;
	works_init(d->pool);
	return pledges_init();
}

/* A reload or a new log that somebody asks for while we start comes when we
 * have; until then SIGTERM and SIGINT just end us. */
static void
signals_hold(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

struct daemon *
daemon_create(const struct options *o, int *status_r)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct report report = { 0 };
	int rc;

	*status_r = EX_SOFTWARE;
	log_topics_start(o->topics);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write(2) says EFBIG then */
	/* Ignored, children would be gone before they were waited for, and
	 * their numbers be others'. */
	signal(SIGCHLD, SIG_DFL);
	if (o->action == ACTION_RUN)
		signals_hold();
	rc = d ? daemon_init(d, o, &report) : -ENOMEM;
	if (rc == 0)
		*status_r = daemon_build(d, &report);
	else if (!report_has_errors(&report))
		report_error(&report, NULL, 0, "binderyd: cannot start: %s",
		    strerror(-rc));
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
	daemon_close_control(d);
	generation_destroy(&d->first);
	if (d->generations.current)
		succession_end(&d->generations);
	/* Its threads may be sending to the workers' boxes until it is gone. */
	if (d->pool)
		pool_destroy(&d->pool, POOL_DEADLINE_MS);
	crew_destroy(&d->crew);
	upgrade_finish(&d->upgrade);
	inherit_finish();
	if (d->signals.fd >= 0)
		close(d->signals.fd);
	if (d->loop.epoll_fd >= 0)
		loop_finish(&d->loop);
	free(d);
}

void
daemon_dump(const struct daemon *d)
{
	generation_dump(d->first, stdout);
}

/* -------------------------------------------------------------------- signals
 */

static void
notify_serving(const struct daemon *d, const char *remark)
{
	const struct generation *g = d->generations.current;

	int rc = notify_send_surely(
	    "READY=1\nSTATUS=serving %zu pipelines, generation %u%s",
	    generation_settings(g)->pipeline_count, generation_number(g),
	    remark);

	if (rc < 0)
		log_warn("cannot tell the service manager that we are ready "
			 "(NOTIFY_SOCKET '%s'): %s",
		    getenv("NOTIFY_SOCKET"), strerror(-rc));
}

static void
daemon_reloading(void *arg)
{
	(void)arg;
	notify_send(
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64, loop_clock() * 1000);
}

static void
daemon_reloaded(void *arg, const struct verdict *v)
{
	struct daemon *d = arg;
	const struct log_field took = { "ms", NULL, v->took_ms };
	unsigned number = generation_number(d->generations.current);

	if (v->rc != -ECANCELED)
		gauge_reloaded(v->rc == 0, v->took_ms);
	log_report(v->report);
	if (v->rc == 0)
		log_line(LOG_L_NOTICE, &took, 1,
		    "reloaded: generation %u serves", number);
	else if (v->rc != -ECANCELED)
		log_line(LOG_L_ERROR, &took, 1,
		    "reload refused: generation %u goes on as it was", number);
	notify_serving(d, v->rc == 0 ? "" : ", the last reload was refused");
	if (d->control)
		control_reloaded(d->control, v);
	daemon_upgrade_now(d);
}

void
daemon_reload(struct daemon *d)
{
	if (d->drain_due_ms || d->has_left) {
		log_notice("ending, so the configuration is not read again");
	} else if (upgrade_is_on(&d->upgrade)) {
		log_notice("the configuration is read again after the upgrade");
		d->reload_waits = true;
	} else {
		succession_reload(&d->generations);
	}
}

static void
signal_take(struct daemon *d, unsigned number)
{
	int rc;

	switch (number) {
	case SIGTERM:
	case SIGINT:
		daemon_end(d);
		break;
	case SIGUSR1:
		rc = log_reopen();
		if (rc < 0)
			log_error("cannot reopen the log: %s", strerror(-rc));
		break;
	case SIGUSR2:
		rc = daemon_upgrade(d);
		if (rc == -EALREADY)
			log_notice("an upgrade is under way");
		else if (rc < 0)
			log_notice("ending, so no other program takes over");
		break;
	case SIGHUP:
		daemon_reload(d);
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
	sigaddset(&set, SIGUSR2);
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
status_of_start(int rc)
{
	return rc == -EACCES || rc == -EPERM ? EX_NOPERM : EX_SOFTWARE;
}

static int
daemon_begin(struct daemon *d, struct report *report)
{
	int rc;

	d->generations = (struct succession){
		.crew = d->crew,
		.host = trace_host(&abi_table),
		.config = d->options->config,
		.plugin_dirs = d->options->dirs,
		.loop = &d->loop,
		.settle = daemon_take_settings,
		.reloading = daemon_reloading,
		.reloaded = daemon_reloaded,
		.arg = d,
	};
	/* Before anybody can connect: it may fail. */
	rc = daemon_open_control(d, generation_settings(d->first), report);
	return rc < 0 ? rc
		      : succession_begin(&d->generations, &d->first, report);
}

/* We are the process that the service manager shall know. */
static void
daemon_serves(void *arg, bool is_heir)
{
	struct daemon *d = arg;
	int rc;

	if (is_heir) {
		/* Who does not hear this takes the end of the old one for that
		 * of the service. */
		rc = notify_send_surely("MAINPID=%d", (int)getpid());
		if (rc < 0)
			log_error("cannot tell the service manager that this "
				  "is the main process: %s",
			    strerror(-rc));
		log_notice("process %d has taken over", (int)getpid());
	}
	notify_serving(d, "");
	if (!d->control)
		return;
	control_settle(
	    d->control, (unsigned)generation_settings(d->generations.current)
			    ->control.mode);
	control_serve(d->control);
}

int
daemon_start(struct daemon *d)
{
	struct report report = { 0 };
	int rc = signals_start(d);

	if (rc == 0)
		rc = log_start();
	if (rc == 0)
		rc = crew_start(&d->crew);
	if (rc < 0)
		log_error("cannot start: %s", strerror(-rc));
	else
		rc = daemon_begin(d, &report);
	say_report(&report, d->options);
	report_finish(&report);
	if (rc < 0) {
		daemon_close_control(d);
		crew_stop(&d->crew);
		log_stop();
		return status_of_start(rc);
	}
	gauge_set(GAUGE_STARTED_AT, time(NULL));
	if (handover_ready(&d->loop, daemon_serves, d) < 0)
		log_error("cannot wait for the program that hands over");
	log_notice("binderyd %s serves %zu pipelines with %u workers",
	    BINDERY_VERSION,
	    generation_settings(d->generations.current)->pipeline_count,
	    d->crew.count);
	daemon_say_control(d);
	return -1;
}

int
daemon_run(struct daemon *d)
{
	d->drain_timer.fn = daemon_drain_look;
	loop_run(&d->loop);
	if (d->has_left)
		d->cut += (unsigned)d->generations.cut;
	if (d->is_stuck) {
		/* A lookup that hangs, say: nothing can be stopped in order
		 * while it may still write, so leave without. */
		log_warn("blocking work does not end, leaving without it");
		daemon_close_control(d);
		log_stop();
		_exit(d->cut ? EXIT_CUT : EX_OK);
	}
	daemon_close_control(d);
	succession_end(&d->generations);
	crew_stop(&d->crew);
	log_notice("ended: %u connections had to be cut", d->cut);
	log_stop();
	return d->cut ? EXIT_CUT : EX_OK;
}
