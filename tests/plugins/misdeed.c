/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * misdeed - a filter that lets bytes by, and breaks one rule, which its option
 * names: what the conformance run has to find.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bindery/plugin.h>

struct binding {
	int misdeed;
	void *taken;
	const struct bnd_exit *exit;
};

struct stage {
	const char *shown;
	char *memory;
	size_t seen;
	int fd, has_job;
};

struct job {
	struct bnd_stage *stage;
};

/* What a misdeed does in the place of the good one. */
struct deed {
	const char *name;
	int (*start)(struct bnd_binding *b);
	int (*open)(struct bnd_stage *st);
	void (*opened)(struct bnd_stage *st, int err);
	void (*flow)(struct bnd_stage *st);
	void (*drain)(struct bnd_stage *st);
	void (*timer)(struct bnd_stage *st, unsigned slot);
	void (*show)(
	    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a);
	void (*close)(struct bnd_stage *st, int err);
};

static void
crash(void)
{
	raise(SIGSEGV);
}

static struct stage *
stage_of(struct bnd_stage *st)
{
	return st->self;
}

/* What a good filter does. */
static void
pass(struct bnd_stage *st)
{
	bnd_move(st, BND_FRONT, BND_BACK, BND_ALL);
}

/* ----------------------------------------------------------- bytes and ends */

static void
cuts_flow(struct bnd_stage *st) /* takes what comes at once for a message */
{
	if (bnd_avail(st, BND_FRONT) && bnd_room(st, BND_BACK) > 1)
		bnd_out(st, BND_BACK, ">", 1);
	pass(st);
}

static void
hang_flow(struct bnd_stage *st) /* forgets the end */
{
	bnd_move(st, BND_FRONT, BND_BACK, bnd_avail(st, BND_FRONT));
}

static void
ends_flow(struct bnd_stage *st) /* a short rest is lost */
{
	if (bnd_ended(st, BND_FRONT) && bnd_avail(st, BND_FRONT) < 20)
		bnd_eat(st, BND_FRONT, 20);
	pass(st);
}

static void
spurious_flow(struct bnd_stage *st) /* believes that there is always news */
{
	if (!bnd_avail(st, BND_FRONT) && !bnd_ended(st, BND_FRONT) &&
	    stage_of(st)->seen++ > 60)
		bnd_abort(st, -EPROTO, "called for nothing");
	pass(st);
}

static void
busy_flow(struct bnd_stage *st)
{
	pass(st);
	bnd_wake(st);
}

static void
block_flow(struct bnd_stage *st)
{
	pass(st);
	usleep(150000);
}

static void
endless_flow(struct bnd_stage *st)
{
	pass(st);
	for (volatile int i = 1; i;)
		;
}

/* ------------------------------------------------------------ what is shown */

static void
stale_flow(struct bnd_stage *st) /* keeps what bnd_peek() said */
{
	struct stage *s = stage_of(st);

	if (s->shown && *s->shown == '!')
		bnd_abort(st, -EPROTO, "cannot be");
	bnd_peek(st, BND_FRONT, 1, &s->shown);
	pass(st);
}

static void
overrun_flow(struct bnd_stage *st) /* reads one further */
{
	const char *p;
	size_t n = bnd_peek(st, BND_FRONT, 10, &p);

	if (n && *(const volatile char *)&p[n] == '!')
		bnd_abort(st, -EPROTO, "cannot be");
	pass(st);
}

static void
readonly_flow(struct bnd_stage *st) /* writes to what it may read */
{
	const char *p;

	if (bnd_peek(st, BND_FRONT, 10, &p))
		*(volatile char *)(uintptr_t)p = '?';
	pass(st);
}

static void
commit_flow(struct bnd_stage *st)
{
	char *p;

	if (bnd_avail(st, BND_FRONT) && bnd_reserve(st, BND_BACK, 1, &p))
		bnd_commit(st, BND_BACK, 100000);
	pass(st);
}

static void
buffer_flow(struct bnd_stage *st) /* keeps its reference */
{
	struct bnd_buf *b = bnd_take(st, BND_FRONT, bnd_room(st, BND_BACK));

	if (b)
		bnd_put(st, BND_BACK, b);
	pass(st);
}

static void
changed_flow(struct bnd_stage *st) /* writes to what others see */
{
	char *p;
	struct bnd_buf *b = bnd_buf_alloc(4, &p);

	if (b) {
		memcpy(p, "abc\n", 4);
		if (bnd_room(st, BND_BACK) > 4)
			bnd_put(st, BND_BACK, b);
		p[0] = 'x';
		bnd_buf_unref(b);
	}
	pass(st);
}

static void
errno_flow(struct bnd_stage *st)
{
	bnd_abort(st, EPROTO, "a positive errno");
}

static void
value_flow(struct bnd_stage *st)
{
	bnd_metric(st->worker, 7, 1);
	pass(st);
}

/* ------------------------------------------------------------ what it takes */

static int
leak_open(struct bnd_stage *st)
{
	stage_of(st)->memory = malloc(100);
	return 0;
}

