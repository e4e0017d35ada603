/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* census.c - how many generations and plugin images there are. */

#include "reload/succession.h"

#include "base/gauges.h"
#include "reload/generation-inner.h"

static bool
generation_has_image(struct generation *g, const struct image *image)
{
	struct binding *b;

	FOR_SINKS_FIRST(g, b)
	if (b->image == image)
		return true;
	return false;
}

static bool
image_is_retired(const struct succession *s, const struct image *image)
{
	if (s->current && generation_has_image(s->current, image))
		return false;
	for (struct generation *g = s->leaving; g; g = g->next)
		if (generation_has_image(g, image))
			return false;
	return true;
}

void
succession_count(const struct succession *s)
{
	int64_t generations = s->current != NULL, images = 0, retired = 0;

	for (const struct generation *g = s->leaving; g; g = g->next)
		generations += g->is_shown; /* else it never served */
	for (const struct image *i = image_first(); i; i = i->next) {
		images++;
		retired += image_is_retired(s, i);
	}
	gauge_set(
	    GAUGE_GENERATION, s->current ? generation_number(s->current) : 0);
	gauge_set(GAUGE_GENERATIONS, generations);
	gauge_set(GAUGE_IMAGES, images);
	gauge_set(GAUGE_IMAGES_RETIRED, retired);
}
