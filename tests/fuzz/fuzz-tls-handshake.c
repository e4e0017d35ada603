/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Any bytes as what a client, or a backend, sends: the stage waits or ends, and
 * lets nothing pass.  The first byte says which role hears it. */

#include "../unit/tls-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
begin(void)
{
	static char file[40];

	if (*file)
		return;
	host_certificate(file);
	host_begin(ROLE_SERVER, file);
	host_begin(ROLE_CLIENT, file);
	unlink(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int role = size && data[0] & 1 ? ROLE_CLIENT : ROLE_SERVER;
	size_t step = size ? 1 + (size_t)data[0] * 16 : 1, n;
	struct tls_stage *s;
	struct pipe *in;

	begin();
	s = host_open(role);
	in = &s->in[s->session.cipher];
	for (size_t at = 1; at < size && !s->is_over; at += n) {
		n = size - at < step ? size - at : step;
		if (n > sizeof(in->data) - in->n)
			break;
		memcpy(in->data + in->n, data + at, n);
		in->n += n;
		host_turn(s);
		s->out[s->session.cipher].n = 0;
	}
	in->has_ended = true;
	host_turn(s);
	if (!s->is_over || s->out[s->session.plain].n ||
	    s->out[s->session.plain].has_ended)
		abort();
	host_close(s);
	return 0;
}
