/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The head of a request of HTTP: any bytes behind its first words. */

#include "jwt-hearing.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct jwt_hear_rules rules = { WAY_CONNECT, 1024 };

	hear_way((struct jwt_hear){ .dialect = DIALECT_CONNECT }, &rules,
	    (const char *)data, size);
	return 0;
}
