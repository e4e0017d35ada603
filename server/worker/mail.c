/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/mail.h"

#include <errno.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
mailbox_init(struct mailbox *box)
{
	atomic_init(&box->top, NULL);
	box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return box->fd < 0 ? -errno : 0;
}

void
mailbox_finish(struct mailbox *box)
{
	if (box->fd >= 0)
		close(box->fd);
	box->fd = -1;
}

/* The release makes the letter's content the receiver's; who found the box
 * empty has the duty to wake.  The write can fail only when the eventfd is at
 * its limit, which is as good as written. */
void
mail_send(struct mailbox *box, struct letter *l)
{
	struct letter *top =
	    atomic_load_explicit(&box->top, memory_order_relaxed);

	do
		l->next = top;
	while (!atomic_compare_exchange_weak_explicit(
	    &box->top, &top, l, memory_order_release, memory_order_relaxed));
	if (!top)
		(void)!eventfd_write(box->fd, 1);
}

/* The eventfd is cleared before the box: a letter that comes in between is
 * taken now and wakes for nothing, instead of lying there unheard. */
static struct letter *
mail_take(struct mailbox *box)
{
	struct letter *l, *next, *oldest = NULL;
	eventfd_t count;

	(void)!eventfd_read(box->fd, &count);
	l = atomic_exchange_explicit(&box->top, NULL, memory_order_acquire);
	for (; l; l = next) {
		next = l->next;
		l->next = oldest;
		oldest = l;
	}
	return oldest;
}

bool
mail_run(struct mailbox *box)
{
	struct letter *l = mail_take(box), *next;
	bool had_any = l;

	for (; l; l = next) {
		next = l->next;
		l->fn(l);
	}
	return had_any;
}
