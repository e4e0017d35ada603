/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * notify.h - sd_notify(3)'s protocol, without libsystemd: states are sent to
 * the datagram socket named by NOTIFY_SOCKET, if there is one.  [main]
 */
#ifndef LOG_NOTIFY_H
#define LOG_NOTIFY_H

#include "base/compiler.h"

/* "READY=1\nSTATUS=..." and the like, up to 4 KiB (-EMSGSIZE).  Never blocks.
 * 0: sent, or nobody asked; -errno, -EAGAIN when the receiver is behind. */
int notify_send(const char *fmt, ...) PRINTF(1, 2);

/* What must not be lost: waits up to two seconds for a receiver that is behind.
 */
int notify_send_surely(const char *fmt, ...) PRINTF(1, 2);

#endif
