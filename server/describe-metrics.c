/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "describe-metrics.h"

#include "plugins/metric-name.h"
#include "plugins/negotiate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static json_t *
family_find(json_t *families, const char *name)
{
	json_t *f;
	size_t i;

	json_array_foreach(families, i,
	    f) if (strcmp(json_string_value(json_object_get(f, "name")),
		       name) == 0) return f;
	return NULL;
}

static json_t *
family_add(json_t *families, const char *name, const struct bnd_metric *m)
{
	json_t *f = json_pack("{s:s, s:s, s:s*, s:[]}", "name", name, "kind",
	    metric_kind_name(m->kind), "doc", m->doc, "labels");

	return json_array_append_new(families, f) == 0 ? f : NULL;
}

static int
families_add(json_t *families, const char *prefix, const struct bnd_metric *m)
{
	char *name = metric_family(prefix, m);
	json_t *f = name ? family_find(families, name) : NULL;
	int rc = 0;

	if (!f && name)
		f = family_add(families, name, m);
	if (!f)
		rc = -ENOMEM;
	else if (m->label)
		rc = json_array_append_new(
		    json_object_get(f, "labels"), json_string(m->label));
	free(name);
	return rc < 0 ? -ENOMEM : 0;
}

json_t *
describe_metrics_json(const struct bnd_type *type)
{
	json_t *families = json_array();
	char prefix[NEGOTIATE_NAME + sizeof("bindery__")];
	struct bnd_metric m;
	int rc = families ? 0 : -ENOMEM;

	snprintf(prefix, sizeof(prefix), "bindery_%s_", type->name);
	for (size_t i = 0;
	     rc == 0 && metric_at(type->metrics, type->metric_size, i, &m); i++)
		rc = families_add(families, prefix, &m);
	if (rc < 0) {
		json_decref(families);
		return NULL;
	}
	return families;
}

static void
family_print(FILE *out, const json_t *f)
{
	const char *doc = json_string_value(json_object_get(f, "doc"));
	const json_t *label, *labels = json_object_get(f, "labels");
	size_t i;

	fprintf(out, "  %s: %s\n",
	    json_string_value(json_object_get(f, "name")),
	    json_string_value(json_object_get(f, "kind")));
	if (doc)
		fprintf(out, "      %s\n", doc);
	json_array_foreach(labels, i, label)
	    fprintf(out, "      with %s\n", json_string_value(label));
}

int
describe_metrics(FILE *out, const struct bnd_type *type)
{
	json_t *f, *families = describe_metrics_json(type);
	size_t i;

	if (!families)
		return -ENOMEM;
	if (json_array_size(families) > 0)
		fprintf(out, "\nMetrics:\n");
	json_array_foreach(families, i, f) family_print(out, f);
	json_decref(families);
	return 0;
}
