/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * kit-inner.h - what the files of the test kit share: one binding, in some
 * generations, on simulated workers; and its connections, each one stage with
 * the test on both sides.  Everything runs on the thread of the test, and a
 * plugin is called from one place, kit_enter() to kit_leave().
 */
#ifndef KIT_INNER_H
#define KIT_INNER_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/report.h"
#include "config/node.h"
#include "kit-pages.h"
#include "kit-queue.h"
#include "kit-text.h"
#include "plugins/image.h"

#include <bindery/kit.h>

#include <stdbool.h>
#include <sys/queue.h>

enum { KIT_SLOTS = 4, KIT_FDS = 64, KIT_BOX = 1024, KIT_CALLS = 64 };

/* On whose thread a plugin believes to be. */
enum kit_tag { TAG_MAIN = 1, TAG_WORKER = 2, TAG_POOL = 4, TAG_ANY = 7 };

/* ---- what waits for time or a descriptor, of a stage or a desk */
struct kit_waits {
	int64_t due[KIT_SLOTS]; /* ms; -1: not armed */
	struct {
		int fd;
		unsigned events; /* 0: a free place */
	} watches[KIT_FDS];
};

struct kit_exit_name {
	struct kit_exit_name *next;
	const char *name;
};

struct kit_desk {
	struct bnd_worker pub;
	struct kit_generation *generation;
	struct kit_waits waits;
	bool is_started, is_stopping, wants_room;
};

struct kit_generation {
	struct bnd_binding pub;
	struct bndk *k;
	struct kit_generation *next; /* older */
	struct image *image;
	struct arena arena;
	struct report report;
	struct node map; /* its options */
	struct kit_desk **desks;
	unsigned number, listeners;
	unsigned pins; /* connections, jobs, messages */
	bool is_parsed, is_starting, is_started, is_draining, is_reporting;
};

enum kit_due {
	DUE_OPEN = 1u << 0,
	DUE_BACK = 1u << 1,
	DUE_OPENED = 1u << 2,
	DUE_FLOW = 1u << 3,
	DUE_LEAVE = 1u << 4,
	DUE_CLOSE = 1u << 5
};

enum kit_stage_state {
	STAGE_NEW,
	STAGE_OPENING,
	STAGE_OPEN,
	STAGE_CLOSING, /* calls do nothing, close() is due */
	STAGE_DRY,     /* asked by explain() */
	STAGE_DEAD     /* close() has returned: any call is wrong */
};

#define STAGE_MAGIC UINT64_C(0x6b69742d73746167)

struct kit_stage {
	uint64_t magic;
	struct bnd_stage pub;
	struct bndk_conn *conn;
	struct kit_desk *desk;
	struct kit_waits waits;
	void *arg;      /* for open() */
	int opened_err; /* for DUE_OPENED */
	int close_err;
	unsigned due;
	enum kit_stage_state state;
	bool is_way_open, is_back_open, has_back, has_heard_open, has_left;
	bool was_opened;
};

/* What lies between the stage and a neighbour. */
struct kit_side {
	struct kit_queue in, out; /* the stage's inlet and outlet */
	struct kit_lens seen;     /* of the inlet, by peek or edit */
	struct kit_lens reserved; /* of the outlet */
	struct kit_text got;      /* what the neighbour took */
	size_t got_read;          /* of that, by the test */
	int bypass_to;            /* what comes in goes out there; -1: none */
	bool is_given;            /* the outlet is another inlet's */
	bool is_there;            /* there is a neighbour */
	bool has_got_end, has_sent_end, is_held;
	int fd; /* attached; -1: none */
};

struct kit_fact {
	struct kit_fact *next;
	char *key, *text; /* text: once it was asked for */
	unsigned kind;
	size_t size;
	void *value;
};

struct kit_claim {
	LIST_ENTRY(kit_claim) link; /* of the kit's */
	struct bndk_conn *conn;
	char *table;
	void *key;
	size_t size;
};

enum kit_back { BACK_NONE, BACK_ASKED, BACK_OPEN };

