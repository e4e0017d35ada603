/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tokens.h - what a client says first to a guard: the lines of a file, one a
 * connection, by turns.
 */
#ifndef BENCH_TOKENS_H
#define BENCH_TOKENS_H

/* Read the file: 0, or -1 with a sentence on stderr. */
int tokens_read(const char *path);

/* Say the next line on a connected socket, held back until more is sent: 0, or
 * -1.  Without a file nothing is said. */
int tokens_say(int fd);

#endif
