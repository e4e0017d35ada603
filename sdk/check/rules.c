/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* rules.c - what is tried, in this order.  Names are for ever: people write
 * them into their scripts. */

#include "check.h"

const struct rule rules[] = {
	{ "load", rule_load, "a host takes the plugin and the options" },
	{ "exports", rule_exports, "the file exports bnd_plugin_v1 alone" },
	{ "describe", rule_describe,
	    "everything has a sentence that says what "
	    "it is" },
	{ "start", rule_start, "starting and stopping leaves nothing behind" },
	{ "plain", rule_plain, "a connection in one piece comes to its end" },
	{ "cuts", rule_cuts,
	    "however the bytes are cut, held up and limited, "
	    "the same comes out" },
	{ "ends", rule_ends, "an end after any byte is an end" },
	{ "aborts", rule_aborts, "a reset at any moment ends the stage" },
	{ "spurious", rule_spurious, "flow() for no reason changes nothing" },
	{ "timers", rule_timers, "timers may be early, late, or all at once" },
	{ "questions", rule_questions,
	    "show(), explain() and command() are harmless" },
	{ "reload", rule_reload,
	    "a reload in between changes nothing, and the "
	    "old generation stops" },
	{ "ways", rule_ways,
	    "a way that cannot be opened ends the connection, or another is "
	    "found" },
	{ "crowd", rule_crowd,
	    "connections may come, go and break side by "
	    "side" },
	{ "late", rule_late, "a job may be done after its stage has closed" },
	{ "faults", rule_faults, "any call of the host may fail once" },
	{ "start-faults", rule_start_faults,
	    "any call of the host may fail "
	    "while it starts" },
	{ "memory", rule_memory, "any allocation may fail once" },
	{ "start-memory", rule_start_memory,
	    "any allocation may fail while it "
	    "starts" },
	{ "leak", rule_leak, "a connection gives back what it took" },
	{ 0 },
};
