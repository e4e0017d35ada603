/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kill.c - end connections: by their numbers, one question each, or by a
 * filter. */
#include "tool/ask.h"
#include "tool/command.h"
#include "tool/format.h"
#include "tool/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

static int64_t
kill_number(const char *text)
{
	char *end;
	long long n;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoll(text, &end, 10);
	return errno || *end || n >= 1LL << 53 ? -1 : n;
}

static int
kill_ask(const struct tool *t, const json_t *arguments, int64_t *killed_r)
{
	CLEANUP(json_release) json_t *answer = NULL;
	int rc = arguments ? ask_well(t, "kill", arguments, &answer)
			   : tool_no_memory();

	*killed_r = view_int(answer, "killed");
	return rc;
}

/* A connection that has gone is said, and does not keep the others. */
static int
kill_numbers(const struct tool *t, int64_t *killed_r)
{
	int status = EX_OK;

	for (int i = 0; i < t->operand_count; i++) {
		CLEANUP(json_release)
		json_t *arguments = json_pack(
		    "{s:I}", "id", (json_int_t)kill_number(t->operands[i]));
		int64_t killed;
		int rc = kill_ask(t, arguments, &killed);

		if (rc)
			return rc;
		if (!killed)
			status = tool_fail(STATUS_REFUSED,
			    "there is no connection %s", t->operands[i]);
		*killed_r += killed;
	}
	return status;
}

static int
kill_check(const struct tool *t)
{
	size_t filters = json_object_size(t->arguments);

	if (!filters && !t->operand_count)
		return tool_fail(EX_USAGE,
		    "'kill' wants numbers of connections, a filter, or --all: "
		    "try 'bindery help kill'");
	if (filters && t->operand_count)
		return tool_fail(
		    EX_USAGE, "'kill' takes numbers or filters, not both");
	for (int i = 0; i < t->operand_count; i++)
		if (kill_number(t->operands[i]) < 0)
			return tool_fail(EX_USAGE,
			    "'%s' is not the number of a connection",
			    t->operands[i]);
	return EX_OK;
}

int
run_kill(struct tool *t)
{
	CLEANUP(json_release) json_t *sum = NULL;
	int64_t killed = 0;
	int rc = kill_check(t), output;

	if (rc)
		return rc;
	rc = t->operand_count ? kill_numbers(t, &killed)
			      : kill_ask(t, t->arguments, &killed);
	if (rc && !killed)
		return rc;
	if (!t->is_json) {
		printf("killed %lld connection%s\n", (long long)killed,
		    plural(killed));
		return rc;
	}
	sum = json_pack("{s:I}", "killed", (json_int_t)killed);
	output = sum ? tool_print_json(sum) : tool_no_memory();
	return rc ? rc : output;
}
