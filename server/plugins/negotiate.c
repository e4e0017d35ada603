/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/negotiate.h"

#include "base/compiler.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Beyond these a type cannot be called one: its head, the name of an option or
 * metric, and what is said of it. */
enum {
	TYPE_HEAD = offsetof(struct bnd_type, summary),
	OPTION_HEAD = offsetof(struct bnd_option, doc),
	METRIC_HEAD = offsetof(struct bnd_metric, unit),
	TYPE_FLAGS = BND_HOLD_BACK | BND_HOLD_FRONT | BND_DATAGRAMS
};

/* --------------------------------------------------------------- the type */

bool
type_is_name(const char *name)
{
	size_t n = strnlen(name, NEGOTIATE_NAME + 1);

	return n <= NEGOTIATE_NAME && islower((unsigned char)name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* Offset of the first word of p[known .. size) that is not zero; 0: all are. */
static size_t
negotiate_tail(const void *p, size_t known, size_t size)
{
	const unsigned char *byte = p;

	for (size_t i = known; i < size; i++)
		if (byte[i])
			return i - i % sizeof(void *);
	return 0;
}

static bool
negotiate_is_size(size_t size, size_t min, size_t max)
{
	return size >= min && size <= max && size % sizeof(void *) == 0;
}

static int
type_check_size(const struct bnd_type *raw, struct why *why)
{
	size_t at;

	if (!negotiate_is_size(raw->size, TYPE_HEAD, NEGOTIATE_TYPE))
		return why_set(why, -EINVAL,
		    "gives its struct bnd_type a size of %u bytes: begin it "
		    "with BND_HEAD()",
		    raw->size);
	at = negotiate_tail(raw, sizeof(*raw), raw->size);
	if (at)
		return why_set(why, -EINVAL,
		    "uses a callback at offset %zu that this host (SDK %s) "
		    "does not know: install a newer bindery",
		    at, abi_format(abi_host()).s);
	return 0;
}

static int
type_check_abi(const struct bnd_type *t, struct abi wanted, struct why *why)
{
	struct abi own = { t->abi_major, t->abi_minor, wanted.draft };

	if (own.major == wanted.major && own.minor == wanted.minor)
		return 0;
	return why_set(why, -EINVAL,
	    "says SDK ABI %s in its type but %s in its note: build all of it "
	    "with one header and one BND_MINOR_WANTED",
	    abi_format(own).s, abi_format(wanted).s);
}

static bool
type_is_version(const char *version)
{
	size_t n = strnlen(version, NEGOTIATE_NAME + 1);

	if (n == 0 || n > NEGOTIATE_NAME)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)version[i]))
			return false;
	return true;
}

static int
type_check_head(const struct bnd_type *t, struct why *why)
{
	if (!t->name || !type_is_name(t->name))
		return why_set(why, -EINVAL,
		    "has no valid name: use a letter from a to z, then "
		    "letters, digits and '-', at most %d",
		    NEGOTIATE_NAME);
	if (!t->version || !type_is_version(t->version))
		return why_set(why, -EINVAL,
		    "has no valid version: use 1 to %d printable characters "
		    "without blanks",
		    NEGOTIATE_NAME);
	if (t->role < BND_FILTER || t->role > BND_SOURCE)
		return why_set(why, -EINVAL,
		    "has role %u, which this host does not know", t->role);
	if (t->flags & ~(uint32_t)TYPE_FLAGS)
		return why_set(why, -EINVAL,
		    "sets flags 0x%x that this host does not know",
		    t->flags & ~(uint32_t)TYPE_FLAGS);
	if (t->role == BND_SINK && (t->flags & BND_HOLD_BACK))
		return why_set(why, -EINVAL,
		    "sets BND_HOLD_BACK, but nothing can be behind a sink");
	if (t->role == BND_SOURCE && (t->flags & BND_HOLD_FRONT))
		return why_set(why, -EINVAL,
		    "sets BND_HOLD_FRONT, but nobody waits in front of a "
		    "source");
	return 0;
}

