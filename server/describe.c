/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "describe.h"

#include "abi/table.h"
#include "base/report.h"
#include "config/dump.h"
#include "plugins/image.h"

#include <stdio.h>
#include <sysexits.h>

int
describe_plugin(const char *type, const char *const *dirs)
{
	struct report report = { 0 };
	struct image *image =
	    image_load(type, dirs, &abi_table, NULL, 0, &report);

	if (image)
		describe_options(stdout, &image->type);
	report_print(&report, stderr);
	report_finish(&report);
	return image ? EX_OK : EX_CONFIG;
}
