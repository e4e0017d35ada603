/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What the client is told, in its own words. */

#include "jwt-hear-inner.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	REALM_MAX = 128,
	PHRASE_MAX = 120, /* some clients have little room for it */
	RETRY_AFTER = 5   /* seconds */
};

/* What is written to JWT_ANSWER bytes; the longest answer fits. */
struct out {
	char *p;
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void
out_put(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->p + o->n, JWT_ANSWER - o->n, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < JWT_ANSWER - o->n)
		o->n += (size_t)n;
}

static size_t
out_bytes(char *out, const char *p, size_t n)
{
	memcpy(out, p, n);
	return n;
}

static void
out_char(struct out *o, char c)
{
	if (o->n < JWT_ANSWER)
		o->p[o->n++] = c;
}

/* A quoted string, of at most `most` bytes of the text. */
static void
out_quoted(struct out *o, const char *text, size_t most)
{
	out_char(o, '"');
	for (; *text && most > 0; text++, most--) {
		if (*text == '"' || *text == '\\')
			out_char(o, '\\');
		out_char(o, is_control(*text) ? '?' : *text);
	}
	out_char(o, '"');
}

/* The same, but of the characters that RFC 6750 section 3 allows. */
static void
out_description(struct out *o, const char *text)
{
	out_char(o, '"');
	for (; *text; text++) {
		if (*text == '"')
			out_char(o, '\'');
		else if (*text == '\\')
			out_char(o, '/');
		else
			out_char(o, is_control(*text) ? '?' : *text);
	}
	out_char(o, '"');
}

/* ---- a line and RESP */

static const char *
resp_error(enum jwt_code code)
{
	switch (code) {
	case JWT_MISSING:
		return "NOAUTH";
	case JWT_FORBIDDEN:
	case JWT_DESTINATION:
	case JWT_CLEARTEXT:
		return "NOPERM";
	default:
		return jwt_code_words(code)->bearer ? "WRONGPASS" : "ERR";
	}
}

static void
refuse_line(struct out *o, const struct jwt_verdict *v)
{
	out_put(o, "ERR %s ", jwt_code_words(v->code)->name);
	out_quoted(o, v->sentence, JWT_SENTENCE);
	out_put(o, "\r\n");
}

/* ---- HTTP */

static const char *
http_reason(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} reasons[] = {
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 405, "Method Not Allowed" },
		{ 407, "Proxy Authentication Required" },
		{ 408, "Request Timeout" },
		{ 431, "Request Header Fields Too Large" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Refused";
}

/* Basic, too: some clients know nothing else, and give up without it. */
static void
http_challenges(struct out *o, const struct jwt_verdict *v, const char *realm)
{
	const char *error = jwt_code_words(v->code)->bearer;

	out_put(o, "Proxy-Authenticate: Bearer realm=");
	out_quoted(o, realm, REALM_MAX);
	if (error) {
		out_put(o, ", error=\"%s\", error_description=", error);
		out_description(o, v->sentence);
	}
	out_put(o, "\r\nProxy-Authenticate: Basic realm=");
	out_quoted(o, realm, REALM_MAX);
	out_put(o, "\r\n");
}

/* Of all that is said, most clients show the first line only. */
static void
refuse_http(struct out *o, const struct jwt_verdict *v, const char *realm,
    bool may_retry)
{
	unsigned status = jwt_code_words(v->code)->status;

	out_put(o, "HTTP/1.1 %u %s: %.*s\r\n", status, http_reason(status),
	    PHRASE_MAX, v->sentence);
	if (status == 407)
		http_challenges(o, v, realm);
	if (status == 405)
		out_put(o, "Allow: CONNECT\r\n");
	if (status == 503)
		out_put(o, "Retry-After: %d\r\n", RETRY_AFTER);
	out_put(o,
	    "Content-Type: text/plain\r\n"
	    "Content-Length: %zu\r\n"
	    "Connection: %s\r\n"
	    "\r\n"
	    "%s\n",
	    strlen(v->sentence) + 1, may_retry ? "keep-alive" : "close",
	    v->sentence);
}

/* ---- SOCKS */

static size_t
socks5_reply(char *out, uint8_t reply)
{
	const char bytes[10] = { 5, (char)reply, 0, 1 };

	return out_bytes(out, bytes, sizeof(bytes));
}

static size_t
refuse_socks5(const struct jwt_hear *h, const struct jwt_verdict *v, char *out)
{
	switch (h->step) {
	case STEP_FIRST:
		return out_bytes(out, "\5\377", 2);
	case STEP_AUTH:
		return out_bytes(out, "\1\1", 2);
	default:
		return socks5_reply(
		    out, h->reply ? h->reply : jwt_code_words(v->code)->reply);
	}
}

/* ---- the whole */

size_t
jwt_answer_token(struct jwt_hear *h, char *out)
{
	if (h->dialect != DIALECT_SOCKS5 || h->step != STEP_AUTH)
		return 0;
	h->step = STEP_REQUEST;
	return out_bytes(out, "\1\0", 2);
}

size_t
jwt_answer_open(const struct jwt_hear *h, bool ack, char *out)
{
	struct out o = { out, 0 };

	switch (h->dialect) {
	case DIALECT_LINE:
		if (ack)
			out_put(&o, "OK\r\n");
		return o.n;
	case DIALECT_RESP:
		out_put(&o, "+OK\r\n");
		return o.n;
	case DIALECT_CONNECT:
		out_put(&o, "HTTP/1.1 200 Connection established\r\n\r\n");
		return o.n;
	case DIALECT_SOCKS5:
		return socks5_reply(out, 0);
	default:
		return 0;
	}
}

size_t
jwt_answer_refuse(struct jwt_hear *h, const struct jwt_verdict *v,
    const char *realm, bool may_retry, char *out)
{
	struct out o = { out, 0 };

	switch (h->dialect) {
	case DIALECT_SILENT:
		return 0;
	case DIALECT_RESP:
		out_put(&o, "-%s %s\r\n", resp_error(v->code), v->sentence);
		return o.n;
	case DIALECT_CONNECT:
		refuse_http(&o, v, realm, may_retry);
		h->scanned = 0;
		h->tries += may_retry;
		return o.n;
	case DIALECT_SOCKS4:
		return out_bytes(out, "\0\133\0\0\0\0\0\0", 8);
	case DIALECT_SOCKS5:
		return refuse_socks5(h, v, out);
	default: /* whoever has said nothing yet may be a human */
		refuse_line(&o, v);
		return o.n;
	}
}
