/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The ABI note of any bytes, and what is made of its text. */
#include "plugins/abi.h"
#include "plugins/note.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What parses reads the same when it is written again. */
static void
fuzz_abi(const char *text)
{
	struct abi one, two;

	if (abi_parse(text, &one) < 0)
		return;
	if (abi_parse(abi_format(one).s, &two) < 0 || one.major != two.major ||
	    one.minor != two.minor || one.draft != two.draft ||
	    strcmp(text, abi_format(two).s) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[NOTE_TEXT_MAX];
	struct why why;

	if (note_read(data, size, text) == NULL) {
		if (strlen(text) == 0 || strlen(text) >= NOTE_TEXT_MAX)
			abort();
		fuzz_abi(text);
		abi_negotiate(text, abi_host(), &why);
	}
	if (size < NOTE_TEXT_MAX) {
		memcpy(text, data, size);
		text[size] = '\0';
		fuzz_abi(text);
	}
	return 0;
}
