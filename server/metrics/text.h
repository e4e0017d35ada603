/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * text.h - all metrics in the text format of Prometheus, version 0.0.4: the
 * host's own, which binderyd(8) lists, then those of the plugins, as
 * bindery_TYPE_NAME.  What no live generation uses is left out.
 */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

struct bnd_buf;

/* [any, but not on a worker: it reads /proc] The caller's to unref; NULL: no
 * memory. */
struct bnd_buf *metrics_text(void);

#endif