static int
fds_open(struct bnd_stage *st)
{
	stage_of(st)->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return 0;
}

static int
watch_open(struct bnd_stage *st)
{
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	bnd_watch(st, ends[0], BND_READ);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static int
memory_open(struct bnd_stage *st)
{
	volatile char *p = malloc(100);

	(void)st;
	p[0] = 'x'; /* it may be NULL */
	free((char *)(uintptr_t)p);
	return 0;
}

static int
faults_open(struct bnd_stage *st)
{
	struct bnd_buf *b = bnd_buf_new("abc", 3);
	size_t n;

	(void)st;
	if (!b)
		crash();
	bnd_buf_data(b, &n);
	bnd_buf_unref(b);
	return 0;
}

static int
start_leak_start(struct bnd_binding *b)
{
	((struct binding *)b->self)->taken = malloc(1000);
	return 0;
}

static int
start_memory_start(struct bnd_binding *b)
{
	volatile char *p = malloc(100);

	(void)b;
	p[0] = 'x'; /* it may be NULL */
	free((char *)(uintptr_t)p);
	return 0;
}

static int
start_faults_start(struct bnd_binding *b)
{
	int *kept = bnd_keep(b, "kept", sizeof(int), NULL);

	if (!kept)
		crash();
	*kept = 1;
	return 0;
}

static int
process_start(struct bnd_binding *b)
{
	(void)b;
	signal(SIGUSR1, SIG_IGN);
	return 0;
}

/* -------------------------------------------------------- life and the pool */

static void
aborts_close(struct bnd_stage *st, int err)
{
	(void)st;
	if (err == -ECONNRESET)
		crash();
}

static void
job_run(void *arg)
{
	(void)arg;
}

static void
thread_run(void *arg)
{
	bnd_wake(((struct job *)arg)->stage);
}

static int
job_begin(struct bnd_stage *st, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *))
{
	struct job *j = malloc(sizeof(*j));
	int rc;

	if (!j)
		return -ENOMEM;
	j->stage = st;
	rc = bnd_work(st, run, done, j);
	if (rc < 0)
		free(j);
	return rc;
}

static void
good_done(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	(void)w;
	(void)st;
	free(arg);
}

static void
late_done(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	(void)w;
	free(arg);
	stage_of(st)->has_job = 0; /* it may be NULL */
}

static void
dead_done(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	struct job *j = arg;

	(void)w;
	(void)st;
	bnd_wake(j->stage); /* it may have closed */
	free(j);
}

static int
late_open(struct bnd_stage *st)
{
	return job_begin(st, job_run, late_done);
}

static int
dead_open(struct bnd_stage *st)
{
	return job_begin(st, job_run, dead_done);
}

static int
thread_open(struct bnd_stage *st)
{
	return job_begin(st, thread_run, good_done);
}

static int
ways_differ_open(struct bnd_stage *st)
{
	const struct binding *b = st->binding->self;

	if (st->limit > 65536)
		bnd_open_back(st, b->exit);
	return 0;
}

static int
ways_same_open(struct bnd_stage *st) /* asks for what comes by itself */
{
	if (st->limit > 65536)
		bnd_open_back(st, NULL);
	return 0;
}

static struct bnd_stage *last; /* of all workers: wrong already */

static int
crowd_open(struct bnd_stage *st)
{
	last = st;
	return 0;
}

static void
crowd_flow(struct bnd_stage *st)
{
	if (bnd_avail(st, BND_FRONT) && last->worker == st->worker)
		bnd_wake(last); /* it may have closed */
	pass(st);
}

static unsigned opened; /* by all workers: wrong already */

static int
aged_open(struct bnd_stage *st) /* one connection alone is harmless */
{
	(void)st;
	if (++opened > 40)
		crash();
	return 0;
}

static int
exit_open(struct bnd_stage *st) /* ends the host, and says that all is well */
{
	(void)st;
	exit(0);
}

static int
print_open(struct bnd_stage *st) /* no misdeed */
{
	(void)st;
	puts("hello");
	fflush(stdout);
	return 0;
}

static int
timers_open(struct bnd_stage *st)
{
	bnd_timer(st, 0, 30);
	return 0;
}

static void
timers_timer(struct bnd_stage *st, unsigned slot)
{
	(void)slot;
	if (!stage_of(st)->seen)
		crash(); /* thinks that bytes come first */
}

static void
reload_drain(struct bnd_stage *st)
{
	bnd_abort(st, -ECANCELED, "an impatient plugin");
}

static void
questions_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	(void)w;
	bnd_answer(a, "seen", "%zu", stage_of(st)->seen); /* it may be NULL */
}

static void
ways_opened(struct bnd_stage *st, int err)
{
	stage_of(st)->seen = err == 0; /* and nobody is told */
}

static void
ways_flow(struct bnd_stage *st)
{
	if (stage_of(st)->seen)
		pass(st);
}

/* --------------------------------------------------------------- the plugin */

