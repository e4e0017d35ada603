/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-ticket.h - the secret of session tickets, shared by all workers and
 * generations of a binding.  Every day there is another, unless it comes from
 * a file; GnuTLS derives from it the keys of a few hours.  A ticket is good
 * only where the same policy decides about clients, since a resumed session is
 * not asked again for all it had to show.
 */
#ifndef TLS_TICKET_H
#define TLS_TICKET_H

#include <bindery/plugin.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { TICKET_KEY = 64, TICKET_LIFE_MS = 24 * 3600 * 1000 };

struct ticket_secret { /* all zero at first: kept memory */
	pthread_mutex_t lock;
	uint8_t key[TICKET_KEY];
	int64_t born; /* bnd_now(); 0: there is none yet */
};

/* [main] The secret that survives reloads; NULL: no memory. */
struct ticket_secret *ticket_keep(struct bnd_binding *b);

/* [worker] When the present secret was made, which is another one if it was
 * too old.  Negative: there is no randomness. */
int64_t ticket_born(struct ticket_secret *t);

/* [worker] key_r: of the secret, for the policy with that digest.  0 or -EIO.
 */
int ticket_derive(struct ticket_secret *t, const uint8_t *policy, size_t n,
    uint8_t key_r[TICKET_KEY]);

#endif
