/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-format.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* Kept free at the end of a line for what must come: quotes, the mark of a cut
 * line, braces. */
enum { LOG_CLOSING = 32 };

struct log_out {
	char *at, *end; /* end: less LOG_CLOSING */
	bool is_cut;    /* the rest did not fit: nothing more is added */
};

enum log_style { LOG_BARE, LOG_QUOTED, LOG_IN_JSON, LOG_IN_JOURNAL };

static const char *const log_level_names[] = { "emerg", "alert", "crit",
	"error", "warn", "notice", "info", "debug" };

/* All of it or nothing. */
static void
log_out_bytes(struct log_out *o, const char *s, size_t n)
{
	if (o->is_cut || (ptrdiff_t)n > o->end - o->at) {
		o->is_cut = true;
		return;
	}
	memcpy(o->at, s, n);
	o->at += n;
}

static void
log_out_string(struct log_out *o, const char *s)
{
	log_out_bytes(o, s, strlen(s));
}

static void
log_out_number(struct log_out *o, int64_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", (long long)n);
	log_out_string(o, digits);
}

/* From the part that was kept free: o->at may be behind o->end then. */
static void
log_out_close(struct log_out *o, const char *s)
{
	size_t n = strlen(s);

	memcpy(o->at, s, n);
	o->at += n;
}

/* Foreign text. */

static bool
log_is_plain(unsigned char c, enum log_style style)
{
	if (c == '"' || c == '\\')
		return style == LOG_BARE || style == LOG_IN_JOURNAL;
	return (c >= ' ' && c < 0x7f) || (c == '\n' && style == LOG_IN_JOURNAL);
}

/* A terminal would obey it, or show the text in another order: C1 controls,
 * line separators, marks of direction, the byte order mark. */
static bool
log_is_odd(unsigned code)
{
	return code < 0xa0 || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0x61c ||
	       code == 0xfeff;
}

/* The length of the character that begins at s with a byte above 0x7f; 0: none
 * does (RFC 3629).  The 0 behind the text ends it like any wrong byte. */
static size_t
log_utf8(const unsigned char *s, unsigned *code_r)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0xc2   ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;
	unsigned code = n ? s[0] & (0xffu >> (n + 1)) : 0;

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	if (!n || code < least[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	*code_r = code;
	return n;
}

/* How a byte that is not printed looks.  JSON has no way to say a wrong byte:
 * it gets the four characters that the text would show. */
static void
log_out_escape(struct log_out *o, unsigned char byte, enum log_style style)
{
	static const char names[] = "\nn\rr\tt\"\"\\\\";
	char text[8];

	for (size_t i = 0; i + 1 < sizeof(names); i += 2) {
		if (byte != (unsigned char)names[i])
			continue;
		snprintf(text, sizeof(text), "\\%c", names[i + 1]);
		log_out_string(o, text);
		return;
	}
	snprintf(text, sizeof(text),
	    style != LOG_IN_JSON ? "\\x%02x"
	    : byte < 0x80        ? "\\u%04x"
				 : "\\\\x%02x",
	    byte);
	log_out_string(o, text);
}

/* One character that is not plain; returns its length. */
static size_t
log_out_special(struct log_out *o, const char *s, enum log_style style)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned code = u[0];
	size_t n = u[0] < 0x80 ? 0 : log_utf8(u, &code);
	char text[8];

	if (n && !log_is_odd(code)) {
		log_out_bytes(o, s, n);
		return n;
	}
	if (n && style == LOG_IN_JSON) {
		snprintf(text, sizeof(text), "\\u%04x", code);
		log_out_string(o, text);
		return n;
	}
	log_out_escape(o, u[0], style);
	return 1;
}

static void
log_out_text(struct log_out *o, const char *s, enum log_style style)
{
	while (*s && !o->is_cut) {
		while (o->at < o->end && log_is_plain((unsigned char)*s, style))
			*o->at++ = *s++;
		if (*s)
			s += log_out_special(o, s, style);
	}
}

/* Text. */

static bool
log_needs_quotes(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned code;
	size_t n;

	if (!*u)
		return true;
	while (*u) {
		if (*u <= ' ' || *u == '"' || *u == '\\' || *u == '=' ||
		    *u == 0x7f)
			return true;
		n = *u < 0x80 ? 1 : log_utf8(u, &code);
		if (!n || (*u >= 0x80 && log_is_odd(code)))
			return true;
		u += n;
	}
	return false;
}

