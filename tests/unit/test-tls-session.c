/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Our server and our client shake hands and speak, in whatever pieces. */

#include "tls-host.h"

#include "unit.h"

static struct tls_stage *server, *client;
static char file[40];

static void
begin(void)
{
	host_certificate(file);
	host_begin(ROLE_SERVER, file);
	host_begin(ROLE_CLIENT, file);
	server = host_open(ROLE_SERVER);
	client = host_open(ROLE_CLIENT);
}

static void
finish(void)
{
	host_close(server);
	host_close(client);
	ck_assert_int_eq(host[0].metrics[METRIC_UNDER_WAY], 0);
	ck_assert_int_eq(host[1].metrics[METRIC_UNDER_WAY], 0);
	host_finish(ROLE_SERVER);
	host_finish(ROLE_CLIENT);
	unlink(file);
}

/* Carry pieces of so many bytes until nothing moves. */
static void
pump(size_t piece)
{
	for (int quiet = 0; quiet < 3;) {
		size_t moved = host_carry(
		    &server->out[BND_FRONT], &client->in[BND_BACK], piece);

		moved += host_carry(
		    &client->out[BND_BACK], &server->in[BND_FRONT], piece);
		host_turn(server);
		host_turn(client);
		quiet = moved ? 0 : quiet + 1;
	}
}

static void
assert_shaken(void)
{
	ck_assert_msg(!server->is_over, "%s", server->text);
	ck_assert_msg(!client->is_over, "%s", client->text);
	ck_assert(server->has_back);
	ck_assert(client->has_front);
	ck_assert_int_eq(host[0].metrics[METRIC_HANDSHAKES], 1);
	ck_assert_int_eq(host[1].metrics[METRIC_HANDSHAKES], 1);
}

/* So many bytes from one plain side to the other. */
static void
speak(struct pipe *from, struct pipe *to, size_t n, size_t piece)
{
	to->n = 0;
	for (size_t i = 0; i < n; i++)
		from->data[i] = (char)(i * 7 + n);
	from->n = n;
	pump(piece);
	ck_assert_uint_eq(from->n, 0);
	ck_assert_uint_eq(to->n, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(to->data[i], (char)(i * 7 + n));
	to->n = 0;
}

START_TEST(pieces_of_any_size_do)
{
	static const size_t pieces[] = { 1, 2, 3, 5, 64, 1000, 65536 };
	static const size_t sizes[] = { 1, 100, 16384, 16385, 40000 };
	size_t piece = pieces[_i];

	begin();
	pump(piece);
	assert_shaken();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (piece < 64 && sizes[i] > 16385)
			continue;
		speak(&client->in[BND_FRONT], &server->out[BND_BACK], sizes[i],
		    piece);
		speak(&server->in[BND_BACK], &client->out[BND_FRONT], sizes[i],
		    piece);
	}
	/* One end, then still the other way, then the other end. */
	client->in[BND_FRONT].has_ended = true;
	pump(piece);
	ck_assert(server->out[BND_BACK].has_ended);
	ck_assert(!client->out[BND_FRONT].has_ended);
	speak(&server->in[BND_BACK], &client->out[BND_FRONT], 1000, piece);
	server->in[BND_BACK].has_ended = true;
	pump(piece);
	ck_assert(client->out[BND_FRONT].has_ended);
	ck_assert(!server->is_over && !client->is_over);
	finish();
}
END_TEST

START_TEST(an_outlet_may_have_hardly_any_room)
{
	begin();
	host[0].limit = 300; /* less than a flight */
	pump(65536);
	host[0].limit = 0;
	pump(65536);
	assert_shaken();
	speak(&client->in[BND_FRONT], &server->out[BND_BACK], 100, 65536);
	finish();
}
END_TEST

START_TEST(a_cut_stream_is_told)
{
	begin();
	pump(65536);
	assert_shaken();
	server->in[BND_FRONT].has_ended = true;
	host_turn(server);
	ck_assert(server->is_over);
	ck_assert(!server->out[BND_BACK].has_ended);
	ck_assert_int_eq(server->err, -EPROTO);
	ck_assert_ptr_nonnull(strstr(server->text, "without close_notify"));
	ck_assert_int_eq(host[0].metrics[METRIC_TRUNCATED], 1);
	finish();
}
END_TEST

