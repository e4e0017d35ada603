/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Generations on two running workers: their structure, starting, taking over,
 * leaving. */

#include "reload/generation-inner.h"

#include "abi/table.h"
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
#include <unistd.h>

enum { WORKERS = 2, TRIES = 2000 };

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
		ck_assert_int_eq(stream_init(workers[i], true), 0);
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

static struct generation *
create(uint32_t number, struct bnd_node root)
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

/* ----------------------------------------------------------------- structure
 */

static void
refuses(struct bnd_node pipelines, const char *text)
{
	struct generation *g = create(1, MAP(1, NULL, pipelines));

	ck_assert_msg(report.count >= 1, "nothing was reported");
	ck_assert_str_eq(report.entries[0].text, text);
	ck_assert_msg(report.count == 1, "also: %s", report.entries[1].text);
	generation_destroy(&g);
	ck_assert_ptr_null(g);
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

START_TEST(roles_have_their_places)
{
	begin();
	refuses(MAP(2, "pipelines",
		    LIST(3, "p", SERVER(4), PLAIN(5, "echo"), PLAIN(6, "pass"),
			PLAIN(7, "probe"))),
	    "etc/a.conf:5: pipeline 'p', binding 'echo': 'echo' ends a "
	    "pipeline, so 'pass' behind it would never be reached");
	refuses(MAP(2, "pipelines", LIST(3, "p", SERVER(4), PLAIN(5, "pass"))),
	    "etc/a.conf:5: pipeline 'p', binding 'pass': 'pass' needs a "
	    "binding behind it, end the pipeline with one such as "
	    "'tcp-client' or 'echo'");
	refuses(
	    MAP(2, "pipelines",
		LIST(3, "p", SERVER(4),
		    MAP(5, NULL, TEXT(5, "type", "tcp-server"),
			TEXT(5, "name", "again"), TEXT(5, "listen", listen_at)),
		    PLAIN(6, "echo"))),
	    "etc/a.conf:5: pipeline 'p', binding 'again': 'tcp-server' opens "
	    "connections, so it can only stand first");
	end();
}
END_TEST

START_TEST(exits_lead_somewhere_and_never_in_a_circle)
{
	struct generation *g;

	begin();
	refuses(MAP(2, "pipelines", LIST(3, "p", SERVER(4), EXIT(5, "x", "q")),
		    LIST(6, "q", SERVER(7), PLAIN(8, "echo"))),
	    "etc/a.conf:5: pipeline 'p', binding 'x': an exit leads to "
	    "pipeline 'q', which begins with 'tcp-server' and so opens "
	    "connections of its own");
	refuses(MAP(2, "pipelines", LIST(3, "p", SERVER(4), PLAIN(5, "echo")),
		    LIST(6, "q", EXIT(7, "x", "q"))),
	    "etc/a.conf:7: pipeline 'q', binding 'x': the exit to pipeline "
	    "'q' leads back to pipeline 'q'");
	g = create(1, MAP(1, NULL,
			  MAP(2, "pipelines", LIST(3, "p", EXIT(4, "x", "q")),
			      LIST(5, "q", EXIT(6, "x", "r")),
			      LIST(7, "r", EXIT(8, "x", "p")))));
	ck_assert_uint_eq(report.errors, 3);
	generation_destroy(&g);
	/* Nothing reaches it: a warning. */
	g = create(1,
	    MAP(1, NULL, MAP(2, "pipelines", LIST(3, "p", PLAIN(4, "echo")))));
	ck_assert(!report_has_errors(&report));
	ck_assert_uint_eq(report.count, 1);
	ck_assert(report.entries[0].is_warning);
	generation_destroy(&g);
	end();
}
END_TEST

/* Many ways to the same places are not many circles. */
START_TEST(a_net_of_exits_is_looked_at_in_no_time)
{
	enum { DEEP = 40 };
	struct bnd_node lines[DEEP], all, root;
	struct bnd_node two[DEEP][2], opts[DEEP][2][3];
	static char names[DEEP + 1][8];
	struct generation *g;

	begin();
	for (int i = 0; i <= DEEP; i++)
		snprintf(names[i], sizeof(names[i]), "p%d", i);
	for (int i = 0; i < DEEP; i++) {
		/* Two bindings that lead to the next pipeline.  (Both are
		 * sinks: the roles are reported, what counts is the time.) */
		for (int k = 0; k < 2; k++) {
			opts[i][k][0] = TEXT(3, "type", "probe");
			opts[i][k][1] = TEXT(3, "name", k ? "y" : "x");
			opts[i][k][2] =
			    TEXT(3, "exit", names[i + 1 < DEEP ? i + 1 : i]);
			two[i][k] = PLAIN(3, "probe");
			two[i][k].items = opts[i][k];
			two[i][k].count = i + 1 < DEEP ? 3 : 2;
		}
		lines[i] = LIST(2, names[i], PLAIN(3, "probe"));
		lines[i].items = two[i];
		lines[i].count = 2;
	}
	all = MAP(2, "pipelines", PLAIN(3, "probe"));
	all.items = lines;
	all.count = DEEP;
	root = MAP(1, NULL, PLAIN(3, "probe"));
	root.items = &all;
	root.count = 1;
	g = create(1, root);
	ck_assert_uint_eq(report.errors, DEEP); /* of the roles */
	generation_destroy(&g);
	end();
}
END_TEST

/* ------------------------------------------------------------------ the diary
 */

static char pages[65536];

static const char *
read_diary(void)
{
	FILE *f = fopen(diary, "r");
	size_t n = fread(pages, 1, sizeof(pages) - 1, f);

	pages[n] = 0;
	fclose(f);
	ck_assert_int_eq(truncate(diary, 0), 0);
	return pages;
}

/* Wait for a line, in a bounded time. */
static void
await_line(const char *line)
{
	for (int i = 0; i < TRIES; i++) {
		FILE *f = fopen(diary, "r");
		size_t n = fread(pages, 1, sizeof(pages) - 1, f);

		pages[n] = 0;
		fclose(f);
		if (strstr(pages, line))
			return;
		usleep(1000);
	}
	ck_abort_msg("no '%s' in:\n%s", line, pages);
}

static void
await_pins(const struct generation *g, uint64_t n)
{
	for (int i = 0; i < TRIES && generation_pins(g) != n; i++)
		usleep(1000);
	ck_assert_uint_eq(generation_pins(g), n);
}

/* ------------------------------------------------------------------- starting
 */

/* What a failed start leaves behind ends once nothing needs it. */
static void
give_up(struct generation **g)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int i = 0; i < 5000 && generation_pins(*g); i++)
		nanosleep(&moment, NULL);
	ck_assert_uint_eq(generation_pins(*g), 0);
	generation_stop(*g);
	generation_destroy(g);
}

