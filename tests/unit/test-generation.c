/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Generations on two running workers: starting, taking over, leaving. */

#include "generations.h"

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
	struct node root = MAP(1, NULL,
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
	struct node root = MAP(1, NULL,
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
	g2 = started(create(2, MAP(1, NULL, EMPTY(NODE_MAP, 2, "pipelines"))));
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
		struct node root = MAP(1, NULL,
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

/* Ports of a range are booked one by one. */
START_TEST(many_ports_are_booked_in_no_time)
{
	enum { PORTS = 4000 };
	struct bnd_endpoint e = { .port = 20000, .last = 20000 + PORTS - 1 };
	unsigned own = (unsigned)getpid();
	struct rlimit limit;
	struct generation *g[2];
	double began;
	char host[32];

	/* An address that no other test has. */
	snprintf(host, sizeof(host), "127.%u.%u.3", 1 + own / 250 % 250,
	    1 + own % 250);
	e.host = host;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < WORKERS * PORTS + 100)
		return;
	begin();
	began = seconds();
	for (uint32_t i = 0; i < 2; i++) {
		struct binding *b;

		g[i] = create(i + 1,
		    MAP(1, NULL,
			MAP(2, "pipelines", LIST(3, "p", PLAIN(4, "probe")))));
		b = g[i]->pipelines[0].bindings;
		g[i]->at = b;
		ck_assert_int_eq(generation_listen(b, &e, 0, 0, 0), 0);
		ck_assert_int_eq(
		    generation_listen(b, &e, 0, 0, 0), -EADDRINUSE);
	}
	/* The second goes, another takes its place: nobody holds its claims. */
	generation_stop(g[1]);
	g[1]->at = g[1]->pipelines[0].bindings;
	ck_assert_int_eq(
	    generation_listen(g[1]->pipelines[0].bindings, &e, 0, 0, 0), 1);
	ck_assert_double_lt(seconds() - began, 5.0);
	for (size_t i = 0; i < 2; i++) {
		generation_stop(g[i]);
		generation_destroy(&g[i]);
	}
	end();
}
END_TEST

/* A range of which one port is taken: none is left open. */
START_TEST(what_failed_to_listen_holds_no_port)
{
	struct bnd_endpoint e = { .port = 20000, .last = 20004 };
	struct sockaddr_in taken = { .sin_family = AF_INET,
		.sin_port = htons(20002) };
	unsigned own = (unsigned)getpid();
	struct generation *g;
	struct binding *b;
	char host[32];
	int fd;

	snprintf(host, sizeof(host), "127.%u.%u.4", 1 + own / 250 % 250,
	    1 + own % 250);
	e.host = host;
	ck_assert_int_eq(inet_pton(AF_INET, host, &taken.sin_addr), 1);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (void *)&taken, sizeof(taken)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	begin();
	g = create(1,
	    MAP(1, NULL, MAP(2, "pipelines", LIST(3, "p", PLAIN(4, "probe")))));
	b = g->pipelines[0].bindings;
	g->at = b;
	ck_assert_int_eq(generation_listen(b, &e, 0, 0, 0), -EADDRINUSE);
	ck_assert_ptr_null(g->bookings);
	close(fd);
	ck_assert_int_eq(generation_listen(b, &e, 0, 0, 0), 0);
	generation_stop(g);
	generation_destroy(&g);
	end();
}
END_TEST

PRINTF(3, 4)
static int
complain(struct bnd_binding *b, const char *option, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = abi_option_errorv(b, option, NULL, fmt, ap);
	va_end(ap);
	return rc;
}

/* That is too late for the report, and no reason to end. */
START_TEST(an_option_error_of_a_running_binding_is_logged)
{
	static char target[64];
	struct log_settings s = { .level = LOG_L_ERROR, .target = target };
	const char *error;
	struct generation *g;

	begin();
	snprintf(target, sizeof(target), "file:%s", diary);
	ck_assert_int_eq(log_configure(&s, &error), 0);
	g = create(1, MAP(1, NULL,
			  MAP(2, "pipelines",
			      LIST(3, "p", SERVER(4), PLAIN(5, "echo")))));
	ck_assert_int_eq(complain(&g->pipelines[0].bindings[0].pub, "listen",
			     "is %d too many", 1),
	    -EINVAL);
	await_line("etc/a.conf:4: pipeline 'p', binding 'tcp-server', option "
		   "'listen': is 1 too many\n");
	ck_assert_uint_eq(report.count, 0);
	generation_destroy(&g);
	end();
}
END_TEST

UNIT_TESTS("generation", what_began_ends_when_starting_fails,
    a_failed_start_waits_for_its_work, an_address_in_use_fails_the_start,
    messages_wait_for_their_worker_to_start,
    no_connect_is_refused_while_a_generation_takes_over,
    connections_keep_their_generation,
    an_address_that_is_not_listed_any_more_is_closed,
    a_unix_socket_survives_the_old_generation,
    a_start_ends_with_the_error_of_its_listening,
    a_binding_keeps_its_number_over_generations,
    many_ports_are_booked_in_no_time, what_failed_to_listen_holds_no_port,
    an_option_error_of_a_running_binding_is_logged)
