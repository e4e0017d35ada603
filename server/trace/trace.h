/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * trace.h - with -d plugin, every call between host and plugins leaves lines of
 * level debug: a callback one when it begins and one when it has come back, a
 * host function one.  They say who, how long it took, and how many bytes; never
 * which bytes.  When it is off plugins are given the host's own table, and the
 * host calls the plugins' own functions; what remains is the watchdog's note of
 * who is called (worker/duty.h).
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <bindery/plugin.h>

struct image;

/* [main] The table to hand to plugins: the host's own, or one whose functions
 * write a line and call those of the host's. */
const struct bnd_host *trace_host(const struct bnd_host *own);

/* [main] The type through which the host calls a good image: its own, or one
 * that traces, which lives as long as the image. */
const struct bnd_type *trace_type(struct image *image);

#endif
