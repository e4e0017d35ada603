/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The ABI note is found in every sound file, and nothing else is. */
#include "plugins/note.h"

#include "unit.h"

#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file of two segments of notes (the first holds a stranger's), in memory. */
struct note {
	ElfW(Nhdr) head;
	char name[8], desc[24];
};
struct elf {
	ElfW(Ehdr) head;
	ElfW(Phdr) segments[3];
	struct note stranger, ours;
};

/* The machine's numbers come from the running program, as it was linked. */
static void
elf_init(struct elf *e, const char *text)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	memset(e, 0, sizeof(*e));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, &e->head, sizeof(e->head)), sizeof(e->head));
	close(fd);
	e->head.e_type = ET_DYN;
	e->head.e_phoff = offsetof(struct elf, segments);
	e->head.e_phnum = 3;
	e->segments[0] =
	    (ElfW(Phdr)){ .p_type = PT_LOAD, .p_filesz = sizeof(*e) };
	for (int i = 1; i < 3; i++)
		e->segments[i] = (ElfW(Phdr)){
			.p_type = PT_NOTE,
			.p_offset = i == 1 ? offsetof(struct elf, stranger)
					   : offsetof(struct elf, ours),
			.p_filesz = sizeof(struct note),
			.p_align = 4,
		};
	e->stranger.head = (ElfW(Nhdr)){ 4, 20, 3 };
	memcpy(e->stranger.name, "GNU", 4);
	e->ours.head = (ElfW(Nhdr)){ 8, 24, 1 };
	memcpy(e->ours.name, "bindery", 8);
	memcpy(e->ours.desc, text, strnlen(text, sizeof(e->ours.desc)));
}

static void
elf_expect(const struct elf *e, const char *wrong)
{
	char text[NOTE_TEXT_MAX] = "";
	const char *got = note_read(e, sizeof(*e), text);

	if (wrong && got)
		ck_assert_msg(strstr(got, wrong), "'%s'", got);
	else
		ck_assert_ptr_eq(got, wrong);
}

START_TEST(note_is_found)
{
	struct elf e;
	char text[NOTE_TEXT_MAX];

	elf_init(&e, "1.0-draft1");
	ck_assert_ptr_null(note_read(&e, sizeof(e), text));
	ck_assert_str_eq(text, "1.0-draft1");
}
END_TEST

START_TEST(note_is_found_behind_a_stranger)
{
	struct elf e;
	char text[NOTE_TEXT_MAX];

	elf_init(&e, "1.7");
	e.segments[1].p_filesz = 2 * sizeof(struct note);
	e.segments[2].p_type = PT_NULL;
	e.stranger.head.n_descsz = 24;
	e.stranger.head.n_namesz = 5; /* rounded up to 8 */
	ck_assert_ptr_null(note_read(&e, sizeof(e), text));
	ck_assert_str_eq(text, "1.7");
}
END_TEST

START_TEST(note_fills_its_space)
{
	struct elf e;
	char text[NOTE_TEXT_MAX];

	elf_init(&e, "123456789012345678901234"); /* no 0 behind it */
	ck_assert_ptr_null(note_read(&e, sizeof(e), text));
	ck_assert_str_eq(text, "123456789012345678901234");
}
END_TEST

START_TEST(note_needs_every_detail)
{
	struct elf e;

	elf_init(&e, "1.0");
	e.ours.head.n_type = 2;
	elf_expect(&e, "has no bindery ABI note");
	elf_init(&e, "1.0");
	e.ours.name[0] = 'B';
	elf_expect(&e, "has no bindery ABI note");
	elf_init(&e, "1.0");
	e.ours.head.n_namesz = 7;
	elf_expect(&e, "has no bindery ABI note");
	elf_init(&e, "1.0");
	e.segments[2].p_type = PT_NULL;
	elf_expect(&e, "has no bindery ABI note");
}
END_TEST

START_TEST(note_must_be_readable)
{
	struct elf e;

	elf_init(&e, "");
	elf_expect(&e, "that cannot be read");
	elf_init(&e, "1.0\n");
	elf_expect(&e, "that cannot be read");
	elf_init(&e, "1.0\x80");
	elf_expect(&e, "that cannot be read");
	elf_init(&e, "1.0");
	e.ours.head.n_descsz = 0;
	elf_expect(&e, "that cannot be read");
}
END_TEST

START_TEST(note_must_not_be_long)
{
	struct {
		struct elf elf;
		char more[NOTE_TEXT_MAX];
	} big;
	char text[NOTE_TEXT_MAX];

	elf_init(&big.elf, "");
	memset(big.elf.ours.desc, '1', sizeof(big.elf.ours.desc));
	memset(big.more, '1', sizeof(big.more));
	big.elf.segments[2].p_filesz += sizeof(big.more);
	big.elf.ours.head.n_descsz = NOTE_TEXT_MAX - 1;
	ck_assert_ptr_null(note_read(&big, sizeof(big), text));
	ck_assert_uint_eq(strlen(text), NOTE_TEXT_MAX - 1);
	big.elf.ours.head.n_descsz = NOTE_TEXT_MAX;
	ck_assert_ptr_nonnull(note_read(&big, sizeof(big), text));
}
END_TEST

