/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * proxy-protocol.h - the numbers of the PROXY protocol, version 2, as its
 * specification has them: what is on the wire, and nothing else.
 */
#ifndef PROXY_PROTOCOL_H
#define PROXY_PROTOCOL_H

#define PROXY_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

enum {
	PROXY_SIGNATURE_SIZE = 12,
	PROXY_V2_SIZE = 16, /* signature, version and command, family, size */
	PROXY_TLV_SIZE = 3, /* type and size */
	PROXY_SSL_SIZE = 5, /* client and verify */
	PROXY_UNIX_PATH = 108,
};

/* The addresses that stand behind the first 16 bytes. */
enum { PROXY_INET_SIZE = 12, PROXY_INET6_SIZE = 36, PROXY_UNIX_SIZE = 216 };

enum { PROXY_LOCAL = 0x20, PROXY_PROXY = 0x21 };

enum proxy_family {
	PROXY_UNSPEC = 0x00,
	PROXY_TCP4 = 0x11,
	PROXY_UDP4 = 0x12,
	PROXY_TCP6 = 0x21,
	PROXY_UDP6 = 0x22,
	PROXY_UNIX_STREAM = 0x31,
	PROXY_UNIX_DGRAM = 0x32,
};

enum proxy_type {
	PROXY_T_ALPN = 0x01,
	PROXY_T_AUTHORITY = 0x02,
	PROXY_T_CRC32C = 0x03,
	PROXY_T_NOOP = 0x04,
	PROXY_T_UNIQUE_ID = 0x05,
	PROXY_T_SSL = 0x20,
};

enum proxy_ssl_type { /* within PROXY_T_SSL */
	PROXY_T_SSL_VERSION = 0x21,
	PROXY_T_SSL_CN = 0x22,
	PROXY_T_SSL_CIPHER = 0x23,
	PROXY_T_SSL_CERTIFICATE = 0x28,
};

enum { /* the client byte of PROXY_T_SSL */
	PROXY_CLIENT_SSL = 0x01,
	PROXY_CLIENT_CERT_CONN = 0x02,
	PROXY_CLIENT_CERT_SESSION = 0x04,
	PROXY_CLIENT_CERT = PROXY_CLIENT_CERT_CONN | PROXY_CLIENT_CERT_SESSION,
};

enum { PROXY_UNIQUE_ID_MAX = 128 };

#endif
