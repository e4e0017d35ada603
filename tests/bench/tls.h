/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls.h - TLS 1.3 for the clients of the benchmark, on OpenSSL, so that no
 * target is measured with its own library.  Certificates are not checked.
 */
#ifndef BENCH_TLS_H
#define BENCH_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls;

/* Over a connected, nonblocking socket; resume: with the newest session that
 * any connection was given.  NULL: no memory. */
struct tls *tls_begin(int fd, bool resume);

/* 1: hands are shaken, 0: when there is more to read, -1: failed. */
int tls_shake(struct tls *t);

/* As send() and recv(), errno too. */
ssize_t tls_send(struct tls *t, const void *data, size_t n);
ssize_t tls_receive(struct tls *t, void *to, size_t n);

/* close_notify, and free.  NULL is harmless; leaves NULL behind. */
void tls_end(struct tls **t);

#endif
