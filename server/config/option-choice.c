/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* option-choice.c - "a|b|c": what a word may be, and what was meant. */
#include "config/option-kind.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_CHOICES = 512 };

bool
option_choice_next(const char **choices, const char **r, size_t *n)
{
	if (!*choices)
		return false;
	*r = *choices;
	*n = strcspn(*r, "|");
	*choices = (*r)[*n] ? *r + *n + 1 : NULL;
	return true;
}

int
option_choice_find(const char *choices, const char *text)
{
	size_t length = strlen(text), n;
	const char *choice;

	for (int i = 0; option_choice_next(&choices, &choice, &n); i++)
		if (length == n && memcmp(text, choice, n) == 0)
			return i;
	return -1;
}

/* "'a', 'b' or 'c'" */
static void
option_choices_text(const char *choices, char r[OPTION_CHOICES])
{
	const char *choice;
	size_t n, used = 0;

	while (
	    used < OPTION_CHOICES && option_choice_next(&choices, &choice, &n))
		used += (size_t)snprintf(r + used, OPTION_CHOICES - used,
		    "%s'%.*s'",
		    !used     ? ""
		    : choices ? ", "
			      : " or ",
		    (int)n, choice);
}

/* The words one by one, ended by NULL; NULL: no memory. */
static const char *const *
option_choices_split(const char *choices, struct arena *arena)
{
	const char *rest = choices, *choice;
	size_t n, count = 0;
	const char **r;

	while (option_choice_next(&rest, &choice, &n))
		count++;
	r = arena_array(arena, count + 1, sizeof(*r));
	rest = choices;
	for (size_t i = 0; r && i < count; i++) {
		option_choice_next(&rest, &choice, &n);
		r[i] = arena_copy(arena, choice, n);
		if (!r[i])
			return NULL;
	}
	return r;
}

int
option_choice_error(const struct option_place *p, const struct node *value)
{
	const char *const *words = NULL;
	char choices[OPTION_CHOICES] = "", quote[OPTION_QUOTE];
	const char *near;

	if (!option_may_suggest(p))
		return option_error(p, value, "is none of the choices");
	option_choices_text(p->option->choices, choices);
	if (value->kind != NODE_TEXT)
		return option_error(p, value, "must be one of %s, not %s",
		    choices, node_kind_name(value->kind));
	words = option_choices_split(p->option->choices, p->ctx->arena);
	if (!words)
		return option_no_memory(p);
	near = suggest(value->text, words);
	option_quote(value->text, quote);
	if (near)
		return option_error(p, value,
		    "value '%s' is not one of %s, did you mean '%s'?", quote,
		    choices, near);
	return option_error(
	    p, value, "value '%s' is not one of %s", quote, choices);
}
