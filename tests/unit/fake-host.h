/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * fake-host.h - a host of one binding, one worker and a few stages for the unit
 * tests of our socket plugins.  It only writes down what a plugin asks for;
 * time passes, work runs and sockets become ready when the test says so.
 * Include it once, before the plugin's source.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <bindery/plugin.h>

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FAKE_STAGES = 4, FAKE_WATCHES = 40, FAKE_TIMERS = 4 };

struct fake_stage {
	struct bnd_stage pub; /* first */
	bool is_open, is_left, is_aborted, has_back;
	int err;                  /* of the abort */
	char text[300];           /* of the abort */
	int attached[2];          /* descriptors, or -1 */
	unsigned bypasses;        /* bit: from * 2 + to */
	int64_t due[FAKE_TIMERS]; /* by fake.now; -1: not set */
	int64_t limits[4];        /* by enum bnd_limit_kind; -1: not set */
	struct {
		int fd;
		unsigned events;
	} watches[FAKE_WATCHES];
	char name[100];  /* the fact back.name */
	char claims[40]; /* tables, each followed by ';' */
	uint8_t key[16]; /* of the last claim */
	size_t key_size;
	uint32_t max; /* of the last claim */
};

static struct fake {
	struct bnd_binding binding;
	struct bnd_worker worker;
	struct fake_stage stages[FAKE_STAGES];
	int64_t now;

	struct sockaddr_storage peer; /* the fact of every stage; 0: none */
	void (*run)(void *);
	void (*done)(struct bnd_worker *, struct bnd_stage *, void *);
	void *arg;               /* of the work that waits, if there is a run */
	int works;               /* asked for so far */
	void *spawned;           /* the last */
	int denied;              /* bnd_metric() calls for metric 0 */
	int metrics[4];          /* and for each */
	int listens;             /* so many */
	unsigned flags[8], mode; /* of bnd_listen() */
	int backlog;
	char answers[1000]; /* bnd_answer(): "KEY=VALUE\n"... */
	int errors;         /* bnd_option_error() */
	char option[40];    /* the last */
	char sentence[300]; /* the last */

	/* results to give */
	int attach_rc, spawn_rc, work_rc, fact_rc, watch_rc, listen_rc;
	const char *full; /* the table whose claims are refused */
} fake;

static struct fake_stage *
fake_of(struct bnd_stage *st)
{
	return (struct fake_stage *)(void *)st;
}

static void
fake_bypass(struct bnd_stage *st, unsigned from, unsigned to)
{
	fake_of(st)->bypasses |= 1u << (from * 2 + to);
}

static void
fake_leave(struct bnd_stage *st)
{
	fake_of(st)->is_left = true;
}

static int
fake_open_back(struct bnd_stage *st, const struct bnd_exit *to)
{
	ck_assert_ptr_null(to);
	ck_assert(!fake_of(st)->is_left);
	fake_of(st)->has_back = true;
	return 0;
}

BND_PRINTF(3, 0)
static void
fake_abortv(struct bnd_stage *st, int err, const char *fmt, va_list ap)
{
	struct fake_stage *s = fake_of(st);

	ck_assert_int_lt(err, 0);
	if (s->is_aborted)
		return;
	s->is_aborted = true;
	s->err = err;
	vsnprintf(s->text, sizeof(s->text), fmt, ap);
}

static int
fake_attach(struct bnd_stage *st, unsigned side, int fd)
{
	struct fake_stage *s = fake_of(st);

	if (fake.attach_rc < 0)
		return fake.attach_rc;
	ck_assert_int_eq(s->attached[side], -1);
	ck_assert(!s->is_aborted);
	s->attached[side] = fd;
	for (size_t i = 0; i < FAKE_WATCHES; i++)
		if (s->watches[i].fd == fd)
			s->watches[i].events = 0;
	return 0;
}

static int
fake_spawn(struct bnd_worker *w, void *arg)
{
	(void)w;
	if (fake.spawn_rc == 0)
		fake.spawned = arg;
	return fake.spawn_rc;
}

static int
fake_listen(struct bnd_binding *b, const struct bnd_endpoint *e, unsigned flags,
    int backlog, unsigned mode)
{
	(void)b;
	(void)e;
	if (fake.listen_rc < 0)
		return fake.listen_rc;
	ck_assert_int_lt(fake.listens, 8);
	fake.flags[fake.listens] = flags;
	fake.backlog = backlog;
	fake.mode = mode;
	return fake.listens++;
}

static int
fake_fact_set(struct bnd_stage *st, const char *key, unsigned kind,
    const void *v, size_t n)
{
	if (fake.fact_rc < 0)
		return fake.fact_rc;
	ck_assert_str_eq(key, "back.name");
	ck_assert_uint_eq(kind, BND_F_TEXT);
	ck_assert_uint_eq(n, (size_t)-1);
	snprintf(fake_of(st)->name, sizeof(fake_of(st)->name), "%s",
	    (const char *)v);
	return 0;
}

