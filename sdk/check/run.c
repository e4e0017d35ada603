/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* run.c - a child for each rule, watched from outside, and what is said of it.
 */

#include "check.h"

#include "base/utf8.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	HANG_MS = 5000,   /* in one callback */
	LOST_MS = 120000, /* beyond the time of the rule */
	LOOK_US = 5000
};

struct shared *shared;

/* ---------------------------------------------------------------- the child */

static bool is_time_over;
static int64_t began_ms;

bool
seed_next(uint64_t *seed, uint64_t count)
{
	static bool has_begun;

	if (has_begun && check.has_seed)
		return false;
	*seed = has_begun ? *seed + 1 : check.has_seed ? check.seed : 0;
	has_begun = true;
	if (clock_real_ms() - began_ms > (int64_t)check.seconds * 1000)
		is_time_over = true;
	if (!check.has_seed && (*seed >= count || is_time_over))
		return false;
	shared->seed = *seed;
	shared->runs++;
	return true;
}

void
broken(const char *rule, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->text, CHECK_TEXT, fmt, ap);
	va_end(ap);
	snprintf(shared->rule, sizeof(shared->rule), "%s", rule);
	shared->has_failed = true;
	_exit(0);
}

void
skipped(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->text, CHECK_TEXT, fmt, ap);
	va_end(ap);
	shared->is_skipped = true;
	_exit(0);
}

void
noted(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->text, CHECK_TEXT, fmt, ap);
	va_end(ap);
}

static void
kit_failed(void *arg, const char *rule, const char *text)
{
	(void)arg;
	broken(rule, "%s", text);
}

_Noreturn static void
child(const struct rule *r)
{
	/* It dies with its parent. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	watch_crashes();
	/* What the plugin prints is no part of the answer. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	bndk_on_failure(kit_failed, NULL);
	began_ms = clock_real_ms();
	r->run();
	shared->is_done = true;
	if (!alloc_works())
		exit(0); /* the sanitizer looks for leaks now */
	_exit(0);
}

/* --------------------------------------------------------------- the parent */

PRINTF(2, 3)
static void
found(const char *rule, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->text, CHECK_TEXT, fmt, ap);
	va_end(ap);
	snprintf(shared->rule, sizeof(shared->rule), "%s", rule);
	shared->has_failed = true;
}

/* Does it hang? */
static bool
child_is_late(int64_t began)
{
	int64_t entered = shared->entered_ms, now = clock_real_ms();

	if (entered && now - entered > HANG_MS) {
		found("hang", "%s() does not return", shared->callback);
		return true;
	}
	if (now - began > (int64_t)check.seconds * 1000 + LOST_MS) {
		found("hang", "the rule is not done after %lld s",
		    (long long)(now - began) / 1000);
		return true;
	}
	return false;
}

static void
child_wait(pid_t pid)
{
	int64_t began = clock_real_ms();
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (child_is_late(began)) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return;
		}
		usleep(LOOK_US);
	}
	if (shared->has_failed || shared->is_skipped)
		return;
	if (WIFSIGNALED(status))
		found("crash", "it was ended by signal %d (%s)%s%s%s",
		    WTERMSIG(status), strsignal(WTERMSIG(status)),
		    shared->entered_ms ? " in " : "",
		    shared->entered_ms ? shared->callback : "",
		    shared->entered_ms ? "()" : "");
	else if (WEXITSTATUS(status) || !shared->is_done)
		found("crash", "it ended the process with status %d",
		    WEXITSTATUS(status));
}

/* --------------------------------------------------------------- telling it */

/* A word for the shell. */
static void
print_word(const char *word)
{
	if (word[strcspn(word, " \t\n\"'\\$`*?[](){}<>|&;!#~")] == '\0' &&
	    *word) {
		printf(" %s", word);
		return;
	}
	printf(" '");
	for (; *word; word++)
		if (*word == '\'')
			printf("'\\''");
		else
			putchar(*word);
	putchar('\'');
}