static void
start_fails(const char *how, const char *text, const char *life)
{
	struct generation *g = create(1,
	    MAP(1, NULL,
		MAP(2, "pipelines",
		    LIST(3, "p", SERVER(4), PROBE(5, TEXT(5, "fail", how))))));

	ck_assert_uint_eq(report.count, 0);
	ck_assert_int_lt(generation_start(g, &report), 0);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.entries[0].text, text);
	give_up(&g);
	ck_assert_str_eq(read_diary(), life);
}

START_TEST(what_began_ends_when_starting_fails)
{
	struct generation *g;

	begin();
	g = create(1, MAP(1, NULL,
			  MAP(2, "pipelines",
			      LIST(3, "p", SERVER(4),
				  PROBE(5, TEXT(5, "fail", "check"))))));
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.entries[0].text,
	    "etc/a.conf:5: pipeline 'p', binding 'probe': its options cannot "
	    "be used: Invalid argument");
	generation_destroy(&g);
	ck_assert_str_eq(read_diary(), "");
	start_fails("start",
	    "etc/a.conf:5: pipeline 'p', binding 'probe': cannot start: "
	    "Device or resource busy",
	    "probe 1 start\nprobe 1 stop\n");
	start_fails("worker",
	    "etc/a.conf:5: pipeline 'p', binding 'probe': cannot start on "
	    "worker 1: Too many open files in system",
	    "probe 1 start\nprobe 1 worker 0 start\nprobe 1 worker 1 start\n"
	    "probe 1 worker 0 stop\nprobe 1 worker 1 stop\nprobe 1 stop\n");
	end();
}
END_TEST

/* The first worker_stop() comes when no work is left. */
START_TEST(a_failed_start_waits_for_its_work)
{
	begin();
	start_fails("late",
	    "etc/a.conf:5: pipeline 'p', binding 'probe': cannot start on "
	    "worker 1: Too many open files in system",
	    "probe 1 start\nprobe 1 worker 0 start\nprobe 1 worker 1 start\n"
	    "probe 1 worker 0 done\n"
	    "probe 1 worker 0 stop\nprobe 1 worker 1 stop\nprobe 1 stop\n");
	end();
}
END_TEST

