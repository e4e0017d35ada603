/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* main.c - binderyd, in steps.  See binderyd(8). */

#include "config/load.h"
#include "config/read.h"
#include "daemon.h"
#include "describe.h"
#include "handover.h"
#include "options.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int
run(const struct options *o)
{
	struct daemon *d;
	int status;

	if (o->action == ACTION_RUN)
		handover_begin();
	d = daemon_create(o, &status);
	if (!d)
		return status;
	status = EX_OK;
	if (o->action == ACTION_DUMP) {
		daemon_dump(d);
	} else if (o->action == ACTION_CHECK) {
		if (!o->is_quiet)
			fprintf(stderr, "%s: the configuration is good\n",
			    o->config);
	} else {
		status = daemon_start(d);
		if (status < 0)
			status = daemon_run(d);
	}
	daemon_destroy(&d);
	return status;
}

/* Who asked for text and got none, or half of it, must hear of it. */
static int
end_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("binderyd: cannot write to the standard output");
	return status ? status : EX_SOFTWARE;
}

int
main(int argc, char **argv)
{
	struct options o;
	int status;

	/* The child that reads the configuration is this program too. */
	if (argc == 3 && strcmp(argv[1], CONFIG_READ_ARG) == 0)
		return config_reader_main(argv[2], STDOUT_FILENO);
	if (argc == 3 && strcmp(argv[1], CONFIG_READ_SETTLED_ARG) == 0) {
		file_load_patiently();
		return config_reader_main(argv[2], STDOUT_FILENO);
	}
	status = options_parse(&o, argc, argv);
	if (status >= 0)
		return end_output(status);
	if (o.action == ACTION_DESCRIBE)
		return end_output(describe_plugin(o.plugin, o.dirs, o.is_json));
	return end_output(run(&o));
}
