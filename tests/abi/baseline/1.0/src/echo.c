/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * echo - the end of a pipeline that sends every byte back to where it came from
 * (RFC 862).  What arrives at the front is bypassed to the front, so the host
 * moves the bytes, their end, and the backpressure of a client that does not
 * read its echo.  See bindery-echo(7).
 */

#include <bindery/plugin.h>

static int
echo_open(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_bypass(st, BND_FRONT, BND_FRONT);
	return 0;
}

static const struct bnd_type echo = {
	BND_HEAD("echo", "1.0", BND_SINK),
	.summary = "Sends every byte back to where it came from.",
	.open = echo_open,
};

BND_PLUGIN(echo);
