/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Which ABI runs on which host, and which types are accepted. */
#include "plugins/abi.h"
#include "plugins/negotiate.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct abi one_zero = { 1, 0, 0 };
static struct why why;

/* ------------------------------------------------------------------ numbers */

START_TEST(abi_text_is_strict)
{
	static const char *const bad[] = { "", "1", "1.", ".0", "1.0.", "1.0 ",
		" 1.0", "1.0-", "1.0-draft", "1.0-draft0", "1.0-draft01",
		"1.0-draft1x", "1.0-DRAFT1", "1.0draft1", "01.0", "1.00",
		"-1.0", "+1.0", "1.-0", "65536.0", "1.65536", "1.0-draft65536",
		"1.99999999999999999999", "0x1.0", "1.0-draft-1", "one.two" };
	struct abi r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(abi_parse(bad[i], &r) == -EINVAL, "'%s'", bad[i]);
}
END_TEST

START_TEST(abi_text_goes_both_ways)
{
	static const char *const good[] = { "1.0", "0.0", "1.10", "65535.65535",
		"1.0-draft1", "65535.65535-draft65535" };
	struct abi r;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(abi_parse(good[i], &r), 0);
		ck_assert_str_eq(abi_format(r).s, good[i]);
	}
	ck_assert_int_eq(abi_parse("2.34-draft5", &r), 0);
	ck_assert_uint_eq(r.major, 2);
	ck_assert_uint_eq(r.minor, 34);
	ck_assert_uint_eq(r.draft, 5);
}
END_TEST

START_TEST(this_host_takes_its_own)
{
	ck_assert_int_eq(abi_negotiate(BND_ABI_TEXT_, abi_host(), &why), 0);
	ck_assert_uint_eq(abi_host().major, BND_MAJOR);
	ck_assert_uint_eq(abi_host().minor, BND_MINOR);
}
END_TEST

static void
refused(const char *text, struct abi host, const char *sentence)
{
	ck_assert_int_eq(abi_negotiate(text, host, &why), -EINVAL);
	ck_assert_str_eq(why.text, sentence);
}

START_TEST(smaller_minors_are_taken)
{
	ck_assert_int_eq(abi_negotiate("1.0", one_zero, &why), 0);
	ck_assert_int_eq(
	    abi_negotiate("1.0", (struct abi){ 1, 7, 0 }, &why), 0);
	ck_assert_int_eq(
	    abi_negotiate("1.7", (struct abi){ 1, 7, 0 }, &why), 0);
	refused("1.8", (struct abi){ 1, 7, 0 },
	    "wants SDK ABI 1.8, this host has 1.7: install a newer bindery or "
	    "rebuild the plugin");
}
END_TEST

START_TEST(other_majors_are_refused)
{
	refused("2.0", one_zero,
	    "wants SDK ABI 2.0, this host has 1.0: install a newer bindery");
	refused("1.0", (struct abi){ 2, 5, 0 },
	    "wants SDK ABI 1.0, this host has 2.5: rebuild the plugin with "
	    "this host's SDK");
}
END_TEST

START_TEST(drafts_know_no_compatibility)
{
	struct abi draft = { 1, 0, 2 };

	ck_assert_int_eq(abi_negotiate("1.0-draft2", draft, &why), 0);
	refused("1.0-draft1", draft,
	    "wants SDK ABI 1.0-draft1, this host has 1.0-draft2: rebuild the "
	    "plugin with this host's SDK");
	refused("1.0-draft3", draft,
	    "wants SDK ABI 1.0-draft3, this host has 1.0-draft2: rebuild the "
	    "plugin with this host's SDK");
	refused("1.0", draft,
	    "wants SDK ABI 1.0, this host has 1.0-draft2: rebuild the plugin "
	    "with this host's SDK");
	refused("1.0-draft2", one_zero,
	    "wants SDK ABI 1.0-draft2, this host has 1.0: rebuild the plugin "
	    "with this host's SDK");
	refused("1.1-draft2", draft,
	    "wants SDK ABI 1.1-draft2, this host has 1.0-draft2: install a "
	    "newer bindery or rebuild the plugin");
}
END_TEST

