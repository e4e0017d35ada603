/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * control-inner.h - what the files of the control socket share: the socket
 * (control.c), one client's question (question.c), the list of commands
 * (command.c), and what each of them does (the other files).  [main thread]
 */
#ifndef CONTROL_CONTROL_INNER_H
#define CONTROL_CONTROL_INNER_H

#include "control/control.h"
#include "control/request.h"

#include <jansson.h>
#include <sys/queue.h>
#include <time.h>

struct question;
LIST_HEAD(question_list, question);

/* The last reload, for `status`. */
struct past_reload {
	time_t at; /* 0: there was none */
	int64_t took_ms;
	bool is_good;
	json_t *errors; /* a list of sentences, or NULL */
};

struct control {
	struct control_setup setup;
	struct watch watch; /* of the listening socket */
	struct timer pause; /* while descriptors are short */
	int reserve_fd;     /* given up so that one can ask even then; or -1 */
	bool is_watched;
	bool is_lasting;   /* the socket is the service manager's */
	int64_t warned_ms; /* of somebody who may not ask */
	dev_t device;      /* of its file: is it still ours? */
	ino_t inode;
	gid_t group;
	struct question_list questions;
	unsigned count; /* of questions */
	time_t started;
	int64_t started_ms;
	unsigned good, refused; /* reloads */
	struct past_reload last;
};

/* What a client wants, from its first byte to the last of the answer. */
struct question {
	LIST_ENTRY(question) link;
	struct control *control;
	struct watch watch;
	struct timer deadline;
	char *text; /* what was read of the request, then the answer */
	size_t length, done;
	json_t *arguments;
	unsigned ticket;    /* waits for that reload; 0: for none */
	bool waits_upgrade; /* waits for the end of it */
	bool is_asked;      /* the whole request is there */
	bool is_answered;
	int64_t answered_ms;
};

/* ---- control.c */

void control_question_gone(struct control *c);

/* Are so many asking that silent ones must not keep their places for long? */
bool control_is_crowded(const struct control *c);

/* ---- question.c */

/* A client is there; fd is the question's, and closed on failure. */
void question_begin(struct control *c, int fd);
void question_end(struct question *q);

/* The process ends: an answer now, as far as the client takes it at once.  It
 * may be gone after this. */
void question_hurry(struct question *q);

/* The answer (taken over; NULL: out of memory), or a no with a sentence and,
 * perhaps, a list of more (errors: taken over, may be NULL).  Once each. */
void question_answer(struct question *q, json_t *answer);
void question_refuse(struct question *q, json_t *errors, const char *fmt, ...)
    PRINTF(3, 4);

/* ---- command.c */

/* Run what the request of n bytes asks for: the question is answered, or will
 * be. */
void command_run(struct question *q, const char *text, size_t n);

/* Arguments that were checked: NULL, the default when it was not given. */
const char *argument_text(const struct question *q, const char *name);
int64_t
argument_int(const struct question *q, const char *name, int64_t missing);
bool argument_bool(const struct question *q, const char *name, bool missing);

/* The pipeline of the current generation that an argument names, or NULL: the
 * question was refused. */
struct pipeline *argument_pipeline(struct question *q, const char *name);

/* ---- the commands, by file */

/* process.c */
void command_status(struct question *q);
void command_reload(struct question *q);
void command_upgrade(struct question *q);
void command_stop(struct question *q);
void command_reopen(struct question *q);
void command_metrics(struct question *q);
void command_log_level(struct question *q);
void command_config(struct question *q);
/* conns.c */
/* Two lists that are sorted by id, the greatest first, become one of at most
 * `most` rows; both are taken over. */
json_t *rows_merge(json_t *a, json_t *b, size_t most);
void command_connections(struct question *q);
void command_kill(struct question *q);
/* pipelines.c */
void command_pipelines(struct question *q);
void command_graph(struct question *q);
void command_drain(struct question *q);
/* generations.c */
void command_generations(struct question *q);
void command_plugins(struct question *q);
/* ask.c */
void command_show(struct question *q);
void command_tell(struct question *q);
void command_explain(struct question *q);

/* ---- says.c */

/* Collects what a plugin says; struct bnd_answer of the SDK.  Start with
 * says_begin(); says is a list, the caller's; NULL: out of memory. */
struct says {
	struct bnd_answer pub;
	json_t *list;
};
void says_begin(struct says *s);
json_t *says_take(struct says *s);

/* A list of a report's sentences, warnings or errors.  NULL: no memory. */
json_t *json_of_report(const struct report *r, bool warnings);

/* Text that may be anybody's bytes. */
json_t *json_of_text(const char *text);

/* Of a binding's type: "source", "filter" or "sink". */
const char *role_name(uint32_t role);

#endif
