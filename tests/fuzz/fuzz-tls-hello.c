/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Any bytes as the beginning of a connection: read at once or in pieces, the
 * verdict is the same, and what was read lies within the message. */

#include "../../plugins/tls/tls-hello.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
parse(const struct hello_scan *s, const uint8_t *data)
{
	uint8_t *message = malloc(s->size);
	size_t at = 0, n = 0;
	const char *p;
	struct hello h;

	hello_gather(s, data, message);
	if (hello_parse(&h, message, s->size) == 0) {
		if (h.server_name &&
		    !name_is_good(
			(const uint8_t *)h.server_name, h.server_name_size))
			abort();
		while ((p = hello_alpn_next(&h, &at, &n)))
			if ((const uint8_t *)p + n > message + s->size)
				abort();
	}
	free(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hello_scan whole = { 0 }, pieces = { 0 };
	size_t step = size ? 1 + data[size - 1] % 64 : 1, n;
	int rc, again = 0;

	rc = hello_scan(&whole, data, size);
	for (n = step; again == 0 && n < size + step; n += step)
		again = hello_scan(&pieces, data, n < size ? n : size);
	/* In pieces a flaw behind the end of the message is not seen. */
	if (rc != again && !(size >= HELLO_MAX && again == -EMSGSIZE))
		abort();
	if (rc > 0)
		parse(&whole, data);
	return 0;
}
