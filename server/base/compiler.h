/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* compiler.h - the GNU attributes and small macros that the host uses. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#include <stddef.h>

#define CLEANUP(fn)    __attribute__((cleanup(fn)))
#define PRINTF(f, a)   __attribute__((format(printf, f, a)))
#define MUST_USE       __attribute__((warn_unused_result))
#define UNUSED         __attribute__((unused))
#define FALLTHROUGH    __attribute__((fallthrough))
#define LIKELY(x)      __builtin_expect(!!(x), 1)
#define UNLIKELY(x)    __builtin_expect(!!(x), 0)
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(p, type, member) \
	((type *)(void *)((char *)(p)-offsetof(type, member)))

#endif
