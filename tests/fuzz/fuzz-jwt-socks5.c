/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* SOCKS5: any bytes at any step of it, which the last byte chooses. */

#include "jwt-hearing.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct jwt_hear_rules rules = { WAY_SOCKS5, 1024 };
	struct jwt_hear h = { .dialect = DIALECT_SOCKS5 };

	if (size == 0)
		return 0;
	h.step = data[--size] % 3;
	hear_way(h, &rules, (const char *)data, size);
	return 0;
}
