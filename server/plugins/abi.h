/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * abi.h - numbers of the SDK's ABI, and whether a plugin that wants one may run
 * on a host that has another.  Within a major a plugin runs on every host whose
 * minor is not smaller; a draft knows no compatibility.  [any]
 */
#ifndef PLUGINS_ABI_H
#define PLUGINS_ABI_H

#include "plugins/why.h"

struct abi {
	unsigned major, minor;
	unsigned draft; /* revision; 0: frozen */
};

struct abi_text {
	char s[40];
};

/* What this host was built with. */
struct abi abi_host(void);

/* Parse "1.0" or "1.0-draft1", nothing before and nothing behind: 0 or -EINVAL.
 */
int abi_parse(const char *text, struct abi *r);

/* The same text again. */
struct abi_text abi_format(struct abi abi);

/* May a plugin that wants `text` run on `host`?  0, or -EINVAL with the reason,
 * which says what is wanted, what is there and what to do. */
int abi_negotiate(const char *text, struct abi host, struct why *why);

#endif
