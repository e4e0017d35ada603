/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * frame.h - where one message ends and the next begins.  A message of framing
 * "line" ends with its newline; one of "length" begins with the number of bytes
 * that follow, big-endian, in four bytes; "none" knows no messages: any bytes
 * are one.  A message's size counts newline or length too.
 */
#ifndef REFLECT_FRAME_H
#define REFLECT_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum framing { FRAMING_NONE, FRAMING_LINE, FRAMING_LENGTH };

enum { FRAME_LENGTH = 4 }; /* bytes in front of a message of "length" */

struct frames {
	size_t bytes;   /* of whole messages */
	uint32_t count; /* of them */
};

/* The whole messages at the beginning of n bytes, none larger than max; 0, or
 * -EMSGSIZE when the first one is, or will be, larger. */
int frames_scan(enum framing framing, const char *p, size_t n, size_t max,
    struct frames *r);

/* Size of the first message of n > 0 bytes; 0: it is not whole. */
size_t frame_size(enum framing framing, const char *p, size_t n);

void frame_put_length(char to[FRAME_LENGTH], uint32_t n);

#endif