static const void *
fake_fact(struct bnd_stage *st, const char *key, unsigned kind, size_t *n)
{
	(void)st;
	(void)n;
	ck_assert_str_eq(key, "peer");
	ck_assert_uint_eq(kind, BND_F_ADDR);
	return fake.peer.ss_family ? &fake.peer : NULL;
}

static void
fake_limit(struct bnd_stage *st, unsigned which, int64_t ms)
{
	fake_of(st)->limits[which] = ms;
}

static int
fake_claim(struct bnd_stage *st, const char *table, const void *key, size_t n,
    uint32_t max)
{
	struct fake_stage *s = fake_of(st);

	if (fake.full && strcmp(fake.full, table) == 0)
		return -EDQUOT;
	strcat(strcat(s->claims, table), ";");
	ck_assert_uint_le(n, sizeof(s->key));
	if (n)
		memcpy(s->key, key, n);
	s->key_size = n;
	s->max = max;
	return 0;
}

static void
fake_timer(struct bnd_stage *st, unsigned slot, int64_t ms)
{
	ck_assert_uint_lt(slot, FAKE_TIMERS);
	fake_of(st)->due[slot] = ms < 0 ? -1 : fake.now + ms;
}

static int
fake_watch(struct bnd_stage *st, int fd, unsigned events)
{
	struct fake_stage *s = fake_of(st);
	size_t i = 0;

	if (events && fake.watch_rc < 0)
		return fake.watch_rc;
	while (
	    i < FAKE_WATCHES && s->watches[i].events && s->watches[i].fd != fd)
		i++;
	for (size_t k = 0; k < FAKE_WATCHES; k++)
		if (s->watches[k].events && s->watches[k].fd == fd)
			i = k;
	if (!events && (i == FAKE_WATCHES || s->watches[i].fd != fd))
		return 0;
	ck_assert_uint_lt(i, FAKE_WATCHES);
	s->watches[i].fd = fd;
	s->watches[i].events = events;
	return 0;
}

static int64_t
fake_now(void)
{
	return fake.now;
}

static int
fake_work(struct bnd_worker *w, struct bnd_stage *st, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg)
{
	(void)w;
	(void)st;
	fake.works++;
	if (fake.work_rc < 0)
		return fake.work_rc;
	ck_assert(!fake.run);
	fake.run = run;
	fake.done = done;
	fake.arg = arg;
	return 0;
}

static void
fake_metric(struct bnd_worker *w, unsigned id, int64_t value)
{
	(void)w;
	ck_assert_uint_lt(id, 4);
	fake.metrics[id] += (int)value;
	fake.denied = fake.metrics[0];
}

BND_PRINTF(4, 0)
static int
fake_option_errorv(struct bnd_binding *b, const char *option, const void *row,
    const char *fmt, va_list ap)
{
	(void)b;
	(void)row;
	fake.errors++;
	snprintf(fake.option, sizeof(fake.option), "%s", option);
	vsnprintf(fake.sentence, sizeof(fake.sentence), fmt, ap);
	return -EINVAL;
}

BND_PRINTF(3, 0)
static void
fake_answerv(struct bnd_answer *a, const char *key, const char *fmt, va_list ap)
{
	size_t n = strlen(fake.answers);

	(void)a;
	n += (size_t)snprintf(
	    fake.answers + n, sizeof(fake.answers) - n, "%s=", key);
	n += (size_t)vsnprintf(
	    fake.answers + n, sizeof(fake.answers) - n, fmt, ap);
	ck_assert_uint_lt(n + 1, sizeof(fake.answers));
	strcat(fake.answers, "\n");
}

/* What it answers to show(), explain() or command(). */
static inline const char *
fake_answers(void)
{
	static char last[sizeof(fake.answers)];

	strcpy(last, fake.answers);
	fake.answers[0] = 0;
	return last;
}

/* A set of networks is one IPv4 or IPv6 address here. */
struct bnd_nets {
	struct sockaddr_storage one;
};

static int
fake_nets_has(const struct bnd_nets *nets, const struct sockaddr *a)
{
	size_t n = a->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					   : sizeof(struct sockaddr_in6);

	return nets && nets->one.ss_family == a->sa_family &&
	       memcmp(&nets->one, a, n) == 0;
}

static const struct bnd_host fake_host = {
	.size = sizeof(struct bnd_host),
	.abi_major = BND_MAJOR,
	.abi_minor = BND_MINOR,
	.bypass = fake_bypass,
	.leave = fake_leave,
	.open_back = fake_open_back,
	.abortv = fake_abortv,
	.attach = fake_attach,
	.spawn = fake_spawn,
	.listen = fake_listen,
	.fact_set = fake_fact_set,
	.fact = fake_fact,
	.limit = fake_limit,
	.claim = fake_claim,
	.timer = fake_timer,
	.watch = fake_watch,
	.now = fake_now,
	.work = fake_work,
	.metric = fake_metric,
	.option_errorv = fake_option_errorv,
	.nets_has = fake_nets_has,
	.answerv = fake_answerv,
};

