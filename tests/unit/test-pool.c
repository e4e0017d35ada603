/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/pool.h"

#include "base/compiler.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { THREADS = 8, MANY = 64, WAIT_MS = 20000 };

struct task {
	struct job job;
	bool is_done, is_cancelled;
	unsigned turn; /* the how-manieth that ran */
};

static struct mailbox home;
static struct pool *pool;
static unsigned done_count;
static _Atomic unsigned begun, turns;
static sem_t gate, stopper; /* tasks that hang wait for one of them */

static void
task_done(struct letter *l)
{
	struct task *t = CONTAINER_OF(l, struct task, job.done);

	ck_assert(!t->is_done);
	t->is_done = true;
	t->is_cancelled = !t->job.ran;
	done_count++;
}

static void
task_run(struct job *j)
{
	CONTAINER_OF(j, struct task, job)->turn = ++turns;
	begun++;
}

static void
task_hang(struct job *j UNUSED)
{
	begun++;
	while (sem_wait(&gate) < 0)
		;
}

static void
task_block(struct job *j UNUSED)
{
	begun++;
	while (sem_wait(&stopper) < 0)
		;
}

static void
task_submit(struct task *t, void (*run)(struct job *), const void *owner)
{
	t->job = (struct job){
		.done.fn = task_done, .home = &home, .run = run, .owner = owner
	};
	ck_assert_int_eq(pool_submit(pool, &t->job), 0);
}

static int64_t
test_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
test_wait_done(unsigned count)
{
	int64_t end_ms = test_now_ms() + WAIT_MS;
	struct pollfd p = { .fd = home.fd, .events = POLLIN };

	while (done_count < count) {
		ck_assert(test_now_ms() < end_ms);
		poll(&p, 1, 1000);
		mail_run(&home);
	}
}

static void
test_wait_begun(unsigned count)
{
	int64_t end_ms = test_now_ms() + WAIT_MS;

	while (begun < count) {
		ck_assert(test_now_ms() < end_ms);
		poll(NULL, 0, 1);
	}
}

/* Long enough for a thread to take what it should not. */
static void
test_pause(void)
{
	poll(NULL, 0, 50);
}

static void
gate_open(unsigned count)
{
	while (count--)
		sem_post(&gate);
}

static bool
test_is_pool_thread(const char *id)
{
	char path[300], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%s/comm", id);
	f = fopen(path, "re");
	if (!f)
		return false;
	(void)!fgets(name, sizeof(name), f);
	fclose(f);
	return !strcmp(name, "bindery-pool\n");
}

static unsigned
test_thread_count(void)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	unsigned count = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)))
		count += test_is_pool_thread(e->d_name);
	closedir(d);
	return count;
}

static void
test_begin(void)
{
	ck_assert_int_eq(mailbox_init(&home), 0);
	sem_init(&gate, 0, 0);
	sem_init(&stopper, 0, 0);
	pool = pool_create(THREADS);
	ck_assert_ptr_nonnull(pool);
}

static void
test_end(void)
{
	ck_assert(pool_destroy(&pool, WAIT_MS));
	ck_assert_ptr_null(pool);
	ck_assert(pool_destroy(&pool, 0));
	mail_run(&home);
	mailbox_finish(&home);
}

START_TEST(every_job_runs_once)
{
	struct task *t = calloc(5000, sizeof(*t));
	int owners[7];

	test_begin();
	ck_assert_uint_eq(test_thread_count(), 0);
	for (unsigned i = 0; i < 5000; i++)
		task_submit(&t[i], task_run, &owners[i % 7]);
	test_wait_done(5000);
	for (unsigned i = 0; i < 5000; i++)
		ck_assert(t[i].is_done && !t[i].is_cancelled);
	ck_assert_uint_eq(begun, 5000);
	test_end();
	free(t);
}
END_TEST

START_TEST(one_owner_gets_half_of_the_threads)
{
	static struct task t[MANY];

	test_begin();
	for (int i = 0; i < MANY; i++)
		task_submit(&t[i], task_hang, &t);
	test_wait_begun(THREADS / 2);
	test_pause();
	ck_assert_uint_eq(begun, THREADS / 2);
	gate_open(MANY);
	test_wait_done(MANY);
	ck_assert_uint_eq(begun, MANY);
	test_end();
}
END_TEST

/* Owners whose jobs all hang come one after the other: who holds none gets a
 * thread at once, as long as there are fewer of them than threads. */
