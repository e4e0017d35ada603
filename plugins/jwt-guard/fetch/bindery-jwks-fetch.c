/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * bindery-jwks-fetch - print the key set (JWKS) of an identity provider.  The
 * jwt-guard binding runs it for keys_url, so that neither HTTP nor what libcurl
 * brings along gets into the daemon.  See bindery-jwks-fetch(8).
 */
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#define NAME           "bindery-jwks-fetch"
#define ARRAY_SIZE(a)  (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(n) __attribute__((format(printf, n, (n) + 1)))

enum {
	GRACE_MS = 500,       /* see deadline_set() */
	HEADERS_MOST = 65536, /* bytes, of all answers */
	STATUS_GOOD = 200,
};

struct fetch {
	const char *url, *ca;
	long max_bytes, timeout_ms;
	CURL *curl;
	char *text;             /* room for max_bytes */
	size_t n, header_bytes; /* that came */
	bool is_too_large;
	char detail[CURL_ERROR_SIZE];
};

/* clang-format off */
static const struct { CURLoption option; long value; } settings[] = {
	{ CURLOPT_SSL_VERIFYPEER,           1 },
	{ CURLOPT_SSL_VERIFYHOST,           2 },
	{ CURLOPT_SSLVERSION,               CURL_SSLVERSION_TLSv1_2 },
	{ CURLOPT_HTTP_VERSION,             CURL_HTTP_VERSION_1_1 },
	{ CURLOPT_FOLLOWLOCATION,           1 },
	{ CURLOPT_MAXREDIRS,                3 },
	{ CURLOPT_NETRC,                    CURL_NETRC_IGNORED },
	{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
	{ CURLOPT_NOSIGNAL,                 1 }, /* the timer is ours */
#if LIBCURL_VERSION_NUM < 0x075500
	{ CURLOPT_PROTOCOLS,                CURLPROTO_HTTPS },
	{ CURLOPT_REDIR_PROTOCOLS,          CURLPROTO_HTTPS },
#endif
};

static const struct { CURLcode code; int status; const char *text; } ends[] = {
	{ CURLE_OK, EX_UNAVAILABLE, "the transfer failed" }, /* any other */
	{ CURLE_COULDNT_RESOLVE_HOST, EX_UNAVAILABLE, "cannot find the host" },
	{ CURLE_COULDNT_RESOLVE_PROXY, EX_UNAVAILABLE, "cannot find the proxy" },
	{ CURLE_COULDNT_CONNECT, EX_UNAVAILABLE, "cannot connect" },
	{ CURLE_OPERATION_TIMEDOUT, EX_TEMPFAIL, "it took too long" },
	{ CURLE_PEER_FAILED_VERIFICATION, EX_PROTOCOL, "cannot trust the server" },
	{ CURLE_SSL_CONNECT_ERROR, EX_PROTOCOL, "TLS failed" },
	{ CURLE_SSL_CACERT_BADFILE, EX_NOINPUT, "cannot read the certificates" },
	{ CURLE_UNSUPPORTED_PROTOCOL, EX_DATAERR, "no HTTPS is spoken there" },
	{ CURLE_WEIRD_SERVER_REPLY, EX_DATAERR, "the answer is not HTTP" },
	{ CURLE_GOT_NOTHING, EX_DATAERR, "the answer is empty" },
	{ CURLE_PARTIAL_FILE, EX_DATAERR, "the answer is cut short" },
	{ CURLE_RECV_ERROR, EX_DATAERR, "the answer is cut short" },
	{ CURLE_TOO_MANY_REDIRECTS, EX_DATAERR, "there is no end of redirects" },
	{ CURLE_URL_MALFORMAT, EX_DATAERR, "a redirect leads to no URL" },
	{ CURLE_LOGIN_DENIED, EX_DATAERR, "a redirect names a user" },
	{ CURLE_OUT_OF_MEMORY, EX_OSERR, "no memory, or too long a header" },
};
/* clang-format on */

/* One line, in which nothing can steer a terminal or forge another line. */
PRINTF_LIKE(2)
static int
fail(int status, const char *format, ...)
{
	char line[CURL_ERROR_SIZE + 256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	for (char *p = line; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	fprintf(stderr, NAME ": %s\n", line);
	return status;
}

/* ------------------------------------------------------------ command line */

static bool
number_read(const char *text, long max, long *r)
{
	char *end;

	errno = 0;
	*r = strtol(text, &end, 10);
	return !errno && !*end && *r >= 1 && *r <= max;
}

static bool
options_read(struct fetch *f, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+:c:m:t:")) != -1)
		if (c == 'c')
			f->ca = optarg;
		else if (!(c == 'm' &&
			     number_read(optarg, 64 << 20, &f->max_bytes)) &&
			 !(c == 't' &&
			     number_read(optarg, 600000, &f->timeout_ms)))
			return false;
	f->url = argv[optind];
	return argc - optind == 1;
}

/* libcurl reads it, so that nobody reads it in two ways. */
static int
url_check(const char *url)
{
	CURLU *u = curl_url();
	CURLUcode rc =
	    !u ? CURLUE_OUT_OF_MEMORY
	       : curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER);

	curl_url_cleanup(u);
	if (rc == CURLUE_OUT_OF_MEMORY)
		return fail(EX_OSERR, "out of memory");
	if (rc == CURLUE_USER_NOT_ALLOWED)
		return fail(EX_USAGE, "the URL must not name a user");
	if (rc || strncasecmp(url, "https://", 8) != 0)
		return fail(EX_USAGE, "the URL must be https://HOST/PATH");
	return EX_OK;
}

/* ---------------------------------------------------------------- transfer */

static void
deadline_pass(int number)
{
	static const char line[] = NAME ": it took too long\n";
	ssize_t n = write(STDERR_FILENO, line, sizeof(line) - 1);

	(void)number, (void)n;
	_exit(EX_TEMPFAIL);
}

/* libcurl keeps its timeouts, but then waits for its resolver.  0: none. */
static void
deadline_set(long ms)
{
	struct itimerval timer = { .it_value = {
				       ms / 1000, ms % 1000 * 1000 } };

	signal(SIGALRM, deadline_pass);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Trailers too.  To return anything but n ends the transfer. */
static size_t
header_take(char *data, size_t one, size_t n, void *arg)
{
	struct fetch *f = arg;

	(void)data, (void)one;
	f->header_bytes += n;
	f->is_too_large = f->header_bytes > HEADERS_MOST;
	return f->is_too_large ? 0 : n;
}

static long
status_get(const struct fetch *f)
{
	long status = 0;

	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t
body_take(char *data, size_t one, size_t n, void *arg)
{
	struct fetch *f = arg;

	(void)one;
	if (status_get(f) != STATUS_GOOD)
		return 0;
	f->is_too_large = n > (size_t)f->max_bytes - f->n;
	if (f->is_too_large)
		return 0;
	memcpy(f->text + f->n, data, n);
	f->n += n;
	return n;
}

#define SET(option, value) \
	(rc = rc ? rc : curl_easy_setopt(f->curl, option, value))

static CURLcode
fetch_configure(struct fetch *f)
{
	CURLcode rc = CURLE_OK;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		SET(settings[i].option, settings[i].value);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
#endif
	SET(CURLOPT_URL, f->url);
	SET(CURLOPT_USERAGENT, "bindery/" BINDERY_VERSION);
	SET(CURLOPT_TIMEOUT_MS, f->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, f->timeout_ms / 2 + 1);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)f->max_bytes);
	SET(CURLOPT_ERRORBUFFER, f->detail);
	SET(CURLOPT_HEADERFUNCTION, header_take);
	SET(CURLOPT_HEADERDATA, f);
	SET(CURLOPT_WRITEFUNCTION, body_take);
	SET(CURLOPT_WRITEDATA, f);
	if (f->ca) { /* and not the system's beside it */
		SET(CURLOPT_CAINFO, f->ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	return rc;
}

static int
fetch_fail(const struct fetch *f, CURLcode rc)
{
	size_t i = ARRAY_SIZE(ends) - 1;

	while (i > 0 && ends[i].code != rc)
		i--;
	return fail(ends[i].status, "%s (%s)", ends[i].text,
	    *f->detail ? f->detail : curl_easy_strerror(rc));
}

static int
fetch_judge(const struct fetch *f, CURLcode rc)
{
	long status = status_get(f);

	if (f->is_too_large || rc == CURLE_FILESIZE_EXCEEDED)
		return fail(EX_DATAERR,
		    "the answer has more than %ld bytes, or more than %d of "
		    "headers",
		    f->max_bytes, HEADERS_MOST);
	if (rc && !(rc == CURLE_WRITE_ERROR && status != STATUS_GOOD))
		return fetch_fail(f, rc);
	if (status != STATUS_GOOD)
		return fail(
		    status >= 500 || status == 429 ? EX_TEMPFAIL : EX_DATAERR,
		    "the server answered with status %ld", status);
	return f->n ? EX_OK : fail(EX_DATAERR, "the answer is empty");
}

static int
fetch_run(struct fetch *f)
{
	CURLcode rc;

	f->text = malloc((size_t)f->max_bytes);
	f->curl = f->text ? curl_easy_init() : NULL;
	if (!f->curl)
		return fail(EX_OSERR, "out of memory");
	rc = fetch_configure(f);
	return fetch_judge(f, rc ? rc : curl_easy_perform(f->curl));
}

static int
fetch_print(const struct fetch *f)
{
	if (fwrite(f->text, 1, f->n, stdout) == f->n && fflush(stdout) == 0)
		return EX_OK;
	return fail(EX_IOERR, "cannot write: %s", strerror(errno));
}

int
main(int argc, char **argv)
{
	struct fetch f = { .max_bytes = 1 << 20, .timeout_ms = 10000 };
	int status;

	if (!options_read(&f, argc, argv))
		return fail(EX_USAGE, "usage: " NAME " [-c CAFILE] "
				      "[-m MAX_BYTES] [-t TIMEOUT_MS] URL");
	signal(SIGPIPE, SIG_IGN); /* of a socket, or of who reads us */
	status = url_check(f.url);
	if (status)
		return status;
	deadline_set(f.timeout_ms + GRACE_MS);
	status = fetch_run(&f);
	deadline_set(0);
	if (!status)
		status = fetch_print(&f);
	curl_easy_cleanup(f.curl);
	free(f.text);
	return status;
}