static void
log_out_value(struct log_out *o, const char *s)
{
	if (!log_needs_quotes(s)) {
		log_out_text(o, s, LOG_BARE);
		return;
	}
	log_out_string(o, "\"");
	if (o->is_cut)
		return;
	log_out_text(o, s, LOG_QUOTED);
	log_out_close(o, "\"");
}

/* Fields that are known: what systemd calls them, and who need not be shown
 * them, because the message says it or because nobody could read it. */
static const struct log_known {
	const char *key, *journal;
	bool is_in_text, is_in_json;
} log_known[] = {
	{ "file", "CONFIG_FILE", false, true },
	{ "line", "CONFIG_LINE", false, true },
	{ "errno", "ERRNO", true, true },
	{ "message_id", "MESSAGE_ID", false, false },
};

/* NULL: it is not. */
static const struct log_known *
log_known_find(const char *key)
{
	for (size_t i = 0; i < ARRAY_COUNT(log_known); i++)
		if (!strcmp(key, log_known[i].key))
			return &log_known[i];
	return NULL;
}

static bool
log_is_in_text(const char *key)
{
	const struct log_known *known = log_known_find(key);

	return !known || known->is_in_text;
}

static bool
log_is_in_json(const char *key)
{
	const struct log_known *known = log_known_find(key);

	return !known || known->is_in_json;
}

/* The message and its tail. */
static void
log_out_line(struct log_out *o, const struct log_event *e, enum log_style style)
{
	log_out_text(o, e->message, style);
	for (size_t i = 0; i < e->count; i++) {
		if (!log_is_in_text(e->fields[i].key))
			continue;
		log_out_string(o, " ");
		log_out_text(o, e->fields[i].key, LOG_QUOTED);
		log_out_string(o, "=");
		if (o->is_cut)
			break;
		if (e->fields[i].text)
			log_out_value(o, e->fields[i].text);
		else
			log_out_number(o, e->fields[i].number);
	}
	if (o->is_cut)
		log_out_close(o, "...");
}

/* "2026-11-21T12:00:00.123Z"; the date is made once a second. */
static void
log_out_time(struct log_out *o, const struct timespec *when)
{
	static _Thread_local char text[32];
	static _Thread_local time_t of = -1;
	char ms[8];
	struct tm tm;

	if (of != when->tv_sec && gmtime_r(&when->tv_sec, &tm)) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		of = when->tv_sec;
	}
	snprintf(ms, sizeof(ms), ".%03uZ",
	    (unsigned)(when->tv_nsec / 1000000) % 1000);
	log_out_string(o, text);
	log_out_string(o, ms);
}

/* JSON. */

/* These members are ours; a field of that name gets a '_' before it. */
static bool
log_is_own_member(const char *key)
{
	return !strcmp(key, "time") || !strcmp(key, "level") ||
	       !strcmp(key, "message") || !strcmp(key, "cut");
}

static void
log_out_member(struct log_out *o, const char *mark, const char *key)
{
	struct log_out before = *o;

	log_out_string(o, mark);
	log_out_text(o, key, LOG_IN_JSON);
	log_out_string(o, "\":");
	log_out_string(o, "\"\""); /* room for the least value */
	if (o->is_cut)
		o->at = before.at;
	else
		o->at -= 2;
}

static void
log_out_json_string(
    struct log_out *o, const char *mark, const char *key, const char *s)
{
	log_out_member(o, mark, key);
	if (o->is_cut)
		return;
	*o->at++ = '"';
	log_out_text(o, s, LOG_IN_JSON);
	log_out_close(o, "\"");
}

static void
log_out_json_number(
    struct log_out *o, const char *mark, const char *key, int64_t n)
{
	struct log_out before = *o;

	log_out_member(o, mark, key);
	log_out_number(o, n);
	if (o->is_cut)
		o->at = before.at;
}

static void
log_out_json(struct log_out *o, const struct log_event *e)
{
	log_out_string(o, "{\"time\":\"");
	log_out_time(o, &e->when);
	log_out_string(o, "\"");
	log_out_json_string(o, ",\"", "level", log_level_names[e->level & 7]);
	log_out_json_string(o, ",\"", "message", e->message);
	for (size_t i = 0; i < e->count && !o->is_cut; i++) {
		const struct log_field *f = &e->fields[i];
		const char *mark = log_is_own_member(f->key) ? ",\"_" : ",\"";

		if (!log_is_in_json(f->key))
			continue;
		if (f->text)
			log_out_json_string(o, mark, f->key, f->text);
		else
			log_out_json_number(o, mark, f->key, f->number);
	}
	log_out_close(o, o->is_cut ? ",\"cut\":true}" : "}");
}

