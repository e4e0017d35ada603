/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "reflect.h"

/* clang-format off */
const struct bnd_option reflect_options[] = {
	BND_OPTION(struct reflect, room, BND_T_STRING, "room",
	    .doc = "The fact that names the room; otherwise there is one room."),
	BND_OPTION(struct reflect, framing, BND_T_ENUM, "framing",
	    .def = "none", .choices = "none|line|length",
	    .doc = "What is a message: what was read, a line, or a length and so many bytes."),
	BND_OPTION(struct reflect, max_message, BND_T_SIZE, "max_message",
	    .def = "16k", .min = 16, .max = 32768,
	    .doc = "The longest message, its newline or length included."),
	BND_OPTION(struct reflect, self, BND_T_BOOL, "self", .def = "true",
	    .doc = "Let members hear what they say themselves."),
	BND_OPTION(struct reflect, prefix, BND_T_BOOL, "prefix", .def = "false",
	    .doc = "Put '[identity] ' or '[peer] ' before each line."),
	BND_OPTION(struct reflect, notices, BND_T_BOOL, "notices",
	    .def = "false",
	    .doc = "Say who joins and leaves, and who has missed how much."),
	BND_OPTION(struct reflect, slow, BND_T_ENUM, "slow",
	    .def = "disconnect", .choices = "disconnect|drop|wait",
	    .doc = "What becomes of a member that is too far behind."),
	BND_OPTION(struct reflect, buffer, BND_T_SIZE, "buffer", .def = "1m",
	    .min = 65536, .max = INT64_C(1) << 30,
	    .doc = "How many bytes a member may be behind."),
	BND_OPTION(struct reflect, patience, BND_T_TIME, "patience",
	    .def = "30s", .min = 100, .max = 86400000,
	    .doc = "How long a member may be behind."),
	BND_OPTION(struct reflect, history, BND_T_INT, "history", .def = "0",
	    .min = 0, .max = 1000000,
	    .doc = "How many of the last messages who joins is given first."),
	BND_OPTION(struct reflect, history_bytes, BND_T_SIZE, "history_bytes",
	    .def = "64k", .min = 1024, .max = INT64_C(1) << 26,
	    .doc = "The most bytes that these messages have together."),
	BND_OPTION(struct reflect, max_rooms, BND_T_INT, "max_rooms",
	    .def = "1024", .min = 1, .max = 1000000,
	    .doc = "How many rooms there may be at once."),
	BND_OPTION(struct reflect, max_members, BND_T_INT, "max_members",
	    .def = "16384", .min = 1, .max = 1000000,
	    .doc = "How many members a room may have."),
	{ 0 },
};

#define REASON(i, NAME, REASON, DOC) \
	[i] = { .name = NAME, .kind = BND_COUNTER, .doc = DOC, \
	    .label = "reason=\"" REASON "\"" }
#define DROPPED(i, R) REASON(i, "messages_dropped_total", R, \
	"Messages that slow members have missed.")
#define CUT(i, R) REASON(i, "members_cut_total", R, \
	"Members that were disconnected because they were slow.")
#define REFUSED(i, R) REASON(i, "refused_total", R, \
	"Connections that were refused.")

const struct bnd_metric reflect_metrics[] = {
	[METRIC_ROOMS] = { .name = "rooms", .kind = BND_GAUGE,
	    .doc = "Rooms with members." },
	[METRIC_MEMBERS] = { .name = "members", .kind = BND_GAUGE,
	    .doc = "Members of all rooms." },
	[METRIC_MESSAGES_IN] = { .name = "messages_in_total",
	    .kind = BND_COUNTER, .doc = "Messages that members said." },
	[METRIC_BYTES_IN] = { .name = "in_total", .kind = BND_COUNTER,
	    .unit = "bytes", .doc = "Bytes of messages that members said." },
	[METRIC_MESSAGES_OUT] = { .name = "messages_out_total",
	    .kind = BND_COUNTER,
	    .doc = "Messages that members were given, each member counted." },
	[METRIC_BYTES_OUT] = { .name = "out_total", .kind = BND_COUNTER,
	    .unit = "bytes",
	    .doc = "Bytes that members were given, each member counted." },
	DROPPED(METRIC_DROPPED_BUFFER, "buffer"),
	DROPPED(METRIC_DROPPED_PATIENCE, "patience"),
	CUT(METRIC_CUT_BUFFER, "buffer"),
	CUT(METRIC_CUT_PATIENCE, "patience"),
	REFUSED(METRIC_REFUSED_MESSAGE, "message"),
	REFUSED(METRIC_REFUSED_ROOM, "room"),
	REFUSED(METRIC_REFUSED_ROOMS, "rooms"),
	REFUSED(METRIC_REFUSED_MEMBERS, "members"),
	[METRIC_LAG_BYTES] = { .name = "lag", .kind = BND_VALUE,
	    .unit = "bytes", .doc = "How far the slowest member is behind." },
	[METRIC_LAG_MS] = { .name = "lag_time", .kind = BND_VALUE,
	    .unit = "ms", .doc = "How long the slowest member is behind." },
	{ 0 },
};
/* clang-format on */

int
reflect_check(struct bnd_binding *b)
{
	const struct reflect *c = b->self;

	if (c->prefix && c->framing != FRAMING_LINE)
		return bnd_option_error(b, "prefix", NULL,
		    "only lines have a place for it: set framing = \"line\", "
		    "too");
	if (c->room && !*c->room)
		return bnd_option_error(
		    b, "room", NULL, "name a fact, such as 'tls.server_name'");
	if (c->history > 0 && c->history_bytes > c->buffer)
		return bnd_option_error(b, "history_bytes", NULL,
		    "who joins would be too far behind at once: let 'buffer' "
		    "be as large");
	return 0;
}
