/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/ssl.h>

static SSL_CTX *context;
static SSL_SESSION *newest; /* of any connection */

static int
tls_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(newest);
	newest = session;
	return 1; /* it is ours now */
}

static bool
tls_init(void)
{
	if (context)
		return true;
	context = SSL_CTX_new(TLS_client_method());
	if (!context)
		return false;
	SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(
	    context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(context, tls_session);
	/* A FIN is an end, whatever came before it. */
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	return true;
}

struct tls *
tls_begin(int fd, bool resume)
{
	SSL *ssl = tls_init() ? SSL_new(context) : NULL;

	if (!ssl)
		return NULL;
	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	if (resume && newest)
		SSL_set_session(ssl, newest);
	return (struct tls *)ssl;
}

static SSL *
tls_ssl(struct tls *t)
{
	return (SSL *)t;
}

/* -1, and errno says why: EAGAIN, or EPROTO. */
static ssize_t
tls_result(SSL *ssl, int rc)
{
	int error = SSL_get_error(ssl, rc);

	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
		    ? EAGAIN
		    : EPROTO;
	return -1;
}

int
tls_shake(struct tls *t)
{
	int rc = SSL_do_handshake(tls_ssl(t));

	if (rc == 1)
		return 1;
	return tls_result(tls_ssl(t), rc) < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t
tls_send(struct tls *t, const void *data, size_t n)
{
	int rc = SSL_write(tls_ssl(t), data, n < INT_MAX ? (int)n : INT_MAX);

	return rc > 0 ? rc : tls_result(tls_ssl(t), rc);
}

/* Until the kernel has nothing left: what waited in the library would wake
 * nobody. */
ssize_t
tls_receive(struct tls *t, void *to, size_t n)
{
	size_t got = 0;
	int rc = 1;

	while (got < n && rc > 0) {
		rc = SSL_read(tls_ssl(t), (char *)to + got, (int)(n - got));
		if (rc > 0)
			got += (size_t)rc;
	}
	return got ? (ssize_t)got : tls_result(tls_ssl(t), rc);
}

void
tls_end(struct tls **t)
{
	if (!*t)
		return;
	SSL_shutdown(tls_ssl(*t));
	SSL_free(tls_ssl(*t));
	*t = NULL;
}
