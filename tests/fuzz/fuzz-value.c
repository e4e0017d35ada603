/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * fuzz-value.c - sizes, times, endpoints and networks from any text.  What is
 * read must be what is meant: written back and read again it is the same.
 */
#include "config/value.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ASSERT(x)           \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static void
fuzz_number(const char *text, const char *(*read)(const char *, int64_t *),
    void (*write)(int64_t, char *))
{
	char again[VALUE_TEXT_SIZE];
	int64_t value, second;

	if (read(text, &value))
		return;
	write(value, again);
	FUZZ_ASSERT(!read(again, &second));
	FUZZ_ASSERT(value == second);
}

static void
fuzz_endpoint(const char *text)
{
	struct arena arena CLEANUP(arena_finish) = { 0 };
	struct bnd_endpoint e;

	if (value_endpoint(text, &arena, &e))
		return;
	FUZZ_ASSERT(strcmp(e.text, text) == 0);
	/* Just one of the three. */
	FUZZ_ASSERT(!!e.host + !!e.path + !!e.inherited == 1);
	if (e.inherited) {
		FUZZ_ASSERT(*e.inherited && !e.port && !e.last);
		return;
	}
	if (e.path) {
		FUZZ_ASSERT(e.path[0] == '/' && !e.port && !e.last);
		FUZZ_ASSERT(strlen(e.path) <= VALUE_UNIX_PATH);
		return;
	}
	FUZZ_ASSERT(*e.host && strlen(e.host) < strlen(text));
	FUZZ_ASSERT(e.port >= 1 && e.last >= e.port);
}

/* The lines of text are a list; a line that is a network holds its address. */
static void
fuzz_nets(char *text)
{
	struct arena arena CLEANUP(arena_finish) = { 0 };
	const struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const struct sockaddr_in in = { .sin_family = AF_INET };
	const struct bnd_nets *nets, *one;
	const char *texts[64];
	size_t count = 0, bad, ignored;
	int has4 = 0, has6 = 0;
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line && count < 64;
	     line = strtok_r(NULL, "\n", &rest))
		texts[count++] = line;
	if (value_nets(texts, count, &arena, &nets, &bad)) {
		FUZZ_ASSERT(bad < count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		FUZZ_ASSERT(!value_nets(&texts[i], 1, &arena, &one, &ignored));
		has4 |= nets_has(one, (const struct sockaddr *)&in);
		has6 |= nets_has(one, (const struct sockaddr *)&in6);
	}
	FUZZ_ASSERT(nets_has(nets, (const struct sockaddr *)&in) == has4);
	FUZZ_ASSERT(nets_has(nets, (const struct sockaddr *)&in6) == has6);
}

static void
fuzz_suggest(const char *text)
{
	static const char *const words[] = { "listen", "connect",
		"connect_timeout", "backlog", "a", "", NULL };
	const char *near = suggest(text, words);

	FUZZ_ASSERT(!near || *near);
	(void)value_is_name(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size > 4096)
		return 0;
	text = malloc(size + 1);
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	fuzz_number(text, value_int, value_int_text);
	fuzz_number(text, value_size, value_size_text);
	fuzz_number(text, value_time, value_time_text);
	fuzz_endpoint(text);
	fuzz_suggest(text);
	fuzz_nets(text);
	free(text);
	return 0;
}
