/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* address.h - socket addresses as text.  [any thread] */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT = 128 };

/* "192.0.2.1:80", "[2001:db8::1]:80", "unix", "unknown"; an IPv4-mapped address
 * shows as IPv4. */
const char *
address_text(const struct sockaddr *a, char text[static ADDRESS_TEXT]);

/* Read "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80" into a
 * sockaddr_in or _in6; without a port it is 0.  0, or -EINVAL. */
int address_parse(const char *text, struct sockaddr_in6 *r);

/* How long the address structure of its family is; 0: unknown family. */
socklen_t address_size(const struct sockaddr *a);

#endif
