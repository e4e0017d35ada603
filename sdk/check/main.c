/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* main.c - bindery-check-plugin, which "bindery check-plugin" runs: see
 * bindery(8). */

#include "check.h"

#include "base/address.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

struct check check = {
	.runs = 1000,
	.seconds = 20,
	.callback_ms = 100,
};

static const struct option longs[] = {
	{ "option", required_argument, NULL, 'o' },
	{ "rule", required_argument, NULL, 'r' },
	{ "seed", required_argument, NULL, 's' },
	{ "runs", required_argument, NULL, 'n' },
	{ "seconds", required_argument, NULL, 'S' },
	{ "input", required_argument, NULL, 'i' },
	{ "input-back", required_argument, NULL, 'b' },
	{ "fact", required_argument, NULL, 'f' },
	{ "peer", required_argument, NULL, 'p' },
	{ "in-turn", no_argument, NULL, 't' },
	{ "stays", no_argument, NULL, 'y' },
	{ "json", no_argument, NULL, 'j' },
	{ 0 },
};

PRINTF(1, 2)
static int
usage(const char *fmt, ...)
{
	va_list ap;

	fputs("bindery-check-plugin: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(
	    "\nusage: bindery-check-plugin FILE.so [-o KEY=VALUE]... "
	    "[--rule RULE [--seed N]]\n"
	    "    [--runs N] [--seconds N] [--input FILE] [--input-back FILE]\n"
	    "    [--peer ADDRESS] [--fact KEY=VALUE]... [--in-turn] [--stays] "
	    "[--json]\n",
	    stderr);
	return EX_USAGE;
}

static int
take_number(uint64_t *r, uint64_t most)
{
	char *end;

	*r = strtoull(optarg, &end, 10);
	if (*optarg < '0' || *optarg > '9' || *end || *r > most)
		return usage("'%s' is not a number that will do", optarg);
	return EX_OK;
}

static int
take_rule(const char *name)
{
	for (const struct rule *r = rules; r->name; r++)
		if (strcmp(r->name, name) == 0) {
			check.only = name;
			return EX_OK;
		}
	return usage("there is no rule '%s'", name);
}

static int
take_option(const char *text)
{
	if (check.given_count == CHECK_OPTIONS)
		return usage("more than %d options", CHECK_OPTIONS);
	check.given[check.given_count++] = text;
	return EX_OK;
}

static int
take_fact(const char *given)
{
	if (!fact_can_be(given))
		return usage("there can be no fact '%s'", given);
	if (check.fact_count == CHECK_OPTIONS)
		return usage("more than %d facts", CHECK_OPTIONS);
	check.facts[check.fact_count++] = given;
	return EX_OK;
}

/* It is a fact like any other. */
static int
take_peer(const char *address)
{
	static char given[ADDRESS_TEXT + 8];

	snprintf(given, sizeof(given), "peer=%s", address);
	return take_fact(given);
}

static int
take(int letter)
{
	uint64_t n = 0;
	int rc;

	switch (letter) {
	case 'o':
		return take_option(optarg);
	case 'r':
		return take_rule(optarg);
	case 's':
		check.has_seed = true;
		return take_number(&check.seed, UINT64_MAX);
	case 'n':
		rc = take_number(&n, 100000000);
		check.runs = n < 8 ? 8 : (unsigned)n;
		return rc;
	case 'S':
		rc = take_number(&n, 86400);
		check.seconds = (unsigned)n;
		return rc;
	case 'i':
	case 'b':
		check.inputs[letter == 'b'] = optarg;
		return EX_OK;
	case 'f':
		return take_fact(optarg);
	case 'p':
		return take_peer(optarg);
	case 't':
		check.is_in_turn = true;
		return EX_OK;
	case 'y':
		check.may_stay = true;
		return EX_OK;
	case 'j':
		check.is_json = true;
		return EX_OK;
	default:
		return usage("see bindery(8)");
	}
}

/* All options as one text. */
static void
join_options(void)
{
	struct kit_text t = { 0 };

	text_add(&t, "", 0);
	for (size_t i = 0; i < check.given_count; i++)
		text_print(&t, "%s;\n", check.given[i]);
	check.options = t.data;
}

/* A name alone is a file here, not one of the directories. */
static void
set_file(const char *name)
{
	struct kit_text t = { 0 };

	text_print(&t, "%s%s", strchr(name, '/') ? "" : "./", name);
	check.file = t.data;
}

int
main(int argc, char **argv)
{
	int letter, rc = EX_OK;

	time(NULL); /* stands still from now on */

	while (
	    !rc && (letter = getopt_long(argc, argv, "o:j", longs, NULL)) != -1)
		rc = take(letter);
	if (!rc && optind + 1 != argc)
		rc = usage("name one plugin");
	if (!rc && check.has_seed && !check.only)
		rc = usage("--seed needs --rule");
	if (rc)
		return rc;
	set_file(argv[optind]);
	join_options();
	rc = check_run();
	free(check.options);
	free((char *)(uintptr_t)check.file);
	return rc < 0 ? EX_OSERR : rc > 0;
}