START_TEST(an_address_in_use_fails_the_start)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[200];

	begin();
	ck_assert_int_eq(bind(fd, (void *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	snprintf(text, sizeof(text),
	    "etc/a.conf:4: pipeline 'p', binding 'tcp-server', option "
	    "'listen': cannot listen on %s: Address already in use",
	    listen_at);
	start_fails("not", text, "probe 1 start\nprobe 1 stop\n");
	close(fd);
	end();
}
END_TEST

static struct generation *
started(struct generation *g)
{
	ck_assert_msg(report.count == 0, "%s",
	    report.count ? report.entries[0].text : "");
	ck_assert_int_eq(generation_start(g, &report), 0);
	return g;
}

/* A message that a worker posts while it starts reaches workers that have not
 * started yet, once they have. */
START_TEST(messages_wait_for_their_worker_to_start)
{
	struct generation *g;

	begin();
	g = started(
	    create(1, MAP(1, NULL,
			  MAP(2, "pipelines",
			      LIST(3, "p", SERVER(4),
				  PROBE(5, BOOL(5, "greets", true)))))));
	await_line("probe 1 worker 1 heard 1 from 0\n");
	await_line("probe 1 worker 0 heard 1 from 1\n");
	generation_drain(g);
	await_pins(g, 0);
	generation_stop(g);
	generation_destroy(&g);
	end();
}
END_TEST

/* ----------------------------------------------------------------- taking over
 */

static int
client(const struct sockaddr *a, socklen_t n)
{
	int fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval t = { .tv_sec = 5 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	ck_assert_int_eq(connect(fd, a, n), 0);
	return fd;
}

static void
hears_itself(int fd)
{
	char got[5] = "";

	ck_assert_int_eq(send(fd, "hello", 5, MSG_NOSIGNAL), 5);
	ck_assert_int_eq(recv(fd, got, 5, MSG_WAITALL), 5);
	ck_assert_mem_eq(got, "hello", 5);
}

static atomic_bool storm_may_end;
static atomic_int storm_count;

/* Connects all the time: none may be refused or reset. */
static void *
storm(void *arg)
{
	(void)arg;
	while (!atomic_load(&storm_may_end)) {
		int fd = client((void *)&address, sizeof(address));

		hears_itself(fd);
		close(fd);
		atomic_fetch_add(&storm_count, 1);
	}
	return NULL;
}

static void
await_storm(int more)
{
	int goal = atomic_load(&storm_count) + more;

	for (int i = 0; i < 5 * TRIES && atomic_load(&storm_count) < goal; i++)
		usleep(1000);
	ck_assert_int_ge(atomic_load(&storm_count), goal);
}

START_TEST(no_connect_is_refused_while_a_generation_takes_over)
{
	struct bnd_node root = MAP(1, NULL,
	    MAP(2, "pipelines", LIST(3, "p", SERVER(4), PLAIN(5, "probe"))));
	struct generation *g = NULL, *next;
	pthread_t t;

	begin();
	g = started(create(1, root));
	generation_commit(g);
	atomic_store(&storm_may_end, false);
	ck_assert_int_eq(pthread_create(&t, NULL, storm, NULL), 0);
	for (uint32_t i = 2; i < 12; i++) {
		await_storm(20);
		next = started(create(i, root));
		generation_commit(next);
		generation_drain(g);
		await_pins(g, 0);
		generation_stop(g);
		generation_destroy(&g);
		g = next;
	}
	await_storm(20);
	atomic_store(&storm_may_end, true);
	pthread_join(t, NULL);
	generation_drain(g);
	await_pins(g, 0);
	generation_stop(g);
	generation_destroy(&g);
	end();
}
END_TEST

START_TEST(connections_keep_their_generation)
{
	struct bnd_node root = MAP(1, NULL,
	    MAP(2, "pipelines",
		LIST(3, "p", SERVER(4), PROBE(5, BOOL(5, "posts", true)))));
	struct generation *g1, *g2;
	int old, fresh;

	begin();
	g1 = started(create(1, root));
	generation_commit(g1);
	old = client((void *)&address, sizeof(address));
	await_line("probe 1 open 1\n");
	g2 = started(create(2, root));
	generation_commit(g2);
	generation_drain(g1);
	await_line("probe 1 drain\n");
	hears_itself(old);
	read_diary();
	fresh = client((void *)&address, sizeof(address));
	/* What was kept goes on counting; both generations hear the post. */
	await_line("probe 2 open 2\n");
	await_line("probe 1 worker 0 heard 7");
	await_line("probe 1 worker 1 heard 7");
	ck_assert(strstr(pages, "probe 2 worker 0 heard 7") ||
		  strstr(pages, "probe 2 worker 1 heard 7") ||
		  (usleep(50000), true));
	ck_assert_uint_ge(generation_pins(g1), 1);
	close(old);
	await_line("probe 1 close 0\n");
	await_pins(g1, 0);
	generation_stop(g1);
	generation_destroy(&g1);
	hears_itself(fresh);
	close(fresh);
	fresh = client((void *)&address, sizeof(address));
	await_line("probe 2 open 3\n");
	close(fresh);
	generation_drain(g2);
	await_pins(g2, 0);
	generation_stop(g2);
	generation_destroy(&g2);
	end();
}
END_TEST

START_TEST(an_address_that_is_not_listed_any_more_is_closed)
{
	struct generation *g1, *g2;
	int old, fd;

	begin();
	g1 = started(
	    create(1, MAP(1, NULL,
			  MAP(2, "pipelines",
			      LIST(3, "p", SERVER(4), PLAIN(5, "probe"))))));
	generation_commit(g1);
	old = client((void *)&address, sizeof(address));
	hears_itself(old);
	g2 = started(create(2, MAP(1, NULL, EMPTY(BND_N_MAP, 2, "pipelines"))));
	generation_commit(g2);
	generation_drain(g1);
	/* Refused, not left waiting until the last old connection ends. */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (void *)&address, sizeof(address)), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	close(fd);
	hears_itself(old);
	close(old);
	await_pins(g1, 0);
	generation_stop(g1);
	generation_destroy(&g1);
	generation_stop(g2);
	generation_destroy(&g2);
	end();
}
END_TEST

START_TEST(a_unix_socket_survives_the_old_generation)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct generation *g1, *g2;
	int fd;

	begin();
	strcpy(un.sun_path, path_at + 5);
	{
		struct bnd_node root = MAP(1, NULL,
		    MAP(2, "pipelines",
			LIST(3, "p",
			    MAP(4, NULL, TEXT(4, "type", "tcp-server"),
				TEXT(4, "listen", path_at)),
			    PLAIN(5, "probe"))));

		g1 = started(create(1, root));
		generation_commit(g1);
		g2 = started(create(2, root));
		generation_commit(g2);
		generation_drain(g1);
		generation_stop(g1);
		generation_destroy(&g1);
		ck_assert_int_eq(access(un.sun_path, F_OK), 0);
		fd = client((void *)&un, sizeof(un));
		hears_itself(fd);
		close(fd);
		generation_drain(g2);
		await_pins(g2, 0);
		generation_stop(g2);
		generation_destroy(&g2);
	}
	ck_assert_int_eq(access(un.sun_path, F_OK), -1);
	end();
}
END_TEST

/* How a plugin words it must not hide why the host could not listen. */
START_TEST(a_start_ends_with_the_error_of_its_listening)
{
	static char nowhere[] = "unix:/nonexistent/a.sock";
	struct generation *g;

	begin();
	g = create(1, MAP(1, NULL,
			  MAP(2, "pipelines",
			      LIST(3, "p",
				  MAP(4, NULL, TEXT(4, "type", "tcp-server"),
				      TEXT(4, "listen", nowhere)),
				  PLAIN(5, "echo")))));
	ck_assert_uint_eq(report.count, 0);
	ck_assert_int_eq(generation_start(g, &report), -ENOENT);
	ck_assert_uint_eq(report.count, 1);
	give_up(&g);
	end();
}
END_TEST

/* Claims are counted over generations by the names. */
START_TEST(a_binding_keeps_its_number_over_generations)
{
	struct generation *g[2];

	begin();
	for (int i = 0; i < 2; i++) {
		g[i] = create((uint32_t)i + 1,
		    MAP(1, NULL,
			MAP(2, "pipelines", LIST(3, "p", PLAIN(4, "probe")),
			    LIST(5, "q", PLAIN(6, "probe")))));
		ck_assert_uint_ne(g[i]->pipelines[0].bindings->claim_id, 0);
		ck_assert_uint_ne(g[i]->pipelines[0].bindings->claim_id,
		    g[i]->pipelines[1].bindings->claim_id);
	}
	for (int i = 0; i < 2; i++)
		ck_assert_uint_eq(g[0]->pipelines[i].bindings->claim_id,
		    g[1]->pipelines[i].bindings->claim_id);
	generation_destroy(&g[0]);
	generation_destroy(&g[1]);
	end();
}
END_TEST

UNIT_TESTS("generation", a_binding_keeps_its_number_over_generations,
    a_start_ends_with_the_error_of_its_listening, roles_have_their_places,
    exits_lead_somewhere_and_never_in_a_circle,
    a_net_of_exits_is_looked_at_in_no_time, what_began_ends_when_starting_fails,
    a_failed_start_waits_for_its_work, an_address_in_use_fails_the_start,
    messages_wait_for_their_worker_to_start,
    no_connect_is_refused_while_a_generation_takes_over,
    connections_keep_their_generation,
    an_address_that_is_not_listed_any_more_is_closed,
    a_unix_socket_survives_the_old_generation)