START_TEST(greedy_owners_leave_a_thread_for_the_next)
{
	static struct task greedy[3][MANY], one;
	int64_t start_ms;

	test_begin();
	for (unsigned o = 0; o < 3; o++) {
		for (int i = 0; i < MANY; i++)
			task_submit(&greedy[o][i], task_hang, &greedy[o]);
		test_pause();
	}
	ck_assert_uint_lt(begun, THREADS);
	start_ms = test_now_ms();
	task_submit(&one, task_run, &one);
	while (!one.is_done)
		test_wait_done(done_count + 1);
	ck_assert_int_lt(test_now_ms() - start_ms, 5000);
	gate_open(3 * MANY);
	test_wait_done(3 * MANY + 1);
	test_end();
}
END_TEST

/* Two threads: the smallest pool keeps its promise too. */
START_TEST(two_threads_are_shared)
{
	static struct task greedy[MANY], one;

	test_begin();
	ck_assert(pool_destroy(&pool, 0));
	pool = pool_create(0); /* two is the least */
	for (int i = 0; i < MANY; i++)
		task_submit(&greedy[i], task_hang, &greedy);
	test_wait_begun(1);
	task_submit(&one, task_run, &one);
	test_wait_done(1);
	ck_assert(one.is_done);
	ck_assert_uint_eq(begun, 2);
	gate_open(MANY);
	test_wait_done(MANY + 1);
	test_end();
}
END_TEST

/* One thread is there for them, and takes their jobs in turn. */
START_TEST(owners_take_turns)
{
	static struct task block, a[20], b[20];

	test_begin();
	ck_assert(pool_destroy(&pool, 0));
	pool = pool_create(2);
	task_submit(&block, task_block, &block);
	task_submit(&a[0], task_hang, &a);
	test_wait_begun(2);
	for (int i = 1; i < 20; i++)
		task_submit(&a[i], task_run, &a);
	for (int i = 1; i < 20; i++)
		task_submit(&b[i], task_run, &b);
	gate_open(1);
	test_wait_done(39);
	for (unsigned i = 1; i < 20; i++) {
		ck_assert_uint_eq(a[i].turn, 2 * i - 1);
		ck_assert_uint_eq(b[i].turn, 2 * i);
	}
	pool_cancel(pool, &block.job); /* it runs: no effect */
	sem_post(&stopper);
	test_wait_done(40);
	ck_assert(!block.is_cancelled);
	test_end();
}
END_TEST

START_TEST(a_cancelled_job_does_not_run)
{
	static struct task t[MANY];

	test_begin();
	for (int i = 0; i < MANY; i++)
		task_submit(&t[i], task_hang, &t);
	test_wait_begun(THREADS / 2);
	for (int i = MANY - 1; i >= 0; i -= 2) {
		pool_cancel(pool, &t[i].job);
		pool_cancel(pool, &t[i].job);
	}
	test_pause();
	mail_run(&home);
	ck_assert_uint_ge(done_count, MANY / 2 - THREADS / 2);
	gate_open(MANY);
	test_wait_done(MANY);
	ck_assert(t[MANY - 1].is_cancelled);
	for (int i = 0; i < MANY; i += 2)
		ck_assert(!t[i].is_cancelled);
	pool_cancel(pool, &t[0].job); /* finished: no effect */
	test_end();
}
END_TEST

START_TEST(idle_threads_leave)
{
	static struct task t[THREADS];
	int64_t end_ms;

	test_begin();
	pool_set_idle(pool, 20);
	for (unsigned round = 0; round < 3; round++) {
		end_ms = test_now_ms() + WAIT_MS;
		for (int i = 0; i < THREADS; i++)
			task_submit(&t[i], task_run, &t[i]);
		test_wait_done(done_count + THREADS);
		ck_assert_uint_ge(begun, THREADS * (round + 1));
		while (test_thread_count()) {
			ck_assert(test_now_ms() < end_ms);
			poll(NULL, 0, 5);
		}
		for (int i = 0; i < THREADS; i++)
			t[i].is_done = false;
	}
	test_end();
}
END_TEST

static void *
gate_open_later(void *arg UNUSED)
{
	test_pause();
	gate_open(THREADS / 2);
	return NULL;
}

START_TEST(destroy_cancels_what_waits)
{
	static struct task t[MANY];
	pthread_t opener;

	test_begin();
	for (int i = 0; i < MANY; i++)
		task_submit(&t[i], task_hang, &t);
	test_wait_begun(THREADS / 2);
	pthread_create(&opener, NULL, gate_open_later, NULL);
	test_end();
	pthread_join(opener, NULL);
	ck_assert_uint_eq(begun, THREADS / 2);
	for (int i = 0; i < MANY; i++)
		ck_assert(t[i].is_done);
	ck_assert(t[MANY - 1].is_cancelled);
}
END_TEST

