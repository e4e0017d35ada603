/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * screen.h - a terminal that is ours for a while: the alternate screen, no
 * echo, keys at once.  Whatever ends the tool, signals included, gives it back.
 * There is one at a time.
 */
#ifndef TOOL_SCREEN_H
#define TOOL_SCREEN_H

#include <stddef.h>
#include <stdint.h>

/* 0 or -errno. */
int screen_start(void);
void screen_stop(void);

/* Replace what is shown. */
void screen_show(const char *text, size_t size);

enum screen_event { SCREEN_TIME, SCREEN_SIZE, SCREEN_QUIT };

/* Until the moment of clock_ms(), a new size, or a 'q'. */
enum screen_event screen_wait(int64_t until_ms);

#endif
