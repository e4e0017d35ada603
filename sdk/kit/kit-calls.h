/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-calls.h - the functions that kit-table.c puts into the table, by file. */
#ifndef KIT_CALLS_H
#define KIT_CALLS_H

#include "base/compiler.h"

#include <bindery/plugin.h>

struct bndk;

/* kit-bytes.c */
size_t call_avail(struct bnd_stage *st, unsigned side);
size_t
call_peek(struct bnd_stage *st, unsigned side, size_t want, const char **p);
size_t call_edit(struct bnd_stage *st, unsigned side, size_t max, char **p);
size_t call_eat(struct bnd_stage *st, unsigned side, size_t n);
int call_ended(struct bnd_stage *st, unsigned side);
size_t call_room(struct bnd_stage *st, unsigned side);
size_t
call_out(struct bnd_stage *st, unsigned side, const void *data, size_t n);
size_t call_reserve(struct bnd_stage *st, unsigned side, size_t min, char **p);
void call_commit(struct bnd_stage *st, unsigned side, size_t n);
size_t call_move(struct bnd_stage *st, unsigned from, unsigned to, size_t n);
struct bnd_buf *call_take(struct bnd_stage *st, unsigned side, size_t max);
int call_put(struct bnd_stage *st, unsigned side, struct bnd_buf *b);
void call_end(struct bnd_stage *st, unsigned side);
void call_discard(struct bnd_stage *st, unsigned side);

/* kit-buf.c */
struct bnd_buf *buf_make(struct bndk *k, const void *data, size_t n);
struct bnd_buf *buf_hold(struct bnd_buf *b);
void buf_drop(struct bnd_buf *b);
const char *buf_bytes(struct bndk *k, struct bnd_buf *b, size_t *n);
struct bnd_buf *call_buf_new(const void *data, size_t n);
struct bnd_buf *call_buf_alloc(size_t n, char **p);
struct bnd_buf *call_buf_ref(struct bnd_buf *b);
void call_buf_unref(struct bnd_buf *b);
const char *call_buf_data(const struct bnd_buf *b, size_t *n);

/* kit-plumb.c */
void call_bypass(struct bnd_stage *st, unsigned from, unsigned to);
void call_leave(struct bnd_stage *st);
void call_refusev(struct bnd_stage *st, int err, const char *fmt, va_list ap)
    PRINTF(3, 0);
void call_abortv(struct bnd_stage *st, int err, const char *fmt, va_list ap)
    PRINTF(3, 0);
void call_wake(struct bnd_stage *st);
int call_open_back(struct bnd_stage *st, const struct bnd_exit *to);
void call_open_front(struct bnd_stage *st);
int call_attach(struct bnd_stage *st, unsigned side, int fd);
int call_spawn(struct bnd_worker *w, void *arg);
int call_listen(struct bnd_binding *b, const struct bnd_endpoint *e,
    unsigned flags, int backlog, unsigned mode);
void call_limit(struct bnd_stage *st, unsigned which, int64_t ms);

/* kit-facts.c */
int call_fact_set(struct bnd_stage *st, const char *key, unsigned kind,
    const void *v, size_t n);
const void *
call_fact(struct bnd_stage *st, const char *key, unsigned kind, size_t *n);
int call_claim(struct bnd_stage *st, const char *table, const void *key,
    size_t n, uint32_t max);
void call_unclaim(struct bnd_stage *st, const char *table);

/* kit-waits.c */
void call_timer(struct bnd_stage *st, unsigned slot, int64_t ms);
void call_worker_timer(struct bnd_worker *w, unsigned slot, int64_t ms);
int call_watch(struct bnd_stage *st, int fd, unsigned events);
int64_t call_now(void);

/* kit-work.c */
int call_work(struct bnd_worker *w, struct bnd_stage *st, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg);
int call_post(struct bnd_worker *w, uint32_t to, unsigned flags, uint32_t tag,
    uint64_t arg, struct bnd_buf *b);

/* kit-keep.c */
void *call_keep(
    struct bnd_binding *b, const char *key, size_t size, void (*fini)(void *));
void *call_worker_keep(
    struct bnd_worker *w, const char *key, size_t size, void (*fini)(void *));

/* kit-tell.c */
void call_metric(struct bnd_worker *w, unsigned id, int64_t value);
int call_log_on(const struct bnd_binding *b, int level);
void call_logv(const struct bnd_binding *b, const struct bnd_stage *st,
    int level, const char *fmt, va_list ap) PRINTF(4, 0);
int call_option_errorv(struct bnd_binding *b, const char *option,
    const void *row, const char *fmt, va_list ap) PRINTF(4, 0);
void call_answerv(struct bnd_answer *a, const char *key, const char *fmt,
    va_list ap) PRINTF(3, 0);

/* kit-exits.c */
const struct bnd_exit *exit_find(struct bndk *k, const char *name);
const char *exit_name(const struct bnd_exit *e);
void exits_free(struct bndk *k);
const void *call_ext(const char *id);

#endif
