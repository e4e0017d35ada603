/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/tool.h"

#include "base/utf8.h"
#include "tool/screen.h"
#include "tool/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

void
tool_finish(struct tool *t)
{
	json_decref(t->arguments);
	json_decref(t->local);
	*t = (struct tool){ 0 };
}

int
tool_no_memory(void)
{
	screen_stop(); /* what is said on it goes with it */
	fputs("bindery: out of memory\n", stderr);
	return EX_SOFTWARE;
}

int
tool_fail(int status, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return tool_no_memory();
	utf8_tame(text);
	screen_stop();
	fprintf(stderr, "bindery: %s\n", text);
	free(text);
	return status;
}

int
tool_print_json(const json_t *object)
{
	/* A terminal must not obey what a peer has put into a string. */
	size_t flags = terminal_look().is_tty
			   ? JSON_INDENT(2) | JSON_ENSURE_ASCII
			   : JSON_COMPACT;
	char *text = json_dumps(object, flags);

	if (!text)
		return tool_no_memory();
	puts(text);
	free(text);
	return EX_OK;
}

int
tool_end_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	tool_fail(EX_SOFTWARE, "cannot write to the standard output: %s",
	    strerror(errno));
	return status ? status : EX_SOFTWARE;
}

int64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
time_parse(const char *text)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 } };
	const int64_t most = 86400000;
	char *end;
	long long n;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || n < 1 || n > most)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_COUNT(units); i++)
		if (strcmp(end, units[i].name) == 0 && n <= most / units[i].ms)
			return n * units[i].ms;
	return -EINVAL;
}
