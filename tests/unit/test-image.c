/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * Plugins are found, checked and mapped; each that is broken is refused with
 * one sentence; one that was replaced is loaded beside the old one.
 */
#include "plugins/image.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TEST_PLUGIN_DIR
#define TEST_PLUGIN_DIR "tests/plugins"
#endif

static const struct bnd_host host = {
	.size = sizeof(struct bnd_host),
	.abi_major = BND_MAJOR,
	.abi_minor = BND_MINOR,
	.version = "test",
};

static const char *const built[] = { TEST_PLUGIN_DIR, NULL };
static char scratch[] = "/tmp/test-image.XXXXXX";
static const char *const scratch_only[] = { scratch, NULL };

/* ------------------------------------------------------------------- helpers
 */

static void
scratch_remove(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	if (system(command) != 0)
		perror(command);
}

/* Each test runs in a process of its own, with a directory of its own. */
static void
scratch_make(void)
{
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	atexit(scratch_remove);
}

struct path {
	char s[300];
};

static struct path
in_scratch(const char *name)
{
	struct path p;

	snprintf(p.s, sizeof(p.s), "%s/%s", scratch, name);
	return p;
}

static void
write_file(const char *path, const void *data, size_t n)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

/* The first n bytes of a built plugin, at most all of them, to a path. */
static void
copy_cut(const char *plugin, const char *to, size_t n)
{
	static char data[4 << 20];
	struct path from;
	size_t have;
	FILE *f;

	snprintf(from.s, sizeof(from.s), "%s/%s", TEST_PLUGIN_DIR, plugin);
	f = fopen(from.s, "r");
	ck_assert_msg(f != NULL, "%s: %s", from.s, strerror(errno));
	have = fread(data, 1, sizeof(data), f);
	fclose(f);
	ck_assert_uint_lt(have, sizeof(data));
	write_file(to, data, have < n ? have : n);
}

/* Put a built plugin to a path as a package manager does: by rename. */
static void
install(const char *plugin, const char *to)
{
	struct path tmp = in_scratch("new.tmp");

	copy_cut(plugin, tmp.s, SIZE_MAX);
	ck_assert_int_eq(rename(tmp.s, to), 0);
}

static struct image *
load(const char *type, const char *const *dirs)
{
	struct report report = { 0 };
	struct image *image =
	    image_load(type, dirs, &host, "x.conf", 7, &report);

	ck_assert_msg(image != NULL, "%s",
	    report.count ? report.entries[0].text : "no reason");
	ck_assert_uint_eq(report.count, 0);
	report_finish(&report);
	return image;
}

/* It is refused with exactly one error; its text, without "x.conf:7: ". */
static const char *
refusal(const char *type, const char *const *dirs)
{
	static char text[2000];
	struct report report = { 0 };

	ck_assert_ptr_null(image_load(type, dirs, &host, "x.conf", 7, &report));
	ck_assert_uint_eq(report.count, 1);
	ck_assert_uint_eq(report.errors, 1);
	ck_assert_int_eq(strncmp(report.entries[0].text, "x.conf:7: ", 10), 0);
	snprintf(text, sizeof(text), "%s", report.entries[0].text + 10);
	report_finish(&report);
	return text;
}

/* plugin 'DIR/NAME.so' SENTENCE */
static void
refused(const char *name, const char *sentence)
{
	char expected[2000];

	snprintf(expected, sizeof(expected), "plugin '%s/%s.so' %s",
	    TEST_PLUGIN_DIR, name, sentence);
	ck_assert_str_eq(refusal(name, built), expected);
}

static void
refused_file(const char *path, const char *sentence)
{
	char expected[2000];

	snprintf(expected, sizeof(expected), "plugin '%s' %s", path, sentence);
	ck_assert_str_eq(refusal(path, built), expected);
}

static int
check(const struct image *image)
{
	return image->type.check(NULL);
}

/* ------------------------------------------------------------------ good ones
 */

