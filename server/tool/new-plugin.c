/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* new-plugin.c - begin a plugin: a project that builds, passes its tests, and
 * is changed from there.  The templates are plugins too, called "plug-in". */
#include "tool/command.h"
#include "tool/template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

enum { NAME_MOST = 40, TEXT_MOST = 64 };

/* A plugin in the ways in which files spell its name, and today likewise. */
struct project {
	const char *name, *role, *to;
	char c[TEXT_MOST], macro[TEXT_MOST], title[TEXT_MOST];
	char page_date[TEXT_MOST], mail_date[TEXT_MOST], rpm_date[TEXT_MOST];
	char year[TEXT_MOST];
	json_t *made; /* paths */
};

static void
project_finish(struct project *p)
{
	json_decref(p->made);
}

static int
name_check(const char *name)
{
	static const char *const taken[] = { "all", "clean", "help", "install",
		"package", "preinstall", "test" };
	size_t n = strlen(name);

	if (name[0] < 'a' || name[0] > 'z' || n > NAME_MOST ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return tool_fail(EX_USAGE,
		    "'%s' cannot be the name of a plugin: use a letter from a "
		    "to z, then letters, digits and '-', at most %d in all",
		    name, NAME_MOST);
	for (size_t i = 0; i < ARRAY_COUNT(taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return tool_fail(EX_USAGE,
			    "a plugin cannot be called '%s': make and CMake "
			    "have a target of that name",
			    name);
	return EX_OK;
}

static int
role_choose(const struct tool *t, const char **role)
{
	static const char *const roles[] = { "filter", "sink", "source" };

	*role = NULL;
	for (size_t i = 0; i < ARRAY_COUNT(roles); i++) {
		if (!json_object_get(t->local, roles[i]))
			continue;
		if (*role)
			return tool_fail(EX_USAGE,
			    "--%s and --%s: a plugin has one role", *role,
			    roles[i]);
		*role = roles[i];
	}
	if (!*role)
		*role = "filter";
	return EX_OK;
}

static void
name_spell(char to[TEXT_MOST], const char *name, bool is_c, bool is_upper)
{
	size_t i;

	for (i = 0; name[i] && i < TEXT_MOST - 1; i++) {
		char c = is_c && name[i] == '-' ? '_' : name[i];

		to[i] = is_upper ? (char)toupper((unsigned char)c) : c;
	}
	to[i] = '\0';
}

/* The program never leaves the locale "C" for times. */
static void
project_date(struct project *p)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(p->page_date, TEXT_MOST, "%B %-d, %Y", &tm);
	strftime(p->mail_date, TEXT_MOST, "%a, %d %b %Y %T +0000", &tm);
	strftime(p->rpm_date, TEXT_MOST, "%a %b %d %Y", &tm);
	strftime(p->year, TEXT_MOST, "Copyright (c) %Y YOUR NAME", &tm);
}

static int
project_write(const struct project *p)
{
	const struct template_word words[] = {
		{ "plug-in", p->name },
		{ "plug_in", p->c },
		{ "PLUG_IN", p->macro },
		{ "PLUG-IN", p->title },
		{ "January 1, 1970", p->page_date },
		{ "Thu, 01 Jan 1970 00:00:00 +0000", p->mail_date },
		{ "Thu Jan 01 1970", p->rpm_date },
		{ "SPDX-License-Identifier: MIT",
		    "SPDX-License-Identifier: LicenseRef-CHOOSE-ONE" },
		{ "Copyright (c) 2026 The Bindery authors", p->year },
		{ 0 },
	};
	const char *const parts[] = { "common", p->role };
	char path[PATH_MAX], part[PATH_MAX + 16];
	int rc = template_find(path);

	if (!rc)
		rc = template_begin(p->to, p->made);
	for (size_t i = 0; !rc && i < ARRAY_COUNT(parts); i++) {
		snprintf(part, sizeof(part), "%s/%s", path, parts[i]);
		rc = template_copy(part, p->to, words, p->made);
	}
	if (rc)
		template_remove(p->made);
	return rc;
}

static int
project_print(const struct project *p, const struct tool *t)
{
	CLEANUP(json_release) json_t *o = NULL;

	if (!t->is_json) {
		printf("%s is in '%s', a %s: read README.md there, or\n"
		       "    cmake -S %s -B %s/build && "
		       "cmake --build %s/build && ctest --test-dir %s/build\n",
		    p->name, p->to, p->role, p->to, p->to, p->to, p->to);
		return EX_OK;
	}
	o = json_pack("{s:s, s:s, s:s, s:O}", "name", p->name, "role", p->role,
	    "directory", p->to, "files", p->made);
	return o ? tool_print_json(o) : tool_no_memory();
}

int
run_new_plugin(struct tool *t)
{
	CLEANUP(project_finish)
	struct project p = {
		.name = t->operands[0],
		.to = t->operands[t->operand_count - 1],
		.made = json_array(),
	};
	int rc = name_check(p.name);

	if (!rc)
		rc = role_choose(t, &p.role);
	if (rc)
		return rc;
	if (!p.made)
		return tool_no_memory();
	name_spell(p.c, p.name, true, false);
	name_spell(p.macro, p.name, true, true);
	name_spell(p.title, p.name, false, true);
	project_date(&p);
	rc = project_write(&p);
	return rc ? rc : project_print(&p, t);
}
