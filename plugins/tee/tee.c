/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tee - writes a copy of what passes its place in a pipeline to a file of
 * packets that Wireshark opens; behind tls that is the plaintext.  Connections
 * never wait for the file: what cannot be written in time is missing there, and
 * counted.  See bindery-tee(7).
 *
 *     bytes --> tee-packet --> tee-block --> tee-spool --> file
 */

#include "tee-packet.h"
#include "tee-spool.h"

#include "../test-common/ways.h"

#include <bindery/plugin.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct tee {
	int direction; /* enum ways */
	const char *file;
	int64_t max_size, snaplen, buffer; /* bytes */
	int64_t port;
	struct spool *spool;
};

struct tee_stage {
	struct tee_talk talk;
	bool is_silent; /* nothing is recorded any more */
	bool has_ended[2];
	uint64_t bytes[2];
};

enum { TEE_PACKETS, TEE_DROPPED, TEE_BYTES };

enum { PIECE_MOST = 32768, SLOT_WRITE = 0, WRITE_AFTER_MS = 50, KEY_MOST = 64 };

/* clang-format off */
static const struct bnd_option tee_options[] = {
	BND_OPTION(struct tee, file, BND_T_STRING, "file",
	    .flags = BND_O_REQUIRED,
	    .doc = "An absolute path; if it is there, -1, -2 and so on is put before its suffix."),
	WAYS_OPTION(struct tee, "What is copied."),
	BND_OPTION(struct tee, max_size, BND_T_SIZE, "max_size", .def = "100m",
	    .min = 4096, .max = (int64_t)1 << 50,
	    .doc = "The file gets no larger: then copying ends."),
	BND_OPTION(struct tee, snaplen, BND_T_SIZE, "snaplen", .def = "256k",
	    .min = TEE_HEAD_MOST, .max = 262144,
	    .doc = "Bytes kept of each packet, its headers included."),
	BND_OPTION(struct tee, buffer, BND_T_SIZE, "buffer", .def = "4m",
	    .min = 131072, .max = (int64_t)1 << 30,
	    .doc = "Memory for what waits to be written; what does not fit is dropped."),
	BND_OPTION(struct tee, port, BND_T_INT, "port", .def = "0",
	    .min = 0, .max = 65535,
	    .doc = "The server's port in the file, by which Wireshark chooses a dissector; 0: the true one."),
	{ 0 },
};

static const struct bnd_metric tee_metrics[] = {
	[TEE_PACKETS] = { .name = "packets_total", .kind = BND_COUNTER,
	    .doc = "Packets recorded." },
	[TEE_DROPPED] = { .name = "dropped_packets_total", .kind = BND_COUNTER,
	    .doc = "Packets that are missing in the file, which is too slow." },
	[TEE_BYTES] = { .name = "bytes_total", .kind = BND_COUNTER,
	    .unit = "bytes", .doc = "Payload of the packets recorded." },
	{ 0 },
};
/* clang-format on */

/* ------------------------------------------------------------------ binding */

static int
tee_check(struct bnd_binding *b)
{
	const struct tee *c = b->self;

	if (strlen(c->file) > PATH_MAX - 16)
		return bnd_option_error(b, "file", NULL,
		    "the path is longer than %d bytes", PATH_MAX - 16);
	if (c->file[0] != '/')
		return bnd_option_error(b, "file", NULL,
		    "'%s' is not an absolute path: begin with '/'", c->file);
	return 0;
}

/* The file is made with the first connection; that it can be is seen now. */
static int
tee_start(struct bnd_binding *b)
{
	struct tee *c = b->self;
	char text[PATH_MAX + KEY_MOST];

	snprintf(text, sizeof(text), "%.*s",
	    (int)(strrchr(c->file, '/') - c->file) + 1, c->file);
	if (access(text, W_OK | X_OK) < 0)
		return bnd_option_error(b, "file", NULL,
		    "cannot write to the directory '%s': %s", text,
		    strerror(errno));
	/* Generations that ask for the same go on with the same file. */
	snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 " %" PRId64 " %s",
	    c->max_size, c->snaplen, c->buffer, c->file);
	c->spool = bnd_keep(b, text, sizeof(*c->spool), spool_finish);
	return c->spool ? 0 : -ENOMEM;
}

