/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Heads of HTTP requests, as the plugin metrics reads them. */
#include "../../plugins/metrics/metrics-http.c"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int rc, const char *text, size_t n, const struct http_request *r)
{
	if (rc < 0) {
		if (strcmp(http_reason(-rc), "Unknown") == 0)
			abort();
		return;
	}
	if ((size_t)rc > n || rc > HTTP_HEAD_MOST ||
	    (rc == 0 && n >= HTTP_HEAD_MOST))
		abort();
	if (rc == 0)
		return;
	if (memcmp(text + rc - 2, "\r\n", 2) != 0 || r->body > HTTP_BODY_MOST ||
	    r->path_length > HTTP_TARGET_MOST)
		abort();
	for (size_t i = 0; i < r->path_length; i++)
		if (r->path[i] <= ' ' || r->path[i] > '~')
			abort();
}

/* The answer is the same however the bytes come, and none is decided on before
 * it is certain. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct http_request r;
	int whole = http_parse(text, size, &r);

	check(whole, text, size, &r);
	for (size_t n = 0; n < size && n < 600; n++) {
		int rc = http_parse(text, n, &r);

		check(rc, text, n, &r);
		if (rc != 0 && rc != whole)
			abort();
	}
	return 0;
}
