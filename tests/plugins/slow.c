/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* slow: a sink that does what none may do: of "250\n" it sleeps 250 ms in its
 * flow(), where everything else on its worker waits for it, and says "late\n".
 */
#include <bindery/plugin.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void
slow_sleep(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0)
		continue;
}

static void
slow_flow(struct bnd_stage *st)
{
	char line[16] = "";
	const char *p;
	size_t n = bnd_peek(st, BND_FRONT, sizeof(line), &p);

	if (n > 0 && n < sizeof(line) && memchr(p, '\n', n)) {
		memcpy(line, p, n);
		slow_sleep(atol(line));
		bnd_eat(st, BND_FRONT, n);
		bnd_out(st, BND_FRONT, "late\n", 5);
	}
	if (bnd_ended(st, BND_FRONT))
		bnd_end(st, BND_FRONT);
}

static const struct bnd_type slow = {
	BND_HEAD("slow", "1.0", BND_SINK),
	.summary = "Sleeps in a callback.",
	.flow = slow_flow,
};

BND_PLUGIN(slow);
