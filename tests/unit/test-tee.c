/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The binding tee: its packets, its blocks, and what lies between workers and
 * file, byte by byte. */

#include "unit.h"

#include <limits.h>

#include "../../plugins/tee/tee-block.c"
#define put_32 packet_put_32
#include "../../plugins/tee/tee-packet.c"
#undef put_32

static unsigned mallocs_left = UINT_MAX;

static void *
test_malloc(size_t n)
{
	return mallocs_left-- ? malloc(n) : NULL;
}

#define malloc test_malloc
#include "../../plugins/tee/tee-spool.c"
#undef malloc

#include <arpa/inet.h>
#include <sys/stat.h>

/* ------------------------------------------------------------------ packets */

static struct tee_talk
talk_of(const char *peer, unsigned peer_port, const char *local,
    unsigned local_port, uint16_t port)
{
	struct sockaddr_storage a[2] = { 0 };
	const char *const texts[] = { peer, local };
	const unsigned ports[] = { peer_port, local_port };
	struct tee_talk t;

	for (unsigned i = 0; i < 2; i++) {
		struct sockaddr_in *in = (void *)&a[i];
		struct sockaddr_in6 *in6 = (void *)&a[i];

		if (inet_pton(AF_INET, texts[i], &in->sin_addr) == 1) {
			in->sin_family = AF_INET;
			in->sin_port = htons((uint16_t)ports[i]);
		} else {
			ck_assert_int_eq(
			    inet_pton(AF_INET6, texts[i], &in6->sin6_addr), 1);
			in6->sin6_family = AF_INET6;
			in6->sin6_port = htons((uint16_t)ports[i]);
		}
	}
	tee_talk_init(&t, (const void *)&a[0], (const void *)&a[1], 7, port);
	return t;
}

static void
bytes_are(const char *p, size_t n, const char *hex)
{
	char text[4 * TEE_START_MOST] = "";

	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), 4, "%02x",
		    (unsigned)(unsigned char)p[i]);
	ck_assert_str_eq(text, hex);
}

/* The checksums are those that tshark finds right. */
START_TEST(a_packet_of_ipv4)
{
	struct tee_talk t = talk_of("10.1.2.3", 1234, "10.9.8.7", 80, 0);
	char head[TEE_HEAD_MOST];
	size_t n;

	n = tee_packet_head(head, &t, 0, TEE_SYN, "", 0);
	bytes_are(head, n,
	    "4500002c000040004006"
	    "1cb9"
	    "0a0102030a090807"
	    "04d2005000000000000000006002ffff"
	    "789f"
	    "0000"
	    "01030307");
	n = tee_packet_head(head, &t, 0, TEE_PSH | TEE_ACK, "abc", 3);
	ck_assert_uint_eq(n, 40);
	ck_assert_uint_eq(t.ends[0].seq, 4);
	ck_assert_uint_eq(t.ends[1].seq, 0);
	n = tee_packet_head(head, &t, 1, TEE_SYN | TEE_ACK, "", 0);
	ck_assert_int_eq(head[20 + 11], 4); /* acknowledges all of it */
	ck_assert_uint_eq(t.ends[1].seq, 1);
	tee_packet_head(head, &t, 1, TEE_FIN | TEE_ACK, "", 0);
	ck_assert_uint_eq(t.ends[1].seq, 2);
	tee_packet_head(head, &t, 1, TEE_RST | TEE_ACK, "", 0);
	ck_assert_uint_eq(t.ends[1].seq, 2);
}
END_TEST