/* The journal's own protocol: FIELD=value and a newline, or, when the value has
 * newlines itself, FIELD, a newline, its length in 64 bits and the value. */

static void
log_out_journal_key(struct log_out *o, const char *key)
{
	const struct log_known *known = log_known_find(key);

	log_out_string(o, known ? known->journal : "BINDERY_");
	for (const char *s = known ? "" : key; *s; s++) {
		char c = *s;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			c = '_';
		log_out_bytes(o, &c, 1);
	}
}

static void
log_out_journal_message(struct log_out *o, const struct log_event *e)
{
	bool has_newline = strchr(e->message, '\n');
	char *length_at = o->at + strlen("MESSAGE\n");
	uint64_t n;

	log_out_string(o, has_newline ? "MESSAGE\n12345678" : "MESSAGE=");
	log_out_line(o, e, LOG_IN_JOURNAL);
	if (has_newline) {
		n = htole64((uint64_t)(o->at - length_at) - sizeof(n));
		memcpy(length_at, &n, sizeof(n));
	}
	log_out_close(o, "\n");
}

/* What does not fit is left out; the message has said that it is cut, or the
 * value is in it. */
static void
log_out_journal_field(struct log_out *o, const struct log_field *f)
{
	struct log_out before = *o;

	log_out_journal_key(o, f->key);
	log_out_string(o, "=");
	if (f->text)
		log_out_text(o, f->text, LOG_BARE);
	else
		log_out_number(o, f->number);
	log_out_string(o, "\n");
	if (o->is_cut)
		*o = before;
}

static void
log_out_journal(struct log_out *o, const struct log_event *e)
{
	char *end = o->end;

	log_out_string(o, "SYSLOG_IDENTIFIER=binderyd\nPRIORITY=");
	log_out_number(o, e->level & 7);
	log_out_string(o, "\n");
	o->end = o->at + LOG_LINE_MAX;
	log_out_journal_message(o, e);
	o->end = end;
	o->is_cut = false;
	for (size_t i = 0; i < e->count; i++)
		log_out_journal_field(o, &e->fields[i]);
}

/* RFC 3164 as the local socket takes it: local time, no host name. */
static void
log_out_syslog(struct log_out *o, const struct log_event *e)
{
	static _Thread_local char date[32];
	static _Thread_local time_t of = -1;
	char head[80];
	struct tm tm;

	if (of != e->when.tv_sec && localtime_r(&e->when.tv_sec, &tm)) {
		strftime(date, sizeof(date), "%b %e %H:%M:%S", &tm);
		of = e->when.tv_sec;
	}
	snprintf(head, sizeof(head),
	    "<%d>%s binderyd[%d]: ", LOG_DAEMON | (e->level & 7), date,
	    (int)getpid());
	log_out_string(o, head);
}

static void
log_out_head(struct log_out *o, enum log_envelope envelope, int format,
    const struct log_event *e)
{
	char prefix[] = { '<', (char)('0' + (e->level & 7)), '>' };

	if (envelope == LOG_AS_SYSLOG) {
		log_out_syslog(o, e);
	} else if (envelope == LOG_AS_PREFIXED) {
		log_out_bytes(o, prefix, sizeof(prefix));
	} else if (format != LOG_JSON) {
		log_out_time(o, &e->when);
		log_out_string(o, " ");
		log_out_string(o, log_level_names[e->level & 7]);
		log_out_string(o, ": ");
	}
}

size_t
log_format(char *buf, enum log_envelope envelope, int format,
    const struct log_event *e)
{
	size_t max = envelope == LOG_AS_JOURNAL ? LOG_RECORD_MAX : LOG_LINE_MAX;
	struct log_out o = { .at = buf, .end = buf + max - LOG_CLOSING };

	if (envelope == LOG_AS_JOURNAL) {
		log_out_journal(&o, e);
		return (size_t)(o.at - buf);
	}
	log_out_head(&o, envelope, format, e);
	if (format == LOG_JSON)
		log_out_json(&o, e);
	else
		log_out_line(&o, e, LOG_BARE);
	if (envelope != LOG_AS_SYSLOG)
		log_out_close(&o, "\n");
	return (size_t)(o.at - buf);
}
