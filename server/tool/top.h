/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * top.h - the live view: two samples of the daemon make a frame of rates, which
 * is what `bindery --json top` prints, and what is drawn for people.
 */
#ifndef TOOL_TOP_H
#define TOOL_TOP_H

#include "tool/tool.h"

#include <stdio.h>

struct top_sample {
	json_t *pipelines, *connections; /* answers of the daemon */
	int64_t at_ms;                   /* of clock_ms() */
};

enum {
	TOP_CONNECTIONS = 20, /* the most active ones that are shown */
	TOP_SAMPLE = 10000    /* of so many of the newest */
};

/* Zero is a valid empty one. */
void top_sample_finish(struct top_sample *s);

/* EX_OK, or another status: said. */
int top_sample_take(struct top_sample *s, const struct tool *t);

/* {"interval_ms", "pipelines": [..], "connections": [..], "is_cut"}: what
 * happened a second between the samples, connections the most active first. The
 * first sample may be empty: then all rates are 0.  NULL: no memory. */
json_t *top_frame(const struct top_sample *was, const struct top_sample *is);

/* Within so many rows and columns; 0: no limit.  EX_OK, or another status:
 * said. */
int top_draw(
    FILE *out, const json_t *frame, unsigned rows, unsigned columns, bool bold);

#endif
