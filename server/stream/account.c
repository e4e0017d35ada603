/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/account.h"

struct ledger *
account_open(const char *pipeline, unsigned workers)
{
	const struct ledger_key key = {
		.pipeline = pipeline,
		.cells = sizeof(struct account) / sizeof(struct cell),
		.count = workers,
	};

	return ledger_open(&key);
}
