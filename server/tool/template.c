/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/template.h"

#include "tool/tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "build-info.h"

static void
text_release(char **p)
{
	free(*p);
}

static void
file_close(FILE **p)
{
	if (*p)
		fclose(*p);
}

static void
directory_close(DIR **p)
{
	if (*p)
		closedir(*p);
}

static bool
is_directory(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

int
template_find(char path[PATH_MAX])
{
	static const char beside[] = "../share/bindery/template";
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof(beside));
	char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	if (slash) {
		strcpy(slash + 1, beside);
		if (is_directory(path))
			return EX_OK;
	}
	snprintf(path, PATH_MAX, "%s/template", BINDERY_DATADIR);
	if (is_directory(path))
		return EX_OK;
	return tool_fail(EX_UNAVAILABLE,
	    "the templates are not installed: there is no '%s', which comes "
	    "with the development package",
	    path);
}

static int
made_add(json_t *made, const char *path)
{
	/* As the system has it, be it UTF-8 or not. */
	if (json_array_append_new(made, json_string_nocheck(path)) == 0)
		return EX_OK;
	remove(path);
	return tool_no_memory();
}

void
template_remove(const json_t *made)
{
	for (size_t i = json_array_size(made); i-- > 0;)
		remove(json_string_value(json_array_get(made, i)));
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* What is in the way is not ours to change. */
static int
directory_must_be_empty(const char *path)
{
	CLEANUP(directory_close) DIR *d = opendir(path);
	const struct dirent *e;

	if (!d)
		return tool_fail(
		    EX_CANTCREAT, "cannot use '%s': %s", path, strerror(errno));
	while ((e = readdir(d)))
		if (!is_dots(e->d_name))
			return tool_fail(EX_CANTCREAT,
			    "'%s' is not empty: name another directory", path);
	return EX_OK;
}

int
template_begin(const char *to, json_t *made)
{
	if (mkdir(to, 0777) == 0)
		return made_add(made, to);
	if (errno == EEXIST)
		return directory_must_be_empty(to);
	return tool_fail(
	    EX_CANTCREAT, "cannot make '%s': %s", to, strerror(errno));
}

/* ---- words */

static const struct template_word *
word_at(const struct template_word *words, const char *text)
{
	for (; words->from; words++)
		if (strncmp(text, words->from, strlen(words->from)) == 0)
			return words;
	return NULL;
}

/* To be freed; NULL: no memory. */
static char *
words_exchange(const struct template_word *words, const char *text)
{
	char *result = NULL;
	size_t size;
	FILE *f = open_memstream(&result, &size);

	if (!f)
		return NULL;
	while (*text) {
		const struct template_word *w = word_at(words, text);

		if (w)
			fputs(w->to, f);
		else
			fputc(*text, f);
		text += w ? strlen(w->from) : 1;
	}
	if (fclose(f) == 0)
		return result;
	free(result);
	return NULL;
}

/* ---- files */

/* Its text, to be freed; NULL: said. */
static char *
file_read(const char *path, mode_t *mode)
{
	CLEANUP(file_close) FILE *f = fopen(path, "re");
	struct stat s;
	char *text;

	if (!f || fstat(fileno(f), &s) < 0) {
		tool_fail(EX_NOINPUT, "cannot read the template '%s': %s", path,
		    strerror(errno));
		return NULL;
	}
	if (s.st_size > TEMPLATE_FILE_MAX) {
		tool_fail(EX_NOINPUT, "the template '%s' is too long", path);
		return NULL;
	}
	*mode = s.st_mode;
	text = malloc((size_t)s.st_size + 1);
	if (text)
		text[fread(text, 1, (size_t)s.st_size, f)] = '\0';
	else
		tool_no_memory();
	return text;
}

static bool
file_fill(int fd, const char *text)
{
	FILE *f = fdopen(fd, "w");
	bool is_whole = f && fputs(text, f) >= 0;

	if (f)
		return fclose(f) == 0 && is_whole;
	close(fd);
	return false;
}

static int
file_write(const char *path, const char *text, mode_t mode, json_t *made)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    mode & 0100 ? 0777 : 0666);
	int rc = fd < 0 ? EX_OK : made_add(made, path);

	if (fd >= 0 && file_fill(fd, text))
		return rc;
	return tool_fail(
	    EX_CANTCREAT, "cannot write '%s': %s", path, strerror(errno));
}

static int
file_copy(const char *from, const char *to, const struct template_word *words,
    json_t *made)
{
	CLEANUP(text_release) char *text = NULL;
	CLEANUP(text_release) char *changed = NULL;
	mode_t mode;

	text = file_read(from, &mode);
	if (!text)
		return EX_NOINPUT;
	changed = words_exchange(words, text);
	if (!changed)
		return tool_no_memory();
	return file_write(to, changed, mode, made);
}

static int
entry_copy(const char *from, const char *to, const struct template_word *words,
    json_t *made)
{
	if (!is_directory(from))
		return file_copy(from, to, words, made);
	/* Two templates may have files in the same directory. */
	if (mkdir(to, 0777) == 0) {
		int rc = made_add(made, to);

		if (rc)
			return rc;
	} else if (errno != EEXIST) {
		return tool_fail(
		    EX_CANTCREAT, "cannot make '%s': %s", to, strerror(errno));
	}
	return template_copy(from, to, words, made);
}

int
template_copy(const char *from, const char *to,
    const struct template_word *words, json_t *made)
{
	CLEANUP(directory_close) DIR *d = opendir(from);
	const struct dirent *e;
	int rc = EX_OK;

	if (!d)
		return tool_fail(EX_NOINPUT,
		    "cannot read the template '%s': %s", from, strerror(errno));
	while (!rc && (e = readdir(d))) {
		CLEANUP(text_release) char *name = NULL;
		CLEANUP(text_release) char *a = NULL;
		CLEANUP(text_release) char *b = NULL;

		if (is_dots(e->d_name))
			continue;
		name = words_exchange(words, e->d_name);
		if (!name || asprintf(&a, "%s/%s", from, e->d_name) < 0 ||
		    asprintf(&b, "%s/%s", to, name) < 0)
			return tool_no_memory();
		rc = entry_copy(a, b, words, made);
	}
	return rc;
}
