/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * duty.h - which callback of a plugin a worker is in at this moment, for the
 * watchdog to look at: three stores to a line of the worker's own.  It is also
 * where the probes of callbacks are.  [written by the worker's thread, read by
 * the watchdog's; is_unwatched by both]
 */
#ifndef WORKER_DUTY_H
#define WORKER_DUTY_H

#include "base/compiler.h"
#include "base/probe.h"

#include <bindery/plugin.h>

#include <stdatomic.h>
#include <stdbool.h>

/* clang-format off */
#define DUTY_CALLS(X)                                                  \
	X(worker_start) X(worker_drain) X(worker_stop) X(worker_timer) \
	X(message) X(worker_room) X(accepted)                          \
	X(open) X(opened) X(flow) X(timer) X(ready) X(drain) X(close)  \
	X(show) X(explain) X(command) X(done)
/* clang-format on */

enum duty_call {
#define X(name) DUTY_##name,
	DUTY_CALLS(X)
#undef X
	    DUTY_COUNT
};

struct duty {
	/* Whose callback runs; NULL: none does. */
	_Atomic(const struct bnd_binding *) binding;
	_Atomic uint64_t call; /* how many there were << 8 | enum duty_call */
	atomic_bool is_unwatched; /* the watchdog sleeps: wake it */
};

/* "flow" */
const char *duty_call_name(enum duty_call call);

/* Wake the watchdog (watchdog.h). */
void duty_wake(struct duty *d);

static inline struct duty *
duty_begin(struct duty *d, const struct bnd_binding *b, enum duty_call call,
    UNUSED const char *name)
{
	uint64_t count = atomic_load_explicit(&d->call, memory_order_relaxed);

	atomic_store_explicit(&d->call, ((count | 0xff) + 1) | (uint64_t)call,
	    memory_order_relaxed);
	atomic_store_explicit(&d->binding, b, memory_order_release);
	USDT(callback_entry, b->pipeline, b->name, name);
	if (UNLIKELY(
		atomic_load_explicit(&d->is_unwatched, memory_order_relaxed)))
		duty_wake(d);
	return d;
}

static inline void
duty_end(struct duty **d)
{
	atomic_store_explicit(&(*d)->binding, NULL, memory_order_release);
	USDT(callback_return);
}

/* Call a plugin's callback for a binding (of the host's) on the worker: its
 * result.  Every callback on a worker goes through here. */
#define PLUGIN_CALL(worker, of, callback, ...)                                \
	({                                                                    \
		CLEANUP(duty_end)                                             \
		UNUSED struct duty *duty_ = duty_begin(                       \
		    &(worker)->duty, &(of)->pub, DUTY_##callback, #callback); \
		(of)->type->callback(__VA_ARGS__);                            \
	})

#endif
