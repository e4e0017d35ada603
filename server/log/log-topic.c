/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-topic.h"

#include "base/compiler.h"
#include "log/log.h"

#include <errno.h>
#include <string.h>

unsigned log_topics;

static const struct {
	const char *name;
	enum log_topic topic;
} topics_known[] = {
	{ "plugin", LOG_T_PLUGIN },
	{ "stream", LOG_T_STREAM },
};

/* 0: no topic has this name of n bytes. */
static unsigned
topic_of(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_COUNT(topics_known); i++)
		if (strlen(topics_known[i].name) == n &&
		    memcmp(topics_known[i].name, name, n) == 0)
			return topics_known[i].topic;
	return 0;
}

int
log_topics_parse(const char *text, unsigned *topics)
{
	unsigned found = 0, topic;
	size_t n;

	for (;;) {
		n = strcspn(text, ",");
		topic = topic_of(text, n);
		if (!topic)
			return -EINVAL;
		found |= topic;
		if (!text[n])
			break;
		text += n + 1;
	}
	*topics |= found;
	return 0;
}

void
log_topics_start(unsigned topics)
{
	log_topics = topics;
	if (topics) /* before the configuration can say so, too */
		log_set_level(LOG_L_DEBUG);
}