START_TEST(strange_notes_are_refused)
{
	refused("1.0beta", one_zero,
	    "wants SDK ABI '1.0beta', which is not a version that this host "
	    "(1.0) understands: rebuild the plugin with this host's SDK");
}
END_TEST

/* -------------------------------------------------------------------- types */

static const struct bnd_type sound = {
	BND_HEAD("sound-1", "1.0", BND_FILTER),
	.flags = BND_HOLD_BACK | BND_HOLD_FRONT | BND_DATAGRAMS,
	.binding_size = NEGOTIATE_SELF,
	.worker_size = NEGOTIATE_SELF,
	.stage_size = NEGOTIATE_STAGE,
};

static int
negotiate(const void *raw, struct bnd_type *r)
{
	why.text[0] = '\0';
	return type_negotiate(raw, abi_host(), r, &why);
}

static void
type_refused(const struct bnd_type *raw, const char *sentence)
{
	struct bnd_type r;

	ck_assert_int_eq(negotiate(raw, &r), -EINVAL);
	ck_assert_str_eq(why.text, sentence);
}

START_TEST(sound_type_is_copied)
{
	struct bnd_type r;

	ck_assert_int_eq(negotiate(&sound, &r), 0);
	ck_assert_mem_eq(&r, &sound, sizeof(r));
	ck_assert_str_eq(why.text, "");
}
END_TEST

START_TEST(no_type_is_refused)
{
	type_refused(NULL, "gives no type: its bnd_plugin_v1() returned NULL");
}
END_TEST

START_TEST(shorter_type_is_filled_up)
{
	const size_t n = offsetof(struct bnd_type, open);
	struct bnd_type raw = sound, r;
	char *copy = malloc(n);

	/* What lies behind its end is not its own: memory that may not be read.
	 */
	ck_assert_ptr_nonnull(copy);
	raw.size = (uint32_t)n;
	memcpy(copy, &raw, n);
	ck_assert_int_eq(negotiate(copy, &r), 0);
	ck_assert_ptr_null(r.open);
	ck_assert_ptr_null(r.command);
	ck_assert_str_eq(r.name, "sound-1");
	free(copy);

	raw.size = offsetof(struct bnd_type, summary);
	ck_assert_int_eq(negotiate(&raw, &r), 0);
	ck_assert_uint_eq(r.stage_size, 0);
}
END_TEST

struct longer {
	struct bnd_type type;
	char tail[40];
};

START_TEST(longer_type_may_end_in_zero)
{
	struct longer raw = { sound, { 0 } };
	struct bnd_type r;

	raw.type.size = sizeof(raw);
	ck_assert_int_eq(negotiate(&raw, &r), 0);
}
END_TEST

START_TEST(unknown_callback_is_named)
{
	char sentence[200];

	for (size_t i = 0; i < sizeof(((struct longer *)0)->tail); i++) {
		struct longer raw = { sound, { 0 } };

		raw.type.size = sizeof(raw);
		raw.tail[i] = 1;
		snprintf(sentence, sizeof(sentence),
		    "uses a callback at offset %zu that this host (SDK %s) "
		    "does not know: install a newer bindery",
		    sizeof(raw.type) + i / sizeof(void *) * sizeof(void *),
		    abi_format(abi_host()).s);
		type_refused(&raw.type, sentence);
	}
}
END_TEST

START_TEST(sizes_of_types_are_bounded)
{
	static const uint32_t sizes[] = { 0, 1,
		offsetof(struct bnd_type, summary) - 4,
		sizeof(struct bnd_type) - 1, sizeof(struct bnd_type) + 1,
		NEGOTIATE_TYPE + 8, UINT32_MAX };
	struct bnd_type raw = sound, r;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		raw.size = sizes[i];
		ck_assert_int_eq(negotiate(&raw, &r), -EINVAL);
		ck_assert_ptr_nonnull(strstr(why.text, "begin it with"));
	}
}
END_TEST

START_TEST(type_and_note_agree)
{
	struct bnd_type raw = sound, r;

	raw.abi_major = 9;
	ck_assert_int_eq(negotiate(&raw, &r), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "says SDK ABI 9.0"));
	raw = sound;
	raw.abi_minor = 9;
	ck_assert_int_eq(negotiate(&raw, &r), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "in its type but"));
}
END_TEST

