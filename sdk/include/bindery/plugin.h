/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * bindery/plugin.h - the binding plugin interface, ABI major 1
 *
 * A plugin is one .so that implements one binding type ("tls", "echo", ...).
 * It includes this header and links with nothing of ours:
 *
 *     cc -std=c11 -shared -fPIC -fvisibility=hidden                         \
 *        $(pkg-config --cflags bindery-1) upper.c -o upper.so
 *
 * THE PICTURE.  A connection is a pipeline of stages.  Each stage has two
 * sides, FRONT (towards whoever opened the connection) and BACK (towards where
 * the pipeline leads).  On each side there is an inlet (bytes that arrived from
 * that side) and an outlet (bytes to be sent to that side).  Your flow() is
 * called when something may have changed.  Look at the inlets, put bytes in the
 * outlets, return.  What you leave in an inlet stays there, and the neighbour
 * is held back once it is full: that is all there is to backpressure.
 *
 *            front                                  back
 *        --> inlet  \                          / outlet -->     request-ward
 *        <-- outlet /        your stage        \ inlet  <--     reply-ward
 *
 * THE RULES.
 * 1. No call into your plugin ever nests in another, on any one worker.  Every
 *    bnd_*() call on a stage only queues; nothing of yours runs inside it.
 * 2. A stage lives on one worker for ever.  [worker] functions may be called
 *    from any callback on that worker, for any stage of your own binding, those
 *    of its other generations included (find them through bnd_worker_keep()).
 * 3. Never block on a worker.  bnd_work() runs a function on the host's pool.
 * 4. After close(st) the stage is gone.  Until then the pointer is good, even
 *    after an abort: calls on it do nothing and say 0, NULL or -ECANCELED (but
 *    facts can be read).  When memory for a stage's bytes runs out the host
 *    aborts that connection, so 0 from bnd_out() and its like means "full" and
 *    flow() will be called, unless you ended that outlet, bypassed into it, or
 *    nothing stands there: then it stays 0.  (Who may have to refuse with words
 *    does not bypass into FRONT before.)
 * 5. Memory is freed by the side that allocated it.
 * 6. Each .so file is mapped once and never unmapped.  Two generations may run
 *    it at a time: statics must be const, atomic, or written once, before the
 *    first start() of all has returned.  Calls marked [main] never overlap.
 * 7. int results, yours and ours, are 0 or a negative errno; what you return
 *    above 0 counts as -EINVAL.  (bnd_listen() gives a number, bnd_ended() and
 *    bnd_nets_has() 0 or 1.)
 * 8. What begins also ends: stop(), worker_stop() and close() come once for
 *    every start(), worker_start() and open(), failed ones too.  check() has no
 *    end: leave nothing behind.  A generation ends as a whole: its first
 *    worker_stop() comes when no worker of it has a stage, work or message
 *    left.
 *
 * OPENING.  The chain is built from the front.  A way is OPEN when its last
 * stage says so; the news travels to the front and calls opened(st, 0) on the
 * way.  A stage that still holds its back when open() returns wants the
 * client's bytes first, so it counts as open (unless BND_HOLD_FRONT): else both
 * would wait for ever.  bnd_abort(), or a failing open(), of a stage that is
 * not open yet means "it cannot be": what lies behind is closed, and the
 * nearest stage in front that has an opened() and has not heard 0 hears
 * opened(st, err) and answers its client or tries another exit; where there is
 * none the connection aborts.  A bnd_refuse() is an answer: who is in front of
 * it hears 0.
 *
 * ENDING.  An end is a mark behind the last byte of a way.  bnd_end() puts it
 * there; bypass, BND_ALL and a missing flow() carry it on.  A connection is
 * done, close(st, 0), once both ways have ended and all was delivered, or
 * discarded: who ends one way goes on to take, or discards, what still comes on
 * the other.  A sink without a socket takes all until bnd_ended(), says what it
 * has to say, and ends FRONT.  To leave it needs bnd_attach().
 *
 * DATAGRAMS.  Where st->datagram is set one block is one datagram, which may be
 * empty: avail counts them; peek and edit show the first and never join; eat
 * and take remove one (max and n only say "not 0"); move carries one, or all
 * with BND_ALL; put, out and commit make one, whole or not at all.  Only types
 * that say BND_DATAGRAMS may stand in such a pipeline.  The words are settled;
 * a 1.0 host makes no such pipeline yet.
 *
 * TAGS.  [main] the control thread; [worker] the worker that owns the object;
 * [pool] a thread of the host's pool; [any] anywhere, at any time.
 *
 * GROWTH.  Within major 1, structs grow only at their end, functions are only
 * added, numbers are never reused, and what is zero keeps its old meaning.  A
 * flag, kind or number that a host does not know is refused with -EINVAL, in a
 * table with the plugin; where there is no result nothing is done.
 * bnd_list, bnd_endpoints and bnd_rows lie in structs of yours: they never
 * grow.  reserved_ is 0.
 */
