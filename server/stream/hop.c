/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/hop.h"

#include "stream/conn.h"

void
hop_wake(struct hop *h)
{
	h->is_woken = true;
	loop_queue(conn_loop(h->conn), &h->task);
}