START_TEST(good_plugin_loads)
{
	const struct image *image = load("upper", built);

	ck_assert_str_eq(image->type.name, "upper");
	ck_assert_str_eq(image->path, TEST_PLUGIN_DIR "/upper.so");
	ck_assert_uint_eq(image->load, 1);
	ck_assert_ptr_eq(image->type.flow, image->raw->flow);
	ck_assert_ptr_nonnull(image->type.flow);
	ck_assert_ptr_eq(image_first(), image);
	ck_assert_ptr_null(image->next);
	ck_assert_uint_eq(image->abi.draft, BND_DRAFT);
}
END_TEST

START_TEST(longer_type_loads)
{
	ck_assert_int_eq(check(load("longer", built)), 42);
}
END_TEST

START_TEST(shorter_type_loads)
{
	const struct image *image = load("shorter", built);

	ck_assert_int_eq(check(image), 42);
	ck_assert_ptr_null(image->type.flow);
	ck_assert_ptr_nonnull(image->raw->flow);
}
END_TEST

START_TEST(first_directory_wins)
{
	const char *const dirs[] = { "/nonexistent", scratch, TEST_PLUGIN_DIR,
		NULL };

	scratch_make();
	install("swap2.so", in_scratch("upper.so").s);
	ck_assert_ptr_nonnull(strstr(refusal("upper", dirs),
	    "implements 'swap' and not 'upper': name a plugin's file after "
	    "its type"));
	unlink(in_scratch("upper.so").s);
	ck_assert_str_eq(
	    load("upper", dirs)->path, TEST_PLUGIN_DIR "/upper.so");
}
END_TEST

START_TEST(path_may_have_any_name)
{
	const struct image *image =
	    load(TEST_PLUGIN_DIR "/name-mismatch.so", built);

	ck_assert_str_eq(image->type.name, "another-name");
}
END_TEST

START_TEST(same_file_is_one_image)
{
	struct path link = in_scratch("swap.so");
	const struct image *image;

	scratch_make();
	link = in_scratch("swap.so");
	install("swap1.so", link.s);
	image = load("swap", scratch_only);
	ck_assert_ptr_eq(load("swap", scratch_only), image);
	ck_assert_ptr_eq(load(link.s, built), image);
	ck_assert_int_eq(symlink(link.s, in_scratch("other.so").s), 0);
	ck_assert_ptr_eq(load(in_scratch("other.so").s, built), image);
	ck_assert_int_eq(check(image), 101);
	ck_assert_ptr_nonnull(
	    strstr(refusal("other", scratch_only), "implements 'swap'"));
}
END_TEST

/* ----------------------------------------------------------------- replacing
 */

START_TEST(replaced_file_loads_beside_the_old)
{
	static const char *const files[] = { "swap1.so", "swap2.so",
		"swap3.so" };
	const struct image *images[3];
	struct path path;

	scratch_make();
	path = in_scratch("swap.so");
	for (unsigned i = 0; i < 3; i++) {
		install(files[i], path.s);
		images[i] = load("swap", scratch_only);
		ck_assert_uint_eq(images[i]->load, i + 1);
		ck_assert_str_eq(images[i]->path, path.s);
	}
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(check(images[i]), (i + 1) * 100 + 1);
	ck_assert_ptr_eq(image_first(), images[2]);
	ck_assert_ptr_eq(image_first()->next, images[1]);
}
END_TEST

/* Two directories whose spellings fall into one another must not confuse old
 * and new files. */
START_TEST(spellings_that_collide)
{
	struct path dotted, path;
	const struct image *one, *two, *three;

	scratch_make();
	dotted = in_scratch("./swap.so");
	path = in_scratch("swap.so");
	install("swap1.so", path.s);
	one = load(dotted.s, built);
	install("swap2.so", path.s);
	two = load(path.s, built);
	install("swap3.so", path.s);
	three = load(path.s, built);
	ck_assert_int_eq(check(one), 101);
	ck_assert_int_eq(check(two), 201);
	ck_assert_int_eq(check(three), 301);
}
END_TEST

