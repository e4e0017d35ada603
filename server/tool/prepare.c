/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static int
prepare_set(json_t *o, const char *member, json_t *value)
{
	if (json_object_set_new(o, member, value) < 0)
		return tool_fail(EX_USAGE, "the %s is not UTF-8 text", member);
	return EX_OK;
}

int
prepare_pipeline(struct tool *t)
{
	return prepare_set(
	    t->arguments, "pipeline", json_string(t->operands[0]));
}

int
prepare_level(struct tool *t)
{
	if (!t->operand_count)
		return EX_OK;
	return prepare_set(t->arguments, "level", json_string(t->operands[0]));
}

/* PIPELINE or PIPELINE/BINDING: no name has a slash in it. */
static int
prepare_place(struct tool *t, bool wants_binding)
{
	const char *text = t->operands[0], *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	int rc;

	if (!n || (slash && !slash[1]) || (wants_binding && !slash))
		return tool_fail(
		    EX_USAGE, "'%s' is not PIPELINE/BINDING", text);
	rc = prepare_set(t->arguments, "pipeline", json_stringn(text, n));
	if (!rc && slash)
		rc = prepare_set(
		    t->arguments, "binding", json_string(slash + 1));
	return rc;
}

int
prepare_show(struct tool *t)
{
	return t->operand_count ? prepare_place(t, false) : EX_OK;
}

/* A word is a line of standard input when it is "-": secrets, such as tokens,
 * would stand in the list of processes.  NULL: it is no text, or there is no
 * line. */
static json_t *
word_read(const char *word)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	json_t *r = NULL;

	if (strcmp(word, "-") != 0)
		return json_string(word);
	n = getline(&line, &room, stdin);
	if (n > 0)
		r = json_stringn(line, strcspn(line, "\r\n"));
	if (line)
		explicit_bzero(line, room);
	free(line);
	return r;
}

int
prepare_tell(struct tool *t)
{
	json_t *words = json_array();
	int rc = prepare_place(t, true);

	for (int i = 1; i < t->operand_count && !rc; i++)
		if (json_array_append_new(words, word_read(t->operands[i])) < 0)
			rc =
			    tool_fail(EX_USAGE, "word %d is not UTF-8 text", i);
	if (!rc)
		return prepare_set(t->arguments, "words", words);
	json_decref(words);
	return rc;
}
