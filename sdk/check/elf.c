/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* elf.c - what a plugin's file exports: one symbol. */

#include "check.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	const char *data;
	size_t size;
};

/* What tools that measure code put into every object. */
static bool
is_tolerated(const char *name)
{
	static const char *const prefixes[] = { "__gcov", "__llvm", "__asan",
		"__ubsan", "__tsan", "_init", "_fini", "__sancov" };

	for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return strcmp(name, "bnd_plugin_v1") == 0;
}

static const void *
file_part(const struct file *f, uint64_t offset, uint64_t size)
{
	if (offset > f->size || size > f->size - offset)
		return NULL;
	return f->data + offset;
}

static const char *
symbols_look(const struct file *f, const ElfW(Shdr) * table,
    const ElfW(Shdr) * names, char text[CHECK_TEXT])
{
	const char *strings = file_part(f, names->sh_offset, names->sh_size);
	const ElfW(Sym) *s = file_part(f, table->sh_offset, table->sh_size);
	size_t n = table->sh_size / sizeof(*s);

	if (!strings || !s || !names->sh_size ||
	    strings[names->sh_size - 1] != '\0')
		return "its table of symbols is broken";
	for (size_t i = 0; i < n; i++) {
		if (s[i].st_shndx == SHN_UNDEF ||
		    s[i].st_name >= names->sh_size || !strings[s[i].st_name] ||
		    is_tolerated(strings + s[i].st_name))
			continue;
		snprintf(text, CHECK_TEXT,
		    "it exports '%s': only bnd_plugin_v1 may be seen from "
		    "outside, so compile with -fvisibility=hidden",
		    strings + s[i].st_name);
		return text;
	}
	return NULL;
}

static const char *
file_look(const struct file *f, char text[CHECK_TEXT])
{
	const ElfW(Ehdr) *head = file_part(f, 0, sizeof(*head));
	const ElfW(Shdr) * s;

	if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return "it is not an ELF file";
	s = file_part(f, head->e_shoff, (uint64_t)head->e_shnum * sizeof(*s));
	if (!s)
		return "its table of sections is broken";
	for (unsigned i = 0; i < head->e_shnum; i++) {
		if (s[i].sh_type == SHT_DYNSYM && s[i].sh_link < head->e_shnum)
			return symbols_look(f, &s[i], &s[s[i].sh_link], text);
	}
	return "it has no dynamic symbols";
}

const char *
elf_exports(const char *path, char text[CHECK_TEXT])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *wrong = "it cannot be read";
	struct stat st;
	struct file f;

	if (fd < 0)
		return wrong;
	if (fstat(fd, &st) == 0 && st.st_size > 0) {
		f.size = (size_t)st.st_size;
		f.data = mmap(NULL, f.size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (f.data != MAP_FAILED) {
			wrong = file_look(&f, text);
			munmap((void *)(uintptr_t)f.data, f.size);
		}
	}
	close(fd);
	return wrong;
}
