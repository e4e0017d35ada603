/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tokens.h"

#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char **lines; /* each ends in a newline */
static size_t count, next;

static int
tokens_add(char *line)
{
	char **more = realloc(lines, (count + 1) * sizeof(*lines));

	if (!more)
		return fail("realloc");
	lines = more;
	lines[count] = strdup(line);
	return lines[count++] ? 0 : fail("strdup");
}

int
tokens_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	if (!f)
		return fail(path);
	while (rc == 0 && getline(&line, &size, f) > 0)
		rc = tokens_add(line);
	free(line);
	fclose(f);
	errno = ENODATA;
	return count == 0 ? fail(path) : rc;
}

int
tokens_say(int fd)
{
	const char *line;
	size_t n;

	if (count == 0)
		return 0;
	line = lines[next];
	next = (next + 1) % count;
	n = strlen(line);
	return send(fd, line, n, MSG_NOSIGNAL | MSG_MORE) == (ssize_t)n ? 0
									: -1;
}