/* A packet with its checksum in it sums up to nothing. */
static void
sums_are_right(const struct tee_talk *talk, const char *data, size_t n)
{
	struct tee_talk t = *talk;
	char packet[TEE_HEAD_MOST + 100];
	const uint8_t *p = (const uint8_t *)packet;
	size_t head = tee_packet_head(packet, &t, 1, TEE_ACK, data, n);
	size_t addresses = t.is_v6 ? 32 : 8, ip = t.is_v6 ? 40 : 20;
	uint32_t sum = IPPROTO_TCP + 20 + (uint32_t)n;

	memcpy(packet + head, data, n);
	for (size_t i = ip - addresses; i < head + n; i++)
		sum += (uint32_t)p[i] << ((i - ip) % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ck_assert_uint_eq(sum, 0xffff);
	sum = 0;
	for (size_t i = 0; i < 20; i++)
		sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	if (!t.is_v6)
		ck_assert_uint_eq(sum, 0xffff);
}

START_TEST(checksums)
{
	static char data[100];
	struct tee_talk v4 = talk_of("255.255.255.255", 65535, "1.1.1.1", 1, 0);
	struct tee_talk v6 = talk_of("2001:db8::ffff", 9, "fe80::1", 443, 0);

	ck_assert(v6.is_v6 && !v4.is_v6);
	for (size_t n = 0; n < sizeof(data); n++) {
		data[n] = (char)(n * 151 + 200);
		sums_are_right(&v4, data, n);
		sums_are_right(&v6, data, n);
	}
}
END_TEST

START_TEST(the_largest_checksum_does_not_overflow)
{
	static uint8_t data[65536];

	memset(data, 0xff, sizeof(data));
	ck_assert_uint_eq(sum_end(sum_add(0, data, sizeof(data))), 0);
	ck_assert_uint_eq(sum_end(sum_add(0x1fffe, data, sizeof(data))), 0);
}
END_TEST

START_TEST(sequence_numbers_begin_anew_after_4_gib)
{
	struct tee_talk t = talk_of("1.1.1.1", 1, "1.1.1.2", 2, 0);
	char head[TEE_HEAD_MOST];

	t.ends[0].seq = UINT32_MAX;
	tee_packet_head(head, &t, 0, TEE_ACK, "ab", 2);
	ck_assert_uint_eq(t.ends[0].seq, 1);
}
END_TEST

START_TEST(addresses)
{
	struct tee_talk t =
	    talk_of("::ffff:10.1.2.3", 5, "::ffff:10.1.2.4", 6, 0);

	ck_assert(!t.is_v6);
	ck_assert_int_eq(memcmp(t.ends[0].address, "\x0a\x01\x02\x03", 4), 0);
	ck_assert_uint_eq(t.ends[1].port, 6);
	t = talk_of("10.1.2.3", 5, "2001:db8::1", 6, 80); /* cannot be */
	ck_assert_int_eq(memcmp(t.ends[0].address, "\xc0\x00\x02\x01", 4), 0);
	ck_assert_uint_eq(t.ends[1].port, 80);
	for (uint64_t id = 0; id < 200000; id += 999) {
		tee_talk_init(&t, NULL, NULL, id, 0);
		ck_assert(!t.is_v6);
		ck_assert_uint_ge(t.ends[0].port, 1024);
		ck_assert_uint_eq(t.ends[1].port, 1);
	}
}
END_TEST

/* ------------------------------------------------------------------- blocks */

START_TEST(the_start_of_a_file)
{
	char to[TEE_START_MOST];

	ck_assert_int_eq(*(const char *)&(int){ 1 }, 1); /* little-endian */
	bytes_are(to, tee_block_start(to, "ab/c", 0x40000),
	    "0a0d0d0a"
	    "38000000"
	    "4d3c2b1a"
	    "01000000"
	    "ffffffffffffffff"
	    "04001400"
	    "42696e646572792c2062696e64696e6720746565"
	    "00000000"
	    "38000000"
	    "01000000"
	    "28000000"
	    "65000000"
	    "00000400"
	    "02000400"
	    "61622f63"
	    "09000100"
	    "09000000"
	    "00000000"
	    "28000000");
}
END_TEST

START_TEST(the_longest_name_fits)
{
	char name[1000], to[TEE_START_MOST];

	memset(name, 'x', sizeof(name));
	name[999] = 0;
	ck_assert_uint_le(tee_block_start(to, name, 1), TEE_START_MOST);
}
END_TEST

static void
packet_is(const struct tee_record *r, const char *hex)
{
	char to[256];
	size_t n = tee_block_packet_size(r);

	ck_assert_uint_eq(tee_block_packet(to, r), n);
	bytes_are(to, n, hex);
}

START_TEST(packets)
{
	struct tee_record r = { .time_ns = 0x1122334455667788,
		.head = "HEAD",
		.head_size = 4,
		.data = "data!",
		.size = 5,
		.kept = 9 };

	packet_is(&r, "06000000"
		      "38000000"
		      "00000000"
		      "44332211"
		      "88776655"
		      "09000000"
		      "09000000"
		      "48454144"
		      "64617461"
		      "21000000"
		      "02000400"
		      "01000000"
		      "00000000"
		      "38000000");
	r.kept = 6;
	r.from = 1;
	r.comment = "hi";
	packet_is(&r, "06000000"
		      "3c000000"
		      "00000000"
		      "44332211"
		      "88776655"
		      "06000000"
		      "09000000"
		      "48454144"
		      "64610000"
		      "02000400"
		      "02000000"
		      "01000200"
		      "68690000"
		      "00000000"
		      "3c000000");
	r.kept = 3; /* not even the headers */
	r.comment = NULL;
	packet_is(&r, "06000000"
		      "30000000"
		      "00000000"
		      "44332211"
		      "88776655"
		      "03000000"
		      "09000000"
		      "48454100"
		      "02000400"
		      "02000000"
		      "00000000"
		      "30000000");
}
END_TEST

START_TEST(the_end_of_a_file)
{
	char to[TEE_STATS_SIZE];

	ck_assert_uint_eq(tee_block_stats(to, 1, 2, 3), TEE_STATS_SIZE);
	bytes_are(to, TEE_STATS_SIZE,
	    "05000000"
	    "34000000"
	    "00000000"
	    "00000000"
	    "01000000"
	    "04000800"
	    "0200000000000000"
	    "05000800"
	    "0300000000000000"
	    "00000000"
	    "34000000");
}
END_TEST

START_TEST(whole_blocks)
{
	char to[TEE_START_MOST + TEE_STATS_SIZE];
	size_t section = block_section(to);
	size_t start = section + block_interface(to + section, "n", 1);
	size_t all = start + tee_block_stats(to + start, 0, 0, 0);

	for (size_t n = 0; n <= all; n++)
		ck_assert_uint_eq(tee_block_whole(to, n), n < section ? 0
							  : n < start ? section
							  : n < all   ? start
								      : all);
}
END_TEST

/* -------------------------------------------------------------------- spool */

static char directory[30];
static char path[100];

static const char *
file(const char *name)
{
	if (!directory[0]) {
		strcpy(directory, "/tmp/test-tee-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(directory));
	}
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

/* All are gone that a test has made. */
static void
no_files(void)
{
	ck_assert_int_eq(rmdir(file("")), 0);
	directory[0] = 0;
}

static void
unfile(const char *name)
{
	ck_assert_int_eq(unlink(file(name)), 0);
}

static struct spool *
spool_of(const char *name, size_t buffer, uint64_t max_size)
{
	struct spool *s = calloc(1, sizeof(*s));
	const struct spool_options o = { file(name), "n", buffer, max_size,
		1000 };

	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(spool_begin(s, &o), 0);
	return s;
}

static int
add(struct spool *s, size_t n, enum spool_need *need)
{
	static char data[2000];
	struct tee_record r = { .head = "", .data = data, .size = n };

	return spool_add(s, &r, need);
}

static long
size_of(const char *name)
{
	struct stat st;

	if (stat(file(name), &st) < 0)
		return -1;
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	return (long)st.st_size;
}

static void
finish(struct spool *s)
{
	spool_finish(s);
	free(s);
}

START_TEST(what_is_added_is_written)
{
	struct spool *s = spool_of("a.pcapng", 8192, 100000);
	enum spool_need need;
	long start = (long)s->used;

	ck_assert_int_eq(add(s, 100, &need), 0);
	ck_assert_int_eq(need, SPOOL_SOON);
	ck_assert_int_eq(add(s, 5000, &need), 0); /* snaplen cuts it */
	ck_assert_int_eq(need, SPOOL_NOTHING);
	ck_assert(spool_claim(s));
	ck_assert(!spool_claim(s));
	ck_assert_int_eq(add(s, 0, &need), 0);
	ck_assert_int_eq(need, SPOOL_NOTHING); /* somebody writes */
	ck_assert_int_eq(size_of("a.pcapng"), -1);
	ck_assert_int_eq(spool_write(s), 1);
	ck_assert_int_eq(size_of("a.pcapng"), start + 3 * 44 + 100 + 1000);
	ck_assert(!spool_claim(s)); /* nothing is left */
	add(s, 0, &need);
	ck_assert_int_eq(need, SPOOL_SOON);
	ck_assert(spool_claim(s));
	spool_unclaim(s); /* nobody could */
	add(s, 0, &need);
	ck_assert_int_eq(need, SPOOL_SOON);
	finish(s); /* with the two that were not */
	ck_assert_int_eq(
	    size_of("a.pcapng"), start + 5 * 44 + 1100 + TEE_STATS_SIZE);
	unfile("a.pcapng");
	no_files();
}
END_TEST

START_TEST(what_does_not_fit_is_dropped)
{
	struct spool *s = spool_of("b", 4096, 1 << 20);
	struct spool_figures f;
	enum spool_need need;

	ck_assert_int_eq(add(s, 1000, &need), 0);
	ck_assert_int_eq(add(s, 300, &need), 0);
	ck_assert_int_eq(need, SPOOL_NOW); /* more than half */
	ck_assert_int_eq(add(s, 1000, &need), -ENOBUFS);
	ck_assert_int_eq(add(s, 100, &need), 0);
	spool_look(s, &f);
	ck_assert_uint_eq(f.packets, 3);
	ck_assert_uint_eq(f.dropped, 1);
	ck_assert(spool_claim(s));
	ck_assert_int_eq(spool_write(s), 1);
	ck_assert_int_eq(add(s, 1000, &need), 0);
	finish(s);
	unfile("b");
	no_files();
}
END_TEST

START_TEST(a_file_gets_no_larger_than_it_may)
{
	for (uint64_t max = 4096; max < 4200; max++) {
		struct spool *s = spool_of("c", 65536, max);
		enum spool_need need;
		int rc;

		while ((rc = add(s, 60, &need)) == 0)
			;
		ck_assert_int_eq(rc, -EFBIG);
		ck_assert_int_eq(add(s, 1, &need), -ESHUTDOWN);
		finish(s);
		ck_assert_int_le(size_of("c"), (long)max);
		ck_assert_int_gt(size_of("c"), (long)max - 60 - 60);
		unfile("c");
	}
	no_files();
}
END_TEST

START_TEST(nothing_that_is_there_is_written_to)
{
	struct spool *s[3];
	struct spool_figures f;
	char link[100];

	snprintf(link, sizeof(link), "%s", file("d.x/e.pcapng"));
	ck_assert_int_eq(mkdir(file("d.x"), 0700), 0);
	ck_assert_int_eq(symlink("/nowhere/f", link), 0);
	for (unsigned i = 0; i < 3; i++)
		s[i] = spool_of("d.x/e.pcapng", 4096, 100000);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(spool_write(s[i]), 1);
		spool_look(s[i], &f);
		ck_assert_str_eq(f.path, file(i == 0   ? "d.x/e-1.pcapng"
					      : i == 1 ? "d.x/e-2.pcapng"
						       : "d.x/e-3.pcapng"));
		finish(s[i]);
	}
	unfile("d.x/e-1.pcapng");
	unfile("d.x/e-2.pcapng");
	unfile("d.x/e-3.pcapng");
	unfile("d.x/e.pcapng");
	s[0] = spool_of("d.x/e", 4096, 100000); /* the dot is not its own */
	finish(s[0]);
	s[0] = spool_of("d.x/e", 4096, 100000);
	finish(s[0]);
	unfile("d.x/e");
	unfile("d.x/e-1");
	ck_assert_int_eq(rmdir(file("d.x")), 0);
	no_files();
}
END_TEST

START_TEST(a_file_that_cannot_be_made)
{
	struct spool *s = spool_of("no/such/file", 4096, 100000);
	enum spool_need need;

	ck_assert(spool_claim(s));
	ck_assert_int_eq(spool_write(s), -ENOENT);
	ck_assert_int_eq(add(s, 1, &need), -ESHUTDOWN);
	ck_assert_int_eq(need, SPOOL_NOTHING);
	ck_assert(!spool_claim(s));
	finish(s);
	no_files();
}
END_TEST

/* As of a disk that is full: the file stays one that can be read. */
START_TEST(a_file_that_cannot_be_written)
{
	struct spool *s = spool_of("g", 4096, 100000);
	enum spool_need need;
	long size;

	ck_assert_int_eq(spool_write(s), 1);
	size = size_of("g");
	close(s->fd);
	s->fd = open("/dev/full", O_WRONLY);
	ck_assert_int_ge(s->fd, 0);
	add(s, 100, &need);
	ck_assert_int_eq(spool_write(s), -ENOSPC);
	finish(s);
	ck_assert_int_eq(size_of("g"), size);
	unfile("g");
	no_files();
}
END_TEST

START_TEST(without_memory)
{
	for (unsigned n = 0; n < 2; n++) {
		struct spool *s = calloc(1, sizeof(*s));
		const struct spool_options o = { file("h"), "n", 4096, 9999,
			99 };

		ck_assert_ptr_nonnull(s);
		mallocs_left = n;
		ck_assert_int_eq(spool_begin(s, &o), -ENOMEM);
		mallocs_left = UINT_MAX;
		ck_assert_int_eq(spool_begin(s, &o), 0); /* the next one */
		mallocs_left = n;
		ck_assert_int_eq(spool_begin(s, &o), 0); /* is there */
		mallocs_left = UINT_MAX;
		finish(s);
		unfile("h");
	}
	no_files();
}
END_TEST

START_TEST(one_that_was_never_used)
{
	struct spool *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	finish(s);
}
END_TEST

UNIT_TESTS("tee", a_packet_of_ipv4, checksums,
    the_largest_checksum_does_not_overflow,
    sequence_numbers_begin_anew_after_4_gib, addresses, the_start_of_a_file,
    the_longest_name_fits, packets, the_end_of_a_file, whole_blocks,
    what_is_added_is_written, what_does_not_fit_is_dropped,
    a_file_gets_no_larger_than_it_may, nothing_that_is_there_is_written_to,
    a_file_that_cannot_be_made, a_file_that_cannot_be_written, without_memory,
    one_that_was_never_used)
