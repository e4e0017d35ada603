/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * fuzz-control.c - requests of the control socket from any bytes, and addresses
 * from any text.  What is taken for good has the arguments that its command
 * takes; an address that is read is the same when it is written and read again.
 */
#include "base/address.h"
#include "control/request.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ASSERT(x)           \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static void
fuzz_address(const char *text)
{
	char shown[ADDRESS_TEXT], again[ADDRESS_TEXT];
	struct sockaddr_in6 a, b;

	if (address_parse(text, &a) < 0)
		return;
	address_text((const void *)&a, shown);
	FUZZ_ASSERT(address_parse(shown, &b) == 0);
	FUZZ_ASSERT(strcmp(address_text((const void *)&b, again), shown) == 0);
}

static void
fuzz_good(const struct request *r)
{
	const struct argument *a = r->command->arguments;
	size_t found = 0;

	for (; a && a->name; a++) {
		const json_t *value = json_object_get(r->arguments, a->name);

		FUZZ_ASSERT(value || !a->is_required);
		found += value != NULL;
		if (value && a->kind == 's')
			fuzz_address(json_string_value(value));
	}
	FUZZ_ASSERT(found == json_object_size(r->arguments));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r;
	char *text;
	int rc;

	if (size > 65536)
		return 0;
	text = malloc(size + 1);
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	fuzz_address(text);
	rc = request_parse(&r, text, size);
	FUZZ_ASSERT(rc == 0 || rc == -EINVAL);
	FUZZ_ASSERT((rc < 0) == (r.refusal[0] != 0));
	if (rc == 0)
		fuzz_good(&r);
	json_decref(r.arguments);
	free(text);
	return 0;
}