START_TEST(names_are_checked)
{
	static const char *const bad[] = { "", "-x", "1x", "X", "eCho", "a_b",
		"a b", "a/b", "a.b", "\xc3\xa4", "..",
		"a23456789012345678901234567890123456789012345678901234567890"
		"1234" };
	struct bnd_type raw = sound, r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		raw.name = bad[i];
		ck_assert_msg(negotiate(&raw, &r) < 0, "'%s'", bad[i]);
		ck_assert_ptr_nonnull(strstr(why.text, "has no valid name"));
		ck_assert(!type_is_name(bad[i]));
	}
	raw.name = NULL;
	ck_assert_int_eq(negotiate(&raw, &r), -EINVAL);
	ck_assert(type_is_name("a"));
	ck_assert(type_is_name("tcp-server2"));
	ck_assert(type_is_name("a2345678901234567890123456789012345678901234567"
			       "8901234567890123"));
}
END_TEST

START_TEST(versions_are_checked)
{
	static const char *const bad[] = { NULL, "", "1 0", "1\n", "\x80",
		"1234567890123456789012345678901234567890123456789012345678901"
		"234" };
	struct bnd_type raw = sound, r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		raw.version = bad[i];
		ck_assert_int_eq(negotiate(&raw, &r), -EINVAL);
		ck_assert_ptr_nonnull(strstr(why.text, "has no valid version"));
	}
}
END_TEST

START_TEST(roles_and_flags_are_known)
{
	struct bnd_type raw = sound;

	raw.role = 0;
	type_refused(&raw, "has role 0, which this host does not know");
	raw.role = 4;
	type_refused(&raw, "has role 4, which this host does not know");
	raw = sound;
	raw.flags |= 0x80000040u;
	type_refused(
	    &raw, "sets flags 0x80000040 that this host does not know");
	raw = sound;
	raw.role = BND_SINK;
	type_refused(
	    &raw, "sets BND_HOLD_BACK, but nothing can be behind a sink");
	raw.role = BND_SOURCE;
	type_refused(
	    &raw, "sets BND_HOLD_FRONT, but nobody waits in front of a source");
}
END_TEST

START_TEST(selves_are_bounded)
{
	struct bnd_type raw = sound;

	raw.stage_size++;
	type_refused(&raw,
	    "has a stage_size of 1048577 bytes, more than 1048576: allocate "
	    "what is large by itself");
	raw = sound;
	raw.worker_size = UINT32_MAX;
	type_refused(&raw,
	    "has a worker_size of 4294967295 bytes, more than 16777216: "
	    "allocate what is large by itself");
	raw = sound;
	raw.binding_size++;
	type_refused(&raw,
	    "has a binding_size of 16777217 bytes, more than 16777216: "
	    "allocate what is large by itself");
}
END_TEST

/* ------------------------------------------------------------------- tables */

START_TEST(option_size_is_checked)
{
	static const struct bnd_option options[] = { { 0 } };
	static const uint32_t bad[] = { 0, 16, sizeof(struct bnd_option) + 1,
		NEGOTIATE_ROW + 8, UINT32_MAX };
	struct bnd_type raw = sound, r;

	raw.options = options;
	ck_assert_int_eq(negotiate(&raw, &r), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		raw.option_size = bad[i];
		ck_assert_int_eq(negotiate(&raw, &r), -EINVAL);
		ck_assert_ptr_nonnull(strstr(why.text, "gives its options"));
	}
	raw.options = NULL;
	ck_assert_int_eq(negotiate(&raw, &r), 0);
}
END_TEST

START_TEST(metric_size_is_checked)
{
	static const struct bnd_metric metrics[] = { { 0 } };
	static const uint32_t bad[] = { 0, 8, sizeof(struct bnd_metric) + 1,
		NEGOTIATE_ROW + 8, UINT32_MAX };
	struct bnd_type raw = sound, r;

	raw.metrics = metrics;
	ck_assert_int_eq(negotiate(&raw, &r), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		raw.metric_size = bad[i];
		ck_assert_int_eq(negotiate(&raw, &r), -EINVAL);
		ck_assert_ptr_nonnull(strstr(why.text, "gives its metrics"));
	}
}
END_TEST

