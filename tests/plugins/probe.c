/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * probe: a sink that sends back what comes, keeps a diary of what the host
 * calls (one line each, "NAME GENERATION EVENT"), posts to its other desks, and
 * fails where it is told to.
 */
#include <bindery/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum fail { FAIL_NOT, FAIL_CHECK, FAIL_START, FAIL_WORKER, FAIL_LATE };

struct probe {
	const char *diary;
	int fail;
	int greets, posts;
	const struct bnd_exit *exit;
	atomic_int *opens; /* kept */
};

/* clang-format off */
static const struct bnd_option probe_options[] = {
	BND_OPTION(struct probe, diary, BND_T_STRING, "diary",
	    .doc = "File to write to."),
	BND_OPTION(struct probe, fail, BND_T_ENUM, "fail", .def = "not",
	    .choices = "not|check|start|worker|late", .doc = "Where to fail."),
	BND_OPTION(struct probe, greets, BND_T_BOOL, "greets",
	    .doc = "Post while a worker starts."),
	BND_OPTION(struct probe, posts, BND_T_BOOL, "posts",
	    .doc = "Post to all generations at each open."),
	BND_OPTION(struct probe, exit, BND_T_EXIT, "exit",
	    .doc = "Leads nowhere."),
	{ 0 },
};
/* clang-format on */

BND_PRINTF(2, 3)
static void
diary(const struct bnd_binding *b, const char *fmt, ...)
{
	const struct probe *c = b->self;
	char line[200];
	va_list ap;
	int n, fd;

	if (!c->diary)
		return;
	n = snprintf(line, 100, "%s %u ", b->name, b->generation);
	va_start(ap, fmt);
	n += vsnprintf(line + n, 90, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	fd = open(c->diary, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	(void)!write(fd, line, (size_t)n);
	close(fd);
}

static int
probe_check(struct bnd_binding *b)
{
	const struct probe *c = b->self;

	return c->fail == FAIL_CHECK ? -EINVAL : 0;
}

static void
probe_forget(void *kept)
{
	atomic_store((atomic_int *)kept, -1000);
}

static int
probe_start(struct bnd_binding *b)
{
	struct probe *c = b->self;

	diary(b, "start");
	if (bnd_keep(b, "wrong", 1, NULL) &&
	    bnd_keep(b, "wrong", 2, NULL) != NULL)
		return -EBADF;
	c->opens = bnd_keep(b, "opens", sizeof(atomic_int), probe_forget);
	if (!c->opens)
		return -ENOMEM;
	return c->fail == FAIL_START ? -EBUSY : 0;
}

static void
probe_stop(struct bnd_binding *b)
{
	diary(b, "stop");
}

static void
probe_nap(void *arg)
{
	struct timespec t = { .tv_nsec = 100 * 1000000 };

	(void)arg;
	nanosleep(&t, NULL);
}

static void
probe_awake(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	(void)st;
	(void)arg;
	diary(w->binding, "worker %u done", (unsigned)w->index);
}

static int
probe_worker_start(struct bnd_worker *w)
{
	const struct probe *c = w->binding->self;

	diary(w->binding, "worker %u start", (unsigned)w->index);
	if (c->fail == FAIL_WORKER && w->index + 1 == w->binding->workers)
		return -ENFILE;
	if (c->fail == FAIL_LATE && w->index == 0)
		return bnd_worker_work(w, probe_nap, probe_awake, NULL);
	if (c->fail == FAIL_LATE)
		return -ENFILE;
	if (c->greets)
		return bnd_post(w, BND_EVERY_WORKER, 0, 1, w->index, NULL);
	return 0;
}

static void
probe_worker_drain(struct bnd_worker *w)
{
	diary(w->binding, "worker %u drain", (unsigned)w->index);
}

static void
probe_worker_stop(struct bnd_worker *w)
{
	diary(w->binding, "worker %u stop", (unsigned)w->index);
}

static void
probe_message(struct bnd_worker *w, const struct bnd_msg *m)
{
	diary(w->binding, "worker %u heard %u from %u", (unsigned)w->index,
	    (unsigned)m->tag, (unsigned)m->from);
}

static int
probe_open(struct bnd_stage *st, void *arg)
{
	const struct probe *c = st->binding->self;

	(void)arg;
	diary(st->binding, "open %d", atomic_fetch_add(c->opens, 1) + 1);
	if (c->posts)
		bnd_post(st->worker, BND_EVERY_WORKER, BND_POST_ALL_GENERATIONS,
		    7, 0, NULL);
	bnd_bypass(st, BND_FRONT, BND_FRONT);
	return 0;
}

static void
probe_drain(struct bnd_stage *st)
{
	diary(st->binding, "drain");
}

static void
probe_close(struct bnd_stage *st, int err)
{
	diary(st->binding, "close %d", err);
}

static const struct bnd_type probe = {
	BND_HEAD("probe", "1.0", BND_SINK),
	.summary = "Sends back what comes and keeps a diary.",
	.options = probe_options,
	.binding_size = sizeof(struct probe),
	.check = probe_check,
	.start = probe_start,
	.stop = probe_stop,
	.worker_start = probe_worker_start,
	.worker_drain = probe_worker_drain,
	.worker_stop = probe_worker_stop,
	.message = probe_message,
	.open = probe_open,
	.drain = probe_drain,
	.close = probe_close,
};

BND_PLUGIN(probe);
