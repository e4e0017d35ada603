/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * identity.h - whom the process runs as: the settings `user` and `group`.  A
 * service manager that starts it as a user of its own needs neither; for who
 * starts it as root they are the way down, which keeps one capability, to
 * listen on ports below 1024.  [main thread]
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "base/report.h"
#include "config/settings.h"

#include <sys/types.h>

struct identity {
	bool is_wanted;   /* whether the settings name anybody */
	const char *name; /* the settings' */
	uid_t uid;
	gid_t gid;
};

/* Look up whom the settings name.  0, or -EINVAL with the report saying what is
 * wrong. */
int identity_find(
    const struct settings *s, struct report *report, struct identity *r);

/* Become that, for good, or see that we are already.  There must be no other
 * thread yet.  0, or -errno with the report saying why not. */
int identity_take(
    const struct identity *id, const struct settings *s, struct report *report);

#endif
