/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/top.h"

#include "tool/command.h"
#include "tool/screen.h"
#include "tool/terminal.h"
#include "tool/view.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

struct top {
	const struct tool *tool;
	int64_t interval_ms, count; /* 0: for ever */
	struct top_sample was, is;
	bool has_screen;
};

/* The latest frame; NULL: said. */
static json_t *
top_make(const struct top *top)
{
	json_t *frame = top_frame(&top->was, &top->is);

	if (!frame)
		tool_no_memory();
	return frame;
}

static int
top_on_screen(const json_t *frame)
{
	struct terminal terminal = terminal_look();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int rc;

	if (!out)
		return tool_no_memory();
	rc = top_draw(
	    out, frame, terminal.rows, terminal.columns, terminal.has_bold);
	if (fclose(out) != 0 && !rc)
		rc = tool_no_memory();
	if (!rc)
		screen_show(text, size);
	free(text);
	return rc;
}

static int
top_show(const struct top *top)
{
	CLEANUP(json_release) json_t *frame = top_make(top);
	struct terminal terminal = terminal_look();
	int rc;

	if (!frame)
		return EX_SOFTWARE;
	if (top->has_screen)
		return top_on_screen(frame);
	if (top->tool->is_json)
		rc = tool_print_json(frame);
	else
		rc = top_draw(
		    stdout, frame, 0, terminal.columns, terminal.has_bold);
	if (!rc && !top->tool->is_json)
		putchar('\n');
	return rc ? rc : tool_end_output(EX_OK);
}

static int
top_ask(struct top *top)
{
	struct top_sample s = { 0 };
	int rc = top_sample_take(&s, top->tool);

	if (rc) {
		top_sample_finish(&s);
		return rc;
	}
	top_sample_finish(&top->was);
	top->was = top->is;
	top->is = s;
	return EX_OK;
}

static void
top_sleep(int64_t until_ms)
{
	struct timespec until = { until_ms / 1000, until_ms % 1000 * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		;
}

/* Until it is time for the next sample.  False: no more. */
static bool
top_wait(struct top *top, int *rc)
{
	int64_t until = top->is.at_ms + top->interval_ms;

	if (!top->has_screen) {
		top_sleep(until);
		return true;
	}
	for (;;) {
		enum screen_event event = screen_wait(until);

		if (event != SCREEN_SIZE)
			return event == SCREEN_TIME;
		if ((*rc = top_show(top)))
			return false;
	}
}

static int
top_loop(struct top *top)
{
	int rc = top_ask(top);

	if (!rc && top->has_screen)
		rc = top_show(top);
	for (int64_t i = 0; !rc && (!top->count || i < top->count); i++) {
		if (!top_wait(top, &rc))
			break;
		rc = top_ask(top);
		if (!rc)
			rc = top_show(top);
	}
	return rc;
}

int
run_top(struct tool *t)
{
	struct top top = { .tool = t,
		.interval_ms = view_int(t->local, "interval"),
		.count = view_int(t->local, "count") };
	int rc;

	if (!top.interval_ms)
		top.interval_ms = 2000;
	if (top.interval_ms < 100)
		return tool_fail(EX_USAGE, "--interval wants at least 100ms");
	top.has_screen = !t->is_json && !top.count && terminal_look().is_tty &&
			 isatty(STDIN_FILENO) && screen_start() == 0;
	rc = top_loop(&top);
	screen_stop();
	top_sample_finish(&top.was);
	top_sample_finish(&top.is);
	return rc;
}
