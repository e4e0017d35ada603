/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "load.h"
#include "tokens.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char usage[] =
    "usage: load pingpong|conn|idle|bulk|room --to PORT [options]\n"
    "       load serve|echo-ref|room-ref --to PORT [--seconds S]\n"
    "       load start --to PORT [--cpu N] -- COMMAND [ARGUMENT...]\n"
    "\n"
    "  --to PORT            of 127.0.0.1, to connect to or to listen on\n"
    "  --connections N      how many at once (default 1)\n"
    "  --in-flight N        how many may be opening at once (default 64)\n"
    "  --size N             bytes of a ping-pong message (default 64)\n"
    "  --speakers N         members of a room that speak (default 10)\n"
    "  --depth N            messages that each says at once (default 1)\n"
    "  --redis              the room is a channel of Redis\n"
    "  --way down|up|both   of bulk (default down)\n"
    "  --raw                the peer echoes; send it no command byte\n"
    "  --tls full|resume    speak TLS 1.3, with sessions of before or not\n"
    "  --tokens FILE        say one of its lines first, by turns\n"
    "  --warm-up S          seconds before measuring (default 0.2)\n"
    "  --seconds S          seconds to measure, hold or serve (default 1)\n"
    "  --pids P,P...        measure the CPU time of these processes\n"
    "  --cpu N              run COMMAND on this CPU\n";

static struct result result; /* large: the histogram */

static int
mode_serve(const struct options *o, struct result *r)
{
	(void)r;
	return server_run(o, CMD_NONE);
}

static int
mode_echo_ref(const struct options *o, struct result *r)
{
	(void)r;
	return server_run(o, CMD_ECHO);
}

static int
mode_room_ref(const struct options *o, struct result *r)
{
	(void)r;
	return room_server_run(o);
}

/* clang-format off */
static const struct mode {
	const char *name;
	int (*run)(const struct options *, struct result *);
	bool has_result;
} modes[] = {
	{ "pingpong", client_pingpong, true },
	{ "bulk",     client_bulk,     true },
	{ "conn",     client_conn,     true },
	{ "idle",     client_idle,     true },
	{ "room",     client_room,     true },
	{ "start",    start_measure,   true },
	{ "serve",    mode_serve,      false },
	{ "echo-ref", mode_echo_ref,   false },
	{ "room-ref", mode_room_ref,   false },
};

static const struct option long_options[] = {
	{ "to",          required_argument, NULL, 't' },
	{ "connections", required_argument, NULL, 'c' },
	{ "in-flight",   required_argument, NULL, 'i' },
	{ "size",        required_argument, NULL, 's' },
	{ "speakers",    required_argument, NULL, 'S' },
	{ "depth",       required_argument, NULL, 'd' },
	{ "redis",       no_argument,       NULL, 'R' },
	{ "way",         required_argument, NULL, 'y' },
	{ "raw",         no_argument,       NULL, 'r' },
	{ "tls",         required_argument, NULL, 'T' },
	{ "tokens",      required_argument, NULL, 'k' },
	{ "warm-up",     required_argument, NULL, 'w' },
	{ "seconds",     required_argument, NULL, 'm' },
	{ "pids",        required_argument, NULL, 'p' },
	{ "cpu",         required_argument, NULL, 'u' },
	{ NULL, 0, NULL, 0 }
};
/* clang-format on */

static void
usage_exit(void)
{
	fputs(usage, stderr);
	exit(64);
}

static long
number(const char *text, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < min || n > max) {
		fprintf(stderr, "load: '%s' is not between %ld and %ld\n", text,
		    min, max);
		exit(64);
	}
	return n;
}

static uint64_t
duration(const char *text)
{
	char *end;
	double s = strtod(text, &end);

	if (end == text || *end != '\0' || !(s >= 0 && s <= MAX_SECONDS)) {
		fprintf(stderr, "load: '%s' is not between 0 and %d seconds\n",
		    text, MAX_SECONDS);
		exit(64);
	}
	return (uint64_t)(s * 1e9);
}

static enum command
way(const char *text)
{
	if (strcmp(text, "down") == 0)
		return CMD_SOURCE;
	if (strcmp(text, "up") == 0)
		return CMD_SINK;
	if (strcmp(text, "both") == 0)
		return CMD_BOTH;
	usage_exit();
	return CMD_NONE;
}

