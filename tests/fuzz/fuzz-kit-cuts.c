/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * How a stream is cut, held up and ended, by bytes: each says what one of the
 * neighbours of the example plugin does next.  Whatever they do, what comes out
 * is what went in, in capitals; and the kit watches over every call.
 */

#include <bindery/kit.h>

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE = 40, SENT_MAX = 1 << 20 };

static struct bndk *k;
static struct bndk_conn *c;
static size_t sent, heard;
static int has_ended;

/* The stream: lines of different lengths. */
static char
byte_at(size_t i)
{
	return i % LINE == i / LINE % LINE ? '\n' : (char)('a' + i % 26);
}

static void
send_some(size_t n)
{
	char data[4096];

	n = n < sizeof(data) ? n : sizeof(data);
	for (size_t i = 0; i < n; i++)
		data[i] = byte_at(sent + i);
	bndk_send_bytes(c, BND_FRONT, data, n);
	sent += n;
}

static void
look(void)
{
	size_t n;
	const char *got = bndk_received(c, BND_BACK, &n);

	if (n > sent)
		abort();
	for (; heard < n; heard++)
		if (got[heard] != (char)toupper(byte_at(heard)))
			abort();
}

static void
act(uint8_t what, size_t n)
{
	switch (what % 8) {
	case 0:
	case 1:
		if (!has_ended && bndk_room(c, BND_FRONT) >= n &&
		    sent + n < SENT_MAX)
			send_some(n);
		break;
	case 2:
		bndk_hold(c, BND_BACK, 1);
		break;
	case 3:
		bndk_take(c, BND_BACK, n);
		break;
	case 4:
		bndk_hold(c, BND_BACK, 0);
		break;
	case 5:
		bndk_wake(c);
		break;
	case 6:
		bndk_step(k);
		break;
	default:
		if (n == 255 && !has_ended) {
			bndk_end(c, BND_FRONT);
			has_ended = 1;
		}
		bndk_run(k);
	}
	look();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!k)
		k = bndk_load(UPPER, "max_line = 4k");
	bndk_dice(k, size > 1 ? data[0] : 0);
	c = bndk_open(k);
	sent = heard = 0;
	has_ended = 0;
	for (size_t i = 0; i + 1 < size; i += 2)
		act(data[i], data[i] & 128 ? data[i + 1] * 16 : data[i + 1]);
	bndk_hold(c, BND_BACK, 0);
	if (!has_ended)
		bndk_end(c, BND_FRONT);
	bndk_run(k);
	look();
	if (heard != sent)
		abort();
	bndk_expect_bytes(c, BND_BACK, "", 0);
	bndk_end(c, BND_BACK);
	bndk_run(k);
	bndk_expect_closed(c, 0);
	bndk_forget(c);
	return 0;
}
