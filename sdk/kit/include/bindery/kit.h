/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * bindery/kit.h - a host for one plugin, inside your test.
 *
 * The test loads a plugin as the host would, opens connections, and plays both
 * neighbours of the stage.  Time passes, jobs run and ways open when the test
 * says so, all on its one thread:
 *
 *     struct bndk *k = bndk_load("./upper.so", "max_line = 4k");
 *     struct bndk_conn *c = bndk_open(k);
 *
 *     bndk_send(c, BND_FRONT, "abc\n");
 *     bndk_run(k);
 *     bndk_expect(c, BND_BACK, "ABC\n");
 *     bndk_end(c, BND_FRONT);
 *     bndk_run(k);
 *     bndk_expect_end(c, BND_BACK);
 *     bndk_unload(k);
 *
 * An expectation that fails, and a plugin that breaks a rule of
 * bindery/plugin.h, is one sentence on the standard error output and abort(),
 * which libcheck reports for the test that did it; see bndk_on_failure().
 *
 * What the kit shows to a plugin (bnd_peek(), bnd_edit(), bnd_reserve(), self)
 * lies in pages of its own: whoever reads past the end, or later than allowed,
 * is stopped by the processor on the spot.
 *
 * One thread at a time may use the kit.
 */
/* clang-format off */
#ifndef BINDERY_KIT_H
#define BINDERY_KIT_H 1

#include <bindery/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bndk;      /* a plugin that is loaded, as one binding */
struct bndk_conn; /* a connection through one stage of it */

#define BNDK_HERE __FILE__, __LINE__

/* ------------------------------------------------------------------ failures */

/* rule: a short word for what was broken ("expect", "stale", ...; the page
 * bindery-kit(3) has them); text: a sentence.  It may longjmp() away; when it
 * returns the kit goes on.  NULL: back to printing and abort(). */
typedef void bndk_failed_fn(void *arg, const char *rule, const char *text);
void bndk_on_failure(bndk_failed_fn *fn, void *arg);

/* ---------------------------------------------------------------- the plugin */

/* Load a plugin and start a binding 'under-test' of it in the pipeline 'kit', on
 * two workers.  options: as in the configuration, "key = value; key = value",
 * where a plain word needs no quotes; NULL: none. */
#define bndk_load(path, options) bndk_load_(BNDK_HERE, path, options, 2)
#define bndk_load_workers(path, options, workers)                            \
    bndk_load_(BNDK_HERE, path, options, workers)

/* Loading, or starting with these options, must be refused in words of which
 * `part` is a part. */
#define bndk_expect_refused(path, options, part)                             \
    bndk_expect_refused_(BNDK_HERE, path, options, part)

/* End its connections, stop all its generations, and see that nothing is left:
 * buffers, descriptors, timers.  k is gone. */
void bndk_unload(struct bndk *k);

/* Start a second generation with other options beside the first, which drains
 * and stops once its last connection is gone. */
#define bndk_reload(k, options) bndk_reload_(BNDK_HERE, k, options)

/* How many generations have not stopped. */
unsigned bndk_generations(struct bndk *k);

const struct bnd_type *bndk_type(struct bndk *k);

/* ----------------------------------------------------------- running, waiting */

/* Call what is due until nothing is: callbacks, messages, done() of jobs that
 * have run, descriptors that are ready.  Neighbours take what they are sent. */
void bndk_run(struct bndk *k);

/* The next one callback only; 0: nothing was due. */
int bndk_step(struct bndk *k);

/* Let so many milliseconds pass: timers fire in their order.  While descriptors
 * are watched it stands still until there was no news of them for 100 ms of real
 * time. */
void bndk_clock(struct bndk *k, int64_t ms);

/* Run the first so many jobs of bnd_work(), or with BND_EVERY_WORKER all; their
 * done() comes with bndk_run().  How many ran. */
unsigned bndk_work_run(struct bndk *k, unsigned count);
unsigned bndk_work_count(struct bndk *k); /* that wait to be run */

/* ----------------------------------------------------------------- connections */

/* A connection through a filter or sink, on worker 0; open() comes with
 * bndk_run().  It lives until bndk_unload().  As if it had come by TCP over
 * loopback its facts "peer" and "local" are 127.0.0.1:50000, with another port
 * for each more at once, and 127.0.0.1:7500; see bndk_fact_set(). */
#define bndk_open(k) bndk_open_on_(BNDK_HERE, k, 0)
#define bndk_open_on(k, worker) bndk_open_on_(BNDK_HERE, k, worker)

