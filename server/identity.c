/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "identity.h"

#include "config/option-kind.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITY (UINT32_C(1) << CAP_NET_BIND_SERVICE)

/* ------------------------------------------------------------------ who it is
 */

PRINTF(4, 5)
static int
identity_error(const struct settings *s, const char *key, struct report *report,
    const char *fmt, ...)
{
	const struct node *at = node_find(s->node, key);
	va_list ap;

	va_start(ap, fmt);
	report_add(
	    report, false, at ? at->file : NULL, at ? at->line : 0, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int
identity_find_user(
    const struct settings *s, struct report *report, struct identity *id)
{
	char quote[OPTION_QUOTE];
	const struct passwd *p;

	errno = 0;
	p = getpwnam(s->user);
	if (!p)
		return identity_error(s, "user", report,
		    "option 'user': no user '%s' is known%s%s",
		    option_quote(s->user, quote), errno ? ": " : "",
		    errno ? strerror(errno) : "");
	id->name = s->user;
	id->uid = p->pw_uid;
	id->gid = p->pw_gid;
	return 0;
}

static int
identity_find_group(
    const struct settings *s, struct report *report, struct identity *id)
{
	char quote[OPTION_QUOTE];
	const struct group *g;

	errno = 0;
	g = getgrnam(s->group);
	if (!g)
		return identity_error(s, "group", report,
		    "option 'group': no group '%s' is known%s%s",
		    option_quote(s->group, quote), errno ? ": " : "",
		    errno ? strerror(errno) : "");
	id->gid = g->gr_gid;
	return 0;
}

int
identity_find(
    const struct settings *s, struct report *report, struct identity *r)
{
	*r = (struct identity){ 0 };
	if (s->group && !s->user)
		return identity_error(s, "group", report,
		    "option 'group': is of use with 'user' only: set that "
		    "too");
	if (!s->user)
		return 0;
	if (identity_find_user(s, report, r) < 0)
		return -EINVAL;
	if (s->group && identity_find_group(s, report, r) < 0)
		return -EINVAL;
	r->is_wanted = true;
	return 0;
}

/* ---------------------------------------------------------------- becoming it
 */

/* What we hold of the one capability: root of a container may lack it. */
static uint32_t
capability_held(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		return 0;
	return data[0].permitted & CAPABILITY;
}

/* Ambient, so that the program that takes over in an upgrade has it too. */
static int
capability_keep(uint32_t held)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2] = { { held, held, held } };

	if (syscall(SYS_capset, &head, data) < 0)
		return -errno;
	if (held && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
			CAP_NET_BIND_SERVICE, 0, 0) < 0)
		return -errno;
	return 0;
}

/* So that no program that we start can get more.  Who may not limit this is
 * limited already. */
static void
capability_bound(void)
{
	for (unsigned long cap = 0; cap < 64; cap++)
		if (cap != CAP_NET_BIND_SERVICE)
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static int
identity_drop(const struct identity *id)
{
	uint32_t held = capability_held();
	int rc;

	capability_bound();
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    initgroups(id->name, id->gid) < 0 ||
	    setresgid(id->gid, id->gid, id->gid) < 0 ||
	    setresuid(id->uid, id->uid, id->uid) < 0)
		return -errno;
	rc = capability_keep(held);
	if (rc < 0)
		return rc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* There may be core dumps, as when a service manager starts us so. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

int
identity_take(
    const struct identity *id, const struct settings *s, struct report *report)
{
	int rc;

	if (!id->is_wanted || id->uid == geteuid())
		return 0;
	if (geteuid() != 0) {
		identity_error(s, "user", report,
		    "option 'user': only root can become '%s', and binderyd "
		    "was started as user %u: start it as one of these two",
		    s->user, (unsigned)geteuid());
		return -EPERM;
	}
	rc = identity_drop(id);
	if (rc < 0)
		identity_error(s, "user", report,
		    "option 'user': cannot become '%s': %s", s->user,
		    strerror(-rc));
	return rc;
}