static void
tee_write(void *arg)
{
	struct bnd_binding *b = arg;
	const struct tee *c = b->self;
	struct spool_figures f;
	int rc = spool_write(c->spool);

	spool_look(c->spool, &f);
	if (rc > 0)
		bnd_log(b, NULL, BND_INFO, "copies to '%s'", f.path);
	else if (rc < 0)
		bnd_log(b, NULL, BND_ERROR,
		    "cannot write '%s': %s: no more is copied", f.path,
		    strerrordesc_np(-rc));
}

static void
tee_written(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	(void)w;
	(void)st;
	(void)arg;
}

static void
tee_have_written(struct bnd_worker *w)
{
	const struct tee *c = w->binding->self;

	/* Else what there is waits for the next try. */
	if (spool_claim(c->spool) &&
	    bnd_worker_work(w, tee_write, tee_written, w->binding) < 0)
		spool_unclaim(c->spool);
}

static void
tee_worker_timer(struct bnd_worker *w, unsigned slot)
{
	(void)slot;
	tee_have_written(w);
}

/* ------------------------------------------------------------------ packets */

static void
tee_silence(struct bnd_stage *st)
{
	struct tee_stage *s = st->self;

	s->is_silent = true;
	bnd_leave(st);
}

static void
tee_packet(struct bnd_stage *st, unsigned from, unsigned flags, const char *p,
    size_t n, const char *comment)
{
	const struct tee *c = st->binding->self;
	struct tee_stage *s = st->self;
	char head[TEE_HEAD_MOST];
	struct tee_record r = { .from = from,
		.head = head,
		.head_size = tee_packet_head(head, &s->talk, from, flags, p, n),
		.data = p,
		.size = n,
		.comment = comment };
	enum spool_need need;
	int rc = spool_add(c->spool, &r, &need);

	if (rc == 0) {
		bnd_metric(st->worker, TEE_PACKETS, 1);
		bnd_metric(st->worker, TEE_BYTES, (int64_t)n);
	} else if (rc == -ENOBUFS) {
		bnd_metric(st->worker, TEE_DROPPED, 1);
	} else {
		if (rc == -EFBIG)
			bnd_log(st->binding, NULL, BND_WARN,
			    "'%s' has reached max_size: no more is copied",
			    c->file);
		tee_silence(st);
	}
	if (need == SPOOL_NOW)
		tee_have_written(st->worker);
	else if (need == SPOOL_SOON)
		bnd_worker_timer(st->worker, SLOT_WRITE, WRITE_AFTER_MS);
}

static void
tee_end(struct bnd_stage *st, unsigned from)
{
	struct tee_stage *s = st->self;

	if (s->has_ended[from] || s->is_silent)
		return;
	s->has_ended[from] = true;
	tee_packet(st, from, TEE_FIN | TEE_ACK, "", 0, NULL);
}

/* ---------------------------------------------------------------- callbacks */

