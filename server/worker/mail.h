/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * mail.h - a worker's mailbox: letters from any thread to one loop.  Many
 * senders, one receiver, no lock; the receiver is woken through an eventfd only
 * when its box was empty.  Letters of one sender arrive in the order they were
 * sent.
 */
#ifndef WORKER_MAIL_H
#define WORKER_MAIL_H

#include <stdatomic.h>
#include <stdbool.h>

struct letter;
typedef void letter_fn(struct letter *l);

/* Embedded in what is sent; the sender's until mail_send(), then the
 * receiver's. */
struct letter {
	struct letter *next;
	letter_fn *fn; /* called on the receiving thread; may free the letter */
};

struct mailbox {
	_Atomic(struct letter *) top; /* newest first */
	int fd;                       /* eventfd, non-blocking, for epoll */
};

/* 0 or -errno; mailbox_finish() is right after both. */
int mailbox_init(struct mailbox *box);

/* Letters that are still inside are the caller's loss: drain first. */
void mailbox_finish(struct mailbox *box);

/* [any] The box must outlive this call, not only the letter's stay in it: the
 * wake-up may come after the letter was taken. */
void mail_send(struct mailbox *box, struct letter *l);

/* [receiver] Call fn of every letter that had arrived when this was called,
 * oldest first.  Clears the eventfd.  Returns whether there was any. */
bool mail_run(struct mailbox *box);

#endif
