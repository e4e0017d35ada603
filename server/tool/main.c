/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* main.c - the control tool `bindery`, in steps.  See bindery(8). */

#include "tool/command.h"

#include <locale.h>
#include <stdlib.h>
#include <sysexits.h>

#include "build-info.h"

static const char *
default_socket(void)
{
	const char *path = getenv("BINDERY_SOCKET");

	return path && *path ? path : BINDERY_SOCKET;
}

static int
run(struct tool *t)
{
	int rc;

	if (t->is_help) {
		if (t->command)
			help_command(t->command);
		else
			help_all();
		return EX_OK;
	}
	rc = t->command->prepare ? t->command->prepare(t) : EX_OK;
	return rc ? rc : t->command->run(t);
}

int
main(int argc, char **argv)
{
	CLEANUP(tool_finish) struct tool t = { .socket = default_socket() };
	int status;

	setlocale(LC_CTYPE, ""); /* numbers keep their point */
	status = arguments_parse(&t, argc, argv);
	if (!status)
		status = run(&t);
	return tool_end_output(status);
}
