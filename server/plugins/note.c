/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/note.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The program's own ELF header, which the linker names: a plugin must be of the
 * same word size, byte order and machine. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static const char note_owner[] = "bindery";
enum { NOTE_TYPE = 1 };

/* The file, or a part of it.  What is asked of it is copied out: nothing in a
 * hostile file need be aligned. */
struct note_bytes {
	const unsigned char *p;
	size_t n;
};

static bool
note_part(
    struct note_bytes from, uint64_t offset, uint64_t n, struct note_bytes *r)
{
	if (offset > from.n || n > from.n - offset)
		return false;
	*r = (struct note_bytes){ from.p + offset, (size_t)n };
	return true;
}

static bool
note_copy(struct note_bytes from, uint64_t offset, void *to, size_t n)
{
	struct note_bytes part;

	if (!note_part(from, offset, n, &part))
		return false;
	memcpy(to, part.p, n);
	return true;
}

static const char *
note_check_ident(const unsigned char *ident)
{
	const unsigned char *own = __ehdr_start.e_ident;

	if (memcmp(ident, ELFMAG, SELFMAG) != 0)
		return "is not an ELF file";
	if (ident[EI_CLASS] != own[EI_CLASS])
		return ident[EI_CLASS] == ELFCLASS32
			   ? "is a 32-bit file, this host needs a 64-bit one"
			   : "is not of this host's word size";
	if (ident[EI_DATA] != own[EI_DATA])
		return "is of another byte order than this host";
	if (ident[EI_VERSION] != EV_CURRENT)
		return "is an ELF file of an unknown version";
	return NULL;
}

static const char *
note_check_header(struct note_bytes file, ElfW(Ehdr) * h)
{
	unsigned char ident[EI_NIDENT];
	const char *wrong;

	if (file.n == 0)
		return "is empty";
	if (!note_copy(file, 0, ident, sizeof(ident)))
		return file.n >= SELFMAG && !memcmp(file.p, ELFMAG, SELFMAG)
			   ? "is cut short"
			   : "is not an ELF file";
	wrong = note_check_ident(ident);
	if (wrong)
		return wrong;
	if (!note_copy(file, 0, h, sizeof(*h)))
		return "is cut short";
	if (h->e_machine != __ehdr_start.e_machine)
		return "is for another kind of machine";
	if (h->e_type != ET_DYN)
		return "is not a shared object";
	if (h->e_phnum == 0 || h->e_phentsize != sizeof(ElfW(Phdr)))
		return "has no usable program headers";
	return NULL;
}

/* Where the next note begins.  Sums of 32-bit numbers in 64 bits: no overflow.
 */
static uint64_t
note_round(uint64_t offset, uint64_t align)
{
	return (offset + align - 1) / align * align;
}

static const char *
note_take_text(struct note_bytes desc, char text[static NOTE_TEXT_MAX])
{
	size_t n = strnlen((const char *)desc.p, desc.n);

	if (n == 0 || n >= NOTE_TEXT_MAX)
		return "has a bindery ABI note that cannot be read";
	for (size_t i = 0; i < n; i++)
		if (desc.p[i] <= ' ' || desc.p[i] > '~')
			return "has a bindery ABI note that cannot be read";
	memcpy(text, desc.p, n);
	text[n] = '\0';
	return NULL;
}

/* Look for our note in one segment of notes.  Returns false to look further;
 * true: *wrong_r is the verdict. */
static bool
note_in_segment(struct note_bytes notes, uint64_t align,
    char text[static NOTE_TEXT_MAX], const char **wrong_r)
{
	struct note_bytes name, desc;
	uint64_t at = 0, desc_at;
	ElfW(Nhdr) n;

	while (note_copy(notes, at, &n, sizeof(n))) {
		desc_at = note_round(at + sizeof(n) + n.n_namesz, align);
		if (!note_part(notes, at + sizeof(n), n.n_namesz, &name) ||
		    !note_part(notes, desc_at, n.n_descsz, &desc))
			return false;
		if (name.n == sizeof(note_owner) && n.n_type == NOTE_TYPE &&
		    memcmp(name.p, note_owner, name.n) == 0) {
			*wrong_r = note_take_text(desc, text);
			return true;
		}
		at = note_round(desc_at + n.n_descsz, align);
	}
	return false;
}

static bool
note_segment(
    struct note_bytes file, const ElfW(Ehdr) * h, unsigned i, ElfW(Phdr) * r)
{
	return h->e_phoff <= file.n &&
	       note_copy(
		   file, h->e_phoff + (uint64_t)i * sizeof(*r), r, sizeof(*r));
}

/* Is all there that will be mapped?  Where the file ends too early the loader
 * maps a hole, and touching it is death by SIGBUS. */
static bool
note_is_whole(struct note_bytes file, const ElfW(Ehdr) * h)
{
	struct note_bytes segment;
	ElfW(Phdr) ph;

	for (unsigned i = 0; i < h->e_phnum; i++)
		if (!note_segment(file, h, i, &ph) ||
		    (ph.p_type == PT_LOAD && ph.p_filesz > 0 &&
			!note_part(file, ph.p_offset, ph.p_filesz, &segment)))
			return false;
	return true;
}

const char *
note_read(const void *image, size_t size, char text[static NOTE_TEXT_MAX])
{
	struct note_bytes file = { image, size }, notes;
	const char *wrong;
	ElfW(Ehdr) h;
	ElfW(Phdr) ph;

	wrong = note_check_header(file, &h);
	if (wrong)
		return wrong;
	if (!note_is_whole(file, &h))
		return "is cut short";
	for (unsigned i = 0; i < h.e_phnum; i++)
		if (note_segment(file, &h, i, &ph) && ph.p_type == PT_NOTE &&
		    note_part(file, ph.p_offset, ph.p_filesz, &notes) &&
		    note_in_segment(
			notes, ph.p_align == 8 ? 8 : 4, text, &wrong))
			return wrong;
	return "has no bindery ABI note: it is no plugin, or BND_PLUGIN() is "
	       "missing in it";
}
