/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* say-peer.h - a filter tells who the client is. */
#ifndef TESTS_SAY_PEER_H
#define TESTS_SAY_PEER_H

#include <bindery/plugin.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

/* "1.2.3.4:5", or a text, which a peer cannot be. */
static inline void
say_peer(struct bnd_stage *st, const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	char host[16];
	unsigned short port;

	if (sscanf(text, "%15[0-9.]:%hu", host, &port) != 2 ||
	    inet_pton(AF_INET, host, &in.sin_addr) != 1) {
		bnd_fact_text_set(st, "peer", text);
		return;
	}
	in.sin_port = htons(port);
	bnd_fact_set(st, "peer", BND_F_ADDR, &in, sizeof(in));
}

#endif
