/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * utf8.h - is it UTF-8?  The strings of a configuration must be, and what goes
 * over the reader's pipe is made so.  Text of others that we print must also
 * not steer the terminal that shows it.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Checks bytes as they come.  Zero is the state between two characters. */
struct utf8 {
	unsigned char need;      /* bytes still missing of this character */
	unsigned char low, high; /* what the next of them may be */
};

/* Can b come next?  After false the state is void. */
bool utf8_feed(struct utf8 *u, unsigned char b);

/* Bytes of the character that s, of n bytes, begins with; 0: not UTF-8. */
size_t utf8_length(const char *s, size_t n);

/* Replace by a '?' what a terminal would obey or show in another order, and
 * what is not UTF-8: controls, line separators, marks of direction.  The text
 * can only become shorter. */
void utf8_tame(char *text);

#endif
