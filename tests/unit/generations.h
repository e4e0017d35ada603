/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* generations.h - what tests of generations share: two running workers,
 * pipelines written as nodes. */
#ifndef TESTS_GENERATIONS_H
#define TESTS_GENERATIONS_H

#include "reload/generation-inner.h"

#include "abi/calls.h"
#include "abi/table.h"
#include "base/compiler.h"
#include "log/log.h"
#include "nodes.h"
#include "pipeline/post.h"
#include "stream/pledge.h"
#include "stream/setup.h"
#include "stream/work.h"
#include "unit.h"
#include "worker/listener.h"
#include "worker/pool.h"
#include "worker/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 2, TRIES = 20000 };

static struct worker *workers[WORKERS];
static const struct crew crew = { workers, WORKERS };
static struct pool *pool;
static struct report report;
static char diary[] = "/tmp/bindery-test-XXXXXX", listen_at[64], path_at[64];
static struct sockaddr_in address;

static void
free_port(void)
{
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	ck_assert_int_eq(bind(fd, (void *)&address, n), 0);
	ck_assert_int_eq(getsockname(fd, (void *)&address, &n), 0);
	close(fd);
	snprintf(listen_at, sizeof(listen_at), "127.0.0.1:%u",
	    ntohs(address.sin_port));
}

static void
begin(void)
{
	static const struct log_settings quiet = { .level = LOG_L_ERROR };
	const char *error;
	int fd;

	strcpy(diary, "/tmp/bindery-test-XXXXXX");
	fd = mkstemp(diary);
	ck_assert_int_eq(log_configure(&quiet, &error), 0);
	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(path_at, sizeof(path_at), "unix:%s.sock", diary);
	ck_assert_int_eq(pledges_init(), 0);
	pool = pool_create(4);
	works_init(pool);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = worker_create(i);
		ck_assert_ptr_nonnull(workers[i]);
		ck_assert_int_eq(stream_init(workers[i]), 0);
		stream_settle(workers[i], true, 64);
		ck_assert_int_eq(acceptors_init(workers[i], 1000), 0);
	}
	ck_assert_int_eq(posts_init(workers, WORKERS), 0);
	for (unsigned i = 0; i < WORKERS; i++)
		ck_assert_int_eq(worker_start(workers[i]), 0);
	free_port();
}

static void
end(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		worker_stop(workers[i]);
	pool_destroy(&pool, 1000);
	for (unsigned i = 0; i < WORKERS; i++) {
		ck_assert_uint_eq(workers[i]->conn_count, 0);
		acceptors_finish(workers[i]);
		stream_finish(workers[i]);
		worker_destroy(&workers[i]);
	}
	posts_finish();
	report_finish(&report);
	unlink(diary);
}

UNUSED static struct generation *
create(uint32_t number, struct node root)
{
	static const char *const dirs[] = { TEST_PLUGIN_DIR, OUR_PLUGIN_DIR,
		NULL };
	struct config_tree *tree = calloc(1, sizeof(*tree));
	struct generation *g;

	ck_assert_ptr_nonnull(tree);
	tree->root = root;
	report_finish(&report);
	g = generation_create(&tree, number, &crew, &abi_table, dirs, &report);
	ck_assert_ptr_nonnull(g);
	ck_assert_ptr_null(tree);
	return g;
}

#define SERVER(line)                                      \
	MAP(line, NULL, TEXT(line, "type", "tcp-server"), \
	    TEXT(line, "listen", listen_at))
#define PLAIN(line, type) MAP(line, NULL, TEXT(line, "type", type))
#define PROBE(line, ...)                             \
	MAP(line, NULL, TEXT(line, "type", "probe"), \
	    TEXT(line, "diary", diary), __VA_ARGS__)
#define EXIT(line, name, to)                                                   \
	MAP(line, NULL, TEXT(line, "type", "probe"), TEXT(line, "name", name), \
	    TEXT(line, "exit", to))

UNUSED static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
