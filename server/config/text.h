/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * text.h - one configuration file with everything that it includes, as a single
 * piece of text, and where each of its lines came from.  libconfig is given
 * this text and so never opens a file itself; what it says of a line is turned
 * into the true file and line here.  [the reading child]
 */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "base/arena.h"
#include "base/report.h"

#include <stddef.h>

/* From line `at` of the text on, the lines are those of `file` from `line` on.
 */
struct text_part {
	unsigned at, line;
	const char *file;
};

struct config_text {
	struct arena names; /* of the files: they live as long as the text */
	char *text;         /* length bytes and a 0 */
	size_t length, capacity;
	unsigned line; /* the line that the next byte will be on; from 1 */
	struct text_part *parts;
	size_t part_count, part_capacity;

	/* What the pre-scan saw and libconfig will tell less well. */
	struct report doubled; /* keys given twice: "'x' is already set at" */
	char open;             /* the bracket without an end, or 0 */
	const char *open_file;
	unsigned open_line;
};

int config_text_init(struct config_text *t);
void config_text_finish(struct config_text *t);

/* What is added from now on came from this line of file.  0 or -ENOMEM. */
int config_text_part(struct config_text *t, const char *file, unsigned line);

/* Add n bytes that hold `lines` newlines.  0 or -ENOMEM. */
int
config_text_add(struct config_text *t, const char *s, size_t n, unsigned lines);

/* The file and line that a line of the text came from. */
const char *config_text_locate(
    const struct config_text *t, unsigned line, unsigned *line_r);

/* A line of the text without the space around it, cut to what a message can
 * hold.  *n_r is its length; not ended by a 0. */
const char *
config_text_line(const struct config_text *t, unsigned line, size_t *n_r);

#endif