/* At every byte of the client's flight. */
START_TEST(a_client_that_leaves_or_lies_is_told)
{
	size_t size;

	begin();
	size = client->out[BND_BACK].n;
	ck_assert_uint_gt(size, 100);
	for (size_t n = 0; n < size; n++) {
		struct tls_stage *s = host_open(ROLE_SERVER);
		struct pipe *in = &s->in[BND_FRONT];

		memcpy(in->data, client->out[BND_BACK].data, n);
		in->n = n;
		host_turn(s);
		ck_assert(!s->is_over);
		in->has_ended = true;
		host_turn(s);
		ck_assert(s->is_over);
		ck_assert_int_eq(s->err, -EPROTO);
		host_close(s);
	}
	finish();
}
END_TEST

START_TEST(a_changed_byte_never_passes)
{
	begin();
	pump(65536);
	assert_shaken();
	client->in[BND_FRONT].n = 10;
	host_turn(client);
	client->out[BND_BACK].data[12] ^= 1;
	pump(65536);
	ck_assert(server->is_over);
	ck_assert_int_eq(server->err, -EPROTO);
	ck_assert_uint_eq(server->out[BND_BACK].n, 0);
	finish();
}
END_TEST

/* Who comes when the turn is used up waits for the next, in order. */
START_TEST(handshakes_take_turns)
{
	struct tls_stage *other;
	struct desk *d = &host[0].desk;

	begin();
	other = host_open(ROLE_SERVER);
	for (int i = 0; i < 2; i++) {
		struct tls_stage *s = i ? other : server;

		s->in[BND_FRONT].n = client->out[BND_BACK].n;
		memcpy(s->in[BND_FRONT].data, client->out[BND_BACK].data,
		    client->out[BND_BACK].n);
	}
	d->spent_ns = TURN_NS;
	tls.flow(&server->pub);
	tls.flow(&other->pub);
	tls.flow(&server->pub);
	ck_assert_ptr_eq(TAILQ_FIRST(&d->waiting), &server->session);
	ck_assert_uint_eq(server->out[BND_FRONT].n, 0);
	ck_assert(host[0].is_turn_due);
	host_close(other);
	tls.worker_timer(&host[0].worker, TIMER_TURN);
	ck_assert(TAILQ_EMPTY(&d->waiting));
	ck_assert_uint_gt(server->out[BND_FRONT].n, 0);
	ck_assert_int_gt(d->spent_ns, 0);
	finish();
}
END_TEST

START_TEST(so_many_at_once_and_no_more)
{
	begin();
	host[0].options.max_handshakes = 0; /* all places are taken */
	pump(65536);
	ck_assert(server->is_over);
	ck_assert_int_eq(server->err, -EDQUOT);
	ck_assert_int_eq(host[0].metrics[METRIC_REFUSED_LIMIT], 1);
	finish();
}
END_TEST

START_TEST(time_runs_out)
{
	begin();
	tls.timer(&server->pub, TIMER_HANDSHAKE);
	ck_assert(server->is_over);
	ck_assert_int_eq(server->err, -ETIMEDOUT);
	ck_assert_int_eq(host[0].metrics[METRIC_REFUSED_TIMEOUT], 1);
	finish();
}
END_TEST

START_TEST(a_backend_of_another_name_is_refused)
{
	begin();
	host_close(client);
	host[1].options.server_name = "b.example";
	client = host_open(ROLE_CLIENT);
	pump(65536);
	ck_assert(client->is_over);
	ck_assert_ptr_nonnull(strstr(client->text, "is for another name"));
	ck_assert(!client->has_front);
	/* The server has heard why. */
	ck_assert(server->is_over);
	ck_assert_ptr_nonnull(strstr(server->text, "sent the alert"));
	finish();
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tls session");
	Suite *suite = suite_create("tls session");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, pieces_of_any_size_do, 0, 7);
	tcase_add_test(tcase, an_outlet_may_have_hardly_any_room);
	tcase_add_test(tcase, a_cut_stream_is_told);
	tcase_add_test(tcase, a_client_that_leaves_or_lies_is_told);
	tcase_add_test(tcase, a_changed_byte_never_passes);
	tcase_add_test(tcase, handshakes_take_turns);
	tcase_add_test(tcase, so_many_at_once_and_no_more);
	tcase_add_test(tcase, time_runs_out);
	tcase_add_test(tcase, a_backend_of_another_name_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
