/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* option-scalar.c - options that are one value: numbers, words, references. */
#include "config/option-kind.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What people write who mean a boolean; NULL: no idea. */
static const char *
option_bool_hint(const char *text)
{
	static const char *const yes[] = { "yes", "on", "1", "true" };
	static const char *const no[] = { "no", "off", "0", "false" };

	for (size_t i = 0; i < ARRAY_COUNT(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0)
			return "true";
		if (strcasecmp(text, no[i]) == 0)
			return "false";
	}
	return NULL;
}

int
option_set_bool(
    const struct option_place *p, const struct node *value, void *field)
{
	int *r = field;
	char quote[OPTION_QUOTE];
	const char *hint;

	if (value->kind == NODE_BOOL) {
		*r = value->integer != 0;
		return 0;
	}
	if (value->kind != NODE_TEXT && value->kind != NODE_INT)
		return option_kind_error(p, value, "true or false");
	hint = option_bool_hint(value->text);
	*r = hint && strcmp(hint, "true") == 0;
	if (value->kind == NODE_TEXT && hint && strcmp(value->text, hint) == 0)
		return 0;
	return option_error(p, value, "value '%s' is not a boolean: write %s",
	    option_quote(value->text, quote), hint ? hint : "true or false");
}

int
option_set_int(
    const struct option_place *p, const struct node *value, void *field)
{
	int64_t *r = field;
	char quote[OPTION_QUOTE];
	const char *err = NULL;

	if (value->kind == NODE_INT)
		*r = value->integer;
	else if (value->kind == NODE_TEXT)
		err = value_int(value->text, r);
	else
		return option_kind_error(p, value, "an integer");
	if (err)
		return option_error(p, value, "value '%s' %s",
		    option_quote(value->text, quote), err);
	return option_check_range(p, value, *r);
}

int
option_set_size(
    const struct option_place *p, const struct node *value, void *field)
{
	int64_t *r = field;
	char quote[OPTION_QUOTE];
	const char *err = NULL;

	if (value->kind == NODE_INT)
		*r = value->integer;
	else if (value->kind == NODE_TEXT)
		err = value_size(value->text, r);
	else
		return option_kind_error(p, value, "a size such as \"64k\"");
	if (!err && *r < 0)
		err = "is negative";
	if (err)
		return option_error(p, value, "value '%s' %s",
		    option_quote(value->text, quote), err);
	return option_check_range(p, value, *r);
}

/* 5 or "5": which unit was meant? */
static bool
option_is_plain_number(const struct node *value)
{
	size_t n = strspn(value->text, "0123456789");

	return n && n < 16 && !value->text[n];
}

int
option_set_time(
    const struct option_place *p, const struct node *value, void *field)
{
	int64_t *r = field;
	char quote[OPTION_QUOTE];
	const char *err;

	if (value->kind != NODE_INT && value->kind != NODE_TEXT)
		return option_kind_error(p, value, "a time such as \"5s\"");
	err = value_time(value->text, r);
	option_quote(value->text, quote);
	if (err && option_is_plain_number(value))
		return option_error(p, value,
		    "value '%s' has no unit: write \"%ss\" for seconds", quote,
		    quote);
	if (err)
		return option_error(p, value, "value '%s' %s", quote, err);
	return option_check_range(p, value, *r);
}

/* "must be a string, not an integer: write "12"". */
static int
option_text_error(const struct option_place *p, const struct node *value)
{
	char quote[OPTION_QUOTE];

	if (value->kind == NODE_LIST || value->kind == NODE_MAP)
		return option_kind_error(p, value, "a string");
	return option_error(p, value, "must be a string, not %s: write \"%s\"",
	    node_kind_name(value->kind), option_quote(value->text, quote));
}

int
option_set_string(
    const struct option_place *p, const struct node *value, void *field)
{
	const char **r = field;

	if (value->kind != NODE_TEXT)
		return option_text_error(p, value);
	*r = arena_string(p->ctx->arena, value->text);
	if (!*r)
		return option_no_memory(p);
	return option_check_range(p, value, (int64_t)strlen(*r));
}

int
option_set_enum(
    const struct option_place *p, const struct node *value, void *field)
{
	int *r = field, i = -1;

	if (value->kind == NODE_TEXT)
		i = option_choice_find(p->option->choices, value->text);
	if (i < 0)
		return option_choice_error(p, value);
	*r = i;
	return 0;
}

int
option_set_node(
    const struct option_place *p, const struct node *value, void *field)
{
	const struct node **r = field;

	(void)p;
	*r = value;
	return 0;
}

int
option_set_exit(
    const struct option_place *p, const struct node *value, void *field)
{
	const struct option_context *ctx = p->ctx;
	const struct bnd_exit **r = field;
	char quote[OPTION_QUOTE];
	const char *near = NULL;

	if (value->kind != NODE_TEXT)
		return option_text_error(p, value);
	*r = ctx->exit_find ? ctx->exit_find(ctx->exit_arg, value->text) : NULL;
	if (*r)
		return 0;
	if (ctx->exit_names && option_may_suggest(p))
		near = suggest(value->text, ctx->exit_names);
	return option_error(p, value, "no pipeline '%s'%s%s%s",
	    option_quote(value->text, quote), near ? ", did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
}

int
option_set_endpoint(
    const struct option_place *p, const struct node *value, void *field)
{
	const struct bnd_endpoint **r = field;
	struct bnd_endpoint *endpoint;
	char quote[OPTION_QUOTE];
	const char *err;

	if (value->kind == NODE_INT)
		return option_error(p, value,
		    "must be an endpoint, not a number: write \"[::]:PORT\", "
		    "\"HOST:PORT\" or \"unix:/path\"");
	if (value->kind != NODE_TEXT)
		return option_kind_error(
		    p, value, "an endpoint such as \"HOST:PORT\"");
	endpoint = arena_alloc(p->ctx->arena, sizeof(*endpoint));
	if (!endpoint)
		return option_no_memory(p);
	err = value_endpoint(value->text, p->ctx->arena, endpoint);
	if (err == value_no_memory)
		return option_no_memory(p);
	if (err)
		return option_error(p, value, "value '%s' %s",
		    option_quote(value->text, quote), err);
	if (endpoint->inherited && !(p->option->flags & BND_O_LISTEN))
		return option_error(p, value,
		    "value '%s' is a socket that can only be listened on: "
		    "write HOST:PORT, \"[::]:PORT\" or \"unix:/path\"",
		    option_quote(value->text, quote));
	*r = endpoint;
	return 0;
}