START_TEST(note_lengths_lie)
{
	static const uint32_t lies[] = { 25, 28, 1000, INT32_MAX, UINT32_MAX,
		UINT32_MAX - 3, UINT32_MAX - 20 };
	struct elf e;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		elf_init(&e, "1.0");
		e.ours.head.n_descsz = lies[i];
		elf_expect(&e, "has no bindery ABI note");
		elf_init(&e, "1.0");
		e.ours.head.n_namesz = lies[i];
		elf_expect(&e, "has no bindery ABI note");
	}
}
END_TEST

START_TEST(segments_lie)
{
	struct elf e;

	elf_init(&e, "1.0");
	e.segments[2].p_offset = sizeof(e) - 1;
	elf_expect(&e, "has no bindery ABI note");
	elf_init(&e, "1.0");
	e.segments[2].p_offset = UINTPTR_MAX;
	elf_expect(&e, "has no bindery ABI note");
	elf_init(&e, "1.0");
	e.segments[2].p_filesz = UINTPTR_MAX;
	elf_expect(&e, "has no bindery ABI note");
	elf_init(&e, "1.0");
	e.segments[2].p_filesz = 11; /* not even a header */
	elf_expect(&e, "has no bindery ABI note");
}
END_TEST

START_TEST(segment_headers_lie)
{
	struct elf e;

	elf_init(&e, "1.0");
	e.head.e_phoff = UINTPTR_MAX;
	elf_expect(&e, "is cut short");
	elf_init(&e, "1.0");
	e.head.e_phoff = UINTPTR_MAX - sizeof(ElfW(Phdr)) + 1;
	elf_expect(&e, "is cut short");
	elf_init(&e, "1.0");
	e.head.e_phnum = UINT16_MAX;
	elf_expect(&e, "is cut short");
	elf_init(&e, "1.0");
	e.head.e_phnum = 0;
	elf_expect(&e, "has no usable program headers");
	elf_init(&e, "1.0");
	e.head.e_phentsize++;
	elf_expect(&e, "has no usable program headers");
}
END_TEST

START_TEST(other_machines_are_refused)
{
	struct elf e;

	elf_init(&e, "1.0");
	e.head.e_machine ^= 1;
	elf_expect(&e, "is for another kind of machine");
	elf_init(&e, "1.0");
	e.head.e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
	elf_expect(&e, sizeof(long) == 8 ? "is a 32-bit file" : "word size");
	elf_init(&e, "1.0");
	e.head.e_ident[EI_CLASS] = ELFCLASSNONE;
	elf_expect(&e, "is not of this host's word size");
	elf_init(&e, "1.0");
	e.head.e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
	elf_expect(&e, "is of another byte order");
	elf_init(&e, "1.0");
	e.head.e_ident[EI_VERSION] = 9;
	elf_expect(&e, "of an unknown version");
	elf_init(&e, "1.0");
	e.head.e_type = ET_EXEC;
	elf_expect(&e, "is not a shared object");
}
END_TEST

START_TEST(other_files_are_refused)
{
	static const char script[] = "#!/bin/sh\necho this is no plugin\n";
	char text[NOTE_TEXT_MAX];

	ck_assert_str_eq(note_read("", 0, text), "is empty");
	ck_assert_str_eq(note_read("x", 1, text), "is not an ELF file");
	ck_assert_str_eq(
	    note_read(script, sizeof(script), text), "is not an ELF file");
	ck_assert_str_eq(note_read(ELFMAG, SELFMAG, text), "is cut short");
}
END_TEST

/* Cut anywhere, it is refused; and nothing behind the cut is read, which the
 * address sanitizer watches. */
START_TEST(every_cut_is_refused)
{
	struct elf e;
	char text[NOTE_TEXT_MAX];
	void *copy;

	elf_init(&e, "1.0");
	for (size_t n = 0; n < sizeof(e); n++) {
		copy = malloc(n + !n);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, &e, n);
		ck_assert_ptr_nonnull(note_read(copy, n, text));
		free(copy);
	}
}
END_TEST

/* The program itself is an ELF file of this machine, but no plugin. */
START_TEST(program_is_no_plugin)
{
	char text[NOTE_TEXT_MAX], *p = malloc(1 << 24);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_ptr_nonnull(p);
	n = read(fd, p, 1 << 24);
	ck_assert_int_gt(n, 0);
	ck_assert_int_lt(n, 1 << 24);
	ck_assert_ptr_nonnull(note_read(p, (size_t)n, text));
	close(fd);
	free(p);
}
END_TEST

UNIT_TESTS("note", note_is_found, note_is_found_behind_a_stranger,
    note_fills_its_space, note_needs_every_detail, note_must_be_readable,
    note_must_not_be_long, note_lengths_lie, segments_lie, segment_headers_lie,
    other_machines_are_refused, other_files_are_refused, every_cut_is_refused,
    program_is_no_plugin)