START_TEST(many_upgrades)
{
	struct path path;

	scratch_make();
	path = in_scratch("swap.so");
	for (unsigned i = 0; i < 50; i++) {
		install(i % 2 ? "swap1.so" : "swap2.so", path.s);
		ck_assert_int_eq(
		    check(load("swap", scratch_only)), i % 2 ? 101 : 201);
	}
	ck_assert_uint_eq(image_first()->load, 50);
}
END_TEST

/* The file is replaced when it was checked and is not mapped yet: the new one
 * is checked, and used. */
START_TEST(replaced_while_loading)
{
	struct path path, next;
	const struct image *image;

	scratch_make();
	path = in_scratch("swap.so");
	next = in_scratch("next.so");
	install("racer.so", path.s);
	install("swap2.so", next.s);
	setenv("BINDERY_TEST_FROM", next.s, 1);
	setenv("BINDERY_TEST_TO", path.s, 1);
	image = load("swap", scratch_only);
	ck_assert_int_eq(check(image), 201);
	ck_assert_ptr_null(image->next);
	install("swap3.so", path.s);
	ck_assert_int_eq(check(load("swap", scratch_only)), 301);
}
END_TEST

/* It is replaced by a file that must not be used. */
START_TEST(replaced_while_loading_by_a_bad_one)
{
	struct path path, next;

	scratch_make();
	path = in_scratch("swap.so");
	next = in_scratch("next.so");
	install("racer.so", path.s);
	install("wrong-major.so", next.s);
	setenv("BINDERY_TEST_FROM", next.s, 1);
	setenv("BINDERY_TEST_TO", path.s, 1);
	ck_assert_ptr_nonnull(
	    strstr(refusal("swap", scratch_only), "wants SDK ABI 2.0"));
	ck_assert_ptr_null(image_first());
}
END_TEST

/* Taken away and put back: what was mapped when nobody was sure is known again.
 */
START_TEST(moved_while_loading)
{
	struct path path, away;

	scratch_make();
	path = in_scratch("swap.so");
	away = in_scratch("away.so");
	install("racer.so", path.s);
	setenv("BINDERY_TEST_FROM", path.s, 1);
	setenv("BINDERY_TEST_TO", away.s, 1);
	ck_assert_ptr_nonnull(strstr(refusal("swap", scratch_only),
	    "cannot be opened: No such file or directory"));
	ck_assert_int_eq(rename(away.s, path.s), 0);
	ck_assert_int_eq(check(load("swap", scratch_only)), -1);
	for (int i = 1; i < 4; i++) {
		char name[] = "swap0.so";

		name[4] = (char)('0' + i);
		install(name, path.s);
		ck_assert_int_eq(
		    check(load("swap", scratch_only)), i * 100 + 1);
	}
}
END_TEST

START_TEST(overwritten_file_is_refused)
{
	struct path path;
	FILE *f;

	scratch_make();
	path = in_scratch("swap.so");
	install("swap1.so", path.s);
	load("swap", scratch_only);
	f = fopen(path.s, "a"); /* the same bytes and one more */
	ck_assert_ptr_nonnull(f);
	fputc(0, f);
	fclose(f);
	refused_file(path.s,
	    "was written over while it is mapped: restart this host now, and "
	    "replace plugins by renaming the new file over the old");
	install("swap2.so", path.s);
	ck_assert_int_eq(check(load("swap", scratch_only)), 201);
}
END_TEST

/* --------------------------------------------------------------- not finding
 */

START_TEST(missing_plugin_is_suggested)
{
	ck_assert_str_eq(refusal("uper", built),
	    "plugin 'uper' not found in '" TEST_PLUGIN_DIR
	    "': did you mean 'upper'?");
}
END_TEST

START_TEST(missing_plugin_without_likeness)
{
	const char *const dirs[] = { "/nonexistent/a", "/nonexistent/b", NULL };

	ck_assert_str_eq(refusal("upper", dirs),
	    "plugin 'upper' not found in '/nonexistent/a', '/nonexistent/b': "
	    "install it, or set plugin_path");
}
END_TEST

