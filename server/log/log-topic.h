/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * log-topic.h - what the operator asked to see with -d.  It is settled before
 * anything runs and never changes, so that asking costs a load and a branch
 * that is always predicted; where even that would be felt (the calls between
 * host and plugin) another table of functions is used instead: trace/trace.h.
 */
#ifndef LOG_LOG_TOPIC_H
#define LOG_LOG_TOPIC_H

#include <stdbool.h>

enum log_topic {
	LOG_T_PLUGIN = 1u << 0, /* every call between host and plugins */
	LOG_T_STREAM = 1u << 1  /* what happens to each connection */
};

extern unsigned log_topics; /* read by log_topic_is_on() only */

/* [any] */
static inline bool
log_topic_is_on(enum log_topic topic)
{
	return (log_topics & topic) != 0;
}

/* Add the topics of a text such as "plugin,stream" to *topics: 0, or -EINVAL
 * (nothing is added). */
int log_topics_parse(const char *text, unsigned *topics);

/* [main, before there are threads] */
void log_topics_start(unsigned topics);

#endif
