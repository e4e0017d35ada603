/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The pre-scan over any text, read from a file in memory. */
#include "config/prescan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	size_t left = PRESCAN_BYTES_MAX;
	struct report report = { 0 };
	struct config_text text;
	char path[40];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (config_text_init(&text))
		abort();
	if (prescan(path, &left, &text, &report)) {
		if (!report_has_errors(&report))
			abort();
	} else if (report_has_errors(&report)) {
		abort();
	}
	/* Every line of the text came from some line of some file. */
	for (unsigned i = 0; i <= text.line && text.part_count; i++) {
		unsigned line;

		if (!config_text_locate(&text, i, &line) || !line)
			abort();
	}
	config_text_finish(&text);
	report_finish(&report);
	close(fd);
	return 0;
}
