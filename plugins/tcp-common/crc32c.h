/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * crc32c.h - the checksum of RFC 3720, appendix B.4, which a PROXY header may
 * carry.  The code is compiled into both tcp-server and tcp-client.
 */
#ifndef CRC32C_H
#define CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what came before, 0 at first, and of n bytes more. */
uint32_t crc32c(uint32_t crc, const void *data, size_t n);

#endif
