/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What an old program might hand over: messages that end in 0xff, each with as
 * many listening sockets as its first byte says, modulo four. */
#include "handover.h"
#include "worker/inherit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
fuzz_socket(void)
{
	static const struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const void *)&a, sizeof(sa_family_t)) < 0 ||
	    listen(fd, 1) < 0)
		abort();
	return fd;
}

static void
fuzz_send(int to, const char *text, size_t n)
{
	static int fds[3]; /* 0: not open yet */

	for (int i = 0; i < 3; i++)
		if (!fds[i])
			fds[i] = fuzz_socket();
	if (n > 0)
		handover_send(
		    to, text + 1, n - 1, fds, (unsigned char)text[0] % 4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = { 0 };
	const char *text = (const void *)data, *end = text + size;
	char number[16];
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	for (int i = 0; text < end && i < 16; i++) {
		const char *next = memchr(text, 0xff, (size_t)(end - text));

		fuzz_send(pair[0], text, (size_t)((next ? next : end) - text));
		text = next ? next + 1 : end;
	}
	close(pair[0]);
	snprintf(number, sizeof(number), "%d", pair[1]);
	setenv(HANDOVER_VARIABLE, number, 1);
	rc = handover_take(&report);
	if ((rc < 0) != report_has_errors(&report))
		abort();
	handover_refuse(&report); /* and forget the pair */
	report_finish(&report);
	inherit_finish();
	return 0;
}