/* ---- for the tests */

/* A fresh binding of the plugin, whose options have no values yet. */
static void *
fake_binding(const struct bnd_type *type)
{
	fake = (struct fake){ .now = 1000 };
	fake.binding.self = calloc(1, type->binding_size + 1);
	fake.binding.workers = 1;
	fake.worker.self = calloc(1, type->worker_size + 1);
	fake.worker.binding = &fake.binding;
	ck_assert(fake.binding.self && fake.worker.self);
	return fake.binding.self;
}

static struct fake_stage *
fake_open(const struct bnd_type *type, size_t i, void *arg)
{
	struct fake_stage *s = &fake.stages[i];
	int rc;

	*s = (struct fake_stage){ .is_open = true, .attached = { -1, -1 } };
	memset(s->due, 0xff, sizeof(s->due));
	memset(s->limits, 0xff, sizeof(s->limits));
	s->pub.self = calloc(1, type->stage_size + 1);
	s->pub.worker = &fake.worker;
	s->pub.binding = &fake.binding;
	s->pub.id = i + 1;
	s->pub.limit = 65536;
	rc = type->open(&s->pub, arg);
	if (!s->is_aborted)
		s->err = rc;
	return s;
}

/* What a dry stage answers; an abort is what it refuses with. */
static inline const struct fake_stage *
fake_explain(const struct bnd_type *type)
{
	static struct fake_stage s;

	s = (struct fake_stage){ .pub.worker = &fake.worker,
		.pub.binding = &fake.binding };
	s.pub.self = calloc(1, type->stage_size + 1);
	type->explain(&s.pub, NULL);
	free(s.pub.self);
	return &s;
}

static inline const char *
fake_show(const struct bnd_type *type, struct fake_stage *s)
{
	type->show(&fake.worker, s ? &s->pub : NULL, NULL);
	return fake_answers();
}

static inline unsigned
fake_watched(const struct fake_stage *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < FAKE_WATCHES; i++)
		n += s->watches[i].events != 0;
	return n;
}

/* As the host does at the end: nothing may be watched afterwards. */
static void
fake_close(const struct bnd_type *type, size_t i)
{
	struct fake_stage *s = &fake.stages[i];

	if (!s->is_open)
		return;
	if (type->close)
		type->close(&s->pub, s->err);
	ck_assert_uint_eq(fake_watched(s), 0);
	for (unsigned side = 0; side < 2; side++)
		if (s->attached[side] >= 0)
			close(s->attached[side]);
	free(s->pub.self);
	s->is_open = false;
}

/* End everything. */
static void
fake_end(const struct bnd_type *type)
{
	for (size_t i = 0; i < FAKE_STAGES; i++)
		fake_close(type, i);
	if (type->worker_stop)
		type->worker_stop(&fake.worker);
	free(fake.worker.self);
	free(fake.binding.self);
}

/* Let so much time pass, timer by timer. */
static inline void
fake_pass(const struct bnd_type *type, size_t i, int64_t ms)
{
	struct fake_stage *s = &fake.stages[i];
	int64_t until = fake.now + ms;

	for (unsigned n = 0; n < 1000; n++) {
		unsigned slot = 0;

		for (unsigned k = 1; k < FAKE_TIMERS; k++)
			if (s->due[k] >= 0 &&
			    (s->due[slot] < 0 || s->due[k] < s->due[slot]))
				slot = k;
		if (s->due[slot] < 0 || s->due[slot] > until)
			break;
		fake.now = s->due[slot];
		s->due[slot] = -1;
		type->timer(&s->pub, slot);
	}
	fake.now = until;
}

/* Tell the stage about each of its sockets that is ready within a second; how
 * many there were. */
static inline int
fake_poll(const struct bnd_type *type, size_t i)
{
	struct fake_stage *s = &fake.stages[i];
	struct pollfd p[FAKE_WATCHES];
	int n;

	for (size_t k = 0; k < FAKE_WATCHES; k++)
		p[k] = (struct pollfd){
			s->watches[k].events ? s->watches[k].fd : -1, POLLOUT, 0
		};
	n = poll(p, FAKE_WATCHES, 1000);
	for (size_t k = 0; k < FAKE_WATCHES; k++)
		if (p[k].revents && s->watches[k].events)
			type->ready(&s->pub, p[k].fd, BND_WRITE);
	return n;
}

/* Run the work that waits and tell the plugin. */
static inline void
fake_work_run(void)
{
	void (*run)(void *) = fake.run;

	ck_assert(run);
	fake.run = NULL;
	run(fake.arg);
	fake.done(&fake.worker, NULL, fake.arg);
}

/* Descriptors of this process. */
static inline int
fake_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#endif
