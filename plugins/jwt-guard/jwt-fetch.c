/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-fetch.h"

#include "jwt-fetch-run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define FETCH_NAME "bindery-jwks-fetch"

/* Say it in why, printable, and hand rc on. */
static int __attribute__((format(printf, 4, 5)))
fetch_say(int rc, char *why, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, size, format, ap);
	va_end(ap);
	for (char *p = why; size && *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return rc;
}

/* ----------------------------------------------------------------- program */

int
jwt_fetch_find(char *path, size_t size)
{
	const char *name = secure_getenv("BINDERY_JWKS_FETCH");
	int n = snprintf(path, size, "%s",
	    name && *name ? name : BINDERY_JWKS_FETCH_PROGRAM);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int
jwt_fetch_check(char *why, size_t why_size)
{
	char path[4096];
	struct stat st;
	int rc = jwt_fetch_find(path, sizeof(path));

	if (rc < 0)
		return fetch_say(rc, why, why_size,
		    "BINDERY_JWKS_FETCH in the environment is too long");
	if (*path != '/')
		return fetch_say(-EINVAL, why, why_size,
		    "BINDERY_JWKS_FETCH in the environment must be an absolute "
		    "path, not '%.100s'",
		    path);
	if (stat(path, &st) < 0 && errno == ENOENT)
		return fetch_say(-ENOENT, why, why_size,
		    "'%.150s' is not installed (package " FETCH_NAME ")", path);
	if (stat(path, &st) < 0)
		return fetch_say(-errno, why, why_size,
		    "cannot use '%.150s': %s", path, strerrordesc_np(errno));
	if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return fetch_say(-EACCES, why, why_size,
		    "'%.150s' cannot be run: it must be an executable file",
		    path);
	return 0;
}

/* --------------------------------------------------------------------- url */

/* HOST, ADDRESS or [ADDRESS], with or without :PORT, up to the path. */
static bool
fetch_host_is_good(const char *s)
{
	static const char digits[] = "0123456789";
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	bool is_v6 = *s == '[';
	size_t n =
	    is_v6 ? strspn(s + 1, "0123456789abcdefABCDEF:.") : strspn(s, name);
	long port = 1;

	if (n == 0 || (is_v6 && s[1 + n] != ']'))
		return false;
	s += is_v6 ? n + 2 : n;
	if (*s == ':') {
		n = strspn(++s, digits);
		port = n >= 1 && n <= 5 ? strtol(s, NULL, 10) : 0;
		s += n;
	}
	return port >= 1 && port <= 65535 && strchr("/?#", *s);
}

const char *
jwt_fetch_url_check(const char *url)
{
	static const char scheme[] = "https://";
	const char *host = url + sizeof(scheme) - 1;

	if (strnlen(url, JWT_FETCH_URL_MAX + 1) > JWT_FETCH_URL_MAX)
		return "must not be longer than 2000 bytes";
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p > '~')
			return "must not have spaces, control characters or "
			       "letters beyond ASCII: write them as %XX";
	if (strncasecmp(url, scheme, sizeof(scheme) - 1) != 0)
		return "must begin with https://";
	if (memchr(host, '@', strcspn(host, "/?#")))
		return "must not have a user or a password: they would be "
		       "in the log";
	if (!fetch_host_is_good(host))
		return "must have a host behind https://, and behind that at "
		       "most a port";
	return NULL;
}

/* ------------------------------------------------------------------- fetch */

/* What it wrote on its standard error output: its first line, without its
 * name. */
static char *
fetch_said(struct jwt_fetch_run *r)
{
	static const char name[] = FETCH_NAME ": ";
	char *line = r->said;

	for (size_t i = 0; i < r->said_n; i++)
		if (!line[i])
			line[i] = '?';
	line[r->said_n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (strncmp(line, name, sizeof(name) - 1) == 0)
		line += sizeof(name) - 1;
	return line;
}

/* It has ended: well? */
static int
fetch_judge(struct jwt_fetch_run *r, char *why, size_t size)
{
	const char *said = fetch_said(r);
	int status = WEXITSTATUS(r->status);
	int rc = status == EX_TEMPFAIL ? -EAGAIN : -EBADMSG;

	if (WIFSIGNALED(r->status))
		return fetch_say(-EIO, why, size,
		    FETCH_NAME " was ended by signal %d", WTERMSIG(r->status));
	if (status && *said)
		return fetch_say(rc, why, size, "%s", said);
	if (status)
		return fetch_say(rc, why, size,
		    FETCH_NAME " ended with status %d and said nothing",
		    status);
	if (!r->n)
		return fetch_say(
		    -EBADMSG, why, size, FETCH_NAME " printed nothing");
	return 0;
}

/* It has not come to its end. */
static int
fetch_blame(const struct jwt_fetch_run *r, int rc, char *why, size_t size)
{
	switch (rc) {
	case -ETIMEDOUT:
		return fetch_say(rc, why, size,
		    FETCH_NAME " has not ended within %d ms",
		    r->fetch->timeout_ms);
	case -ECANCELED:
		return fetch_say(rc, why, size, "the fetch was cancelled");
	case -EFBIG:
		return fetch_say(rc, why, size,
		    FETCH_NAME " printed more than the %zu bytes that it may",
		    r->fetch->max_bytes);
	case -ECHILD:
		return fetch_say(rc, why, size,
		    "how " FETCH_NAME " ended was not to be learnt: something "
		    "else in this process waits for children");
	default:
		return fetch_say(rc, why, size, "%s", strerrordesc_np(-rc));
	}
}

int
jwt_fetch(const struct jwt_fetch *f, char **text_r, size_t *n_r, char *why,
    size_t why_size)
{
	struct jwt_fetch_run r;
	int rc = jwt_fetch_run_start(&r, f);

	if (rc < 0)
		fetch_say(rc, why, why_size, "cannot run '%.150s': %s",
		    f->program, strerrordesc_np(-rc));
	else if ((rc = jwt_fetch_run_wait(&r)) < 0)
		fetch_blame(&r, rc, why, why_size);
	else
		rc = fetch_judge(&r, why, why_size);
	if (rc == 0) {
		*text_r = r.text;
		*n_r = r.n;
		r.text = NULL;
	}
	jwt_fetch_run_finish(&r);
	return rc;
}