START_TEST(missing_directories)
{
	const char *const none[] = { NULL };

	ck_assert_str_eq(refusal("upper", none),
	    "plugin 'upper' not found: no plugin directory is known");
}
END_TEST

START_TEST(strange_types_are_no_names)
{
	static const char *const bad[] = { "", "..", "Upper", "a b", "upper.so",
		"-x", "lib_x" };
	char expected[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(expected, sizeof(expected),
		    "'%s' cannot be a plugin: use the name of a type, or the "
		    "path of a file",
		    bad[i]);
		ck_assert_str_eq(refusal(bad[i], built), expected);
	}
}
END_TEST

START_TEST(missing_path)
{
	refused_file(
	    "/nonexistent/x.so", "cannot be opened: No such file or directory");
}
END_TEST

/* ------------------------------------------------------- files that are wrong
 */

START_TEST(other_files_are_refused)
{
	struct path path;

	scratch_make();
	path = in_scratch("x.so");
	write_file(path.s, "", 0);
	refused_file(path.s, "is empty");
	write_file(path.s, "#!/bin/sh\necho hello, I am no plugin\n", 36);
	refused_file(path.s, "is not an ELF file");
	refused_file(scratch, "is not a regular file");
	unlink(path.s);
	ck_assert_int_eq(mkfifo(path.s, 0600), 0);
	refused_file(path.s, "is not a regular file");
	unlink(path.s);
	ck_assert_int_eq(symlink(path.s, path.s), 0);
	refused_file(
	    path.s, "cannot be opened: Too many levels of symbolic links");
}
END_TEST

START_TEST(cut_file_is_refused)
{
	static const size_t cuts[] = { 20, 64, 100, 1000, 4096, 8192 };
	struct path path;

	scratch_make();
	path = in_scratch("x.so");
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		copy_cut("swap1.so", path.s, cuts[i]);
		refused_file(path.s, "is cut short");
	}
}
END_TEST

START_TEST(large_file_is_refused)
{
	struct path path;

	scratch_make();
	path = in_scratch("x.so");
	write_file(path.s, "", 0);
	ck_assert_int_eq(truncate(path.s, FILE_MAX + 1L), 0);
	refused_file(path.s, "is larger than 64 MiB");
}
END_TEST

START_TEST(writable_file_is_refused)
{
	struct path path;

	scratch_make();
	path = in_scratch("swap.so");
	install("swap1.so", path.s);
	ck_assert_int_eq(chmod(path.s, 0775), 0);
	refused_file(path.s,
	    "may be written to by others (mode 0775): take that away with "
	    "chmod go-w");
	ck_assert_int_eq(chmod(path.s, 0757), 0);
	refused_file(path.s,
	    "may be written to by others (mode 0757): take that away with "
	    "chmod go-w");
	ck_assert_int_eq(chmod(path.s, 0644), 0);
	ck_assert_int_eq(check(load("swap", scratch_only)), 101);
}
END_TEST

/* Others could put another file there between the check and the mapping. */
START_TEST(writable_directory_is_refused)
{
	struct path path;

	scratch_make();
	path = in_scratch("swap.so");
	install("swap1.so", path.s);
	ck_assert_int_eq(chmod(scratch, 0775), 0);
	refused_file(path.s,
	    "lies in a directory that may be written to by others (mode "
	    "0775): take that away with chmod go-w");
	ck_assert_int_eq(chmod(scratch, 0757), 0);
	refused_file(path.s,
	    "lies in a directory that may be written to by others (mode "
	    "0757): take that away with chmod go-w");
	ck_assert_int_eq(chmod(scratch, 01777), 0);
	ck_assert_int_eq(check(load("swap", scratch_only)), 101);
}
END_TEST

START_TEST(directory_of_a_stranger_is_refused)
{
	struct path path;

	scratch_make();
	path = in_scratch("swap.so");
	install("swap1.so", path.s);
	if (chown(scratch, 12345, (gid_t)-1) < 0)
		return; /* only root can give it away */
	refused_file(path.s,
	    "lies in a directory of user 12345: it must belong to root or to "
	    "user 0, as whom this host runs");
}
END_TEST

