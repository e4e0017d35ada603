/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Answers of a daemon that is not one: every way to show them. */
#include "tool/command.h"
#include "tool/graph.h"
#include "tool/top.h"
#include "tool/view.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
show_frame(FILE *out, json_t *answer)
{
	struct top_sample was = { 0 }, is = { answer, answer, 1000 };
	struct top_sample next = { answer, answer, 3000 };
	json_t *frame = top_frame(&was, &is);

	top_draw(out, frame, 24, 80, true);
	json_decref(frame);
	frame = top_frame(&is, &next);
	top_draw(out, frame, 0, 0, false);
	json_decref(frame);
}

static void
show(FILE *out, json_t *answer)
{
	static char name[] = "name";
	char *operands[] = { name, NULL };
	json_t *tamed;

	for (const struct command *c = commands; c->name; c++) {
		struct tool t = {
			.command = c, .operands = operands, .operand_count = 1
		};

		if (c->print)
			c->print(&t, answer);
	}
	tamed = view_tamed(view_list(answer, "pipelines"));
	graph_draw(out, tamed, true);
	graph_dot(out, tamed);
	json_decref(tamed);
	show_frame(out, answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *out;
	json_t *answer = json_loadb((const char *)data, size, 0, NULL);

	if (!out) {
		out = fopen("/dev/null", "w");
		if (!out || !freopen("/dev/null", "w", stdout))
			return 0;
	}
	if (json_is_object(answer))
		show(out, answer);
	json_decref(answer);
	return 0;
}
