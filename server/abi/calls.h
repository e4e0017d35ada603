/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* calls.h - the functions that table.c puts into the table, by file. */
#ifndef ABI_CALLS_H
#define ABI_CALLS_H

#include "base/compiler.h"

#include <bindery/plugin.h>

/* bytes.c: the inlets and outlets of a stage */
size_t abi_avail(struct bnd_stage *st, unsigned side);
size_t
abi_peek(struct bnd_stage *st, unsigned side, size_t want, const char **p);
size_t abi_edit(struct bnd_stage *st, unsigned side, size_t max, char **p);
size_t abi_eat(struct bnd_stage *st, unsigned side, size_t n);
int abi_ended(struct bnd_stage *st, unsigned side);
size_t abi_room(struct bnd_stage *st, unsigned side);
size_t abi_out(struct bnd_stage *st, unsigned side, const void *data, size_t n);
size_t abi_reserve(struct bnd_stage *st, unsigned side, size_t min, char **p);
void abi_commit(struct bnd_stage *st, unsigned side, size_t n);
size_t abi_move(struct bnd_stage *st, unsigned from, unsigned to, size_t n);
struct bnd_buf *abi_take(struct bnd_stage *st, unsigned side, size_t max);
int abi_put(struct bnd_stage *st, unsigned side, struct bnd_buf *b);
void abi_end(struct bnd_stage *st, unsigned side);
void abi_discard(struct bnd_stage *st, unsigned side);
struct bnd_buf *abi_buf_new(const void *data, size_t n);
struct bnd_buf *abi_buf_alloc(size_t n, char **p);
const char *abi_buf_data(const struct bnd_buf *b, size_t *n);

/* stage.c: the life of a stage and its connection */
void abi_bypass(struct bnd_stage *st, unsigned from, unsigned to);
void abi_leave(struct bnd_stage *st);
void abi_refusev(struct bnd_stage *st, int err, const char *fmt, va_list ap)
    PRINTF(3, 0);
void abi_abortv(struct bnd_stage *st, int err, const char *fmt, va_list ap)
    PRINTF(3, 0);
void abi_wake(struct bnd_stage *st);
int abi_open_back(struct bnd_stage *st, const struct bnd_exit *to);
void abi_open_front(struct bnd_stage *st);
int abi_attach(struct bnd_stage *st, unsigned side, int fd);
int abi_fact_set(struct bnd_stage *st, const char *key, unsigned kind,
    const void *v, size_t n);
const void *
abi_fact(struct bnd_stage *st, const char *key, unsigned kind, size_t *n);
void abi_limit(struct bnd_stage *st, unsigned which, int64_t ms);
int abi_claim(struct bnd_stage *st, const char *table, const void *key,
    size_t n, uint32_t max);
void abi_unclaim(struct bnd_stage *st, const char *table);
void abi_timer(struct bnd_stage *st, unsigned slot, int64_t ms);
int abi_watch(struct bnd_stage *st, int fd, unsigned events);

/* worker.c: a binding on its worker */
int abi_spawn(struct bnd_worker *w, void *arg);
void abi_worker_timer(struct bnd_worker *w, unsigned slot, int64_t ms);
int abi_work(struct bnd_worker *w, struct bnd_stage *st, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg);
int abi_post(struct bnd_worker *w, uint32_t to, unsigned flags, uint32_t tag,
    uint64_t arg, struct bnd_buf *b);
void abi_metric(struct bnd_worker *w, unsigned id, int64_t value);

/* binding.c: a binding as a whole, on the main thread */
int abi_listen(struct bnd_binding *b, const struct bnd_endpoint *e,
    unsigned flags, int backlog, unsigned mode);
void *abi_keep(
    struct bnd_binding *b, const char *key, size_t size, void (*fini)(void *));
void *abi_worker_keep(
    struct bnd_worker *w, const char *key, size_t size, void (*fini)(void *));
int abi_option_errorv(struct bnd_binding *b, const char *option,
    const void *row, const char *fmt, va_list ap) PRINTF(4, 0);
int abi_log_on(const struct bnd_binding *b, int level);
void abi_logv(const struct bnd_binding *b, const struct bnd_stage *st,
    int level, const char *fmt, va_list ap) PRINTF(4, 0);
void abi_answerv(struct bnd_answer *a, const char *key, const char *fmt,
    va_list ap) PRINTF(3, 0);
const void *abi_ext(const char *id);

#endif