/* Somebody connects to a source: accepted() is called with one end of a TCP
 * connection over loopback.  NULL: it was turned away. */
struct bndk_conn *bndk_accept(struct bndk *k, unsigned worker);

/* Give its memory back before bndk_unload() does; it must have ended. */
void bndk_forget(struct bndk_conn *c);

/* A neighbour sends, half-closes, or resets with a negative errno. */
#define bndk_send(c, side, text) bndk_send_(BNDK_HERE, c, side, text)
#define bndk_send_bytes(c, side, data, n)                                    \
    bndk_send_bytes_(BNDK_HERE, c, side, data, n)
#define bndk_end(c, side) bndk_end_(BNDK_HERE, c, side)
void bndk_reset(struct bndk_conn *c, unsigned side, int err);

/* How much more the plugin's inlet takes now. */
size_t bndk_room(struct bndk_conn *c, unsigned side);

/* yes: this neighbour takes only what bndk_take() says. */
void bndk_hold(struct bndk_conn *c, unsigned side, int yes);
size_t bndk_take(struct bndk_conn *c, unsigned side, size_t n);

/* How many bytes an inlet or outlet holds from now on, at least 65536: what
 * st->limit says. */
#define bndk_limit(c, bytes) bndk_limit_(BNDK_HERE, c, bytes)

/* The way behind a filter: it opens at once, unless bndk_back_waits() was called
 * before; then one of the other two decides. */
void bndk_back_waits(struct bndk *k);
#define bndk_back_opens(c) bndk_back_opens_(BNDK_HERE, c)
#define bndk_back_fails(c, err) bndk_back_fails_(BNDK_HERE, c, err)

/* The exit that a stage has taken (every name is one here), "" for the next
 * binding, NULL: it has not asked. */
const char *bndk_exit_taken(struct bndk_conn *c);

/* ---------------------------------------------------------------- expectations */

/* What came out at that side begins with this; it is then taken away. */
#define bndk_expect(c, side, text) bndk_expect_(BNDK_HERE, c, side, text)
#define bndk_expect_bytes(c, side, data, n)                                  \
    bndk_expect_bytes_(BNDK_HERE, c, side, data, n)
/* Nothing came out that was not expected already. */
#define bndk_expect_nothing(c, side) bndk_expect_nothing_(BNDK_HERE, c, side)
/* The same, and its end; or not its end. */
#define bndk_expect_end(c, side) bndk_expect_end_(BNDK_HERE, c, side)
#define bndk_expect_no_end(c, side) bndk_expect_no_end_(BNDK_HERE, c, side)
/* The stage lives; was closed, with 0 or why. */
#define bndk_expect_alive(c) bndk_expect_alive_(BNDK_HERE, c)
#define bndk_expect_closed(c, err) bndk_expect_closed_(BNDK_HERE, c, err)
/* The connection was aborted, or refused politely, with this errno; with 0 it was
 * done, and that was good. */
#define bndk_expect_abort(c, err) bndk_expect_abort_(BNDK_HERE, c, err)
#define bndk_expect_refusal(c, err) bndk_expect_refusal_(BNDK_HERE, c, err)
/* What comes from that side is moved by the host. */
#define bndk_expect_bypassed(c, from) bndk_expect_bypassed_(BNDK_HERE, c, from)
/* The way through the stage is open. */
#define bndk_expect_open(c) bndk_expect_open_(BNDK_HERE, c)
/* A line of the log has this in it. */
#define bndk_expect_log(k, part) bndk_expect_log_(BNDK_HERE, k, part)

/* All that is left at that side, which stays there: good until the next call on
 * c.  And take it away: how many bytes it was. */
const char *bndk_received(struct bndk_conn *c, unsigned side, size_t *n);
size_t bndk_drop(struct bndk_conn *c, unsigned side);

/* Why it was aborted or refused, in words; "" when it was not. */
const char *bndk_why(struct bndk_conn *c);

/* ------------------------------------------------------------ what it has done */

/* Facts as text; NULL: there is none.  "peer" and "local" are set from
 * "192.0.2.1:4000" or "[2001:db8::1]:443". */
const char *bndk_fact(struct bndk_conn *c, const char *key);
void bndk_fact_set(struct bndk_conn *c, const char *key, const char *text);
void bndk_peer_set(struct bndk_conn *c, const struct sockaddr *a, size_t n);