struct bndk_conn {
	struct kit_lens place; /* in which it lies */
	struct bndk *k;
	TAILQ_ENTRY(bndk_conn) link;
	struct kit_stage stage;
	struct kit_lens self; /* of the stage */
	struct kit_side side[2];
	struct kit_fact *facts;
	uint16_t port; /* its peer's, without a socket; else 0 */
	int peer_fd;   /* the test's end of a connection to a source */
	enum kit_back back;
	const char *exit;     /* that was taken; NULL: none yet */
	const char *dry_exit; /* that explain() would take */
	int64_t limits[4];    /* by enum bnd_limit_kind; -1: not asked for */
	int64_t opened_ms, active_ms, linger_until;
	int abort_err, refuse_err;
	char why[256];
	bool is_ended;
	bool is_refused;     /* with refuse_err, which may be 0 */
	bool is_dry_refused; /* explain() would say no */
	bool is_overdue;     /* a limit has ended it */
};

struct kit_work {
	TAILQ_ENTRY(kit_work) link;
	struct kit_desk *desk;
	struct kit_stage *stage; /* NULL: none, or it has closed */
	void (*run)(void *);
	void (*done)(struct bnd_worker *, struct bnd_stage *, void *);
	void *arg;
	bool has_run;
};

struct kit_post {
	TAILQ_ENTRY(kit_post) link;
	struct kit_generation *generation;
	struct bnd_msg msg; /* holds a reference */
	uint32_t to;
	unsigned flags;
};

struct kit_kept {
	struct kit_kept *next;
	char *key;
	int worker; /* -1: all */
	uint32_t state_version;
	size_t size;
	void (*fini)(void *);
	unsigned *holders; /* generation numbers, ended by 0 */
	size_t holder_count;
	void *object;
};

/* Where we are in the plugin. */
struct kit_context {
	enum kit_tag tag;
	const char *callback; /* NULL: not in it */
	struct kit_desk *desk;
	struct kit_stage *stage;
};

/* What watches every call over the boundary: the conformance run's. */
struct kit_watcher {
	void (*enter)(void *arg, const char *callback, enum kit_tag tag);
	void (*leave)(void *arg);
	void *arg;
};

struct bndk {
	struct kit_generation *generations; /* the newest first */
	unsigned last_generation, workers;
	char *path;
	TAILQ_HEAD(, bndk_conn) conns;
	TAILQ_HEAD(, kit_work) works;
	TAILQ_HEAD(, kit_post) posts;
	LIST_HEAD(, kit_claim) claims;
	LIST_HEAD(, bnd_buf) bufs;
	unsigned buf_count;
	unsigned boxes[8][8]; /* messages under way, from and to */
	struct kit_kept *kept;
	struct kit_exit_name *exits;
	struct bndk_conn *spawned; /* the last */
	struct kit_context at;
	struct kit_watcher watcher;
	int64_t now_ms;
	uint64_t dice; /* 0: none */
	uint64_t next_conn;
	int listener; /* for bndk_accept(); -1: none yet */
	bool back_waits, is_ending;
	bool has_watch_news; /* something is watched anew, or was ready */
	struct kit_text log, answer;
	int64_t metrics[1024];
	struct {
		const char *name;
		unsigned count, fail_at;
		int err;
	} calls[KIT_CALLS];
	const char *file; /* of the call of the test that runs */
	int line;
	unsigned turns; /* callbacks in this bndk_run() */
};

/* What fails already while it starts; no call: nothing. */
struct kit_fault {
	const char *call;
	unsigned nth;
	int err;
};
extern struct kit_fault kit_start_fault;

/* The kit whose plugin runs: what functions without an object belong to. */
extern struct bndk *kit_current;
extern const struct bnd_host kit_host;

/* ---- kit-fail.c */
PRINTF(3, 4)
void kit_wrong(struct bndk *k, const char *rule, const char *fmt, ...);

/* ---- kit-enter.c: in and out of the plugin */
struct kit_context kit_enter(struct bndk *k, enum kit_tag tag,
    const char *callback, struct kit_desk *desk, struct kit_stage *stage);
void kit_leave(struct bndk *k, struct kit_context before);

/* What a callback has returned, as a host takes it. */
int kit_result(struct bndk *k, const char *callback, int rc);

/* A call of the plugin's: where it may come from is checked, and whether it is
 * to fail counted: 0, or the negative errno to fail with. */
int kit_call(struct bndk *k, const char *name, unsigned tags);

/* The same for a stage's; false: it is closing, and the call does nothing. */
bool kit_stage_call(
    struct bnd_stage *st, const char *name, struct kit_stage **r, int *fail_r);

