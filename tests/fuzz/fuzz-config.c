/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The whole reading child in this process, libconfig included: whatever the
 * file holds, what it sends is a tree or errors, never an internal error. */
#include "config/node-json.h"
#include "config/read.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *__lsan_default_suppressions(void);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 forgets the string that stands before a syntax error: one of
 * the reasons why it runs in a child. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static int
fuzz_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

static void
fuzz_check(int out, int status)
{
	static const char wrong[] = "fuzz: the configuration reader sent";
	struct report report = { 0 };
	off_t size = lseek(out, 0, SEEK_END);
	char *json = malloc((size_t)size + 1);
	struct config_tree *tree;

	if (!json || pread(out, json, (size_t)size, 0) != (ssize_t)size)
		abort();
	tree = node_json_read(json, (size_t)size, "fuzz", &report);
	if (!tree != (status != 0) || (!tree && !report.count))
		abort();
	if (!tree && !strncmp(report.entries[0].text, wrong, sizeof(wrong) - 1))
		abort();
	config_tree_destroy(&tree);
	report_finish(&report);
	free(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int in = fuzz_file(data, size), out = fuzz_file(NULL, 0);
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", in);
	fuzz_check(out, config_reader_main(path, out));
	close(out);
	close(in);
	return 0;
}
