/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * handover.h - a program takes over from the one that started it.  They speak
 * over a pair of SOCK_SEQPACKET sockets whose number is in BINDERY_UPGRADE:
 *
 *     old -> new   hello 1 COUNT        version, how many sockets there are
 *     old -> new   sockets              and one line for each of its up to 64
 *                                       descriptors: 'l' (lasting: the service
 *                                       manager's) or '-', a blank, its name
 *     new -> old   ready PID            it serves, beside the old, as that
 *                                       process (without: the old one's child)
 *     old -> new   go                   be the main process
 *     new -> old   taken                it is: the old one drains
 *     new -> old   failed               and a line for each error
 *
 * The end of the stream before "taken" means to the old that the new is dead,
 * and to the new that it serves alone.  Programs of different versions meet
 * here: whatever is not understood ends the hand-over, and the old goes on.
 * This file is the messages and the new program's part; see upgrade.h for the
 * old one's.  [main thread]
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include "base/report.h"
#include "worker/loop.h"

#include <sys/types.h>

#define HANDOVER_VARIABLE "BINDERY_UPGRADE"

enum { HANDOVER_VERSION = 1, HANDOVER_BATCH = 64, HANDOVER_TEXT = 32768 };

/* ---- messages */

struct handover_message {
	char text[HANDOVER_TEXT + 1]; /* ends in 0, and has none before */
	size_t size;
	int fds[HANDOVER_BATCH]; /* the receiver's to close; -1: it has one */
	unsigned fd_count;
};

/* Send without waiting.  0 or -errno. */
int handover_send(
    int fd, const char *text, size_t n, const int *fds, unsigned fd_count);

/* Receive what is there.  1; 0: the end; -EAGAIN; -EPROTO: no message of ours
 * (its descriptors are closed); -errno. */
int handover_receive(int fd, struct handover_message *m);

/* Close what is left of the descriptors. */
void handover_drop(struct handover_message *m);

/* ---- the new program */

/* First of all: if there is a program to take over from, become a grandchild of
 * it, see nurse.h. */
void handover_begin(void);

/* If there is a program to take over from, fill the table of worker/inherit.h
 * with its sockets.  0, or -errno with the report saying why. */
int handover_take(struct report *report);

/* It cannot be: tell the old one. */
void handover_refuse(const struct report *report);

/* Is the old one still the main process? */
bool handover_is_on(void);

/* We serve.  taken() is called when we are the main process: now, if there was
 * nobody to take over from (is_heir false), or once the old one has agreed or
 * is gone.  0 or -errno. */
int handover_ready(
    struct loop *l, void (*taken)(void *arg, bool is_heir), void *arg);

#endif
