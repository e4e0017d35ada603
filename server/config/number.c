/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t
number_from_integer(int64_t value, char r[NUMBER_TEXT_MAX])
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char digits[NUMBER_TEXT_MAX];
	size_t n = 0, length = 0;

	do {
		digits[n++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		r[length++] = '-';
	while (n)
		r[length++] = digits[--n];
	r[length] = 0;
	return length;
}

size_t
number_from_real(double value, char r[NUMBER_TEXT_MAX])
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(r, NUMBER_TEXT_MAX, "%.*g", digits, value);
		if (strtod(r, NULL) == value)
			break;
	}
	if (!strpbrk(r, ".e"))
		strcat(r, ".0");
	return strlen(r);
}
