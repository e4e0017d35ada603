/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/loop.h"

#include "base/compiler.h"
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct loop l;
static char trace[64];

struct job {
	struct task task;
	char name;
	unsigned again;      /* requeue itself so often */
	bool is_deferred;    /* ... in the next turn */
	struct task *victim; /* unqueue it */
	struct task *next;   /* queue it */
};

static void
say(char c)
{
	size_t n = strlen(trace);

	ck_assert_uint_lt(n + 1, sizeof(trace));
	trace[n] = c;
	trace[n + 1] = 0;
}

static void
said(const char *text)
{
	ck_assert_str_eq(trace, text);
	trace[0] = 0;
}

static void
job_run(struct task *t)
{
	struct job *j = CONTAINER_OF(t, struct job, task);

	ck_assert_ptr_null(t->next);
	say(j->name);
	if (j->victim)
		loop_unqueue(&l, j->victim);
	if (j->next)
		loop_queue(&l, j->next);
	if (j->again && j->again--) {
		if (j->is_deferred)
			loop_defer(&l, t);
		else
			loop_queue(&l, t);
	}
}

#define JOB(name_, ...)                                          \
	(struct job)                                             \
	{                                                        \
		.task.fn = job_run, .name = (name_), __VA_ARGS__ \
	}

START_TEST(tasks_run_in_order_within_the_turn)
{
	struct job a = JOB('a'), b = JOB('b', .again = 2), c = JOB('c');

	ck_assert_int_eq(loop_init(&l), 0);
	a.next = &c.task;
	loop_queue(&l, &a.task);
	loop_queue(&l, &b.task);
	loop_queue(&l, &a.task); /* idempotent */
	loop_turn(&l, 0);
	said("abcbb");
	loop_turn(&l, 0);
	said("");
	loop_finish(&l);
}
END_TEST

START_TEST(deferred_tasks_run_in_the_next_turn)
{
	struct job a = JOB('a', .again = 2, .is_deferred = true), b = JOB('b');

	ck_assert_int_eq(loop_init(&l), 0);
	loop_queue(&l, &a.task);
	loop_turn(&l, -1); /* does not wait: there is something to do */
	said("a");
	loop_queue(&l, &b.task);
	loop_queue(&l, &a.task); /* stays deferred */
	loop_turn(&l, -1);
	said("ba");
	loop_turn(&l, -1);
	said("a");
	loop_turn(&l, 0);
	said("");
	loop_finish(&l);
}
END_TEST

START_TEST(unqueued_tasks_do_not_run)
{
	struct job a = JOB('a'), b = JOB('b'), c = JOB('c'), d = JOB('d');

	ck_assert_int_eq(loop_init(&l), 0);
	a.victim = &c.task;
	loop_queue(&l, &a.task);
	loop_queue(&l, &b.task);
	loop_queue(&l, &c.task);
	loop_turn(&l, 0);
	said("ab");
	loop_unqueue(&l, &d.task); /* was not queued */
	loop_queue(&l, &d.task);
	loop_unqueue(&l, &d.task); /* the only one, and the last */
	loop_queue(&l, &b.task);
	loop_turn(&l, 0);
	said("b");
	loop_defer(&l, &b.task);
	loop_defer(&l, &d.task);
	loop_unqueue(&l, &d.task);
	loop_defer(&l, &c.task);
	loop_unqueue(&l, &b.task);
	loop_turn(&l, 0);
	said("c");
	loop_finish(&l);
}
END_TEST

/* -------------------------------------------------------------- descriptors */

struct ear {
	struct grave grave;
	struct watch watch;
	struct ear *other; /* closed and buried by the first that is called */
};

static struct ear *ear_left;

static void
ear_heard(struct watch *w, uint32_t events)
{
	struct ear *e = CONTAINER_OF(w, struct ear, watch);

	ck_assert(events & EPOLLIN);
	say('e');
	ear_left = e;
	loop_unwatch(&l, &e->other->watch);
	close(e->other->watch.fd);
	e->other->watch.fn = NULL;
	loop_bury(&l, e->other);
}

START_TEST(an_event_for_what_was_removed_in_this_turn_is_not_heard)
{
	struct ear *e[2];

	ck_assert_int_eq(loop_init(&l), 0);
	for (int i = 0; i < 2; i++) {
		e[i] = calloc(1, sizeof(*e[i]));
		e[i]->watch.fn = ear_heard;
		e[i]->watch.fd = eventfd(1, EFD_NONBLOCK);
		ck_assert_int_eq(loop_watch(&l, &e[i]->watch, EPOLLIN), 0);
		ck_assert_int_eq(
		    loop_watch(&l, &e[i]->watch, EPOLLIN), -EEXIST);
	}
	e[0]->other = e[1];
	e[1]->other = e[0];
	loop_turn(&l, 0);
	/* One of them, whichever it was; the other's memory is gone. */
	said("e");
	close(ear_left->watch.fd);
	free(ear_left);
	loop_finish(&l);
}
END_TEST

/* -------------------------------------------------- timers, letters, and all
 */

static void
rang(struct timer *t)
{
	(void)t;
	say('t');
}

static void
came(struct letter *letter)
{
	(void)letter;
	say('m');
}

START_TEST(a_turn_hears_letters_then_timers_then_tasks)
{
	struct job a = JOB('a');
	struct timer t = { .fn = rang }, far = { .fn = rang };
	struct letter m = { .fn = came };
	int64_t before;

	ck_assert_int_eq(loop_init(&l), 0);
	loop_queue(&l, &a.task);
	timer_arm(l.timers, &t, l.now_ms);
	mail_send(&l.box, &m);
	loop_turn(&l, -1);
	said("mta");
	/* It wakes up for a timer, not long before and not for ever. */
	before = l.now_ms;
	timer_arm(l.timers, &far, before + 30);
	for (int i = 0; i < 100 && !trace[0]; i++)
		loop_turn(&l, -1);
	said("t");
	ck_assert_int_ge(loop_clock() - before, 29);
	ck_assert_int_lt(loop_clock() - before, 5000);
	before = loop_clock();
	loop_turn(&l, 10);
	ck_assert_int_ge(loop_clock() - before, 9);
	loop_finish(&l);
}
END_TEST

static void
end(struct task *t)
{
	(void)t;
	say('x');
	loop_end(&l);
}

START_TEST(it_runs_until_it_is_ended)
{
	struct task t = { .fn = end };

	ck_assert_int_eq(loop_init(&l), 0);
	loop_defer(&l, &t);
	loop_run(&l);
	said("x");
	loop_finish(&l);
}
END_TEST

UNIT_TESTS("loop", tasks_run_in_order_within_the_turn,
    deferred_tasks_run_in_the_next_turn, unqueued_tasks_do_not_run,
    an_event_for_what_was_removed_in_this_turn_is_not_heard,
    a_turn_hears_letters_then_timers_then_tasks, it_runs_until_it_is_ended)
