/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-ticket.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

static void
ticket_wipe(void *kept)
{
	struct ticket_secret *t = kept;

	gnutls_memset(t->key, 0, sizeof(t->key));
}

struct ticket_secret *
ticket_keep(struct bnd_binding *b)
{
	return bnd_keep(
	    b, "tickets", sizeof(struct ticket_secret), ticket_wipe);
}

/* Under the lock. */
static int
ticket_renew(struct ticket_secret *t, int64_t now)
{
	if (t->born && now - t->born < TICKET_LIFE_MS)
		return 0;
	if (gnutls_rnd(GNUTLS_RND_KEY, t->key, sizeof(t->key)) < 0)
		return -EIO;
	t->born = now > 0 ? now : 1;
	return 0;
}

int64_t
ticket_born(struct ticket_secret *t)
{
	int64_t born;

	pthread_mutex_lock(&t->lock);
	born = ticket_renew(t, bnd_now());
	if (born == 0)
		born = t->born;
	pthread_mutex_unlock(&t->lock);
	return born;
}

int
ticket_derive(struct ticket_secret *t, const uint8_t *policy, size_t n,
    uint8_t key_r[TICKET_KEY])
{
	int rc;

	pthread_mutex_lock(&t->lock);
	rc = gnutls_hmac_fast(
	    GNUTLS_MAC_SHA512, t->key, sizeof(t->key), policy, n, key_r);
	pthread_mutex_unlock(&t->lock);
	return rc < 0 ? -EIO : 0;
}
