/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * check.h - the conformance run of a plugin.  The parent starts a child for
 * each rule and watches it; the child loads the plugin with the test kit and
 * plays connections through it, thousands of them, in all the ways that a host
 * may. The child says how it fares in a page that both see, so that a plugin
 * which crashes or hangs is only one more finding.
 */
#ifndef CHECK_H
#define CHECK_H

#include "kit-inner.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CHECK_TEXT = 1000, CHECK_OPTIONS = 64 };

/* What the command line says. */
struct check {
	const char *file;
	const char *given[CHECK_OPTIONS]; /* -o, for the command that replays */
	size_t given_count;
	char *options;                    /* all of them, joined */
	const char *facts[CHECK_OPTIONS]; /* KEY=VALUE, of connections */
	size_t fact_count;
	const char *inputs[2]; /* files, by side; NULL: lines of our own */
	const char *only;      /* this rule; NULL: all */
	bool has_seed, is_json, is_in_turn;
	bool may_stay; /* connections whose neighbours have ended */
	uint64_t seed;
	unsigned runs;       /* of each rule, at most */
	unsigned seconds;    /* of each rule, about */
	int64_t callback_ms; /* a callback may wait so long */
};

/* What parent and child both see. */
struct shared {
	atomic_uint_fast64_t seed;
	atomic_uint runs;
	atomic_int_fast64_t
	    entered_ms; /* when the callback began; 0: in none */
	char callback[32];
	bool has_failed, is_skipped, is_done;
	char rule[32];         /* that was broken */
	char text[CHECK_TEXT]; /* how; or why it was skipped, or a note */
};

extern struct check check;
extern struct shared *shared;

struct rule {
	const char *name;
	void (*run)(void); /* in the child; it returns when all is well */
	const char *says;  /* one line: what must hold */
};

extern const struct rule rules[]; /* ended by no name */

/* ---- in the child */

/* The rule is broken: never returns. */
_Noreturn void broken(const char *rule, const char *fmt, ...) PRINTF(2, 3);

/* The rest of this rule cannot be tried, or not fully. */
_Noreturn void skipped(const char *fmt, ...) PRINTF(1, 2);
void noted(const char *fmt, ...) PRINTF(1, 2);

/* The numbers 0, 1, ... below count, or the one of --seed; ended by time. */
bool seed_next(uint64_t *seed, uint64_t count);

int64_t clock_real_ms(void);

/* ---- watch.c: the boundary while the child runs */
extern const struct kit_watcher watcher;
void watch_crashes(void);

/* ---- alloc.c: the plugin's memory */

/* Can allocations be counted and made to fail here? */
bool alloc_works(void);
void alloc_learn(const struct image *image); /* which calls are the plugin's */
void alloc_inside(bool is_inside);
void alloc_fail(uint64_t nth); /* the nth of the plugin's; 0: none */
uint64_t alloc_count(void);    /* of the plugin's, since alloc_fail() */
int64_t alloc_live(void);      /* blocks of the process */

/* ---- elf.c: NULL, or what is wrong with what the file exports. */
const char *elf_exports(const char *path, char text[CHECK_TEXT]);

/* ---- facts.c: what is known of each connection before it is opened */
bool fact_can_be(const char *given);
void facts_tell(struct bndk_conn *c);

/* ---- play.c: one connection, played */

/* What came of it. */
struct outcome {
	struct kit_text bytes[2]; /* all that the stage put out, by side */
	bool has_ended[2];
	bool is_alive;   /* the stage had not closed when all was done */
	bool is_refused; /* perhaps with 0, which is a good end */
	int abort_err, refuse_err;
	bool has_way; /* it asked for one: exit; "" is the next binding */
	char exit[64], why[256];
	bool is_cut; /* the neighbours did not say all */
};

enum play_mode {
	PLAY_CUTS = 1,     /* cut, hold and order by dice */
	PLAY_SPURIOUS = 2, /* flow() for nothing */
	PLAY_TIMERS = 4,   /* let time jump to what is due */
	PLAY_ASK = 8,      /* questions of the operator */
	PLAY_RELOAD = 16,  /* a reload in between */
	PLAY_LIMIT = 32,   /* another st->limit */
	PLAY_LATE = 64,    /* jobs have run when the reset comes */
	PLAY_NO_WAY = 128  /* the way behind cannot be opened at first */
};

struct play {
	const struct kit_text *inputs; /* two, by side */
	unsigned mode;
	uint64_t seed;
	int end_side;   /* ends after end_at bytes; -1: none */
	int reset_side; /* resets after so many steps; -1: none */
	size_t end_at, reset_at;
	size_t steps; /* out: how many there were */
};

/* Start the plugin; NULL: it does not start, and `why` says so. */
struct bndk *play_start(struct kit_text *why);
struct bndk *play_start_well(void); /* it must, or it is broken */

/* Is there a way to open a connection at all?  Else the rule is skipped. */
void play_needs_connections(struct bndk *k);

void play(struct bndk *k, struct play *p, struct outcome *r);

/* Some at once, none of which is judged. */
void play_crowd(struct bndk *k, uint64_t seed);
void outcome_finish(struct outcome *o);

/* How it ended, in words; good until the next but one. */
const char *outcome_words(const struct outcome *o);

/* It has come to an end, as it must. */
void outcome_must_end(const struct outcome *o, const char *after);

/* NULL: b is as good as a; else what is different. */
const char *outcome_compare(
    const struct outcome *a, const struct outcome *b, bool lengths_only);

/* The two inputs: short ones, long ones. */
const struct kit_text *inputs_short(void);
const struct kit_text *inputs_long(void);

/* A number below n; the sequence begins with the seed. */
void dice_begin(uint64_t seed);
uint64_t dice(uint64_t n);

/* ---- the rules */
void rule_load(void), rule_describe(void), rule_exports(void);
void rule_start(void), rule_plain(void), rule_cuts(void), rule_ends(void);
void rule_ways(void), rule_aborts(void), rule_spurious(void), rule_timers(void);
void rule_questions(void), rule_reload(void), rule_faults(void);
void rule_start_faults(void), rule_start_memory(void);
void rule_memory(void), rule_late(void), rule_crowd(void), rule_leak(void);

/* ---- run.c: the parent; how many rules are broken */
int check_run(void);

#endif
