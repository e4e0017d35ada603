/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* leaver - a source that turns away who came, and leaves a way from nowhere. */
#include <stdint.h>
#include <unistd.h>

#include <bindery/plugin.h>

static void
leaver_accepted(struct bnd_worker *w, const struct bnd_accept *a)
{
	if (bnd_spawn(w, (void *)(intptr_t)a->fd) < 0)
		close(a->fd);
}

static int
leaver_open(struct bnd_stage *st, void *arg)
{
	close((int)(intptr_t)arg);
	bnd_leave(st);
	return 0;
}

static const struct bnd_type leaver = {
	BND_HEAD("leaver", "1.0", BND_SOURCE),
	.summary = "Leaves without a socket.",
	.accepted = leaver_accepted,
	.open = leaver_open,
};

BND_PLUGIN(leaver);
