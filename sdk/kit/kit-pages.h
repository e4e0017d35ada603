/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * kit-pages.h - memory that is shown to a plugin for a while.  It ends where a
 * page ends that nobody may touch; when its time is over nobody may touch any
 * of it, and the pages stay out of use for long.
 */
#ifndef KIT_PAGES_H
#define KIT_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct kit_lens {
	char *data; /* n bytes; NULL: nothing is shown */
	size_t n;
	char *base; /* of the mapping */
	size_t size;
	bool is_writable;
};

/* Show n bytes; data NULL: zeros, to be written to.  align: of data; where it
 * is not 1 the end of the page comes up to align - 1 bytes late. */
void lens_show(struct kit_lens *l, const void *data, size_t n, size_t align,
    bool is_writable);

/* From now on whoever touches them is stopped. */
void lens_hide(struct kit_lens *l);

/* What an address that stopped the processor belongs to: "" when it is none of
 * ours, else the rule that was broken. */
const char *lens_rule(const void *address, const char **what_r);

/* Give all hidden pages back. */
void lens_release_all(void);

#endif
