/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* address.h - socket addresses as text.  [any thread] */
#ifndef STREAM_ADDRESS_H
#define STREAM_ADDRESS_H

#include <sys/socket.h>

enum { ADDRESS_TEXT = 128 };

/* "192.0.2.1:80", "[2001:db8::1]:80", "unix", "unknown"; an IPv4-mapped address
 * shows as IPv4. */
const char *
address_text(const struct sockaddr *a, char text[static ADDRESS_TEXT]);

/* How long the address structure of its family is; 0: unknown family. */
socklen_t address_size(const struct sockaddr *a);

#endif
