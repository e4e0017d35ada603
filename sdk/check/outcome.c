/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* outcome.c - what two plays came to, held against each other; and what is said
 * in them. */

#include "check.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MAX = 4 << 20, LONG_BYTES = 200000, SHORT_BYTES = 1500 };

static char difference[CHECK_TEXT];

static const char *
side_name(unsigned side)
{
	return side == BND_FRONT ? "front" : "back";
}

PRINTF(1, 2)
static const char *
differ(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(difference, sizeof(difference), fmt, ap);
	va_end(ap);
	return difference;
}

const char *
outcome_words(const struct outcome *o)
{
	static char texts[2][400];
	static unsigned next;
	char *text = texts[next++ % 2];

	if (o->abort_err)
		snprintf(text, 400, "was aborted (%s: %s)",
		    strerror(-o->abort_err), o->why);
	else if (o->refuse_err)
		snprintf(text, 400, "was refused (%s: %s)",
		    strerror(-o->refuse_err), o->why);
	else
		snprintf(text, 400, "%s",
		    o->is_alive ? "did not come to an end" : "ended");
	return text;
}

/* Which way it took, likewise. */
static const char *
way_words(const struct outcome *o)
{
	static char texts[2][100];
	static unsigned next;
	char *text = texts[next++ % 2];

	if (!o->has_way)
		return "asked for no way";
	if (!*o->exit)
		return "went on to the next binding";
	snprintf(text, sizeof(texts[0]), "took the exit '%s'", o->exit);
	return text;
}

/* Some bytes from there on, fit for a sentence. */
static const char *
excerpt(const struct kit_text *t, size_t at)
{
	static char texts[2][100];
	static unsigned next;
	char *text = texts[next++ % 2], *p = text;

	*p = '\0';
	for (; at < t->size && p < text + 90; at++)
		p += sprintf(p,
		    isprint((unsigned char)t->data[at]) ? "%c" : "\\x%02x",
		    (unsigned char)t->data[at]);
	return text;
}

/* What both have must be the same; of an abort more or less may be lost. */
static const char *
compare_bytes(const struct outcome *a, const struct outcome *b, unsigned side,
    bool lengths_only)
{
	const struct kit_text *x = &a->bytes[side], *y = &b->bytes[side];
	size_t n = x->size < y->size ? x->size : y->size, i = 0;

	while (!lengths_only && i < n && x->data[i] == y->data[i])
		i++;
	if (!lengths_only && i < n)
		return differ("from byte %zu on \"%s\" came out at the %s, "
			      "and not \"%s\"",
		    i, excerpt(y, i), side_name(side), excerpt(x, i));
	if (!a->abort_err && x->size != y->size)
		return differ("%zu bytes came out at the %s and not %zu",
		    y->size, side_name(side), x->size);
	return NULL;
}

const char *
outcome_compare(
    const struct outcome *a, const struct outcome *b, bool lengths_only)
{
	const char *wrong = NULL;

	if (a->abort_err != b->abort_err || a->refuse_err != b->refuse_err ||
	    a->is_alive != b->is_alive)
		return differ("the connection %s, while in one piece it %s",
		    outcome_words(b), outcome_words(a));
	if (a->has_way != b->has_way || strcmp(a->exit, b->exit) != 0)
		return differ("it %s, and in one piece it %s", way_words(b),
		    way_words(a));
	for (unsigned side = 0; side < 2 && !wrong; side++)
		wrong = compare_bytes(a, b, side, lengths_only);
	for (unsigned side = 0; side < 2 && !wrong && !a->abort_err; side++)
		if (a->has_ended[side] != b->has_ended[side])
			wrong = differ("the %s %s an end", side_name(side),
			    b->has_ended[side] ? "heard" : "did not hear");
	return wrong;
}

void
outcome_must_end(const struct outcome *o, const char *after)
{
	const bool *ends = o->has_ended;

	if (!o->is_alive || check.may_stay)
		return;
	if (after)
		broken("hang",
		    "after %s had failed the connection does not end", after);
	broken("hang",
	    "both neighbours have ended and taken everything, and the "
	    "connection does not end: %s",
	    !ends[BND_FRONT] && !ends[BND_BACK] ? "neither of them heard an end"
	    : ends[BND_FRONT] ? "the back heard no end, is there a bnd_end()?"
			      : "the front heard no end, is there a "
				"bnd_end()?");
}

/* ------------------------------------------------------------------- inputs */

static void
input_read(struct kit_text *t, const char *path)
{
	char part[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	while (fd >= 0 && t->size < INPUT_MAX &&
	       (n = read(fd, part, sizeof(part))) > 0)
		text_add(t, part, (size_t)n);
	if (n < 0)
		skipped("cannot read '%s'", path);
	close(fd);
}

/* Lines of letters, of all lengths up to 100. */
static void
input_make(struct kit_text *t, size_t bytes, uint64_t seed)
{
	text_add(t, "", 0);
	dice_begin(seed);
	while (t->size < bytes) {
		size_t n = dice(100);

		for (size_t i = 0; i < n; i++)
			text_print(t, "%c", (char)('a' + (int)dice(26)));
		text_add(t, "\n", 1);
	}
}

static const struct kit_text *
inputs_get(struct kit_text inputs[2], size_t bytes)
{
	for (unsigned side = 0; side < 2 && !inputs[side].data; side++) {
		text_add(&inputs[side], "", 0);
		if (check.inputs[side])
			input_read(&inputs[side], check.inputs[side]);
		else
			input_make(&inputs[side], bytes, bytes + side);
	}
	return inputs;
}

const struct kit_text *
inputs_short(void)
{
	static struct kit_text inputs[2];

	return inputs_get(inputs, SHORT_BYTES);
}

const struct kit_text *
inputs_long(void)
{
	static struct kit_text inputs[2];

	return inputs_get(inputs, LONG_BYTES);
}
