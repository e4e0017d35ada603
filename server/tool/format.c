/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/format.h"

#include "base/compiler.h"

#include <stdio.h>
#include <time.h>

struct formatted
format_bytes(int64_t n)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB",
		"EiB" };
	struct formatted f;
	double size = (double)n / 1024;
	size_t i = 0;

	if (n < 1024) {
		snprintf(f.s, sizeof(f.s), "%lld B", (long long)n);
		return f;
	}
	/* 1023.95 would be rounded to 1024.0. */
	for (; size >= 1023.95 && i + 1 < ARRAY_COUNT(units); i++)
		size /= 1024;
	snprintf(f.s, sizeof(f.s), "%.1f %s", size, units[i]);
	return f;
}

struct formatted
format_rate(int64_t n)
{
	struct formatted f;

	snprintf(f.s, sizeof(f.s), "%.20s/s", format_bytes(n).s);
	return f;
}

/* Two units at most: the third would not matter. */
struct formatted
format_duration(int64_t ms)
{
	struct formatted f;
	long long s = ms / 1000;

	if (ms < 1000)
		snprintf(f.s, sizeof(f.s), "%lldms", (long long)ms);
	else if (s < 10)
		snprintf(f.s, sizeof(f.s), "%lld.%llds", s,
		    (long long)ms / 100 % 10);
	else if (s < 60)
		snprintf(f.s, sizeof(f.s), "%llds", s);
	else if (s < 3600)
		snprintf(f.s, sizeof(f.s), "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(
		    f.s, sizeof(f.s), "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(
		    f.s, sizeof(f.s), "%lldd%lldh", s / 86400, s / 3600 % 24);
	return f;
}

struct formatted
format_moment(int64_t at_s)
{
	struct formatted f = { "?" };
	time_t at = (time_t)at_s;
	struct tm tm;

	if (localtime_r(&at, &tm) &&
	    strftime(f.s, sizeof(f.s), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		f = (struct formatted){ "?" };
	return f;
}

const char *
plural(int64_t n)
{
	return n == 1 ? "" : "s";
}
