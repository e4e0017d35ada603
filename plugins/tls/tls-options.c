/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define YEAR_MS (INT64_C(365) * 24 * 3600 * 1000)

/* clang-format off */
static const struct bnd_option certificate_options[] = {
	BND_OPTION(struct tls_certificate, certificate, BND_T_FILE,
	    "certificate", .flags = BND_O_REQUIRED,
	    .doc = "The certificate and what leads to its issuer, in PEM."),
	BND_OPTION(struct tls_certificate, key, BND_T_FILE, "key",
	    .doc = "Its private key in PEM; otherwise in the same file."),
	BND_OPTION(struct tls_certificate, key_password, BND_T_SECRET,
	    "key_password",
	    .doc = "What the key is encrypted with, or \"@/file\" with that."),
	BND_OPTION(struct tls_certificate, ocsp_response, BND_T_FILE,
	    "ocsp_response", .doc = "An OCSP response to staple, in DER."),
	BND_OPTION(struct tls_certificate, names, BND_T_LIST, "names",
	    .doc = "The server names it is for; otherwise its own."),
	{ 0 },
};

static const struct bnd_option route_options[] = {
	BND_OPTION(struct tls_route, server_name, BND_T_LIST, "server_name",
	    .doc = "One of these names, or wildcards such as *.example.org."),
	BND_OPTION(struct tls_route, alpn, BND_T_LIST, "alpn",
	    .doc = "One of these protocols."),
	BND_OPTION(struct tls_route, client_issuer, BND_T_STRING,
	    "client_issuer",
	    .doc = "Issuer of the client's certificate: its DN or its CN."),
	BND_OPTION(struct tls_route, exit, BND_T_EXIT, "exit",
	    .doc = "The pipeline to go to; otherwise the next binding."),
	{ 0 },
};

const struct bnd_option tls_options[] = {
	BND_OPTION(struct tls, role, BND_T_ENUM, "role", .def = "server",
	    .choices = "server|client|peek",
	    .doc = "Terminate TLS, originate it, or only look and route."),
	BND_OPTION(struct tls, own.certificate, BND_T_FILE, "certificate",
	    .doc = "The certificate and what leads to its issuer, in PEM."),
	BND_OPTION(struct tls, own.key, BND_T_FILE, "key",
	    .doc = "Its private key in PEM; otherwise in the same file."),
	BND_OPTION(struct tls, own.key_password, BND_T_SECRET, "key_password",
	    .doc = "What the key is encrypted with, or \"@/file\" with that."),
	BND_OPTION(struct tls, own.ocsp_response, BND_T_FILE, "ocsp_response",
	    .doc = "An OCSP response to staple, in DER."),
	BND_OPTION(struct tls, certificates, BND_T_ROWS, "certificates",
	    .rows = certificate_options,
	    .row_size = sizeof(struct tls_certificate),
	    .doc = "Certificates chosen by the name that the client asks for."),
	BND_OPTION(struct tls, client_auth, BND_T_ENUM, "client_auth",
	    .def = "none", .choices = "none|request|require",
	    .doc = "Whether clients show a certificate."),
	BND_OPTION(struct tls, trust, BND_T_FILE, "trust",
	    .doc = "Authorities that may issue the peer's certificate, in PEM."),
	BND_OPTION(struct tls, crl, BND_T_FILE, "crl",
	    .doc = "Certificates that were revoked, in PEM."),
	BND_OPTION(struct tls, verify, BND_T_BOOL, "verify", .def = "true",
	    .doc = "Check the backend's certificate and name."),
	BND_OPTION(struct tls, server_name, BND_T_STRING, "server_name",
	    .doc = "The backend's name; otherwise where tcp-client connects."),
	BND_OPTION(struct tls, alpn, BND_T_LIST, "alpn",
	    .doc = "Protocols to agree on, the best first."),
	BND_OPTION(struct tls, min_version, BND_T_ENUM, "min_version",
	    .def = "1.2", .choices = "1.2|1.3",
	    .doc = "The oldest version of TLS that is spoken."),
	BND_OPTION(struct tls, priority, BND_T_STRING, "priority",
	    .doc = "Algorithms, as a priority string of GnuTLS."),
	BND_OPTION(struct tls, session_tickets, BND_T_BOOL, "session_tickets",
	    .def = "true", .doc = "Let clients resume their sessions."),
	BND_OPTION(struct tls, ticket_key, BND_T_FILE, "ticket_key",
	    .doc = "64 random bytes that several hosts share for tickets."),
	BND_OPTION(struct tls, handshake_timeout, BND_T_TIME,
	    "handshake_timeout", .def = "10s", .min = 1, .max = 3600 * 1000,
	    .doc = "Time for the handshake, in all."),
	BND_OPTION(struct tls, max_handshakes, BND_T_INT, "max_handshakes",
	    .def = "4096", .min = 1, .max = UINT32_MAX,
	    .doc = "Handshakes under way at once."),
	BND_OPTION(struct tls, routes, BND_T_ROWS, "routes",
	    .rows = route_options, .row_size = sizeof(struct tls_route),
	    .doc = "Where to go on; the first that fits counts."),
	{ 0 },
};

