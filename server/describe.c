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
describe_plugin(const char *type, const char *const *dirs, bool is_json)
{
	struct report report = { 0 };
	struct arena arena = { 0 };
	int status;
	const struct image *image =
	    image_load(type, dirs, &abi_table, NULL, 0, &report);
	const char *wrong = image ? option_table_check(image->type.options,
					image->type.option_size,
					image->type.binding_size, &arena)
				  : NULL;

	if (wrong)
		report_error(&report, NULL, 0, "plugin '%s' cannot be used: %s",
		    image->path, wrong);
	else if (image && !is_json)
		describe_options(stdout, &image->type);
	else if (image && describe_options_json(stdout, &image->type))
		report_error(&report, NULL, 0,
		    "plugin '%s' cannot be described as JSON: its text is not "
		    "UTF-8, or memory ran out",
		    image->path);
	status = report_has_errors(&report) ? EX_CONFIG : EX_OK;
	report_print(&report, stderr);
	report_finish(&report);
	arena_finish(&arena);
	return status;
}
