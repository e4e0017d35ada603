/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "metrics-answer.h"

#include "metrics-http.h"

#include <stdio.h>

/* strftime() would ask the locale for the names. */
static void
answer_date(char to[40], time_t date)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm t = { 0 };

	gmtime_r(&date, &t);
	snprintf(to, 40, "%s, %02d %s %d %02d:%02d:%02d GMT",
	    days[t.tm_wday % 7], t.tm_mday, months[t.tm_mon % 12],
	    t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* What holds for the version anyway needs no word. */
static const char *
answer_connection(const struct answer *a)
{
	if (!a->keeps)
		return "Connection: close\r\n";
	return a->is_1_0 ? "Connection: keep-alive\r\n" : "";
}

size_t
answer_head(char to[ANSWER_HEAD_MOST], const struct answer *a, time_t date)
{
	char when[40];
	int n;

	answer_date(when, date);
	n = snprintf(to, ANSWER_HEAD_MOST,
	    "HTTP/1.1 %d %s\r\n"
	    "Date: %s\r\n"
	    "Content-Type: %s\r\n"
	    "Content-Length: %zu\r\n"
	    "%s%s\r\n",
	    a->status, http_reason(a->status), when, a->type, a->length,
	    a->status == 405 ? "Allow: GET, HEAD\r\n" : "",
	    answer_connection(a));
	return n > 0 && n < ANSWER_HEAD_MOST ? (size_t)n : 0;
}