START_TEST(file_of_a_stranger_is_refused)
{
	struct path path;

	scratch_make();
	path = in_scratch("swap.so");
	install("swap1.so", path.s);
	if (chown(path.s, 12345, (gid_t)-1) < 0)
		return; /* only root can give files away */
	refused_file(path.s,
	    "belongs to user 12345: it must belong to root or to user 0, as "
	    "whom this host runs");
}
END_TEST

/* ----------------------------------------------------- plugins that are wrong
 */

START_TEST(wrong_notes)
{
	refused("no-note",
	    "has no bindery ABI note: it is no plugin, or BND_PLUGIN() is "
	    "missing in it");
	refused("bad-note",
	    "wants SDK ABI 'one.two', which is not a version that this host "
	    "(" BND_ABI_TEXT_ ") understands: rebuild the plugin with this "
	    "host's SDK");
	refused("other-draft",
	    "wants SDK ABI 1.0-draft999, this host has " BND_ABI_TEXT_
	    ": rebuild the plugin with this host's SDK");
}
END_TEST

START_TEST(wrong_note_runs_nothing)
{
	refused("wrong-major", "wants SDK ABI 2.0, this host has " BND_ABI_TEXT_
			       ": install a newer bindery");
	ck_assert_ptr_null(getenv("BINDERY_TEST_RAN"));
	refused("newer-minor",
	    "wants SDK ABI 1.999, this host has " BND_ABI_TEXT_
	    ": install a newer bindery or rebuild the plugin");
	ck_assert_ptr_null(image_first());
}
END_TEST

START_TEST(wrong_entries)
{
	refused("no-symbol",
	    "has no symbol bnd_plugin_v1: write BND_PLUGIN() in one of its "
	    "files");
	refused(
	    "null-type", "gives no type: its bnd_plugin_v1() returned NULL");
	/* What is mapped and bad stays so. */
	refused(
	    "null-type", "gives no type: its bnd_plugin_v1() returned NULL");
	ck_assert_ptr_null(image_first());
}
END_TEST

START_TEST(wrong_types)
{
	char expected[200];

	snprintf(expected, sizeof(expected),
	    "uses a callback at offset %zu that this host (SDK %s) does not "
	    "know: install a newer bindery",
	    sizeof(struct bnd_type) + sizeof(void *), BND_ABI_TEXT_);
	refused("unknown-callback", expected);
	refused("unknown-flag", "sets flags 0x40 that this host does not know");
	refused("name-mismatch",
	    "implements 'another-name' and not 'name-mismatch': name a "
	    "plugin's file after its type");
}
END_TEST

START_TEST(unresolved_symbol_is_named)
{
	const char *text = refusal("unresolved", built);

	ck_assert_ptr_nonnull(
	    strstr(text, "unresolved.so' cannot be loaded: "));
	ck_assert_ptr_nonnull(strstr(text, "bindery_test_nobody_has_this"));
}
END_TEST

UNIT_TESTS("image", good_plugin_loads, longer_type_loads, shorter_type_loads,
    first_directory_wins, path_may_have_any_name, same_file_is_one_image,
    replaced_file_loads_beside_the_old, spellings_that_collide, many_upgrades,
    replaced_while_loading, replaced_while_loading_by_a_bad_one,
    moved_while_loading, overwritten_file_is_refused,
    missing_plugin_is_suggested, missing_plugin_without_likeness,
    missing_directories, strange_types_are_no_names, missing_path,
    other_files_are_refused, cut_file_is_refused, large_file_is_refused,
    writable_file_is_refused, writable_directory_is_refused,
    directory_of_a_stranger_is_refused, file_of_a_stranger_is_refused,
    wrong_notes, wrong_note_runs_nothing, wrong_entries, wrong_types,
    unresolved_symbol_is_named)
