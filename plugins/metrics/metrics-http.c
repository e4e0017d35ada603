/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "metrics-http.h"

#include <string.h>
#include <strings.h>

/* A piece of the head. */
struct span {
	const char *p;
	size_t n;
};

/* What the fields of a head have said so far. */
struct fields {
	unsigned hosts;
	bool has_length, is_chunked;
	bool says_close, says_keep;
};

static const struct {
	int status;
	const char *text;
} reasons[] = {
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 417, "Expectation Failed" },
	{ 431, "Request Header Fields Too Large" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
http_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Unknown";
}

static bool
span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

/* What names, methods and items of lists are made of. */
static bool
is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
span_is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return false;
	return s.n > 0;
}

/* Up to c, which must be there, and is dropped. */
static bool
span_cut(struct span *s, char c, struct span *r)
{
	const char *at = memchr(s->p, c, s->n);

	if (!at)
		return false;
	*r = (struct span){ s->p, (size_t)(at - s->p) };
	s->n -= r->n + 1;
	s->p = at + 1;
	return true;
}

static struct span
span_trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* ------------------------------------------------------------ the first line
 */

static int
parse_version(struct span s, struct http_request *r)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || s.p[6] != '.' ||
	    s.p[5] < '0' || s.p[5] > '9' || s.p[7] < '0' || s.p[7] > '9')
		return -400;
	if (s.p[5] != '1')
		return -505;
	r->is_1_0 = s.p[7] == '0';
	return 0;
}

/* "/path?query", or the same behind "http://host"; of other methods than ours
 * it may be anything. */
static int
parse_target(struct span s, struct http_request *r)
{
	static const char scheme[] = "http://";
	size_t n = sizeof(scheme) - 1;
	const char *end;

	if (s.n > HTTP_TARGET_MOST)
		return -414;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return -400;
	if (s.n > n && strncasecmp(s.p, scheme, n) == 0) {
		const char *path = memchr(s.p + n, '/', s.n - n);

		s.n = path ? s.n - (size_t)(path - s.p) : 0;
		s.p = path ? path : "/";
		s.n = path ? s.n : 1;
	}
	if ((s.n == 0 || s.p[0] != '/') && r->method != HTTP_OTHER)
		return -400;
	end = s.n ? memchr(s.p, '?', s.n) : NULL;
	r->path = s.p;
	r->path_length = end ? (size_t)(end - s.p) : s.n;
	return 0;
}

static int
parse_request_line(struct span line, struct http_request *r)
{
	struct span method, target;
	int rc;

	if (!span_cut(&line, ' ', &method) || !span_is_token(method) ||
	    !span_cut(&line, ' ', &target))
		return -400;
	rc = parse_version(line, r);
	if (rc < 0)
		return rc;
	r->method = HTTP_OTHER; /* methods are case-sensitive */
	if (method.n == 3 && memcmp(method.p, "GET", 3) == 0)
		r->method = HTTP_GET;
	else if (method.n == 4 && memcmp(method.p, "HEAD", 4) == 0)
		r->method = HTTP_HEAD;
	return parse_target(target, r);
}

/* ---------------------------------------------------------------- the fields
 */

static int
field_length(struct span value, struct http_request *r, struct fields *f)
{
	uint64_t n = 0;

	if (f->has_length || value.n == 0)
		return -400;
	f->has_length = true;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return -400;
		if (n <= HTTP_BODY_MOST) /* larger ones are all the same */
			n = n * 10 + (uint64_t)(value.p[i] - '0');
	}
	r->body = n;
	return 0;
}

static int
field_connection(struct span value, struct fields *f)
{
	struct span item;
	bool is_last;

	do {
		is_last = !span_cut(&value, ',', &item);
		if (is_last)
			item = value;
		item = span_trim(item);
		if (item.n > 0 && !span_is_token(item))
			return -400;
		f->says_close |= span_is(item, "close");
		f->says_keep |= span_is(item, "keep-alive");
	} while (!is_last);
	return 0;
}

static int
parse_field(struct span line, struct http_request *r, struct fields *f)
{
	struct span name, value;

	if (!span_cut(&line, ':', &name) || !span_is_token(name))
		return -400; /* a folded line is none, either */
	value = span_trim(line);
	for (size_t i = 0; i < value.n; i++)
		if (((unsigned char)value.p[i] < ' ' && value.p[i] != '\t') ||
		    value.p[i] == 0x7f)
			return -400;
	if (span_is(name, "host"))
		f->hosts++;
	else if (span_is(name, "content-length"))
		return field_length(value, r, f);
	else if (span_is(name, "transfer-encoding"))
		f->is_chunked = true;
	else if (span_is(name, "connection"))
		return field_connection(value, f);
	else if (span_is(name, "expect") && !span_is(value, "100-continue"))
		return -417;
	else if (span_is(name, "expect"))
		r->expects = true;
	return 0;
}

/* What the fields come to. */
static int
fields_conclude(const struct fields *f, struct http_request *r)
{
	if (f->hosts > 1 || (f->hosts == 0 && !r->is_1_0))
		return -400;
	/* Where a body ends must not be a matter of opinion. */
	if (f->is_chunked)
		return f->has_length || r->is_1_0 ? -400 : -501;
	if (r->body > HTTP_BODY_MOST)
		return -413;
	r->keeps = !f->says_close && (!r->is_1_0 || f->says_keep);
	return 0;
}

/* ------------------------------------------------------------------ the head
 */

/* The next line, without its end; 0: there has to be more; -400: it ends in
 * another way than CR LF. */
static int
next_line(struct span *rest, struct span *line)
{
	if (!span_cut(rest, '\n', line))
		return 0;
	if (line->n == 0 || line->p[line->n - 1] != '\r')
		return -400;
	line->n--;
	return memchr(line->p, '\r', line->n) ? -400 : 1;
}

static int
parse_fields(struct span *rest, struct http_request *r)
{
	struct fields f = { 0 };
	struct span line;
	int rc;

	while ((rc = next_line(rest, &line)) > 0) {
		if (line.n == 0) {
			rc = fields_conclude(&f, r);
			return rc < 0 ? rc : 1;
		}
		rc = parse_field(line, r, &f);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int
parse_head(struct span *rest, struct http_request *r)
{
	struct span line;
	int rc;

	/* A client may have ended the body before with an empty line too
	 * many. */
	if (rest->n >= 2 && memcmp(rest->p, "\r\n", 2) == 0) {
		rest->p += 2;
		rest->n -= 2;
	}
	rc = next_line(rest, &line);
	if (rc <= 0)
		return rc;
	rc = parse_request_line(line, r);
	return rc < 0 ? rc : parse_fields(rest, r);
}

/* What has come of the first line is too long for one; else it is the fields.
 */
static int
too_long(const char *text, size_t n)
{
	return memchr(text, '\n', n) ? -431 : -414;
}

int
http_parse(const char *text, size_t n, struct http_request *r)
{
	struct span rest = { text, n > HTTP_HEAD_MOST ? HTTP_HEAD_MOST : n };
	int rc;

	*r = (struct http_request){ .method = HTTP_OTHER };
	rc = parse_head(&rest, r);
	if (rc > 0)
		return (int)(rest.p - text);
	if (rc == 0 && n >= HTTP_HEAD_MOST)
		return too_long(text, HTTP_HEAD_MOST);
	return rc;
}