static const struct deed deeds[] = {
	{ .name = "none" }, { .name = "cuts", .flow = cuts_flow },
	{ .name = "hang", .flow = hang_flow },
	{ .name = "ends", .flow = ends_flow },
	{ .name = "spurious", .flow = spurious_flow },
	{ .name = "busy", .flow = busy_flow },
	{ .name = "block", .flow = block_flow },
	{ .name = "endless", .flow = endless_flow },
	{ .name = "stale", .flow = stale_flow },
	{ .name = "overrun", .flow = overrun_flow },
	{ .name = "readonly", .flow = readonly_flow },
	{ .name = "commit", .flow = commit_flow },
	{ .name = "buffer", .flow = buffer_flow },
	{ .name = "changed", .flow = changed_flow },
	{ .name = "errno", .flow = errno_flow },
	{ .name = "value", .flow = value_flow },
	{ .name = "leak", .open = leak_open },
	{ .name = "fds", .open = fds_open },
	{ .name = "watch", .open = watch_open },
	{ .name = "memory", .open = memory_open },
	{ .name = "faults", .open = faults_open },
	{ .name = "start-leak", .start = start_leak_start },
	{ .name = "start-memory", .start = start_memory_start },
	{ .name = "start-faults", .start = start_faults_start },
	{ .name = "process", .start = process_start },
	{ .name = "aborts", .close = aborts_close },
	{ .name = "late", .open = late_open },
	{ .name = "dead", .open = dead_open },
	{ .name = "thread", .open = thread_open },
	{ .name = "crowd", .open = crowd_open, .flow = crowd_flow },
	{ .name = "timers", .open = timers_open, .timer = timers_timer },
	{ .name = "reload", .drain = reload_drain },
	{ .name = "questions", .show = questions_show },
	{ .name = "ways", .flow = ways_flow, .opened = ways_opened },
	{ .name = "ways-differ", .open = ways_differ_open },
	{ .name = "ways-same", .open = ways_same_open }, /* no misdeed */
	{ .name = "aged", .open = aged_open },
	{ .name = "exit", .open = exit_open },
	{ .name = "print", .open = print_open }, /* no misdeed */
};

static const struct bnd_option misdeed_options[] = {
	BND_OPTION(struct binding, misdeed, BND_T_ENUM, "misdeed",
	    .def = "none", .doc = "The rule to break.",
	    .choices =
		"none|cuts|hang|ends|spurious|busy|block|endless|stale|overrun|"
		"readonly|commit|buffer|changed|errno|value|leak|fds|watch|"
		"memory|faults|start-leak|start-memory|start-faults|process|"
		"aborts|late|dead|thread|crowd|timers|reload|questions|ways|"
		"ways-differ|ways-same|aged|exit|print"),
	BND_OPTION(struct binding, exit, BND_T_EXIT, "exit",
	    .doc = "Where to, once it strays."),
	{ 0 },
};

static const struct deed *
deed_of(const struct bnd_binding *b)
{
	return &deeds[((struct binding *)b->self)->misdeed];
}

static int
misdeed_start(struct bnd_binding *b)
{
	return deed_of(b)->start ? deed_of(b)->start(b) : 0;
}

static int
misdeed_open(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_bypass(st, BND_BACK, BND_FRONT);
	return deed_of(st->binding)->open ? deed_of(st->binding)->open(st) : 0;
}

/* A good one, to which the way is everything. */
static void
misdeed_opened(struct bnd_stage *st, int err)
{
	if (deed_of(st->binding)->opened)
		deed_of(st->binding)->opened(st, err);
	else if (err)
		bnd_abort(st, err, "there is no way");
}

static void
misdeed_flow(struct bnd_stage *st)
{
	if (deed_of(st->binding)->flow)
		deed_of(st->binding)->flow(st);
	else
		pass(st);
}

static void
misdeed_drain(struct bnd_stage *st)
{
	if (deed_of(st->binding)->drain)
		deed_of(st->binding)->drain(st);
}

static void
misdeed_timer(struct bnd_stage *st, unsigned slot)
{
	if (deed_of(st->binding)->timer)
		deed_of(st->binding)->timer(st, slot);
}

static void
misdeed_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	if (deed_of(w->binding)->show)
		deed_of(w->binding)->show(w, st, a);
}

static void
misdeed_close(struct bnd_stage *st, int err)
{
	if (deed_of(st->binding)->close)
		deed_of(st->binding)->close(st, err);
}

static const struct bnd_type misdeed = {
	BND_HEAD("misdeed", "1.0", BND_FILTER),
	.summary = "Breaks one rule of the interface.",
	.options = misdeed_options,
	.binding_size = sizeof(struct binding),
	.stage_size = sizeof(struct stage),
	.start = misdeed_start,
	.open = misdeed_open,
	.opened = misdeed_opened,
	.flow = misdeed_flow,
	.timer = misdeed_timer,
	.drain = misdeed_drain,
	.close = misdeed_close,
	.show = misdeed_show,
};

BND_PLUGIN(misdeed);
