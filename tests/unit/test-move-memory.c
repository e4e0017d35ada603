/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* bnd_move() that has to cut a piece and has no memory for it ends the
 * connection: else a stage would take "nothing moved" for "full", and wait for
 * room that is there already.  malloc() is wrapped by the linker. */

#include "way.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool has_no_memory;

void *
__wrap_malloc(size_t size)
{
	return has_no_memory ? NULL : __real_malloc(size);
}

static size_t moved;

static void
flow_one_byte(struct bnd_stage *st)
{
	if (bnd_avail(st, BND_FRONT) < 2)
		return;
	has_no_memory = true;
	moved = bnd_move(st, BND_FRONT, BND_BACK, 1);
	has_no_memory = false;
	ck_assert_uint_eq(bnd_avail(st, BND_FRONT), 0); /* it is over */
}

START_TEST(a_move_without_memory_ends_the_connection)
{
	int fd;

	begin();
	a.flow = flow_one_byte;
	fd = line_connect(line_rabs());
	peer_say(fd, "ab");
	host_settle();
	ck_assert_uint_eq(moved, 0);
	trace_is("r.open a.open b.open s.open b.opened:0 a.opened:0 "
		 "r.opened:0 r.close:ENOMEM a.close:ENOMEM b.close:ENOMEM "
		 "s.close:ENOMEM");
	close(fd);
	end();
}
END_TEST

/* A whole piece needs none. */
static void
flow_all(struct bnd_stage *st)
{
	has_no_memory = true;
	bnd_move(st, BND_FRONT, BND_BACK, BND_ALL);
	has_no_memory = false;
	bnd_move(st, BND_BACK, BND_FRONT, BND_ALL);
}

START_TEST(whole_pieces_move_without_memory)
{
	int fd;

	begin();
	a.flow = flow_all;
	fd = line_connect(line_rabs());
	peer_say(fd, "ab");
	peer_hears(fd, "ab");
	hang_up(fd);
	end();
}
END_TEST

UNIT_TESTS("move without memory", a_move_without_memory_ends_the_connection,
    whole_pieces_move_without_memory)
