/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* rules-static.c - what can be told without a connection. */

#include "check.h"

#include "config/option.h"
#include "plugins/negotiate.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

enum { ROUNDS = 6, SENTENCE_MAX = 200 };

void
rule_load(void)
{
	bndk_unload(play_start_well());
}

void
rule_exports(void)
{
	char text[CHECK_TEXT];
	const char *wrong = elf_exports(check.file, text);

	if (wrong)
		broken("exports", "%s", wrong);
}

/* ------------------------------------------------------------- descriptions */

static void
describe_sentence(const char *of, const char *name, const char *doc)
{
	size_t n = doc ? strlen(doc) : 0;

	if (n == 0)
		broken("describe",
		    "%s '%s' has no sentence that says what it "
		    "is",
		    of, name);
	if (islower((unsigned char)doc[0]) || doc[n - 1] != '.' ||
	    n > SENTENCE_MAX || strchr(doc, '\n'))
		broken("describe",
		    "of %s '%s' it says \"%.60s\": write one sentence, with a "
		    "capital and a full stop",
		    of, name, doc);
}

static void
describe_options(const struct bnd_option *table, size_t element_size)
{
	struct bnd_option o;

	for (size_t i = 0; option_at(table, element_size, i, &o); i++) {
		if (o.name[strspn(o.name, "abcdefghijklmnopqrstuvwxyz"
					  "0123456789_")])
			broken("describe",
			    "option '%s': use lower-case letters, digits and "
			    "'_'",
			    o.name);
		describe_sentence("option", o.name, o.doc);
		if (o.kind == BND_T_ROWS)
			describe_options(o.rows, element_size);
	}
}

static void
describe_metrics(const struct bnd_type *type)
{
	struct bnd_metric m;

	for (size_t i = 0; metric_at(type->metrics, type->metric_size, i, &m);
	     i++)
		describe_sentence("metric", m.name, m.doc);
}

void
rule_describe(void)
{
	static const char *const no_dirs[] = { NULL };
	struct report report = { 0 };
	const struct image *image =
	    image_load(check.file, no_dirs, &kit_host, NULL, 0, &report);
	const struct bnd_type *type = image ? &image->type : NULL;

	if (!image)
		skipped("it does not load");
	report_finish(&report);
	if (!type->version || !*type->version)
		broken("describe", "it has no version");
	describe_sentence("plugin", type->name, type->summary);
	describe_options(type->options, type->option_size);
	describe_metrics(type);
}

/* ------------------------------------------------------ what is left behind */

static unsigned
entries(const char *directory)
{
	DIR *d = opendir(directory);
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* What belongs to the process and is no plugin's to change. */
struct belongings {
	void (*handlers[NSIG])(int);
	sigset_t mask;
	mode_t umask;
	ino_t directory;
	unsigned threads;
};

static void
belongings_look(struct belongings *b)
{
	struct sigaction a;
	struct stat st = { 0 };

	memset(b, 0, sizeof(*b));
	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &a) == 0)
			b->handlers[i] = a.sa_handler;
	sigprocmask(SIG_SETMASK, NULL, &b->mask);
	b->umask = umask(0);
	umask(b->umask);
	stat(".", &st);
	b->directory = st.st_ino;
	b->threads = entries("/proc/self/task");
}

static void
belongings_compare(const struct belongings *a)
{
	struct belongings b;
	const char *what = NULL;

	belongings_look(&b);
	if (memcmp(a->handlers, b.handlers, sizeof(b.handlers)) != 0)
		what = "has changed what a signal does";
	else if (memcmp(&a->mask, &b.mask, sizeof(b.mask)) != 0)
		what = "has changed the mask of signals";
	else if (a->umask != b.umask)
		what = "has changed the umask";
	else if (a->directory != b.directory)
		what = "has changed the working directory";
	else if (a->threads != b.threads)
		what = "has started threads: bnd_work() is for that";
	if (what)
		broken("process", "it %s", what);
}

/* Each round of what runs takes something and gives less back. */
struct growth {
	int64_t blocks;
	unsigned fds;
	unsigned block_rounds, fd_rounds, rounds;
};

static void
growth_round(struct growth *g)
{
	int64_t blocks = alloc_live();
	unsigned fds = entries("/proc/self/fd");

	if (g->rounds++ > 1) { /* the first ones fill caches */
		g->block_rounds += blocks > g->blocks;
		g->fd_rounds += fds > g->fds;
	}
	g->blocks = blocks;
	g->fds = fds;
}

static void
growth_judge(const struct growth *g, const char *of)
{
	unsigned rounds = g->rounds - 2;

	if (g->fd_rounds == rounds)
		broken("fds", "each %s leaves a descriptor open", of);
	if (alloc_works() && g->block_rounds == rounds)
		broken("leak", "each %s leaves memory behind", of);
}

void
rule_start(void)
{
	struct belongings before;
	struct growth g = { 0 };

	belongings_look(&before);
	for (unsigned i = 0; i < ROUNDS; i++) {
		bndk_unload(play_start_well());
		growth_round(&g);
	}
	growth_judge(&g, "start");
	belongings_compare(&before);
}

void
rule_leak(void)
{
	struct bndk *k = play_start_well();
	struct growth g = { 0 };
	uint64_t seed = 0;

	/* What grows shows over all of them, also when it is played again. */
	check.has_seed = false;
	play_needs_connections(k);
	if (!alloc_works())
		noted("memory is not counted: this program runs under a "
		      "sanitizer");
	for (unsigned i = 0; i < ROUNDS + 6 && seed_next(&seed, 12); i++) {
		struct outcome o;
		struct play p = { .inputs = inputs_short(),
			.end_side = -1,
			.reset_side = -1 };

		play(k, &p, &o);
		outcome_finish(&o);
		text_finish(&k->log);
		growth_round(&g);
	}
	if (g.rounds > 4)
		growth_judge(&g, "connection");
	bndk_unload(k);
}
