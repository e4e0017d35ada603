/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Any bytes as the beginning of a connection, for any choice of ways: the last
 * byte is the choice. */

#include "jwt-hearing.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t sizes[] = { 8192, 64, 16384, 1 };
	struct jwt_hear_rules rules = { 7, 8192 };
	uint8_t choice;

	if (size == 0)
		return 0;
	choice = data[--size];
	rules.ways = ~choice & 15;
	rules.max_token = sizes[choice >> 6];
	hear_way((struct jwt_hear){ 0 }, &rules, (const char *)data, size);
	return 0;
}
