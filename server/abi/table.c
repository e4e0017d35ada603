/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "abi/table.h"

#include "abi/calls.h"
#include "base/buf.h"
#include "config/value.h"
#include "worker/loop.h"

#include "build-info.h"

const struct bnd_host abi_table = {
	.size = sizeof(struct bnd_host),
	.abi_major = BND_MAJOR,
	.abi_minor = BND_MINOR,
	.version = BINDERY_VERSION,

	.avail = abi_avail,
	.peek = abi_peek,
	.edit = abi_edit,
	.eat = abi_eat,
	.ended = abi_ended,
	.room = abi_room,
	.out = abi_out,
	.reserve = abi_reserve,
	.commit = abi_commit,
	.move = abi_move,
	.take = abi_take,
	.put = abi_put,
	.end = abi_end,
	.discard = abi_discard,
	.bypass = abi_bypass,
	.leave = abi_leave,
	.refusev = abi_refusev,
	.abortv = abi_abortv,
	.wake = abi_wake,

	.open_back = abi_open_back,
	.open_front = abi_open_front,
	.attach = abi_attach,
	.spawn = abi_spawn,
	.listen = abi_listen,
	.fact_set = abi_fact_set,
	.fact = abi_fact,
	.limit = abi_limit,
	.claim = abi_claim,
	.unclaim = abi_unclaim,

	.timer = abi_timer,
	.worker_timer = abi_worker_timer,
	.watch = abi_watch,
	.now = loop_clock,

	.work = abi_work,
	.post = abi_post,
	.keep = abi_keep,
	.worker_keep = abi_worker_keep,

	.buf_new = abi_buf_new,
	.buf_alloc = abi_buf_alloc,
	.buf_ref = buf_ref,
	.buf_unref = buf_unref,
	.buf_data = abi_buf_data,

	.metric = abi_metric,
	.log_on = abi_log_on,
	.logv = abi_logv,
	.option_errorv = abi_option_errorv,
	.nets_has = nets_has,
	.answerv = abi_answerv,

	.ext = abi_ext,
};
