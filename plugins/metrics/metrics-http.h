/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * metrics-http.h - the head of an HTTP request (RFC 9112), read strictly: what
 * could be read in two ways is refused.  Knows nothing of connections.
 */
#ifndef METRICS_HTTP_H
#define METRICS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_HEAD_MOST = 8192,   /* bytes of a head, the empty line included */
	HTTP_TARGET_MOST = 2048, /* of a target */
	HTTP_BODY_MOST = 65536   /* of a body, which is dropped */
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER };

struct http_request {
	enum http_method method;
	const char *path; /* in the head; without query */
	size_t path_length;
	uint64_t body; /* bytes that follow the head */
	bool is_1_0;
	bool keeps;   /* the connection stays open afterwards */
	bool expects; /* it waits for "100 Continue" before it sends the body */
};

/* Read the head at the beginning of n bytes.  Returns its length; 0: there has
 * to be more; or the negative status of the refusal: -400, -413 (its body is
 * too large), -414, -417, -431, -501, -505. */
int http_parse(const char *text, size_t n, struct http_request *r);

/* "Not Found" */
const char *http_reason(int status);

#endif
