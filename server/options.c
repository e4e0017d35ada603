/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "options.h"

#include "base/compiler.h"
#include "log/log-topic.h"
#include "plugins/abi.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "build-info.h"

/* One table for parsing and for -h. */
static const struct {
	char letter;
	const char *name, *value, *help;
} table[] = {
	{ 'c', "config", "FILE", "read this configuration" },
	{ 'p', "plugins", "DIR", "look for plugins here first (repeatable)" },
	{ 't', "test", NULL, "check the configuration and leave" },
	{ 'T', "dump", NULL, "print the effective configuration and leave" },
	{ 'l', "list", "PLUGIN", "describe a plugin and its options" },
	{ 'j', "json", NULL, "with -l: as JSON" },
	{ 'q', "quiet", NULL, "say nothing when all is well" },
	{ 'v', "verbose", NULL, "log more: level debug" },
	{ 'd', "debug", "TOPICS", "trace 'plugin', 'stream', or both" },
	{ 'f', "foreground", NULL, "accepted: it never goes elsewhere" },
	{ 'V', "version", NULL,
	    "print the version and what the build settled" },
	{ 'h', "help", NULL, "print this" },
};

static void
print_help(void)
{
	printf("usage: binderyd [-c FILE] [-p DIR]... [-t | -T | -l PLUGIN] "
	       "[-jqv]\n"
	       "                [-d TOPIC[,TOPIC]]\n\n");
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		char name[32];

		snprintf(name, sizeof(name), "--%s%s%s", table[i].name,
		    table[i].value ? "=" : "",
		    table[i].value ? table[i].value : "");
		printf(
		    "  -%c, %-18s %s\n", table[i].letter, name, table[i].help);
	}
	printf("\nThe default configuration is %s.\n"
	       "See binderyd(8) and bindery.conf(5).\n",
	    BINDERY_CONFIG);
}

static void
print_version(void)
{
	printf("binderyd %s\n"
	       "plugin ABI: %s\n"
	       "plugins: %s\n"
	       "configuration: %s\n",
	    BINDERY_VERSION, abi_format(abi_host()).s, BINDERY_PLUGINDIR,
	    BINDERY_CONFIG);
}

static int
add_dir(struct options *o, const char *dir)
{
	size_t n = 0;

	while (o->dirs[n])
		n++;
	if (n >= OPTION_DIRS) {
		fprintf(
		    stderr, "binderyd: more than %d times -p\n", OPTION_DIRS);
		return EX_USAGE;
	}
	o->dirs[n] = dir;
	return -1;
}

static int
set_action(struct options *o, enum action action)
{
	if (o->action != ACTION_RUN && o->action != action) {
		fprintf(stderr,
		    "binderyd: only one of -t, -T and -l can be given\n");
		return EX_USAGE;
	}
	o->action = action;
	return -1;
}

static int
add_topics(struct options *o, const char *text)
{
	if (log_topics_parse(text, &o->topics) < 0) {
		fprintf(stderr,
		    "binderyd: -d takes 'plugin', 'stream', or both with a "
		    "comma between them, and not '%s'\n",
		    text);
		return EX_USAGE;
	}
	o->is_verbose = true;
	return -1;
}

static int
take(struct options *o, int letter, const char *value)
{
	switch (letter) {
	case 'c':
		o->config = value;
		return -1;
	case 'p':
		return add_dir(o, value);
	case 't':
		return set_action(o, ACTION_CHECK);
	case 'T':
		return set_action(o, ACTION_DUMP);
	case 'l':
		o->plugin = value;
		return set_action(o, ACTION_DESCRIBE);
	case 'j':
		o->is_json = true;
		return -1;
	case 'q':
		o->is_quiet = true;
		return -1;
	case 'v':
		o->is_verbose = true;
		return -1;
	case 'd':
		return add_topics(o, value);
	case 'f':
		return -1;
	case 'V':
		print_version();
		return EX_OK;
	case 'h':
		print_help();
		return EX_OK;
	default: /* getopt has said what is wrong */
		fprintf(stderr, "try 'binderyd -h'\n");
		return EX_USAGE;
	}
}

int
options_parse(struct options *o, int argc, char **argv)
{
	struct option longs[ARRAY_COUNT(table) + 1];
	char shorts[2 * ARRAY_COUNT(table) + 1];
	size_t k = 0;
	int letter, rc = -1;

	*o = (struct options){ .argv = argv, .config = BINDERY_CONFIG };
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		longs[i] = (struct option){ table[i].name,
			table[i].value ? required_argument : no_argument, NULL,
			table[i].letter };
		shorts[k++] = table[i].letter;
		if (table[i].value)
			shorts[k++] = ':';
	}
	longs[ARRAY_COUNT(table)] = (struct option){ 0 };
	shorts[k] = '\0';
	while (rc < 0 &&
	       (letter = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		rc = take(o, letter, optarg);
	if (rc < 0 && optind < argc) {
		fprintf(stderr,
		    "binderyd: '%s' is not an option\n"
		    "try 'binderyd -h'\n",
		    argv[optind]);
		rc = EX_USAGE;
	}
	if (rc < 0 && o->is_json && o->action != ACTION_DESCRIBE) {
		fprintf(stderr, "binderyd: -j goes with -l only\n");
		rc = EX_USAGE;
	}
	if (rc < 0)
		rc = add_dir(o, BINDERY_PLUGINDIR);
	return rc;
}