#define REFUSED(REASON)                                                     \
	{ .name = "handshake_failures_total", .kind = BND_COUNTER,          \
	    .label = "reason=\"" REASON "\"",                               \
	    .doc = "Handshakes that failed." }

const struct bnd_metric tls_metrics[] = {
	[METRIC_HANDSHAKES] = { .name = "handshakes_total",
	    .kind = BND_COUNTER, .doc = "Handshakes that were completed." },
	[METRIC_RESUMED] = { .name = "resumed_total", .kind = BND_COUNTER,
	    .doc = "Those of them that resumed a session." },
	[METRIC_REFUSED_POLICY] = REFUSED("policy"),
	[METRIC_REFUSED_PROTOCOL] = REFUSED("protocol"),
	[METRIC_REFUSED_TIMEOUT] = REFUSED("timeout"),
	[METRIC_REFUSED_LIMIT] = REFUSED("limit"),
	[METRIC_REFUSED_ERROR] = REFUSED("error"),
	[METRIC_TRUNCATED] = { .name = "truncated_total", .kind = BND_COUNTER,
	    .doc = "Streams that ended without close_notify." },
	[METRIC_UNDER_WAY] = { .name = "handshakes", .kind = BND_GAUGE,
	    .doc = "Handshakes under way." },
	[METRIC_DURATION] = { .name = "handshake_duration",
	    .kind = BND_HISTOGRAM, .unit = "ms",
	    .doc = "Time from the first byte to the end of a handshake." },
	[METRIC_EXPIRY] = { .name = "certificate_days", .kind = BND_VALUE,
	    .unit = "days",
	    .doc = "Days until the first of the certificates expires." },
	{ 0 },
};
/* clang-format on */

/* ---- which option is for which role */

enum {
	FOR_SERVER = 1u << ROLE_SERVER,
	FOR_CLIENT = 1u << ROLE_CLIENT,
	FOR_PEEK = 1u << ROLE_PEEK
};

/* Said although it has no effect, one of these is a mistake. */
static int
tls_role_check(struct bnd_binding *b)
{
	const struct tls *c = b->self;
	const struct {
		const char *name;
		bool is_said;
		unsigned roles;
	} said[] = {
		{ "certificate", c->own.certificate, FOR_SERVER | FOR_CLIENT },
		{ "key", c->own.key, FOR_SERVER | FOR_CLIENT },
		{ "key_password", c->own.key_password,
		    FOR_SERVER | FOR_CLIENT },
		{ "ocsp_response", c->own.ocsp_response, FOR_SERVER },
		{ "certificates", c->certificates.n, FOR_SERVER },
		{ "client_auth", c->client_auth, FOR_SERVER },
		{ "trust", c->trust, FOR_SERVER | FOR_CLIENT },
		{ "crl", c->crl, FOR_SERVER | FOR_CLIENT },
		{ "verify", !c->verify, FOR_CLIENT },
		{ "server_name", c->server_name, FOR_CLIENT },
		{ "alpn", c->alpn.n, FOR_SERVER | FOR_CLIENT },
		{ "min_version", c->min_version, FOR_SERVER | FOR_CLIENT },
		{ "priority", c->priority, FOR_SERVER | FOR_CLIENT },
		{ "session_tickets", !c->session_tickets, FOR_SERVER },
		{ "ticket_key", c->ticket_key, FOR_SERVER },
		{ "routes", c->routes.n, FOR_SERVER | FOR_PEEK },
	};
	static const char *const roles[] = { "server", "client", "peek" };
	int rc = 0;

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (said[i].is_said && !(said[i].roles & 1u << c->role))
			rc = bnd_option_error(b, said[i].name, NULL,
			    "has no effect with role = \"%s\"", roles[c->role]);
	return rc;
}

