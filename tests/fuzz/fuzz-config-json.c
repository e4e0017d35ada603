/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What comes over the reader's pipe: any text is a tree or one error, and a
 * tree can be written and read again. */
#include "config/node-json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_again(const struct config_tree *tree)
{
	struct report report = { 0 };
	struct config_tree *again;
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f || node_json_write(f, &tree->root) || fclose(f))
		abort();
	again = node_json_read(text, n, "fuzz", &report);
	if (!again || again->root.count != tree->root.count)
		abort();
	config_tree_destroy(&again);
	report_finish(&report);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = { 0 };
	struct config_tree *tree =
	    node_json_read((const char *)data, size, "fuzz", &report);

	if (!tree != report_has_errors(&report))
		abort();
	if (tree)
		fuzz_again(tree);
	config_tree_destroy(&tree);
	report_finish(&report);
	return 0;
}