static void
print_replay(const struct rule *r, bool is_alone)
{
	printf("        replay: bindery check-plugin");
	print_word(check.file);
	for (size_t i = 0; i < check.given_count; i++) {
		printf(" -o");
		print_word(check.given[i]);
	}
	for (size_t i = 0; i < check.fact_count; i++) {
		printf(" --fact");
		print_word(check.facts[i]);
	}
	for (unsigned side = 0; side < 2; side++) {
		if (!check.inputs[side])
			continue;
		printf(" %s", side ? "--input-back" : "--input");
		print_word(check.inputs[side]);
	}
	if (check.is_in_turn)
		printf(" --in-turn");
	if (check.may_stay)
		printf(" --stays");
	printf(" --rule %s", r->name);
	if (is_alone)
		printf(" --seed %llu\n", (unsigned long long)shared->seed);
	else
		printf(" --runs %u --seconds %u\n", check.runs, check.seconds);
}

static void
print_plain(const struct rule *r, bool is_alone)
{
	if (shared->has_failed) {
		printf("FAILED  %-12s [%s] %s\n", r->name, shared->rule,
		    shared->text);
		if (!is_alone)
			printf("        seed %llu shows it after those before "
			       "it, and not alone\n",
			    (unsigned long long)shared->seed);
		print_replay(r, is_alone);
	} else if (shared->is_skipped) {
		printf("skipped %-12s %s\n", r->name, shared->text);
	} else {
		printf("ok      %-12s %s", r->name, r->says);
		if (shared->runs)
			printf(" (%u run%s)", shared->runs,
			    shared->runs == 1 ? "" : "s");
		printf("%s%s\n", *shared->text ? "\n        note: " : "",
		    shared->text);
	}
	fflush(stdout);
}

static void
print_json_text(const char *text)
{
	size_t left = strlen(text), n;

	putchar('"');
	for (; left; text += n, left -= n) {
		unsigned char c = (unsigned char)*text;

		n = utf8_length(text, left);
		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (n == 0 || c < ' ')
			printf("\\u%04x", n == 0 ? 0xfffd : c);
		else
			fwrite(text, 1, n, stdout);
		if (n == 0)
			n = 1;
	}
	putchar('"');
}

static void
print_json(const struct rule *r, bool is_first)
{
	printf("%s{\"name\":\"%s\",\"result\":\"%s\",\"runs\":%u,\"seed\":%llu",
	    is_first ? "" : ",", r->name,
	    shared->has_failed   ? "failed"
	    : shared->is_skipped ? "skipped"
				 : "ok",
	    shared->runs, (unsigned long long)shared->seed);
	if (shared->has_failed)
		printf(",\"broken\":\"%s\"", shared->rule);
	printf(",\"text\":");
	print_json_text(shared->text);
	putchar('}');
}

/* ---------------------------------------------------------------- all rules */

/* In a child: 0, or -1 when there can be none. */
static int
rule_play(const struct rule *r)
{
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child(r);
	if (pid < 0) {
		fprintf(stderr, "bindery-check-plugin: cannot fork: %s\n",
		    strerror(errno));
		return -1;
	}
	child_wait(pid);
	return 0;
}

/* Does the seed show it without those before it?  What a plugin remembers of
 * connections that are gone is not in a seed. */
static bool
seed_is_enough(const struct rule *r)
{
	struct shared first;
	bool is_again;

	if (check.has_seed || shared->runs < 2)
		return true;
	memcpy(&first, shared, sizeof(first));
	check.has_seed = true;
	check.seed = first.seed;
	is_again = rule_play(r) == 0 && shared->has_failed &&
		   strcmp(shared->rule, first.rule) == 0;
	check.has_seed = false;
	memcpy(shared, &first, sizeof(first));
	return is_again;
}

/* Does the rule hold?  -1: it could not be tried. */
static int
rule_try(const struct rule *r, bool is_first)
{
	bool holds;

	if (rule_play(r) < 0)
		return -1;
	holds = !shared->has_failed;
	if (check.is_json)
		print_json(r, is_first);
	else
		print_plain(r, holds || seed_is_enough(r));
	return holds;
}

int
check_run(void)
{
	unsigned broken_count = 0, count = 0;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -1;
	if (check.is_json)
		printf("{\"rules\":[");
	for (const struct rule *r = rules; r->name; r++) {
		int holds;

		if (check.only && strcmp(check.only, r->name) != 0)
			continue;
		holds = rule_try(r, count == 0);
		if (holds < 0)
			return -1;
		broken_count += !holds;
		count++;
		/* Without the plugin there is nothing to try. */
		if (!holds && strcmp(r->name, "load") == 0)
			break;
	}
	if (check.is_json)
		printf("],\"ok\":%s}\n", broken_count ? "false" : "true");
	else
		printf("%u of %u rules hold\n", count - broken_count, count);
	return (int)broken_count;
}