/* Its letter does not come any more, not even when it ends after all. */
START_TEST(destroy_leaves_a_hung_job_alone)
{
	static struct task t[2];
	static struct pool *lost; /* reachable for the leak checker */
	int64_t start_ms;

	test_begin();
	lost = pool;
	task_submit(&t[0], task_hang, &t[0]);
	task_submit(&t[1], task_run, &t[1]);
	test_wait_begun(2);
	start_ms = test_now_ms();
	ck_assert(!pool_destroy(&pool, 100));
	ck_assert_int_ge(test_now_ms() - start_ms, 99);
	ck_assert_int_lt(test_now_ms() - start_ms, 5000);
	ck_assert_ptr_nonnull(lost);
	gate_open(1);
	test_pause();
	mail_run(&home);
	ck_assert(!t[0].is_done);
	ck_assert(t[1].is_done);
	mailbox_finish(&home);
}
END_TEST

static void
task_look(struct job *j)
{
	sigset_t mask;
	char name[16];

	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	ck_assert(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGHUP) &&
		  sigismember(&mask, SIGCHLD));
	pthread_getname_np(pthread_self(), name, sizeof(name));
	ck_assert_str_eq(name, "bindery-pool");
	task_run(j);
}

static void
task_resolve(struct job *j)
{
	struct addrinfo *list = NULL, hints = { .ai_socktype = SOCK_STREAM };

	if (!getaddrinfo("localhost", "80", &hints, &list))
		freeaddrinfo(list);
	getaddrinfo("no-such-host.invalid", "80", &hints, &list);
	task_run(j);
}

START_TEST(its_threads_are_fit_for_the_work)
{
	static struct task t[2];

	test_begin();
	task_submit(&t[0], task_look, &t);
	task_submit(&t[1], task_resolve, &t);
	test_wait_done(2);
	ck_assert_uint_eq(begun, 2);
	test_end();
}
END_TEST

/* No thread to be had: the job is refused and stays the caller's.  (Without
 * address space the sanitizers themselves give up.) */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { HAS_SANITIZER = 1 };
#else
enum { HAS_SANITIZER = 0 };
#endif

START_TEST(without_threads_it_refuses)
{
	struct task t = {
		.job = { .done.fn = task_done, .home = &home, .run = task_run }
	};
	struct rlimit before, none;
	int r;

	if (HAS_SANITIZER)
		return;
	test_begin();
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
	none = before;
	none.rlim_cur = 4096;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
	r = pool_submit(pool, &t.job);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
	ck_assert(r == -EAGAIN || r == -ENOMEM);
	mail_run(&home);
	ck_assert(!t.is_done);
	ck_assert_int_eq(pool_submit(pool, &t.job), 0);
	test_wait_done(1);
	ck_assert(!t.is_cancelled);
	test_end();
}
END_TEST

struct storm {
	pthread_t thread;
	struct task *tasks;
};

static void *
storm_run(void *arg)
{
	struct storm *s = arg;

	for (int i = 0; i < 2000; i++) {
		task_submit(&s->tasks[i], task_run, i % 3 ? arg : NULL);
		if (i % 5 == 0)
			pool_cancel(pool, &s->tasks[i - i % 2].job);
	}
	return NULL;
}

START_TEST(any_thread_may_submit_and_cancel)
{
	struct storm s[3];

	test_begin();
	for (int i = 0; i < 3; i++) {
		s[i].tasks = calloc(2000, sizeof(*s[i].tasks));
		pthread_create(&s[i].thread, NULL, storm_run, &s[i]);
	}
	test_wait_done(3 * 2000);
	for (int i = 0; i < 3; i++)
		pthread_join(s[i].thread, NULL);
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 2000; k++)
			ck_assert(s[i].tasks[k].is_cancelled !=
				  (s[i].tasks[k].turn > 0));
	test_end();
	for (int i = 0; i < 3; i++)
		free(s[i].tasks);
}
END_TEST

UNIT_TESTS("pool", every_job_runs_once, one_owner_gets_half_of_the_threads,
    greedy_owners_leave_a_thread_for_the_next, two_threads_are_shared,
    owners_take_turns, a_cancelled_job_does_not_run, idle_threads_leave,
    destroy_cancels_what_waits, destroy_leaves_a_hung_job_alone,
    its_threads_are_fit_for_the_work, without_threads_it_refuses,
    any_thread_may_submit_and_cancel)