static int
tee_open(struct bnd_stage *st, void *arg)
{
	const struct tee *c = st->binding->self;
	char name[TEE_NAME_MOST];
	const struct spool_options options = { c->file, name, (size_t)c->buffer,
		(uint64_t)c->max_size, (uint32_t)c->snaplen };
	struct tee_stage *s = st->self;
	char comment[32];

	(void)arg;
	snprintf(name, sizeof(name), "%s/%s", st->binding->pipeline,
	    st->binding->name);
	if (spool_begin(c->spool, &options) < 0) {
		bnd_log(st->binding, st, BND_ERROR,
		    "out of memory: the connection is not copied");
		tee_silence(st);
		return 0;
	}
	tee_talk_init(&s->talk, bnd_fact(st, "peer", BND_F_ADDR, NULL),
	    bnd_fact(st, "local", BND_F_ADDR, NULL), st->id, (uint16_t)c->port);
	snprintf(comment, sizeof(comment), "conn %" PRIu64, st->id);
	tee_packet(st, BND_FRONT, TEE_SYN, "", 0, comment);
	if (!s->is_silent)
		tee_packet(st, BND_BACK, TEE_SYN | TEE_ACK, "", 0, NULL);
	if (!s->is_silent)
		tee_packet(st, BND_FRONT, TEE_ACK, "", 0, NULL);
	ways_bypass_others(st, c->direction);
	return 0;
}

static void
tee_copy(struct bnd_stage *st, unsigned from)
{
	struct tee_stage *s = st->self;
	const char *p;
	size_t n, room;

	while (!s->is_silent && (n = bnd_peek(st, from, 1, &p)) > 0) {
		room = bnd_room(st, way_to(from));
		if (n > room)
			n = room;
		if (n > PIECE_MOST)
			n = PIECE_MOST;
		if (n == 0)
			return; /* flow() is called when there is room */
		tee_packet(st, from, TEE_PSH | TEE_ACK, p, n, NULL);
		s->bytes[from] += bnd_move(st, from, way_to(from), n);
	}
	if (!s->is_silent && bnd_ended(st, from)) {
		tee_end(st, from);
		way_end(st, from);
	}
}

static void
tee_flow(struct bnd_stage *st)
{
	const struct tee *c = st->binding->self;

	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		if (ways_has(c->direction, from))
			tee_copy(st, from);
}

/* A way that was not copied has ended too. */
static void
tee_close(struct bnd_stage *st, int err)
{
	struct tee_stage *s = st->self;
	char comment[128];

	if (err && !s->is_silent) {
		snprintf(comment, sizeof(comment), "%s", strerrordesc_np(-err));
		tee_packet(st, s->has_ended[BND_FRONT] ? BND_BACK : BND_FRONT,
		    TEE_RST | TEE_ACK, "", 0, comment);
	} else {
		tee_end(st, BND_FRONT);
		tee_end(st, BND_BACK);
	}
	tee_have_written(st->worker);
}

static void
tee_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *answer)
{
	static const char *const states[] = { "waits for a connection",
		"copies", "has reached max_size", "has failed" };
	const struct tee *c = w->binding->self;
	const struct tee_stage *s = st ? st->self : NULL;
	struct spool_figures f;

	if (s) {
		bnd_answer(answer, "request", "%" PRIu64 " bytes",
		    s->bytes[BND_FRONT]);
		bnd_answer(
		    answer, "reply", "%" PRIu64 " bytes", s->bytes[BND_BACK]);
		return;
	}
	spool_look(c->spool, &f);
	bnd_answer(answer, "file", "%s", f.path[0] ? f.path : c->file);
	bnd_answer(answer, "state", "%s", states[f.state]);
	bnd_answer(answer, "bytes", "%" PRIu64, f.size);
	bnd_answer(answer, "packets", "%" PRIu64, f.packets);
	bnd_answer(answer, "dropped", "%" PRIu64, f.dropped);
}

static const struct bnd_type tee = {
	BND_HEAD("tee", "1.0", BND_FILTER),
	.summary = "Writes a copy of what passes to a file for Wireshark.",
	.options = tee_options,
	.metrics = tee_metrics,
	.binding_size = sizeof(struct tee),
	.stage_size = sizeof(struct tee_stage),
	.check = tee_check,
	.start = tee_start,
	.worker_timer = tee_worker_timer,
	.open = tee_open,
	.flow = tee_flow,
	.close = tee_close,
	.show = tee_show,
};

BND_PLUGIN(tee);