struct long_metric {
	struct bnd_metric now;
	uint64_t later;
};

START_TEST(longer_metrics)
{
	struct long_metric metrics[] = {
		{ .now = { .name = "a_total", .kind = BND_COUNTER } },
		{ .now = { .name = "b", .kind = BND_VALUE, .label = "x" } },
		{ .now = { .name = NULL } },
	};
	struct bnd_type raw = sound, r;
	struct bnd_metric m;

	raw.metrics = &metrics[0].now;
	raw.metric_size = sizeof(metrics[0]);
	ck_assert_int_eq(negotiate(&raw, &r), 0);
	ck_assert(metric_at(raw.metrics, raw.metric_size, 1, &m));
	ck_assert_str_eq(m.name, "b");
	ck_assert_str_eq(m.label, "x");
	ck_assert(!metric_at(raw.metrics, raw.metric_size, 2, &m));

	metrics[1].later = 1;
	type_refused(&raw,
	    "uses a field at offset 40 of metric 'b' that this host does not "
	    "know: install a newer bindery");
	metrics[1].later = 0;
	metrics[1].now.reserved_ = 7;
	type_refused(&raw,
	    "uses a field at offset 12 of metric 'b' that this host does not "
	    "know: install a newer bindery");
}
END_TEST

START_TEST(shorter_metrics)
{
	struct {
		const char *name;
		uint32_t kind, reserved;
	} metrics[] = { { "a", BND_GAUGE, 0 }, { "b", BND_GAUGE, 0 },
		{ NULL, 0, 0 } };
	struct bnd_type raw = sound, r;
	struct bnd_metric m;

	raw.metrics = (const void *)metrics;
	raw.metric_size = sizeof(metrics[0]);
	ck_assert_int_eq(negotiate(&raw, &r), 0);
	ck_assert(metric_at(raw.metrics, raw.metric_size, 1, &m));
	ck_assert_str_eq(m.name, "b");
	ck_assert_ptr_null(m.doc);
}
END_TEST

START_TEST(metrics_are_sound)
{
	struct bnd_metric metrics[NEGOTIATE_METRICS + 2] = {
		{ .name = "ok", .kind = BND_HISTOGRAM },
		{ .name = "Bad", .kind = BND_COUNTER },
	};
	struct bnd_type raw = sound, r;

	raw.metrics = metrics;
	type_refused(&raw,
	    "has no valid name for metric 1: use a letter from a to z, then "
	    "letters, digits and '_', at most 63");
	metrics[1] = (struct bnd_metric){ .name = "x", .kind = 5 };
	type_refused(
	    &raw, "has metric 'x' of kind 5, which this host does not know");
	for (int i = 0; i < NEGOTIATE_METRICS; i++)
		metrics[i] =
		    (struct bnd_metric){ .name = "ok", .kind = BND_COUNTER };
	ck_assert_int_eq(negotiate(&raw, &r), 0);
	metrics[NEGOTIATE_METRICS] = metrics[0];
	type_refused(
	    &raw, "has more than 1000 metrics: end the table with {0}");
}
END_TEST

START_TEST(long_reasons_are_cut)
{
	char text[2000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(why_set(&why, -5, "%s", text), -5);
	ck_assert_uint_eq(strlen(why.text), sizeof(why.text) - 1);
}
END_TEST

UNIT_TESTS("negotiate", abi_text_is_strict, abi_text_goes_both_ways,
    this_host_takes_its_own, smaller_minors_are_taken, other_majors_are_refused,
    drafts_know_no_compatibility, strange_notes_are_refused,
    sound_type_is_copied, no_type_is_refused, shorter_type_is_filled_up,
    longer_type_may_end_in_zero, unknown_callback_is_named,
    sizes_of_types_are_bounded, type_and_note_agree, names_are_checked,
    versions_are_checked, roles_and_flags_are_known, selves_are_bounded,
    option_size_is_checked, metric_size_is_checked, longer_metrics,
    shorter_metrics, metrics_are_sound, long_reasons_are_cut)