/* ---- kit-run.c */

/* The next number of the dice; 0 without. */
uint64_t kit_dice(struct bndk *k);

/* bndk_clock(), with or without waiting for descriptors. */
void clock_pass(struct bndk *k, int64_t ms, bool waits);

/* ---- kit-conn.c */
struct bndk_conn *conn_create(struct kit_desk *d, void *arg, bool has_front);
/* Keep the first sentence. */
void
conn_say_why(struct bndk_conn *c, const char *fmt, va_list ap) PRINTF(2, 0);
void conn_end(struct bndk_conn *c, int err, const char *fmt, ...) PRINTF(3, 4);
void conn_vend(struct bndk_conn *c, int err, const char *fmt, va_list ap)
    PRINTF(3, 0);
void conn_end_if_done(struct bndk_conn *c);
void conn_free(struct bndk_conn *c);
void stage_remove(struct kit_stage *s, int err);

/* ---- kit-life.c: from open() to close() */
void stage_due(struct kit_stage *s, unsigned due);
bool stage_step(struct kit_stage *s);
void stage_bypass(struct kit_stage *s, unsigned from, unsigned to);
void stage_open_way(struct kit_stage *s);
void stage_refuse(struct kit_stage *s, int err, const char *fmt, va_list ap)
    PRINTF(3, 0);
void stage_back_opens(struct kit_stage *s);
void stage_back_fails(struct kit_stage *s, int err);

/* ---- kit-pump.c: bytes between stage and neighbours */
bool conn_pump(struct bndk_conn *c);
void inlet_gained(struct bndk_conn *c, unsigned side);
void outlet_taken(struct bndk_conn *c, unsigned side);
void side_forget_seen(struct kit_side *x);
void side_forget_reserved(struct kit_side *x);

/* ---- kit-limits.c */
int64_t limits_next(struct bndk *k);
void limits_enforce(struct bndk *k);

/* ---- kit-facts.c */
int fact_set(struct bndk_conn *c, const char *key, unsigned kind, const void *v,
    size_t n);
const void *
fact_get(struct bndk_conn *c, const char *key, unsigned kind, size_t *n);
void facts_free(struct bndk_conn *c);
void claims_free(struct bndk_conn *c);

/* ---- kit-waits.c */
void waits_init(struct kit_waits *w);
void waits_close(struct bndk *k, struct kit_waits *w);
bool waits_poll(struct bndk *k);
/* Until one is ready, at most so long; false: none is watched. */
bool waits_sleep(struct bndk *k, int ms);
int64_t waits_next(struct bndk *k);
bool waits_fire(struct bndk *k);

/* ---- kit-work.c */
bool work_finish_one(struct bndk *k);
void works_disown(struct kit_stage *s);
bool post_deliver_one(struct bndk *k);

/* ---- kit-keep.c */
void keep_release(struct kit_generation *g, int worker);

/* ---- kit-buf.c */
void bufs_check(struct bndk *k);

/* ---- kit-generation.c */
struct kit_generation *generation_start(struct bndk *k, const char *path,
    const char *options, struct kit_text *why);
void generation_drain(struct kit_generation *g);
void generation_end(struct kit_generation *g);
bool generations_reap(struct bndk *k);

/* ---- kit-start.c: NULL: `why` says why not. */
struct bndk *kit_start(const char *path, const char *options, unsigned workers,
    struct kit_text *why, const struct kit_watcher *watcher);

/* ---- kit-options.c: "key = value; ..." as a map; NULL, or what is wrong. */
const char *
options_read(const char *text, struct arena *arena, struct node *map);

static inline struct kit_stage *
stage_of(const struct bnd_stage *st)
{
	return CONTAINER_OF((uintptr_t)st, struct kit_stage, pub);
}

static inline struct kit_desk *
desk_of(const struct bnd_worker *w)
{
	return CONTAINER_OF((uintptr_t)w, struct kit_desk, pub);
}

static inline struct kit_generation *
generation_of(const struct bnd_binding *b)
{
	return CONTAINER_OF((uintptr_t)b, struct kit_generation, pub);
}

static inline const struct bnd_type *
stage_type(const struct kit_stage *s)
{
	return &s->desk->generation->image->type;
}

#endif