/* Of enum bnd_limit_kind, in milliseconds; -1: it did not ask. */
int64_t bndk_limit_asked(struct bndk_conn *c, unsigned which);

/* Does the connection hold a claim in the table? */
int bndk_has_claim(struct bndk_conn *c, const char *table);

/* The sum of a metric over all workers; label: as in the table, NULL: any. */
int64_t bndk_metric(struct bndk *k, const char *name, const char *label);

/* Lines of "LEVEL: text", oldest first. */
const char *bndk_log(struct bndk *k);

/* "key: value" lines from show() of a stage (c NULL: of the binding, on all
 * workers, one after the other), from command(), and from explain(), asked of a
 * dry stage with the facts of c. */
const char *bndk_show(struct bndk *k, struct bndk_conn *c);
const char *bndk_tell(struct bndk *k, const char *words, int *result);
/* exit: the name it chose, "" for the next binding, NULL: it said no (bndk_why()
 * of c has the sentence then). */
const char *bndk_explain(struct bndk *k, struct bndk_conn *c,
    const char **exit);

/* A message from worker `from`, as its bnd_post() would send it. */
#define bndk_post(k, from, to, tag, arg, data, n)                            \
    bndk_post_(BNDK_HERE, k, from, to, tag, arg, data, n)

/* ------------------------------------------------------------------- mischief */

/* Let the nth call (from 1) of a function fail: "attach", "buf_new", ... with
 * this negative errno where it has one.  What gives bytes fails as it does in
 * the host: the connection is aborted.  nth 0: none any more. */
void bndk_fault(struct bndk *k, const char *call, unsigned nth, int err);

/* How often it was called so far. */
unsigned bndk_calls(struct bndk *k, const char *call);

/* Call flow() of a stage for no reason, soon. */
void bndk_wake(struct bndk_conn *c);

/* From now on bnd_peek() and bnd_reserve() show more than was asked for, and what
 * is due comes in any order that a host may have, by dice; 0: no more than must
 * be, and in one order. */
void bndk_dice(struct bndk *k, uint64_t seed);

/* -------------------------------------------------- behind the macros above */

struct bndk *bndk_load_(const char *file, int line, const char *path,
    const char *options, unsigned workers);
void bndk_expect_refused_(const char *file, int line, const char *path,
    const char *options, const char *part);
void bndk_reload_(const char *file, int line, struct bndk *k,
    const char *options);
struct bndk_conn *bndk_open_on_(const char *file, int line, struct bndk *k,
    unsigned worker);
void bndk_send_(const char *file, int line, struct bndk_conn *c, unsigned side,
    const char *text);
void bndk_send_bytes_(const char *file, int line, struct bndk_conn *c,
    unsigned side, const void *data, size_t n);
void bndk_end_(const char *file, int line, struct bndk_conn *c, unsigned side);
void bndk_limit_(const char *file, int line, struct bndk_conn *c, size_t bytes);
void bndk_back_opens_(const char *file, int line, struct bndk_conn *c);
void bndk_back_fails_(const char *file, int line, struct bndk_conn *c, int err);
void bndk_expect_(const char *file, int line, struct bndk_conn *c,
    unsigned side, const char *text);
void bndk_expect_bytes_(const char *file, int line, struct bndk_conn *c,
    unsigned side, const void *data, size_t n);
void bndk_expect_nothing_(const char *file, int line, struct bndk_conn *c,
    unsigned side);
void bndk_expect_end_(const char *file, int line, struct bndk_conn *c,
    unsigned side);
void bndk_expect_no_end_(const char *file, int line, struct bndk_conn *c,
    unsigned side);
void bndk_expect_alive_(const char *file, int line, struct bndk_conn *c);
void bndk_expect_closed_(const char *file, int line, struct bndk_conn *c,
    int err);
void bndk_expect_abort_(const char *file, int line, struct bndk_conn *c,
    int err);
void bndk_expect_refusal_(const char *file, int line, struct bndk_conn *c,
    int err);
void bndk_expect_bypassed_(const char *file, int line, struct bndk_conn *c,
    unsigned from);
void bndk_expect_open_(const char *file, int line, struct bndk_conn *c);
void bndk_expect_log_(const char *file, int line, struct bndk *k,
    const char *part);
void bndk_post_(const char *file, int line, struct bndk *k, unsigned from,
    unsigned to, uint32_t tag, uint64_t arg, const void *data, size_t n);

#ifdef __cplusplus
}
#endif
#endif
