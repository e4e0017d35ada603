/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls.h - what the parts of the binding tls share: its options, its state on a
 * worker, and its state in a connection.  One side of a stage carries records
 * (the cipher side: FRONT for a server, BACK for a client), the other one what
 * is in them (the plain side).  See bindery-tls(7).
 */
#ifndef TLS_H
#define TLS_H

#include <bindery/plugin.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "tls-hello.h"

/* In the order of the option table. */
enum tls_role { ROLE_SERVER, ROLE_CLIENT, ROLE_PEEK };
enum tls_client_auth { AUTH_NONE, AUTH_REQUEST, AUTH_REQUIRE };
enum tls_version { VERSION_1_2, VERSION_1_3 };

enum tls_metric {
	METRIC_HANDSHAKES,
	METRIC_RESUMED,
	METRIC_REFUSED_POLICY, /* this and the next four: enum tls_failure */
	METRIC_REFUSED_PROTOCOL,
	METRIC_REFUSED_TIMEOUT,
	METRIC_REFUSED_LIMIT,
	METRIC_REFUSED_ERROR,
	METRIC_TRUNCATED,
	METRIC_UNDER_WAY,
	METRIC_DURATION,
	METRIC_EXPIRY
};

struct tls_certificate { /* a row of the option `certificates` */
	const char *certificate, *key, *key_password, *ocsp_response;
	struct bnd_list names;
};

struct tls_route { /* a row of the option `routes` */
	struct bnd_list server_name, alpn;
	const char *client_issuer;
	const struct bnd_exit *exit; /* NULL: the next binding */
};

struct tls { /* a binding */
	int role, client_auth, min_version;
	struct tls_certificate own; /* certificate, key, ocsp_response */
	struct bnd_rows certificates, routes;
	const char *trust, *crl, *priority, *ticket_key, *server_name;
	struct bnd_list alpn;
	int session_tickets, verify;
	int64_t handshake_timeout; /* ms */
	int64_t max_handshakes;
	struct context *context; /* start() makes it, stop() ends it */
};

TAILQ_HEAD(session_list, session);

struct desk { /* a binding on one worker: see tls-turn.c */
	struct session_list waiting;
	int64_t spent_ns; /* on handshakes in this turn of the loop */
	bool is_turn_over_due;
	int64_t ticket_born; /* of ticket_key; 0: there is none */
	uint8_t ticket_key[64];
};

enum session_state {
	SESSION_IDLE,    /* nothing has come yet */
	SESSION_SHAKING, /* in the handshake, or reading the ClientHello */
	SESSION_OPEN,    /* records carry data */
	SESSION_FAILING, /* the alert is on its way, the abort follows */
	SESSION_OVER     /* refused or aborted, or about to leave */
};

struct session { /* a connection */
	struct bnd_stage *st;
	gnutls_session_t tls;   /* NULL while nothing has come; for a peek */
	unsigned cipher, plain; /* sides */
	uint8_t state;          /* enum session_state */
	bool has_shaken;        /* the handshake was completed */
	bool is_counted;        /* among the handshakes under way */
	bool is_waiting;        /* in the desk's list */
	bool is_blocked;        /* a record waits for room */
	bool has_no_route;      /* found while the ClientHello was read */
	bool has_no_name;       /* to check the backend's certificate with */
	bool has_in_ended, has_out_ended; /* close_notify came, was sent */
	bool is_alert_next; /* in the clear, while GnuTLS expects no such */
	uint8_t alert;      /* that alert; 0: none */
	bool is_too_long;   /* what came without data in it */
	uint32_t pulled;    /* bytes of the handshake, or since the last data */
	TAILQ_ENTRY(session) waiting;
	int64_t began_ms;
	int failure;            /* GnuTLS's, once it has failed */
	unsigned status;        /* of the peer's certificate:
				   gnutls_certificate_status_t */
	struct hello_scan scan; /* of a peek */
};

enum { TIMER_HANDSHAKE };          /* of a stage */
enum { TIMER_TURN, TIMER_EXPIRY }; /* of a worker */

static inline const struct tls *
session_options(const struct session *s)
{
	return s->st->binding->self;
}

/* "client" or "backend": who speaks TLS with us. */
static inline const char *
session_peer(const struct session *s)
{
	return s->cipher == BND_FRONT ? "client" : "backend";
}

extern const struct bnd_option tls_options[];
extern const struct bnd_metric tls_metrics[];

/* [main] Do the options agree?  0, or -EINVAL when the errors were said. */
int tls_options_check(struct bnd_binding *b);

#endif