static int
type_check_selves(const struct bnd_type *t, struct why *why)
{
	const struct {
		const char *name;
		uint32_t size, max;
	} selves[] = {
		{ "binding_size", t->binding_size, NEGOTIATE_SELF },
		{ "worker_size", t->worker_size, NEGOTIATE_SELF },
		{ "stage_size", t->stage_size, NEGOTIATE_STAGE },
	};

	for (size_t i = 0; i < ARRAY_COUNT(selves); i++)
		if (selves[i].size > selves[i].max)
			return why_set(why, -EINVAL,
			    "has a %s of %u bytes, more than %u: allocate what "
			    "is large by itself",
			    selves[i].name, selves[i].size, selves[i].max);
	return 0;
}

/* -------------------------------------------------------------- its tables */

bool
metric_at(const struct bnd_metric *table, size_t element_size, size_t i,
    struct bnd_metric *r)
{
	size_t n = element_size < sizeof(*r) ? element_size : sizeof(*r);

	memset(r, 0, sizeof(*r));
	if (!table)
		return false;
	memcpy(r, (const char *)table + i * element_size, n);
	return r->name != NULL;
}

static bool
metric_is_name(const char *name)
{
	size_t n = strnlen(name, NEGOTIATE_NAME + 1);

	return n <= NEGOTIATE_NAME && islower((unsigned char)name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static int
metric_check(const struct bnd_metric *table, size_t element_size, size_t i,
    struct why *why)
{
	const char *element = (const char *)table + i * element_size;
	struct bnd_metric m;
	size_t at;

	metric_at(table, element_size, i, &m);
	if (!metric_is_name(m.name))
		return why_set(why, -EINVAL,
		    "has no valid name for metric %zu: use a letter from a to "
		    "z, then letters, digits and '_', at most %d",
		    i, NEGOTIATE_NAME);
	if (m.kind < BND_COUNTER || m.kind > BND_VALUE)
		return why_set(why, -EINVAL,
		    "has metric '%s' of kind %u, which this host does not know",
		    m.name, m.kind);
	at = m.reserved_ ? offsetof(struct bnd_metric, reserved_)
			 : negotiate_tail(element, sizeof(m), element_size);
	if (at)
		return why_set(why, -EINVAL,
		    "uses a field at offset %zu of metric '%s' that this host "
		    "does not know: install a newer bindery",
		    at, m.name);
	return 0;
}

static int
metric_table_check(
    const struct bnd_metric *table, size_t element_size, struct why *why)
{
	struct bnd_metric m;
	int rc;

	for (size_t i = 0; metric_at(table, element_size, i, &m); i++) {
		if (i >= NEGOTIATE_METRICS)
			return why_set(why, -EINVAL,
			    "has more than %d metrics: end the table with {0}",
			    NEGOTIATE_METRICS);
		rc = metric_check(table, element_size, i, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
type_check_tables(const struct bnd_type *t, struct why *why)
{
	if (t->options &&
	    !negotiate_is_size(t->option_size, OPTION_HEAD, NEGOTIATE_ROW))
		return why_set(why, -EINVAL,
		    "gives its options a size of %u bytes each: begin its "
		    "struct bnd_type with BND_HEAD()",
		    t->option_size);
	if (!t->metrics)
		return 0;
	if (!negotiate_is_size(t->metric_size, METRIC_HEAD, NEGOTIATE_ROW))
		return why_set(why, -EINVAL,
		    "gives its metrics a size of %u bytes each: begin its "
		    "struct bnd_type with BND_HEAD()",
		    t->metric_size);
	return metric_table_check(t->metrics, t->metric_size, why);
}

int
type_negotiate(const struct bnd_type *raw, struct abi wanted,
    struct bnd_type *r, struct why *why)
{
	size_t n;
	int rc;

	memset(r, 0, sizeof(*r));
	if (!raw)
		return why_set(why, -EINVAL,
		    "gives no type: its bnd_plugin_v1() returned NULL");
	rc = type_check_size(raw, why);
	if (rc < 0)
		return rc;
	n = raw->size < sizeof(*r) ? raw->size : sizeof(*r);
	memcpy(r, raw, n);
	if ((rc = type_check_abi(r, wanted, why)) < 0 ||
	    (rc = type_check_head(r, why)) < 0 ||
	    (rc = type_check_selves(r, why)) < 0)
		return rc;
	return type_check_tables(r, why);
}
