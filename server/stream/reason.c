/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/reason.h"

#include <errno.h>

/* clang-format off */
static const struct reason_text texts[REASON_COUNT] = {
	[REASON_DONE] = { "done", "both sides ended, everything was delivered" },
	[REASON_CLIENT_RESET] = { "client-reset", "the client reset the connection" },
	[REASON_BACKEND_RESET] = { "backend-reset", "the backend reset the connection" },
	[REASON_BACKEND_REFUSED] = { "backend-refused", "the backend refused the connection" },
	[REASON_BACKEND_TIMEOUT] = { "backend-timeout", "the backend did not answer in time" },
	[REASON_BACKEND_UNREACHABLE] = { "backend-unreachable", "there is no way to the backend" },
	[REASON_BACKEND_UNKNOWN] = { "backend-unknown", "the backend's name could not be resolved, or its socket does not exist" },
	[REASON_DENIED] = { "denied", "a stage refused the client" },
	[REASON_LIMIT] = { "limit", "a limit on connections was reached" },
	[REASON_PROTOCOL] = { "protocol", "a peer broke the protocol of a stage" },
	[REASON_STAGE_TIMEOUT] = { "stage-timeout", "a peer was too slow for a stage" },
	[REASON_IDLE] = { "idle-timeout", "no byte passed for too long" },
	[REASON_HALF_CLOSED] = { "half-closed-timeout", "one side had ended and the other was silent for too long" },
	[REASON_LIFETIME] = { "lifetime", "the connection reached its greatest age" },
	[REASON_LINGER] = { "linger-timeout", "a refused client did not close in time" },
	[REASON_DRAIN] = { "drain-timeout", "its generation was superseded and the deadline passed" },
	[REASON_SHUTDOWN] = { "shutdown", "the host ended" },
	[REASON_KILLED] = { "killed", "the operator ended it" },
	[REASON_RESOURCES] = { "no-resources", "memory or descriptors ran out" },
	[REASON_ERROR] = { "error", "a stage or the system failed" },
};

static const struct {
	int err;
	enum reason reason;
} errors[] = {
	{ 0, REASON_DONE },
	{ -ECONNREFUSED, REASON_BACKEND_REFUSED },
	{ -EHOSTUNREACH, REASON_BACKEND_UNREACHABLE },
	{ -ENETUNREACH, REASON_BACKEND_UNREACHABLE },
	{ -EHOSTDOWN, REASON_BACKEND_UNREACHABLE },
	{ -EADDRNOTAVAIL, REASON_BACKEND_UNREACHABLE },
	{ -ENOENT, REASON_BACKEND_UNKNOWN },
	{ -EACCES, REASON_DENIED },
	{ -EPERM, REASON_DENIED },
	{ -EKEYEXPIRED, REASON_DENIED },
	{ -EKEYREJECTED, REASON_DENIED },
	{ -EKEYREVOKED, REASON_DENIED },
	{ -EDQUOT, REASON_LIMIT },
	{ -EPROTO, REASON_PROTOCOL },
	{ -EBADMSG, REASON_PROTOCOL },
	{ -EMSGSIZE, REASON_PROTOCOL },
	{ -EILSEQ, REASON_PROTOCOL },
	{ -ENOMEM, REASON_RESOURCES },
	{ -EMFILE, REASON_RESOURCES },
	{ -ENFILE, REASON_RESOURCES },
	{ -ENOBUFS, REASON_RESOURCES },
};
/* clang-format on */

const struct reason_text *
reason_text(enum reason r)
{
	return &texts[r < REASON_COUNT ? r : REASON_ERROR];
}

enum reason
reason_of_error(int err, _Bool was_open)
{
	if (err == -ETIMEDOUT)
		return was_open ? REASON_STAGE_TIMEOUT : REASON_BACKEND_TIMEOUT;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].err == err)
			return errors[i].reason;
	return REASON_ERROR;
}