static enum tls_use
tls_use(const char *text)
{
	if (strcmp(text, "full") == 0)
		return TLS_FULL;
	if (strcmp(text, "resume") == 0)
		return TLS_RESUME;
	usage_exit();
	return TLS_NONE;
}

static void
parse_pids(struct options *o, char *text)
{
	for (char *p = strtok(text, ","); p; p = strtok(NULL, ",")) {
		if (o->pid_count == MAX_PIDS)
			usage_exit();
		o->pids[o->pid_count++] = (pid_t)number(p, 1, INT32_MAX);
	}
}

static void
parse_option(struct options *o, int key)
{
	switch (key) {
	case 't':
		o->address.sin_port =
		    htons((uint16_t)number(optarg, 1, UINT16_MAX));
		break;
	case 'c':
		o->connections = (uint32_t)number(optarg, 1, MAX_CONNECTIONS);
		break;
	case 'i':
		o->in_flight = (uint32_t)number(optarg, 1, MAX_CONNECTIONS);
		break;
	case 's':
		o->size = (uint32_t)number(optarg, 1, MAX_SIZE);
		break;
	case 'S':
		o->speakers = (uint32_t)number(optarg, 1, MAX_CONNECTIONS);
		break;
	case 'd':
		o->depth = (uint32_t)number(optarg, 1, 4096);
		break;
	case 'R':
		o->redis = true;
		break;
	case 'y':
		o->bulk = way(optarg);
		break;
	case 'r':
		o->raw = true;
		break;
	case 'T':
		o->tls = tls_use(optarg);
		break;
	case 'k':
		if (tokens_read(optarg) < 0)
			exit(EXIT_FAILURE);
		break;
	case 'w':
		o->warm_up_ns = duration(optarg);
		break;
	case 'm':
		o->measure_ns = duration(optarg);
		break;
	case 'p':
		parse_pids(o, optarg);
		break;
	case 'u':
		o->cpu = (int)number(optarg, 0, 4095);
		break;
	default:
		usage_exit();
	}
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	int key;

	*o = (struct options){
		.address.sin_family = AF_INET,
		.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.connections = 1,
		.in_flight = 64,
		.size = 64,
		.speakers = 10,
		.depth = 1,
		.bulk = CMD_SOURCE,
		.warm_up_ns = 200000000,
		.measure_ns = 1000000000,
		.cpu = -1,
	};
	while ((key = getopt_long(argc, argv, "+", long_options, NULL)) != -1)
		parse_option(o, key);
	if (o->address.sin_port == 0)
		usage_exit();
	o->command = argv + optind;
}

/* One line of JSON; keys that say nothing in a mode are zero there. */
static void
print_result(const char *mode, const struct options *o, const struct result *r)
{
	const struct histogram *h = &r->latency;

	printf("{\"mode\":\"%s\",\"connections\":%u,\"size\":%u,"
	       "\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"units\":%llu,"
	       "\"bytes\":%llu,\"errors\":%llu,",
	    mode, o->connections, o->size, r->seconds, r->cpu_seconds,
	    (unsigned long long)r->units, (unsigned long long)r->bytes,
	    (unsigned long long)r->errors);
	printf("\"connect_ms\":%.3f,\"answer_ms\":%.3f,"
	       "\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,"
	       "\"p999\":%.1f,\"max\":%.1f}}\n",
	    (double)r->connect_ns / 1e6, (double)r->answer_ns / 1e6,
	    (double)histogram_quantile(h, 0.5) / 1e3,
	    (double)histogram_quantile(h, 0.9) / 1e3,
	    (double)histogram_quantile(h, 0.99) / 1e3,
	    (double)histogram_quantile(h, 0.999) / 1e3, (double)h->max / 1e3);
}

static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
main(int argc, char **argv)
{
	const struct mode *mode = NULL;
	struct options o;
	uint64_t total_ns;

	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			mode = &modes[i];
	if (!mode)
		usage_exit();
	parse_options(&o, argc - 1, argv + 1);
	raise_descriptor_limit();
	signal(SIGPIPE, SIG_IGN);

	/* Whatever goes wrong, it ends: 30 s to open, 10 s to spare. */
	total_ns = o.warm_up_ns + o.measure_ns;
	alarm((unsigned)(total_ns / 1000000000) + 40);

	if (mode->run(&o, &result) < 0)
		return EXIT_FAILURE;
	if (mode->has_result)
		print_result(mode->name, &o, &result);
	return result.errors ? EXIT_FAILURE : EXIT_SUCCESS;
}