/* clang-format off */
#ifndef BINDERY_PLUGIN_H
#define BINDERY_PLUGIN_H 1

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus /* C++20, for its designators */
#pragma GCC system_header /* bnd_metric, bnd_answer: structs and functions */
extern "C" {
#endif

#define BND_MAJOR 1
#define BND_MINOR 0 /* what this header knows */
#define BND_DRAFT 0 /* frozen; a draft's revision fits its own host only */

/* The oldest host minor your plugin must run on.  Define it before the include
 * only when you use something marked "since 1.x": the default loads on every
 * host of this major, however new the header you built with. */
#ifndef BND_MINOR_WANTED
#define BND_MINOR_WANTED 0
#endif
#if BND_MINOR_WANTED > BND_MINOR
#error "BND_MINOR_WANTED is newer than this header"
#endif

#define BND_EXPORT __attribute__((visibility("default")))
#define BND_HIDDEN __attribute__((visibility("hidden")))
#define BND_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* ------------------------------------------------------------------ objects */
/* The host allocates these; read them, never copy or write them.  They grow at
 * the end.  `self` is yours: *_size bytes, zeroed, aligned, freed for you. */

struct bnd_buf;    /* reference-counted, immutable bytes */
struct bnd_exit;   /* a checked reference to another binding */
struct bnd_nets;   /* a set of networks, from BND_T_NETS */
struct bnd_answer; /* what show(), explain(), command() write to */
struct sockaddr;   /* the system's: <sys/socket.h> */

struct bnd_binding { /* one configured binding, in one generation */
    void *self;            /* binding_size: options are parsed into it;
                              read-only once start() has returned (what it
                              points to may change, under your own lock) */
    const char *name;      /* its name in the configuration */
    const char *pipeline;  /* and its pipeline's: both together are unique */
    uint32_t generation;   /* from 1 on, more than that it supersedes */
    uint32_t workers;      /* fixed for the life of the process */
    uint32_t is_last;      /* 1: no binding follows it in its pipeline */
    uint32_t reserved_;
};

struct bnd_worker { /* that binding on one worker */
    void *self;            /* worker_size */
    struct bnd_binding *binding;
    uint32_t index;        /* 0 .. binding->workers - 1 */
    uint32_t reserved_;
};

struct bnd_stage { /* that binding in one connection */
    void *self;            /* stage_size */
    struct bnd_worker *worker;
    struct bnd_binding *binding;
    uint64_t id;           /* of the connection, for logs */
    size_t limit;          /* bytes an inlet or outlet holds, >= 65536;
                              a piece of limit/2 always fits in the end,
                              never wait for a bigger one */
    uint32_t datagram;     /* 1: blocks are datagrams */
    uint32_t reserved_;
};

struct bnd_accept { /* see accepted() */
    int fd, listener;      /* yours: close() it, or bnd_spawn() with it in arg
                              and bnd_attach(); bnd_listen()'s number */
    const struct sockaddr *peer; /* until accepted() returns */
    uint32_t peer_size, reserved_;
};

struct bnd_endpoint { /* BND_T_ENDPOINT: "host:port" "[v6]:port" "unix:/path",
                         and to listen on also "systemd:name" */
    const char *text;      /* as written */
    const char *host;      /* without brackets; else NULL */
    const char *path;      /* absolute; else NULL */
    const char *inherited; /* name of sockets that were passed; else NULL */
    uint16_t port, last;   /* of host; last > port: a range, else the same */
    uint32_t reserved_;
};

struct bnd_msg { /* see bnd_post() */
    uint32_t tag, from;    /* yours; the sender's worker index */
    uint64_t arg;          /* yours */
    struct bnd_buf *buf;   /* may be NULL; valid during message() only,
                              unless you bnd_buf_ref() it */
};

enum { BND_FRONT = 0, BND_BACK = 1 };   /* sides; more may follow */
#define BND_ALL ((size_t)-1)            /* everything, and the end mark */
enum { BND_READ = 1, BND_WRITE = 2 };   /* bnd_watch() events */
#define BND_EVERY_WORKER UINT32_MAX     /* bnd_post(): all of them */
enum { BND_POST_ALL_GENERATIONS = 1u }; /* bnd_post(): draining ones too */
enum { BND_LISTEN_V6ONLY = 1u, BND_LISTEN_DATAGRAM = 2u };
enum bnd_fact_kind {            /* a fact's value */
    BND_F_TEXT = 1,             /* n bytes, none of them 0; reads end in 0 */
    BND_F_BYTES = 2,            /* never shown by log or tool: DER, tokens */
    BND_F_ADDR = 3              /* struct sockaddr */
};
enum bnd_limit_kind {           /* bnd_limit(), of the whole connection */
    BND_LIMIT_IDLE = 1,         /* no byte either way */
    BND_LIMIT_HALF_CLOSED = 2,  /* one way ended, no byte the other way */
    BND_LIMIT_LIFETIME = 3      /* since it was opened */
};
enum { BND_ERROR = 3, BND_WARN = 4, BND_NOTICE = 5, BND_INFO = 6,
       BND_DEBUG = 7 };         /* bnd_log(), as syslog's */

/* ------------------------------------------------------------------ options */
/* The host parses, checks, reports errors with file and line, prints --describe
 * and writes each value into binding->self at the given offset. */

enum bnd_option_kind {          /* field in your struct */
    BND_T_BOOL = 1,             /* int */
    BND_T_INT = 2,              /* int64_t */
    BND_T_SIZE = 3,             /* int64_t, bytes: "64k" */
    BND_T_TIME = 4,             /* int64_t, milliseconds: "5s" */
    BND_T_STRING = 5,           /* const char * */
    BND_T_SECRET = 6,           /* const char *, never printed; "@/path": the
                                   file's text; wiped with the generation */
    BND_T_FILE = 7,             /* const char *, made absolute, readable */
    BND_T_ENUM = 8,             /* int, index into choices */
    BND_T_LIST = 9,             /* struct bnd_list, of strings; one alone is
                                   a list too */
    BND_T_EXIT = 10,            /* const struct bnd_exit * */
    BND_T_ENDPOINT = 11,        /* const struct bnd_endpoint * */
    BND_T_ENDPOINTS = 12,       /* struct bnd_endpoints */
    BND_T_NETS = 13,            /* const struct bnd_nets *: "10.0.0.0/8" ... */
    BND_T_ROWS = 14             /* struct bnd_rows: a list of maps, each as
                                   the option's own table `rows` says */
};
enum { BND_O_REQUIRED = 1u, BND_O_DEPRECATED = 2u,
       BND_O_LISTEN = 4u }; /* endpoints to listen on: the host sees to it that
                               none is there twice */

/* These three lie in your struct, so they never grow. */
struct bnd_list { size_t n; const char *const *v; };
struct bnd_endpoints { size_t n; const struct bnd_endpoint *const *v; };
struct bnd_rows { size_t n; void *v; }; /* row i: (char *)v + i * row_size */

struct bnd_option {
    const char *name;
    uint32_t kind;             /* enum bnd_option_kind */
    uint32_t offset, size;     /* of the field; the host checks the size */
    uint32_t flags;            /* BND_O_*; C++ wants this order from here on */
    const char *doc;           /* one sentence, shown to the operator */
    const char *def;           /* default as text (a list: "a|b"); NULL: the
                                  zero value, also outside of min and max */
    const char *choices;       /* BND_T_ENUM: "none|optional|required"; of a
                                  BND_T_LIST: what its items may be */
    int64_t min, max;          /* of the value, of a text's bytes or a list's
                                  items; both 0: no limit; one side only:
                                  the other is INT64_MIN or INT64_MAX */
    const struct bnd_option *rows; /* BND_T_ROWS: its columns, ended by {0} */
    uint32_t row_size, reserved_;
};
#define BND_OPTION(STRUCT, FIELD, KIND, NAME, ...)                           \
    { .name = (NAME), .kind = (KIND),                                        \
      .offset = (uint32_t)offsetof(STRUCT, FIELD),                           \
      .size = (uint32_t)sizeof(((STRUCT *)0)->FIELD), __VA_ARGS__ }

/* ------------------------------------------------------------------ metrics */
enum bnd_metric_kind { BND_COUNTER = 1, BND_GAUGE = 2, BND_HISTOGRAM = 3,
                       BND_VALUE = 4 };

struct bnd_metric {
    const char *name;          /* "in_total" of "bytes" is shown as
                                  bindery_TYPE_in_bytes_total */
    uint32_t kind;             /* enum bnd_metric_kind */
    uint32_t reserved_;
    const char *unit;          /* "bytes", "ms" (shown in seconds), NULL */
    const char *doc;
    const char *label;         /* "reason=\"expired\"" or NULL: entries of one
                                  name may differ in it */
};

/* ------------------------------------------------------- what you implement */
enum bnd_role {
    BND_FILTER = 1,             /* stages on both sides */
    BND_SINK = 2,               /* the chain ends here: BACK is a socket
                                  (bnd_attach) or nothing */
    BND_SOURCE = 3              /* the chain starts here: FRONT likewise */
};
enum {                          /* flags */
    BND_HOLD_BACK = 1u,         /* do not open the next stage: I call
                                  bnd_open_back(), perhaps in open() */
    BND_HOLD_FRONT = 2u,        /* the way is not open just because open()
                                  succeeded (sink) or what lies behind is
                                  open (filter): I call bnd_open_front() */
    BND_DATAGRAMS = 4u          /* I keep datagram boundaries */
};

/* Every pointer may be NULL.  A filter or source without flow() lets all bytes
 * by, once the way behind it is open.  What is not [main] is [worker]. */
struct bnd_type {
    uint32_t size;             /* these six lines: BND_HEAD() */
    uint16_t abi_major, abi_minor;
    uint32_t option_size, metric_size;
    const char *name, *version;
    uint32_t role;             /* enum bnd_role */

    uint32_t flags;            /* BND_HOLD_*, BND_DATAGRAMS */
    const char *summary;       /* a sentence, as each doc: "Does this." */
    const struct bnd_option *options; /* ended by {0} */
    const struct bnd_metric *metrics; /* ended by {0}; the index is the id */
    uint32_t binding_size, worker_size, stage_size;
    uint32_t state_version;    /* bump when the layout of what you keep or
                                  post changes; see bnd_keep(), bnd_post() */

    /* [main] options set; no side effects */
    int  (*check)(struct bnd_binding *b);
    /* [main] acquire; failing cancels the reload */
    int  (*start)(struct bnd_binding *b);
    /* [main] after the last worker_stop() */
    void (*stop)(struct bnd_binding *b);

    int  (*worker_start)(struct bnd_worker *w); /* before any stage */
    /* superseded, or the host ends: start nothing new */
    void (*worker_drain)(struct bnd_worker *w);
    /* after the last close(), done() */
    void (*worker_stop)(struct bnd_worker *w);
    void (*worker_timer)(struct bnd_worker *w, unsigned slot);
    void (*message)(struct bnd_worker *w, const struct bnd_msg *m);
    /* bnd_post() said -EAGAIN: now there is room */
    void (*worker_room)(struct bnd_worker *w);
    void (*accepted)(struct bnd_worker *w, const struct bnd_accept *a);

    /* first; arg: from bnd_spawn(), or NULL */
    int  (*open)(struct bnd_stage *st, void *arg);
    /* the way behind me is open (0), or cannot be: bnd_refuse(),
     * bnd_open_back() elsewhere or bnd_abort().  Once for each opening; see
     * OPENING */
    void (*opened)(struct bnd_stage *st, int err);
    /* bytes, an end mark or room appeared */
    void (*flow)(struct bnd_stage *st);
    void (*timer)(struct bnd_stage *st, unsigned slot);
    void (*ready)(struct bnd_stage *st, int fd, unsigned events);
    void (*drain)(struct bnd_stage *st); /* superseded, or the host ends */
    /* last, exactly once; 0 or why */
    void (*close)(struct bnd_stage *st, int err);

    /* questions from the operator: write the answer with bnd_answer() */
    /* st's state in a few words, or, st NULL, the binding's on this worker; st
     * has come back from open() and may still be opening */
    void (*show)(struct bnd_worker *w, struct bnd_stage *st,
        struct bnd_answer *a);
    /* decide from facts alone: st is a dry stage without open(), bytes or
     * close(), its self zero; only bnd_fact*(), bnd_open_back(), bnd_refuse()
     * and bnd_abort() work.  None: on to the next (sink: taken) */
    void (*explain)(struct bnd_stage *st, struct bnd_answer *a);
    /* on worker 0: "bindery tell PIPELINE/BINDING WORDS".  A negative result is
     * a no, and what was answered last is its sentence */
    int  (*command)(struct bnd_worker *w, const struct bnd_list *words,
        struct bnd_answer *a);
    /* since 1.1: add here */
};

#define BND_HEAD(NAME, VERSION, ROLE)                                        \
    .size = (uint32_t)sizeof(struct bnd_type),                               \
    .abi_major = BND_MAJOR, .abi_minor = BND_MINOR_WANTED,                   \
    .option_size = (uint32_t)sizeof(struct bnd_option),                      \
    .metric_size = (uint32_t)sizeof(struct bnd_metric),                      \
    .name = (NAME), .version = (VERSION), .role = (ROLE)

/* ------------------------------------------------------ what the host gives */
/* Call the bnd_*() functions below, not the members. */

struct bnd_host {
    uint32_t size;
    uint16_t abi_major, abi_minor;
    const char *version;       /* of the host, for logs */

    size_t (*avail)(struct bnd_stage *, unsigned side);
    size_t (*peek)(struct bnd_stage *, unsigned side, size_t want,
        const char **p);
    size_t (*edit)(struct bnd_stage *, unsigned side, size_t max, char **p);
    size_t (*eat)(struct bnd_stage *, unsigned side, size_t n);
    int (*ended)(struct bnd_stage *, unsigned side);
    size_t (*room)(struct bnd_stage *, unsigned side);
    size_t (*out)(struct bnd_stage *, unsigned side, const void *data,
        size_t n);
    size_t (*reserve)(struct bnd_stage *, unsigned side, size_t min, char **p);
    void (*commit)(struct bnd_stage *, unsigned side, size_t n);
    size_t (*move)(struct bnd_stage *, unsigned from, unsigned to, size_t n);
    struct bnd_buf *(*take)(struct bnd_stage *, unsigned side, size_t max);
    int (*put)(struct bnd_stage *, unsigned side, struct bnd_buf *);
    void (*end)(struct bnd_stage *, unsigned side);
    void (*discard)(struct bnd_stage *, unsigned side);
    void (*bypass)(struct bnd_stage *, unsigned from, unsigned to);
    void (*leave)(struct bnd_stage *);
    void (*refusev)(struct bnd_stage *, int err, const char *fmt, va_list);
    void (*abortv)(struct bnd_stage *, int err, const char *fmt, va_list);
    void (*wake)(struct bnd_stage *);

    int (*open_back)(struct bnd_stage *, const struct bnd_exit *);
    void (*open_front)(struct bnd_stage *);
    int (*attach)(struct bnd_stage *, unsigned side, int fd);
    int (*spawn)(struct bnd_worker *, void *arg);
    int (*listen)(struct bnd_binding *, const struct bnd_endpoint *,
        unsigned flags, int backlog, unsigned mode);
    int (*fact_set)(struct bnd_stage *, const char *key, unsigned kind,
        const void *, size_t n);
    const void *(*fact)(struct bnd_stage *, const char *key, unsigned kind,
        size_t *n);
    void (*limit)(struct bnd_stage *, unsigned which, int64_t ms);
    int (*claim)(struct bnd_stage *, const char *table, const void *key,
        size_t n, uint32_t max);
    void (*unclaim)(struct bnd_stage *, const char *table);

    void (*timer)(struct bnd_stage *, unsigned slot, int64_t ms);
    void (*worker_timer)(struct bnd_worker *, unsigned slot, int64_t ms);
    int (*watch)(struct bnd_stage *, int fd, unsigned events);
    int64_t (*now)(void);

    int (*work)(struct bnd_worker *, struct bnd_stage *, void (*run)(void *arg),
        void (*done)(struct bnd_worker *, struct bnd_stage *, void *arg),
        void *arg);
    int (*post)(struct bnd_worker *, uint32_t to, unsigned flags, uint32_t tag,
        uint64_t arg, struct bnd_buf *);
    void *(*keep)(struct bnd_binding *, const char *key, size_t size,
        void (*fini)(void *));
    void *(*worker_keep)(struct bnd_worker *, const char *key, size_t size,
        void (*fini)(void *));

    struct bnd_buf *(*buf_new)(const void *data, size_t n);
    struct bnd_buf *(*buf_alloc)(size_t n, char **p);
    struct bnd_buf *(*buf_ref)(struct bnd_buf *);
    void (*buf_unref)(struct bnd_buf *);
    const char *(*buf_data)(const struct bnd_buf *, size_t *n);

    void (*metric)(struct bnd_worker *, unsigned id, int64_t value);
    int (*log_on)(const struct bnd_binding *, int level);
    void (*logv)(const struct bnd_binding *, const struct bnd_stage *,
        int level, const char *fmt, va_list);
    int (*option_errorv)(struct bnd_binding *, const char *option,
        const void *row, const char *fmt, va_list);
    int (*nets_has)(const struct bnd_nets *, const struct sockaddr *);
    void (*answerv)(struct bnd_answer *, const char *key, const char *fmt,
        va_list);

    const void *(*ext)(const char *id);
    /* since 1.1: add here */
};

extern BND_HIDDEN const struct bnd_host *bnd_host;
BND_EXPORT const struct bnd_type *bnd_plugin_v1(const struct bnd_host *host);

/* Does the running host have this function?  For what is "since" a minor above
 * your BND_MINOR_WANTED; for a member of an object ask bnd_host->abi_minor. */
#define BND_HOST_HAS(FN)                                                     \
    (bnd_host->size >= offsetof(struct bnd_host, FN) + sizeof(bnd_host->FN) &&\
     bnd_host->FN != NULL)

/* Put this once in one file of the plugin. */
#define BND_PLUGIN(TYPE)                                                     \
    BND_NOTE_                                                                \
    BND_HIDDEN const struct bnd_host *bnd_host;                              \
    const struct bnd_type *bnd_plugin_v1(const struct bnd_host *host_)       \
    { bnd_host = host_; return &(TYPE); }                                    \
    struct bnd_swallow_semicolon_

/* An ELF note, so that the host (before dlopen) and packaging tools can read
 * the wanted ABI without running anything:  readelf -n upper.so
 * Owner "bindery", type 1, the text "1.0" (a draft's: "1.0-draft1"), padded
 * with 0. */
#define BND_NOTE_                                                            \
    static const struct {                                                    \
        uint32_t namesz, descsz, type; char name[8], desc[24];               \
    } bnd_note_ __attribute__((section(".note.bindery"), used, aligned(4))) =\
        { 8, 24, 1, "bindery", BND_ABI_TEXT_ };

#define BND_TEXT_(X) #X
#define BND_TEXT2_(X) BND_TEXT_(X)
#if BND_DRAFT
#define BND_ABI_TEXT_ BND_TEXT2_(BND_MAJOR) "." BND_TEXT2_(BND_MINOR_WANTED) \
    "-draft" BND_TEXT2_(BND_DRAFT)
#else
#define BND_ABI_TEXT_ BND_TEXT2_(BND_MAJOR) "." BND_TEXT2_(BND_MINOR_WANTED)
#endif

/* ================================================================ functions */
/* ---- looking at an inlet [worker].  Pointers are good until you look at, take
 * from, bypass or discard that inlet, leave, abort, refuse, or return.  After a
 * bypass or discard it reads as empty and not ended. */
/* Bytes waiting. */
static inline size_t bnd_avail(struct bnd_stage *st, unsigned side)
{ return bnd_host->avail(st, side); }

/* Point *p (never NULL) at the first bytes and say how many lie in one piece:
 * at least min(want, waiting, limit/2), for which the host joins pieces if it
 * must.  It may be MORE than you wanted. */
static inline size_t bnd_peek(struct bnd_stage *st, unsigned side, size_t want,
    const char **p)
{ return bnd_host->peek(st, side, want, p); }

/* The same for exactly min(max, waiting, limit/2) bytes, which you may change
 * in place and then move. */
static inline size_t bnd_edit(struct bnd_stage *st, unsigned side, size_t max,
    char **p)
{ return bnd_host->edit(st, side, max, p); }

/* The neighbour has half-closed: no byte will follow those waiting now. */
static inline int bnd_ended(struct bnd_stage *st, unsigned side)
{ return bnd_host->ended(st, side); }

/* ---- taking from an inlet [worker] */
/* Drop up to n bytes. */
static inline size_t bnd_eat(struct bnd_stage *st, unsigned side, size_t n)
{ return bnd_host->eat(st, side, n); }

/* Detach up to max bytes as a buffer you own (no copy); NULL: nothing there, or
 * max is 0.  What bnd_peek() showed in one piece comes in one piece.  It cannot
 * go back: take what bnd_room() says, or put it elsewhere yourself. */
static inline struct bnd_buf *bnd_take(struct bnd_stage *st, unsigned side,
    size_t max)
{ return bnd_host->take(st, side, max); }

/* ---- giving to an outlet [worker].  If it is too full just return: flow() is
 * called when an outlet that was more than half full becomes half full.  What
 * goes to BACK before the way is open waits there, and is lost if it fails. */
/* Bytes that fit now. */
static inline size_t bnd_room(struct bnd_stage *st, unsigned side)
{ return bnd_host->room(st, side); }

/* Copy in up to n bytes; how many were taken. */
static inline size_t bnd_out(struct bnd_stage *st, unsigned side,
    const void *data, size_t n)
{ return bnd_host->out(st, side, data, n); }

/* Room in one piece to write into, at least `min` bytes or 0; commit what you
 * wrote before you return or touch that outlet again. */
static inline size_t bnd_reserve(struct bnd_stage *st, unsigned side,
    size_t min, char **p)
{ return bnd_host->reserve(st, side, min, p); }
static inline void bnd_commit(struct bnd_stage *st, unsigned side, size_t n)
{ bnd_host->commit(st, side, n); }

/* Queue a reference to a buffer (no copy, unless it is small), whole or not at
 * all: -EAGAIN; -EPIPE: you ended it or bypassed into it.  An outlet at most
 * half full takes any.  Your own reference stays yours. */
static inline int bnd_put(struct bnd_stage *st, unsigned side,
    struct bnd_buf *b)
{ return bnd_host->put(st, side, b); }

/* ---- inlet to outlet, no copy of more than a few bytes [worker] */
/* Move up to n bytes from one side's inlet to a side's outlet; how many moved:
 * all n if they are available there and have room here.  BND_ALL also carries
 * the end mark once the inlet is empty. */
static inline size_t bnd_move(struct bnd_stage *st, unsigned from, unsigned to,
    size_t n)
{ return bnd_host->move(st, from, to, n); }

/* From now on do bnd_move(from, to, BND_ALL) for me.  One way.  What I already
 * put in the outlet goes first.  The host may then join neighbours and splice.
 * Out of a discarded inlet, or into an ended outlet: both are over. */
static inline void bnd_bypass(struct bnd_stage *st, unsigned from, unsigned to)
{ bnd_host->bypass(st, from, to); }

/* Bypass both ways and close(st, 0) soon: my part is done. */
static inline void bnd_leave(struct bnd_stage *st) { bnd_host->leave(st); }

/* ---- finishing [worker].  Half-close an outlet behind what is queued. */
static inline void bnd_end(struct bnd_stage *st, unsigned side)
{ bnd_host->end(st, side); }

/* I want no more from this side: the host drops what comes, until the peer ends
 * or a limit does.  (bnd_refuse() also gives it little time.) */
static inline void bnd_discard(struct bnd_stage *st, unsigned side)
{ bnd_host->discard(st, side); }

/* Say no politely: what I put in the FRONT outlet is sent, then its end; what
 * still comes is dropped; what lies behind me is torn down; the client gets
 * time to read.  The first err and text (for the log; NULL: none) of a
 * connection are its reason.  0: done, it was good; -EACCES, -EPERM: denied;
 * -EDQUOT: limit; -EPROTO, -EBADMSG, -EMSGSIZE, -EILSEQ: protocol; -ETIMEDOUT:
 * timeout; -ENOMEM, -EMFILE, -ENOBUFS: resources; -ECONNREFUSED, -EHOSTUNREACH,
 * -ENETUNREACH, -ENOENT (its name): the backend; others: denied. */
BND_PRINTF(3, 4) static inline void bnd_refuse(struct bnd_stage *st, int err,
    const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    bnd_host->refusev(st, err, fmt, ap);
    va_end(ap);
}

/* Tear the whole pipeline down at once (sockets are reset), or, before my way
 * is open, say that it cannot be; see OPENING.  err, text: as for bnd_refuse(),
 * but err is below 0, and others: error. */
BND_PRINTF(3, 4) static inline void bnd_abort(struct bnd_stage *st, int err,
    const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    bnd_host->abortv(st, err, fmt, ap);
    va_end(ap);
}

/* ---- plumbing [worker].  Call my flow() soon. */
static inline void bnd_wake(struct bnd_stage *st) { bnd_host->wake(st); }

/* BND_HOLD_BACK stages, any in open(), any after opened(st, err): build the
 * rest of the chain; NULL: the next binding of the pipeline.  0: opened() will
 * tell how it went; -EINVAL: a sink's, a second time, or after bnd_refuse(). */
static inline int bnd_open_back(struct bnd_stage *st, const struct bnd_exit *to)
{ return bnd_host->open_back(st, to); }

/* BND_HOLD_FRONT stages: the way through me is open.  Idempotent; a sink's
 * bnd_attach(st, BND_BACK, fd) says it too. */
static inline void bnd_open_front(struct bnd_stage *st)
{ bnd_host->open_front(st); }

/* Make a connected stream socket (in a datagram pipeline: datagram) the outer
 * side of this stage: FRONT of a source or BACK of a sink, once, else -EINVAL.
 * On success the host owns the fd, unwatches it, reads, writes, shuts down,
 * splices and closes it: forget the number; else it stays yours.  At FRONT the
 * facts "peer" and "local" are set from it unless they are there. */
static inline int bnd_attach(struct bnd_stage *st, unsigned side, int fd)
{ return bnd_host->attach(st, side, fd); }

/* Sources: start a connection.  0: open(st, arg) will be called, for certain;
 * -ENOMEM, -ECANCELED from worker_stop(): arg stays yours. */
static inline int bnd_spawn(struct bnd_worker *w, void *arg)
{ return bnd_host->spawn(w, arg); }

/* [main, in start()] Listen on all ports of the endpoint; accepted() follows on
 * some worker, once per connection (or per new datagram peer, with a connected
 * socket).  Returns the listener's number, from 0 on, or why it cannot be, as
 * -EADDRINUSE.  backlog 0: the system's; mode: of a unix socket.  The socket
 * outlives reloads. */
static inline int bnd_listen(struct bnd_binding *b,
    const struct bnd_endpoint *e, unsigned flags, int backlog, unsigned mode)
{ return bnd_host->listen(b, e, flags, backlog, mode); }

/* Facts about the connection, seen by all its stages, both ways, by log, limits
 * and tool.  The host itself knows "peer", "local" (BND_F_ADDR), "identity" and
 * "back.name" (the name the last stage connects to; BND_F_TEXT).  The value is
 * copied; n of a text may be (size_t)-1, up to its 0.
 * Reading gives NULL when there is none of that kind; BND_F_TEXT also reads an
 * address.  Good until it is set again or the connection closes.  Setting:
 * -EINVAL for a kind or size that cannot be, -EDQUOT for a 65th fact or a value
 * above 64 KiB, -ENOMEM. */
static inline int bnd_fact_set(struct bnd_stage *st, const char *key,
    unsigned kind, const void *v, size_t n)
{ return bnd_host->fact_set(st, key, kind, v, n); }
static inline const void *bnd_fact(struct bnd_stage *st, const char *key,
    unsigned kind, size_t *n)
{ return bnd_host->fact(st, key, kind, n); }
static inline int bnd_fact_text_set(struct bnd_stage *st, const char *key,
    const char *text)
{ return bnd_host->fact_set(st, key, BND_F_TEXT, text, (size_t)-1); }
static inline const char *bnd_fact_text(struct bnd_stage *st, const char *key)
{ return (const char *)bnd_host->fact(st, key, BND_F_TEXT, NULL); }

/* Let the host end the connection, which no stage sees once all have stepped
 * aside.  The shortest that any stage asked for counts, also of one that has
 * left; 0: none; ms < 0 takes mine back.  Where nobody asked: idle 1 h,
 * half-closed 60 s, lifetime 24 h. */
static inline void bnd_limit(struct bnd_stage *st, unsigned which, int64_t ms)
{ bnd_host->limit(st, which, ms); }

/* Count this connection under `key` (n may be 0) in a table of this binding
 * that all workers and generations share: 0, -EDQUOT if `max` are there, or
 * -EINVAL if table and key are above 400 bytes, -ENOMEM.  One key per table;
 * given back by bnd_unclaim() or when the connection ends, also if you left. */
static inline int bnd_claim(struct bnd_stage *st, const char *table,
    const void *key, size_t n, uint32_t max)
{ return bnd_host->claim(st, table, key, n, max); }
static inline void bnd_unclaim(struct bnd_stage *st, const char *table)
{ bnd_host->unclaim(st, table); }

/* ---- time and fds [worker].  Slots are 0..3; one shot; ms < 0 cancels. */
static inline void bnd_timer(struct bnd_stage *st, unsigned slot, int64_t ms)
{ bnd_host->timer(st, slot, ms); }
static inline void bnd_worker_timer(struct bnd_worker *w, unsigned slot,
    int64_t ms)
{ bnd_host->worker_timer(w, slot, ms); }

/* Level-triggered; events == 0 stops, and you do that before you close the fd,
 * which stays your business.  Any number of fds, each of one stage: -EEXIST. */
static inline int bnd_watch(struct bnd_stage *st, int fd, unsigned events)
{ return bnd_host->watch(st, fd, events); }

/* [any] Monotonic milliseconds. */
static inline int64_t bnd_now(void) { return bnd_host->now(); }

/* ---- other threads
 * [worker] run(arg) on the pool, then done(w, st, arg) here, exactly once, with
 * st == NULL if the stage closed meanwhile: arg is always yours to free there,
 * and run() was left out if it had not begun.  run() may call only functions
 * marked [any] and must not touch st or its self.  The queue has no length of
 * its own and never says "later"; a negative result is -ENOMEM, or -ECANCELED
 * from worker_stop(). */
static inline int bnd_work(struct bnd_stage *st, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg)
{ return bnd_host->work(st->worker, st, run, done, arg); }
static inline int bnd_worker_work(struct bnd_worker *w, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg)
{ return bnd_host->work(w, NULL, run, done, arg); }

/* [worker] message() of this binding on worker `to`, never on w itself.  In
 * order per pair of worker threads, never lost once accepted; -EAGAIN when a
 * box is full (then nobody got it, and worker_room(w) will be called); -EINVAL,
 * -ENOMEM, -ECANCELED while stopping.
 * BND_POST_ALL_GENERATIONS: also every other generation of this binding (same
 * pipeline, name, type, state_version) between its worker_start() and
 * worker_stop() on such a worker, on w's own thread too when `to` includes
 * it. */
static inline int bnd_post(struct bnd_worker *w, uint32_t to, unsigned flags,
    uint32_t tag, uint64_t arg, struct bnd_buf *b)
{ return bnd_host->post(w, to, flags, tag, arg, b); }

/* Memory that survives reloads: the same object for every generation of this
 * binding (same pipeline, name, type and state_version) that asks with the same
 * key; zeroed at first; NULL if the size differs; the newest asker's fini()
 * when the last generation that asked is gone.  keep [main, in start(); fini
 * too] is shared by all workers, so lock it; worker_keep [worker, in
 * worker_start(); fini too] needs no lock.  Others are using it while you
 * start, and the reload may still be refused: change nothing there before your
 * first open(). */
static inline void *bnd_keep(struct bnd_binding *b, const char *key,
    size_t size, void (*fini)(void *))
{ return bnd_host->keep(b, key, size, fini); }
static inline void *bnd_worker_keep(struct bnd_worker *w, const char *key,
    size_t size, void (*fini)(void *))
{ return bnd_host->worker_keep(w, key, size, fini); }

/* ---- buffers [any] */
/* A copy of n bytes, or n bytes to fill at *p before you hand it to anybody.
 * NULL: no memory. */
static inline struct bnd_buf *bnd_buf_new(const void *data, size_t n)
{ return bnd_host->buf_new(data, n); }
static inline struct bnd_buf *bnd_buf_alloc(size_t n, char **p)
{ return bnd_host->buf_alloc(n, p); }
static inline struct bnd_buf *bnd_buf_ref(struct bnd_buf *b)
{ return bnd_host->buf_ref(b); }
static inline void bnd_buf_unref(struct bnd_buf *b) { bnd_host->buf_unref(b); }
static inline const char *bnd_buf_data(const struct bnd_buf *b, size_t *n)
{ return bnd_host->buf_data(b, n); }

/* ---- telling the operator
 * [worker] Counter: add.  Gauge: add, may be negative.  Histogram: observe.
 * Value: set; the greatest that a worker of the newest generation has set is
 * shown. */
static inline void bnd_metric(struct bnd_worker *w, unsigned id, int64_t value)
{ bnd_host->metric(w, id, value); }

/* [any] b is never NULL; st may be, and is on [main] and [pool].  Never log
 * payload or secrets. */
BND_PRINTF(4, 5) static inline void bnd_log(const struct bnd_binding *b,
    const struct bnd_stage *st, int level, const char *fmt, ...)
{
    va_list ap;
    if (!bnd_host->log_on(b, level))
        return;
    va_start(ap, fmt);
    bnd_host->logv(b, st, level, fmt, ap);
    va_end(ap);
}

/* [main, in check() or start()] Report "file:line: pipeline 'x', binding 'y',
 * option 'z': ...".  option: its name, or NULL; row: NULL, or the address of a
 * row of BND_T_ROWS, at any depth, and then option is a column of it.  Always
 * -EINVAL: `return bnd_option_error(b, "listen", NULL, "...")`. */
BND_PRINTF(4, 5) static inline int bnd_option_error(struct bnd_binding *b,
    const char *option, const void *row, const char *fmt, ...)
{
    va_list ap;
    int rc;
    va_start(ap, fmt);
    rc = bnd_host->option_errorv(b, option, row, fmt, ap);
    va_end(ap);
    return rc;
}

/* [worker] In show(), explain(), command(): one "key: value" of the answer. */
BND_PRINTF(3, 4) static inline void bnd_answer(struct bnd_answer *a,
    const char *key, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    bnd_host->answerv(a, key, fmt, ap);
    va_end(ap);
}

/* [any] Is the address (IPv4 or IPv6; others: no) in one of the networks?  NULL
 * nets: no. */
static inline int bnd_nets_has(const struct bnd_nets *n,
    const struct sockaddr *a)
{ return bnd_host->nets_has(n, a); }

/* [main, in start()] Optional or experimental host interfaces by id,
 * "bindery.ktls/1"; NULL when the host has none.  Each defines its own
 * struct. */
static inline const void *bnd_ext(const char *id) { return bnd_host->ext(id); }

/* "bindery.metrics/1": all metrics in Prometheus text, for a scrape.  [any], so
 * rather on the pool; yours to unref; NULL: no memory. */
struct bnd_ext_metrics {
    uint32_t size, reserved_;
    struct bnd_buf *(*text)(void);
};

#ifdef __cplusplus
}
#endif
#endif
