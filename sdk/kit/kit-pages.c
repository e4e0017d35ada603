/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "kit-pages.h"

#include "kit-text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Mappings are of 1, 2, 4, ... pages and one more that nobody may touch.  Of
 * each size the last ones that were hidden stay so. */
enum { SIZES = 18, HIDDEN_MAX = 64, SHOWN_MAX = 256 };

struct mapping {
	char *base;
	size_t size;
};

static struct mapping hidden[SIZES][HIDDEN_MAX];
static size_t hidden_next[SIZES];
static struct mapping shown[SHOWN_MAX];
static size_t shown_count;

static size_t
page_size(void)
{
	static size_t size;

	if (!size)
		size = (size_t)sysconf(_SC_PAGESIZE);
	return size;
}

static void
shown_add(char *base, size_t size)
{
	if (shown_count < SHOWN_MAX)
		shown[shown_count++] = (struct mapping){ base, size };
}

static void
shown_remove(const char *base)
{
	for (size_t i = 0; i < shown_count; i++) {
		if (shown[i].base != base)
			continue;
		shown[i] = shown[--shown_count];
		return;
	}
}

static unsigned
size_class(size_t n)
{
	unsigned i = 0;

	while (i < SIZES - 1 && page_size() << i < n)
		i++;
	return i;
}

/* The one that has been hidden for longest, or a new one: to be written to. */
static char *
pages_take(unsigned class, size_t body)
{
	struct mapping *oldest =
	    &hidden[class][hidden_next[class] % HIDDEN_MAX];
	char *base = oldest->base;

	if (base) {
		oldest->base = NULL;
		mprotect(base, body, PROT_READ | PROT_WRITE);
		return base;
	}
	base = mmap(NULL, body + page_size(), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED) {
		perror("bindery-kit: cannot map memory");
		abort();
	}
	mprotect(base + body, page_size(), PROT_NONE);
	return base;
}

void
lens_show(struct kit_lens *l, const void *data, size_t n, size_t align,
    bool is_writable)
{
	unsigned class = size_class(n);
	size_t body = page_size() << class;

	*l = (struct kit_lens){
		.n = n, .size = body + page_size(), .is_writable = is_writable
	};
	l->base = pages_take(class, body);
	l->data = l->base + (body - n) / align * align;
	if (data && n)
		memcpy(l->data, data, n);
	else
		memset(l->data, 0, n);
	if (!is_writable)
		mprotect(l->base, body, PROT_READ);
	shown_add(l->base, l->size);
}

void
lens_hide(struct kit_lens *l)
{
	struct mapping *place;
	unsigned class;

	if (!l->base)
		return;
	class = size_class(l->size - page_size());
	place = &hidden[class][hidden_next[class]++ % HIDDEN_MAX];
	if (place->base)
		munmap(place->base, place->size);
	mprotect(l->base, l->size, PROT_NONE);
	*place = (struct mapping){ l->base, l->size };
	shown_remove(l->base);
	*l = (struct kit_lens){ 0 };
}

static bool
mapping_has(const struct mapping *m, const char *address)
{
	return m->base && address >= m->base && address < m->base + m->size;
}

const char *
lens_rule(const void *address, const char **what_r)
{
	for (size_t i = 0; i < shown_count; i++) {
		if (!mapping_has(&shown[i], address))
			continue;
		if ((const char *)address >=
		    shown[i].base + shown[i].size - page_size()) {
			*what_r = "touches memory behind what it was shown";
			return "overrun";
		}
		*what_r = "writes to bytes that it may only read";
		return "readonly";
	}
	for (size_t i = 0; i < SIZES * HIDDEN_MAX; i++) {
		if (!mapping_has(
			&hidden[i / HIDDEN_MAX][i % HIDDEN_MAX], address))
			continue;
		*what_r = "uses a pointer that is no longer good";
		return "stale";
	}
	return "";
}

void
lens_release_all(void)
{
	for (size_t i = 0; i < SIZES * HIDDEN_MAX; i++) {
		struct mapping *m = &hidden[i / HIDDEN_MAX][i % HIDDEN_MAX];

		if (m->base)
			munmap(m->base, m->size);
		m->base = NULL;
	}
}
