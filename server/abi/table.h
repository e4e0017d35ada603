/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * table.h - what the host gives to plugins: the functions behind struct
 * bnd_host. bindery/plugin.h says what each of them means; here they are turned
 * into calls of stages, desks and generations.
 */
#ifndef ABI_TABLE_H
#define ABI_TABLE_H

#include <bindery/plugin.h>

extern const struct bnd_host abi_table;

#endif
