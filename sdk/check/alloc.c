/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * alloc.c - malloc() of this program stands before the C library's: it counts
 * blocks, and lets calls that come from the plugin's own code fail.  Who calls,
 * the return address tells.  A sanitizer has a malloc() of its own; with one,
 * nothing is counted and nothing fails.
 */

#include "check.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOC_IS_OURS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOC_IS_OURS 0
#endif
#endif
#ifndef ALLOC_IS_OURS
#define ALLOC_IS_OURS 1
#endif

static uintptr_t code_first, code_last; /* of the plugin */
static bool is_inside;
static uint64_t count, fail_at;
static atomic_int_fast64_t live;

bool
alloc_works(void)
{
	return ALLOC_IS_OURS;
}

void
alloc_inside(bool inside)
{
	is_inside = inside;
}

void
alloc_fail(uint64_t nth)
{
	count = 0;
	fail_at = nth;
}

uint64_t
alloc_count(void)
{
	return count;
}

int64_t
alloc_live(void)
{
	return live;
}

/* --------------------------------------------------------- whose code it is */

static int
learn_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t base = (uintptr_t)arg;

	(void)size;
	if (info->dlpi_addr != base)
		return 0;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t first = base + p->p_vaddr;

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		code_first = first;
		code_last = first + p->p_memsz;
	}
	return 1;
}

void
alloc_learn(const struct image *image)
{
	Dl_info info;

	if (dladdr(image->raw, &info))
		dl_iterate_phdr(learn_object, info.dli_fbase);
}

/* ---------------------------------------------------------------- the calls */

#if ALLOC_IS_OURS
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);
extern void __libc_free(void *p);

#define CALLER ((uintptr_t)__builtin_return_address(0))

/* Is this call of the plugin's to fail? */
static bool
fails(uintptr_t caller)
{
	if (!is_inside || caller < code_first || caller >= code_last)
		return false;
	if (++count != fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

static void *
counted(void *p)
{
	if (p)
		live++;
	return p;
}

void *
malloc(size_t n)
{
	return fails(CALLER) ? NULL : counted(__libc_malloc(n));
}

void *
calloc(size_t n, size_t size)
{
	return fails(CALLER) ? NULL : counted(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t n)
{
	void *r = fails(CALLER) ? NULL : __libc_realloc(p, n);

	if (r && !p)
		live++;
	if (!r && p && n == 0)
		live--;
	return r;
}

void *
aligned_alloc(size_t align, size_t n)
{
	return fails(CALLER) ? NULL : counted(__libc_memalign(align, n));
}

int
posix_memalign(void **r, size_t align, size_t n)
{
	*r = fails(CALLER) ? NULL : counted(__libc_memalign(align, n));
	return *r ? 0 : ENOMEM;
}

void
free(void *p)
{
	if (p)
		live--;
	__libc_free(p);
}

char *
strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *r = fails(CALLER) ? NULL : counted(__libc_malloc(n));

	return r ? memcpy(r, s, n) : NULL;
}

char *
strndup(const char *s, size_t max)
{
	size_t n = strnlen(s, max);
	char *r = fails(CALLER) ? NULL : counted(__libc_malloc(n + 1));

	if (!r)
		return NULL;
	r[n] = '\0';
	return memcpy(r, s, n);
}
#endif
