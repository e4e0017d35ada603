/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * families.h - the metrics that are the host's own.  binderyd(8) lists them
 * under METRICS.
 */
#ifndef METRICS_FAMILIES_H
#define METRICS_FAMILIES_H

#include <stdbool.h>
#include <stdio.h>

enum family {
	FAMILY_BUILD_INFO,
	FAMILY_START_TIME,
	FAMILY_GENERATION,
	FAMILY_GENERATIONS,
	FAMILY_RELOADS,
	FAMILY_RELOAD_OK,
	FAMILY_RELOAD_TIME,
	FAMILY_RELOAD_DURATION,
	FAMILY_IMAGES,
	FAMILY_IMAGES_RETIRED,
	FAMILY_LOG_LOST,
	FAMILY_CPU,
	FAMILY_RESIDENT,
	FAMILY_FDS,
	FAMILY_FDS_MOST,
	FAMILY_THREADS,
	FAMILY_CONNECTIONS,
	FAMILY_ACCEPTED,
	FAMILY_ENDED,
	FAMILY_RECEIVED,
	FAMILY_SENT,
	FAMILY_STALLS,
	FAMILY_CONNECT,
	FAMILY_LIFETIME,
	FAMILY_WORKER_CONNECTIONS,
	FAMILY_WORKER_TURN,
	FAMILY_WORKER_PEAK,
	FAMILY_WORKER_PAUSES,
	FAMILY_WORKER_HELD,
	FAMILY_WORKER_TURNED_AWAY,
	FAMILY_COUNT
};

/* The name, its head being written to out before. */
const char *family_begin(FILE *out, enum family f);

/* Is a name one of these? */
bool family_is_ours(const char *name);

#endif
