/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "describe.h"

#include "abi/table.h"
#include "base/report.h"
#include "config/dump.h"
#include "config/option.h"
#include "describe-metrics.h"
#include "plugins/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

static int
describe_as_json(const struct bnd_type *type)
{
	json_t *o = describe_options_json(type);
	char *text = NULL;

	if (o &&
	    json_object_set_new(o, "metrics", describe_metrics_json(type)) == 0)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text)
		return -ENOMEM;
	puts(text);
	free(text);
	return 0;
}

static int
describe_type(const struct bnd_type *type, bool is_json)
{
	if (is_json)
		return describe_as_json(type);
	describe_options(stdout, type);
	return describe_metrics(stdout, type);
}

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
	else if (image && describe_type(&image->type, is_json) < 0)
		report_error(&report, NULL, 0,
		    "plugin '%s' cannot be described%s, or memory ran out",
		    image->path,
		    is_json ? " as JSON: its text is not UTF-8" : "");
	status = report_has_errors(&report) ? EX_CONFIG : EX_OK;
	report_print(&report, stderr);
	report_finish(&report);
	arena_finish(&arena);
	return status;
}