/* ---- what belongs together */

static int
tls_server_check(struct bnd_binding *b)
{
	const struct tls *c = b->self;
	int rc = 0;

	if (!c->own.certificate && c->certificates.n == 0)
		rc = bnd_option_error(b, "certificate", NULL,
		    "is missing: a server needs a certificate");
	if (c->client_auth != AUTH_NONE && !c->trust)
		rc = bnd_option_error(b, "trust", NULL,
		    "is missing: client_auth needs the authorities that issue "
		    "the clients' certificates");
	if (c->client_auth == AUTH_NONE && c->trust)
		rc = bnd_option_error(
		    b, "trust", NULL, "has no effect without client_auth");
	if (c->ticket_key && !c->session_tickets)
		rc = bnd_option_error(b, "ticket_key", NULL,
		    "has no effect with session_tickets = false");
	return rc;
}

static int
tls_pairs_check(struct bnd_binding *b)
{
	const struct tls *c = b->self;
	const char *idle = c->own.key            ? "key"
			   : c->own.key_password ? "key_password"
						 : "ocsp_response";
	int rc = 0;

	if (!c->own.certificate &&
	    (c->own.key || c->own.key_password || c->own.ocsp_response))
		rc = bnd_option_error(
		    b, idle, NULL, "has no effect without certificate");
	if (c->crl && !c->trust)
		rc = bnd_option_error(
		    b, "crl", NULL, "has no effect without trust");
	if (!c->verify && c->trust)
		rc = bnd_option_error(
		    b, "trust", NULL, "has no effect with verify = false");
	return rc;
}

static bool
tls_list_has(const struct bnd_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

/* Can the route ever fit? */
static int
tls_route_check(struct bnd_binding *b, const struct tls_route *r)
{
	const struct tls *c = b->self;
	int rc = 0;

	for (size_t k = 0; c->role == ROLE_SERVER && k < r->alpn.n; k++)
		if (!tls_list_has(&c->alpn, r->alpn.v[k]))
			rc = bnd_option_error(b, "alpn", r,
			    "'%s' is not in the binding's alpn, so no client "
			    "can agree on it",
			    r->alpn.v[k]);
	if (r->client_issuer && c->client_auth == AUTH_NONE)
		rc = bnd_option_error(
		    b, "client_issuer", r, "needs client_auth");
	if (!r->exit && b->is_last)
		rc = bnd_option_error(
		    b, "exit", r, "is missing, and there is no next binding");
	return rc;
}

/* A name that no certificate can be for would end every connection. */
static int
tls_name_check(struct bnd_binding *b)
{
	const char *name = ((const struct tls *)b->self)->server_name;
	size_t n = name ? strlen(name) : 1;
	struct in6_addr a;

	if (!name || inet_pton(AF_INET, name, &a) == 1 ||
	    inet_pton(AF_INET6, name, &a) == 1)
		return 0;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || strchr("*/:@,\x7f", *p))
			n = 0;
	if (n == 0 || n > HELLO_NAME_MAX)
		return bnd_option_error(b, "server_name", NULL,
		    "'%s' is neither a host name nor an address", name);
	return 0;
}

static int
tls_alpn_check(struct bnd_binding *b)
{
	const struct tls *c = b->self;
	int rc = 0;

	for (size_t i = 0; i < c->alpn.n; i++) {
		size_t n = strlen(c->alpn.v[i]);

		if (n == 0 || n > 255)
			rc = bnd_option_error(b, "alpn", NULL,
			    "'%s' must have 1 to 255 characters", c->alpn.v[i]);
	}
	return rc;
}

int
tls_options_check(struct bnd_binding *b)
{
	const struct tls *c = b->self;
	const struct tls_route *routes = c->routes.v;
	int rc = tls_role_check(b);

	if (rc < 0)
		return rc;
	if (c->role == ROLE_SERVER)
		rc = tls_server_check(b);
	if (rc == 0)
		rc = tls_pairs_check(b);
	if (tls_alpn_check(b) < 0 || tls_name_check(b) < 0)
		rc = -EINVAL;
	for (size_t i = 0; i < c->routes.n; i++)
		if (tls_route_check(b, &routes[i]) < 0)
			rc = -EINVAL;
	if (c->routes.n == 0 && b->is_last)
		rc = bnd_option_error(b, "routes", NULL,
		    "is missing, and there is no next binding");
	return rc;
}
