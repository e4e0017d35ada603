/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "describe.h"

#include "abi/table.h"
#include "base/report.h"
#include "config/dump.h"
#include "config/option.h"
#include "plugins/image.h"

#include <stdio.h>
#include <sysexits.h>

int
describe_plugin(const char *type, const char *const *dirs)
{
	struct report report = { 0 };
	struct arena arena = { 0 };
	const struct image *image =
	    image_load(type, dirs, &abi_table, NULL, 0, &report);
	const char *wrong = image ? option_table_check(image->type.options,
					image->type.option_size,
					image->type.binding_size, &arena)
				  : NULL;

	if (wrong)
		report_error(&report, NULL, 0, "plugin '%s' cannot be used: %s",
		    image->path, wrong);
	else if (image)
		describe_options(stdout, &image->type);
	report_print(&report, stderr);
	report_finish(&report);
	arena_finish(&arena);
	return image && !wrong ? EX_OK : EX_CONFIG;
}
