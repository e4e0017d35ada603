/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * probe.h - static probes for perf, bpftrace and SystemTap, where <sys/sdt.h>
 * was there when this was built: each is a nop until somebody looks.
 * binderyd(8) lists them under PROBES.  At most five arguments: numbers and
 * pointers that are at hand anyway.
 */
#ifndef BASE_PROBE_H
#define BASE_PROBE_H

#include "build-info.h"

#ifdef BINDERY_HAS_SDT
#define SDT_USE_VARIADIC
#include <sys/sdt.h>
#define USDT(...) STAP_PROBEV(bindery, __VA_ARGS__)
#else
#define USDT(...) ((void)0)
#endif

#endif
