/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* watch.c - in the child: which callback runs, whether it waits, and what it
 * was doing when it crashed. */

#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* A callback may be the first to touch a file, once. */
enum { STRIKES = 2 };

static long switches; /* voluntary ones, when the callback began */
static bool may_wait;
static unsigned strikes;

int64_t
clock_real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long
switches_now(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nvcsw;
}

static void
watch_enter(void *arg, const char *callback, enum kit_tag tag)
{
	(void)arg;
	snprintf(shared->callback, sizeof(shared->callback), "%s", callback);
	may_wait = tag != TAG_WORKER;
	switches = switches_now();
	shared->entered_ms = clock_real_ms();
	alloc_inside(true);
}

static void
watch_leave(void *arg)
{
	int64_t ms = clock_real_ms() - shared->entered_ms;

	(void)arg;
	alloc_inside(false);
	shared->entered_ms = 0;
	if (may_wait || ms <= check.callback_ms || switches_now() == switches)
		return;
	if (++strikes >= STRIKES)
		broken("block",
		    "%s() has waited for %lld ms: a worker may not wait, "
		    "bnd_work() is for that",
		    shared->callback, (long long)ms);
}

const struct kit_watcher watcher = { watch_enter, watch_leave, NULL };

/* ------------------------------------------------------------------ crashes */

static void
crash(int signal, siginfo_t *info, void *context)
{
	const char *what = "", *rule = lens_rule(info->si_addr, &what);

	(void)context;
	shared->has_failed = true;
	if (*rule && (signal == SIGSEGV || signal == SIGBUS)) {
		strcpy(shared->rule, rule);
		snprintf(shared->text, CHECK_TEXT, "%s() %s", shared->callback,
		    what);
	} else {
		strcpy(shared->rule, "crash");
		snprintf(shared->text, CHECK_TEXT,
		    "it was ended by signal %d (%s)%s%s%s", signal,
		    strsignal(signal), shared->entered_ms ? " in " : "",
		    shared->entered_ms ? shared->callback : "",
		    shared->entered_ms ? "()" : "");
	}
	_exit(1);
}

void
watch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE,
		SIGABRT };
	static char stack[65536];
	stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction a = { .sa_sigaction = crash,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&other, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(signals); i++)
		sigaction(signals[i], &a, NULL);
}
