/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/mail.h"

#include "base/compiler.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SENDERS = 4, LETTERS = 50000 };

struct numbered {
	struct letter letter;
	int sender, number;
};

struct sender {
	pthread_t thread;
	int index;
	struct numbered *letters;
};

static struct mailbox box;
static int next_number[SENDERS]; /* the receiver's */
static int received;

static void
numbered_read(struct letter *l)
{
	struct numbered *n = CONTAINER_OF(l, struct numbered, letter);

	ck_assert_int_eq(n->number, next_number[n->sender]);
	next_number[n->sender]++;
	received++;
	memset(n, 0xee, sizeof(*n)); /* it is the receiver's now */
}

static bool
box_is_readable(int timeout_ms)
{
	struct pollfd p = { .fd = box.fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1;
}

static void *
sender_run(void *arg)
{
	struct sender *s = arg;

	for (int i = 0; i < LETTERS; i++) {
		s->letters[i].letter.fn = numbered_read;
		s->letters[i].sender = s->index;
		s->letters[i].number = i;
		mail_send(&box, &s->letters[i].letter);
	}
	return NULL;
}

/* The receiver sleeps whenever the box is empty: a lost wake-up ends in a
 * timeout here. */
START_TEST(many_senders_one_receiver)
{
	struct sender senders[SENDERS];

	ck_assert_int_eq(mailbox_init(&box), 0);
	for (int i = 0; i < SENDERS; i++) {
		senders[i].index = i;
		senders[i].letters =
		    calloc(LETTERS, sizeof(*senders[i].letters));
		ck_assert_ptr_nonnull(senders[i].letters);
		ck_assert_int_eq(pthread_create(&senders[i].thread, NULL,
				     sender_run, &senders[i]),
		    0);
	}
	while (received < SENDERS * LETTERS) {
		ck_assert(box_is_readable(20000));
		mail_run(&box);
	}
	for (int i = 0; i < SENDERS; i++) {
		pthread_join(senders[i].thread, NULL);
		ck_assert_int_eq(next_number[i], LETTERS);
		free(senders[i].letters);
	}
	mail_run(&box);
	ck_assert(!box_is_readable(0));
	mailbox_finish(&box);
}
END_TEST

START_TEST(only_the_first_letter_wakes)
{
	struct numbered n[3] = { 0 };
	uint64_t count = 0;

	ck_assert_int_eq(mailbox_init(&box), 0);
	for (int i = 0; i < 3; i++) {
		n[i].letter.fn = numbered_read;
		n[i].number = i;
		mail_send(&box, &n[i].letter);
	}
	ck_assert_int_eq(read(box.fd, &count, sizeof(count)), sizeof(count));
	ck_assert_uint_eq(count, 1);
	ck_assert(mail_run(&box));
	ck_assert_int_eq(received, 3);
	ck_assert(!mail_run(&box));
	mailbox_finish(&box);
}
END_TEST

static int answers;

static void
letter_answer(struct letter *l)
{
	if (++answers < 3)
		mail_send(&box, l);
}

START_TEST(what_comes_meanwhile_waits_for_the_next_run)
{
	struct letter l = { .fn = letter_answer };

	ck_assert_int_eq(mailbox_init(&box), 0);
	mail_send(&box, &l);
	for (int i = 1; i <= 3; i++) {
		ck_assert(box_is_readable(0));
		ck_assert(mail_run(&box));
		ck_assert_int_eq(answers, i);
	}
	ck_assert(!box_is_readable(0));
	mailbox_finish(&box);
}
END_TEST

START_TEST(without_descriptors_it_fails)
{
	struct rlimit before, none;
	int r;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = mailbox_init(&box);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(r, -EMFILE);
	mailbox_finish(&box);
	mailbox_finish(&box);
}
END_TEST

UNIT_TESTS("mail", many_senders_one_receiver, only_the_first_letter_wakes,
    what_comes_meanwhile_waits_for_the_next_run, without_descriptors_it_fails)
