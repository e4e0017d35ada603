/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* metrics-answer.h - the head of an HTTP answer (RFC 9112). */
#ifndef METRICS_ANSWER_H
#define METRICS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { ANSWER_HEAD_MOST = 512 };

struct answer {
	int status;
	const char *type; /* of the content */
	size_t length;    /* of the content, also when it is not sent */
	bool keeps;       /* the connection stays open afterwards */
	bool is_1_0;      /* the client is that old */
};

/* The head to `to`, its length.  date: now, seconds since 1970. */
size_t
answer_head(char to[ANSWER_HEAD_MOST], const struct answer *a, time_t date);

#endif
