/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* dump-value.h - inside of the dump: single values in libconfig's syntax. */
#ifndef CONFIG_DUMP_VALUE_H
#define CONFIG_DUMP_VALUE_H

#include "config/dump.h"

void dump_indent(FILE *out, unsigned depth);

/* A string with quotes and escapes. */
void dump_text(FILE *out, const char *text);

/* "  # FILE:LINE" or, NULL, "  # default", and the end of the line. */
void dump_origin(FILE *out, const struct node *node);

/* A value as it was written. */
void dump_node(FILE *out, unsigned depth, const struct node *node);

/* A line with the option's effective value; given is its node, or NULL. */
void dump_option(FILE *out, unsigned depth, const struct bnd_option *o,
    const struct dump_options *options, const struct node *given);

#endif
