/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What an old program and a new one say to one another, hostile messages
 * included. */

#include "activation.h"
#include "base/compiler.h"
#include "handover.h"
#include "unit.h"
#include "worker/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct report report;
static int old, young; /* the two ends */

static void
begin(void)
{
	char number[16];
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	old = pair[0];
	young = pair[1];
	snprintf(number, sizeof(number), "%d", young);
	setenv(HANDOVER_VARIABLE, number, 1);
}

static int
listening(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (void *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static void
say(const char *text)
{
	ck_assert_int_eq(handover_send(old, text, strlen(text), NULL, 0), 0);
}

static void
give(const char *text, int fd, unsigned n)
{
	int fds[HANDOVER_BATCH];

	for (unsigned i = 0; i < n; i++)
		fds[i] = fd;
	ck_assert_int_eq(handover_send(old, text, strlen(text), fds, n), 0);
}

static unsigned
descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static size_t
in_table(void)
{
	struct gifts g = { 0 };
	size_t n;

	if (inherit_give(&g) < 0)
		return SIZE_MAX;
	n = g.count;
	gifts_finish(&g);
	return n;
}

/* ---------------------------------------------------------------- messages */

START_TEST(a_message_has_text_and_descriptors)
{
	struct handover_message m;
	unsigned before;

	begin();
	before = descriptors();
	ck_assert_int_eq(handover_receive(young, &m), -EAGAIN);
	give("hello", old, HANDOVER_BATCH);
	ck_assert_int_eq(handover_receive(young, &m), 1);
	ck_assert_str_eq(m.text, "hello");
	ck_assert_uint_eq(m.fd_count, HANDOVER_BATCH);
	ck_assert_int_eq(fcntl(m.fds[63], F_GETFD), FD_CLOEXEC);
	close(m.fds[5]);
	m.fds[5] = -1;
	handover_drop(&m);
	ck_assert_uint_eq(descriptors(), before);
	close(old);
	ck_assert_int_eq(handover_receive(young, &m), 0);
}
END_TEST

START_TEST(last_words_of_one_that_did_not_listen)
{
	struct handover_message m;

	begin();
	say("unheard");
	ck_assert_int_eq(handover_send(young, "last", 4, NULL, 0), 0);
	close(young);
	ck_assert_int_eq(handover_receive(old, &m), 1);
	ck_assert_str_eq(m.text, "last");
	ck_assert_int_eq(handover_receive(old, &m), 0);

	begin();
	say("unheard");
	close(young);
	ck_assert_int_eq(handover_receive(old, &m), 0);
}
END_TEST

static void
send_many(int fd, unsigned n)
{
	union {
		char bytes[CMSG_SPACE(200 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	char x = 'x';
	struct iovec v = { &x, 1 };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };

	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
	for (unsigned i = 0; i < n; i++)
		memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &fd,
		    sizeof(int));
	ck_assert_int_eq(sendmsg(old, &m, 0), 1);
}

START_TEST(messages_that_are_none)
{
	static char big[HANDOVER_TEXT + 1];
	struct handover_message m;
	unsigned before;

	begin();
	before = descriptors();
	send_many(old, HANDOVER_BATCH + 1);
	ck_assert_int_eq(handover_receive(young, &m), -EPROTO);
	send_many(old, 200);
	ck_assert_int_eq(handover_receive(young, &m), -EPROTO);
	ck_assert_uint_eq(m.fd_count, 0);
	ck_assert_uint_eq(descriptors(), before);
	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(handover_send(old, big, sizeof(big), &old, 1), 0);
	ck_assert_int_eq(handover_receive(young, &m), -EPROTO);
	ck_assert_uint_eq(descriptors(), before);
	ck_assert_int_eq(handover_send(old, big, HANDOVER_TEXT, NULL, 0), 0);
	ck_assert_int_eq(handover_receive(young, &m), 1);
	ck_assert_uint_eq(m.size, HANDOVER_TEXT);
	ck_assert_int_eq(handover_send(old, "a\0b", 3, NULL, 0), 0);
	ck_assert_int_eq(handover_receive(young, &m), -EPROTO);
	ck_assert_int_eq(handover_receive(1000, &m), -EBADF);
}
END_TEST

/* ------------------------------------------------------------------ taking */

START_TEST(nobody_hands_over)
{
	unsetenv(HANDOVER_VARIABLE);
	ck_assert_int_eq(handover_take(&report), 0);
	ck_assert_uint_eq(report.count, 0);
}
END_TEST

START_TEST(sockets_are_taken)
{
	struct listen_address *all;
	int fd = listening();

	begin();
	say("hello 1 66\n");
	for (int i = 0; i < 2; i++)
		give("sockets\n- \n", fd, 1);
	for (int i = 0; i < 32; i++)
		give("sockets\n- \nl a name\n", fd, 2);
	ck_assert_int_eq(handover_take(&report), 0);
	ck_assert_ptr_null(getenv(HANDOVER_VARIABLE));
	ck_assert_int_eq(fcntl(young, F_GETFD), FD_CLOEXEC);
	ck_assert_uint_eq(in_table(), 66);
	ck_assert_int_eq(inherit_named("a name", &all), 1);
	free(all);
	inherit_settle();
	ck_assert_uint_eq(in_table(), 32);
	inherit_finish();
}
END_TEST

START_TEST(no_sockets_at_all)
{
	begin();
	say("hello 1 0\n");
	ck_assert_int_eq(handover_take(&report), 0);
	ck_assert_uint_eq(in_table(), 0);
}
END_TEST

static const struct {
	const char *hello, *sockets;
	unsigned count;
	int rc;
} hostile[] = {
	{ "", NULL, 0, -ECONNRESET },
	{ "hello", NULL, 0, -EPROTO },
	{ "hello 1\n", NULL, 0, -EPROTO },
	{ "hello 1 x\n", NULL, 0, -EPROTO },
	{ "hello 1 1", NULL, 0, -EPROTO },
	{ "hello 2 1\n", NULL, 0, -EPROTONOSUPPORT },
	{ "hello 2 and more\n", NULL, 0, -EPROTONOSUPPORT },
	{ "ready\n", NULL, 0, -EPROTO },
	{ "hello 1 1\n", NULL, 0, -ECONNRESET },
	{ "hello 1 1\n", "sockets\n", 0, -EPROTO },
	{ "hello 1 1\n", "sockets\n", 1, -EPROTO },
	{ "hello 1 1\n", "sockets", 1, -EPROTO },
	{ "hello 1 1\n", "socket\n- \n", 1, -EPROTO },
	{ "hello 1 1\n", "sockets\n-\n", 1, -EPROTO },
	{ "hello 1 1\n", "sockets\n\n", 1, -EPROTO },
	{ "hello 1 1\n", "sockets\nx \n", 1, -EPROTO },
	{ "hello 1 1\n", "sockets\n- \n- \n", 1, -EPROTO },
	{ "hello 1 1\n", "sockets\n- \n- \n", 2, -EPROTO },
	{ "hello 1 2\n", "sockets\n- \n", 2, -EPROTO },
	{ "hello 1 2\n", "sockets\n- \n", 1, -ECONNRESET },
	{ "hello 1 1\n", "sockets\n- \n", 0, -EPROTO },
};

START_TEST(messages_that_are_wrong)
{
	for (size_t i = 0; i < ARRAY_COUNT(hostile); i++) {
		int fd = listening(), rc;
		unsigned before = descriptors();

		begin();
		say(hostile[i].hello);
		if (hostile[i].sockets)
			give(hostile[i].sockets, fd, hostile[i].count);
		close(old);
		rc = handover_take(&report);
		if (rc != hostile[i].rc)
			ck_abort_msg("%zu: %d", i, rc);
		ck_assert_uint_eq(report.errors, 1);
		handover_refuse(&report); /* which forgets the pair */
		inherit_finish();
		ck_assert_uint_eq(descriptors(), before);
		report_finish(&report);
		report = (struct report){ 0 };
		close(fd);
	}
}
END_TEST

START_TEST(what_does_not_listen_is_not_taken)
{
	begin();
	say("hello 1 1\n");
	give("sockets\n- \n", old, 1);
	ck_assert_int_eq(handover_take(&report), -ENOTSUP);
	report_finish(&report);
}
END_TEST

START_TEST(a_variable_that_leads_nowhere)
{
	static const char *const all[] = { "", "-1", "0", "2", "x", "3x", "999",
		"99999999999999999999" };
	int file = open("/dev/null", O_RDONLY);
	char number[16];

	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		setenv(HANDOVER_VARIABLE, all[i], 1);
		ck_assert_int_eq(handover_take(&report), -EBADF);
	}
	snprintf(number, sizeof(number), "%d", file);
	setenv(HANDOVER_VARIABLE, number, 1);
	ck_assert_int_eq(handover_take(&report), -EBADF);
	report_finish(&report);
}
END_TEST

/* ----------------------------------------------------------------- the end */

START_TEST(a_refusal_tells_the_errors)
{
	struct report r = { 0 };
	struct handover_message m;
	char long_one[4000];

	begin();
	say("hello 1 0\n");
	ck_assert_int_eq(handover_take(&r), 0);
	report_error(&r, "a", 1, "first");
	report_warn(&r, "a", 2, "a warning");
	memset(long_one, 'x', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = '\0';
	for (int i = 0; i < 20; i++)
		report_error(&r, NULL, 0, "%s", long_one);
	report_error(&r, NULL, 0, "last");
	handover_refuse(&r);
	ck_assert_int_eq(handover_receive(old, &m), 1);
	ck_assert_int_eq(strncmp(m.text, "failed\na:1: first\nxxx", 20), 0);
	ck_assert_ptr_null(strstr(m.text, "warning"));
	ck_assert_ptr_nonnull(strstr(m.text, "x\nlast\n"));
	ck_assert_int_eq(handover_receive(old, &m), 0);
	handover_refuse(&r); /* nobody listens any more */
	report_finish(&r);
}
END_TEST

static int times;
static bool was_heir;

static void
taken(void *arg, bool is_heir)
{
	ck_assert_ptr_eq(arg, &times);
	times++;
	was_heir = is_heir;
}

static void
ready(struct loop *l)
{
	begin();
	say("hello 1 1\n");
	give("sockets\n- \n", listening(), 1);
	ck_assert_int_eq(handover_take(&report), 0);
	ck_assert_int_eq(loop_init(l), 0);
	ck_assert_int_eq(handover_ready(l, taken, &times), 0);
	ck_assert_int_eq(times, 0);
	ck_assert_uint_eq(in_table(), 1);
}

START_TEST(an_agreed_hand_over)
{
	struct handover_message m;
	char expected[32];
	struct loop l;

	ready(&l);
	ck_assert_int_eq(handover_receive(old, &m), 1);
	snprintf(expected, sizeof(expected), "ready %d\n", (int)getpid());
	ck_assert_str_eq(m.text, expected);
	loop_turn(&l, 0);
	ck_assert_int_eq(times, 0);
	ck_assert(handover_is_on());
	say("go\n");
	loop_turn(&l, 1000);
	ck_assert_int_eq(times, 1);
	ck_assert(was_heir);
	ck_assert(!handover_is_on());
	ck_assert_int_eq(handover_receive(old, &m), 1);
	ck_assert_str_eq(m.text, "taken\n");
	ck_assert_int_eq(handover_receive(old, &m), 0);
	ck_assert_uint_eq(in_table(), 0); /* nobody wanted it */
	loop_turn(&l, 0);
	ck_assert_int_eq(times, 1);
	loop_finish(&l);
}
END_TEST

START_TEST(the_old_one_is_gone)
{
	struct loop l;

	ready(&l);
	close(old);
	loop_turn(&l, 1000);
	ck_assert_int_eq(times, 1);
	ck_assert(was_heir);
	loop_finish(&l);
}
END_TEST

START_TEST(nobody_to_wait_for)
{
	struct loop l;

	unsetenv(HANDOVER_VARIABLE);
	ck_assert_int_eq(handover_take(&report), 0);
	ck_assert_int_eq(handover_ready(&l, taken, &times), 0);
	ck_assert_int_eq(times, 1);
	ck_assert(!was_heir);
}
END_TEST

/* -------------------------------------------------------------- activation */

START_TEST(variables_of_the_manager)
{
	static const char *const numbers[] = { "", "-1", "+1", " 1", "1x",
		"2147483647", "99999999999999999999" };
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", numbers[i], 1);
		setenv("LISTEN_FDNAMES", "a:b", 1);
		ck_assert_int_eq(activation_take(&report), 0);
		ck_assert_uint_eq(report.count, 0);
		ck_assert_ptr_null(getenv("LISTEN_PID"));
		ck_assert_ptr_null(getenv("LISTEN_FDS"));
		ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
	}
}
END_TEST

/* What libcheck has at descriptors 3 to 6 is put aside: until it is back there
 * nothing can be asserted. */
START_TEST(names_of_the_manager)
{
	int fd = fcntl(listening(), F_DUPFD, 20), saved[7], rc, flags;
	char pid[16], text[64] = "";
	size_t count;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "4", 1);
	setenv("LISTEN_FDNAMES", "web::b\nc", 1);
	for (int to = 3; to < 7; to++) {
		saved[to] = fcntl(to, F_DUPFD, 50);
		dup2(fd, to);
	}
	rc = activation_take(&report);
	count = in_table();
	inherit_names(text, sizeof(text));
	flags = fcntl(6, F_GETFD);
	inherit_finish();
	for (int to = 3; to < 7; to++)
		if (saved[to] >= 0)
			dup2(saved[to], to);
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(report.count, 0);
	ck_assert_uint_eq(count, 4);
	ck_assert_str_eq(text, "'unknown', 'web'");
	ck_assert_int_eq(flags, FD_CLOEXEC);
}
END_TEST

UNIT_TESTS("handover", a_message_has_text_and_descriptors,
    last_words_of_one_that_did_not_listen, messages_that_are_none,
    nobody_hands_over, sockets_are_taken, no_sockets_at_all,
    messages_that_are_wrong, what_does_not_listen_is_not_taken,
    a_variable_that_leads_nowhere, a_refusal_tells_the_errors,
    an_agreed_hand_over, the_old_one_is_gone, nobody_to_wait_for,
    variables_of_the_manager, names_of_the_manager)
