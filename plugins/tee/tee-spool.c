/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tee-spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAMES_MOST = 1000 };

static uint64_t
spool_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ------------------------------------------------------------------- adding */

static int
spool_begin_locked(struct spool *s, const struct spool_options *o)
{
	if (s->state != SPOOL_NEW)
		return 0;
	s->most = o->buffer / 2;
	s->fill = malloc(s->most);
	s->spill = malloc(s->most);
	if (!s->fill || !s->spill) {
		free(s->fill);
		free(s->spill);
		s->fill = s->spill = NULL;
		return -ENOMEM;
	}
	snprintf(s->path, sizeof(s->path), "%s", o->path);
	s->max_size = o->max_size;
	s->snaplen = o->snaplen;
	s->used = tee_block_start(s->fill, o->name, o->snaplen);
	s->size = s->used;
	s->state = SPOOL_OPEN;
	return 0;
}

int
spool_begin(struct spool *s, const struct spool_options *o)
{
	int rc;

	pthread_mutex_lock(&s->lock);
	rc = spool_begin_locked(s, o);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static enum spool_need
spool_need(struct spool *s)
{
	if (s->is_claimed)
		return SPOOL_NOTHING;
	if (s->used > s->most / 2)
		return SPOOL_NOW;
	if (s->is_soon)
		return SPOOL_NOTHING;
	s->is_soon = true;
	return SPOOL_SOON;
}

static int
spool_add_locked(struct spool *s, struct tee_record *r, enum spool_need *need_r)
{
	size_t n;

	if (s->state != SPOOL_OPEN)
		return -ESHUTDOWN;
	r->kept = r->head_size + r->size;
	if (r->kept > s->snaplen)
		r->kept = s->snaplen;
	n = tee_block_packet_size(r);
	if (s->size + n + TEE_STATS_SIZE > s->max_size) {
		s->state = SPOOL_FULL;
		return -EFBIG;
	}
	*need_r = spool_need(s);
	if (n > s->most - s->used) {
		s->dropped++;
		return -ENOBUFS;
	}
	r->time_ns = spool_clock_ns();
	s->used += tee_block_packet(s->fill + s->used, r);
	s->size += n;
	s->packets++;
	return 0;
}

int
spool_add(struct spool *s, struct tee_record *r, enum spool_need *need_r)
{
	int rc;

	*need_r = SPOOL_NOTHING;
	pthread_mutex_lock(&s->lock);
	rc = spool_add_locked(s, r, need_r);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

bool
spool_claim(struct spool *s)
{
	bool is_mine;

	pthread_mutex_lock(&s->lock);
	is_mine = !s->is_claimed && s->used > 0;
	s->is_claimed |= is_mine;
	s->is_soon = false;
	pthread_mutex_unlock(&s->lock);
	return is_mine;
}

void
spool_unclaim(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->is_claimed = false;
	pthread_mutex_unlock(&s->lock);
}

/* ------------------------------------------------------------------ writing */

/* "x.pcapng", or, when there is one, "x-1.pcapng" and so on: nothing that is
 * there is ever written to, be it a capture, a link or somebody else's. */
static int
spool_create(const char *path, char name[PATH_MAX])
{
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
	int stem, fd = -1;

	if (!dot || (slash && dot < slash))
		dot = path + strlen(path);
	stem = (int)(dot - path);
	for (unsigned i = 0; i < NAMES_MOST; i++) {
		int n = i ? snprintf(
				name, PATH_MAX, "%.*s-%u%s", stem, path, i, dot)
			  : snprintf(name, PATH_MAX, "%s", path);

		if (n >= PATH_MAX)
			return -ENAMETOOLONG;
		fd = open(name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd >= 0 ? fd : -errno;
}

static int
spool_open(struct spool *s)
{
	char name[PATH_MAX];

	s->fd = spool_create(s->path, name);
	if (s->fd < 0)
		return s->fd;
	s->is_there = true;
	pthread_mutex_lock(&s->lock);
	memcpy(s->path, name, sizeof(name));
	pthread_mutex_unlock(&s->lock);
	return 0;
}

/* All of it, or whole blocks at least: the file can be read to its end. */
static int
spool_write_all(struct spool *s, const char *p, size_t n)
{
	size_t done = 0;
	int rc = 0;

	while (done < n && rc == 0) {
		ssize_t got = write(s->fd, p + done, n - done);

		if (got >= 0)
			done += (size_t)got;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (rc < 0)
		done = tee_block_whole(p, done);
	s->size_written += done;
	if (rc < 0)
		(void)!ftruncate(s->fd, (off_t)s->size_written);
	return rc;
}

static int
spool_write_out(struct spool *s, const char *p, size_t n)
{
	int rc = s->is_there ? 0 : spool_open(s);

	return rc < 0 ? rc : spool_write_all(s, p, n);
}

/* What there is, to be written without the lock; NULL: nothing. */
static const char *
spool_swap(struct spool *s, size_t *n_r)
{
	char *full = s->fill;

	pthread_mutex_lock(&s->lock);
	*n_r = s->used;
	if (s->used == 0) {
		s->is_claimed = false;
		full = NULL;
	} else {
		full = s->fill;
		s->fill = s->spill;
		s->spill = full;
		s->used = 0;
	}
	pthread_mutex_unlock(&s->lock);
	return full;
}

static void
spool_fail(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->state = SPOOL_FAILED;
	s->used = 0;
	s->is_claimed = false;
	pthread_mutex_unlock(&s->lock);
}

int
spool_write(struct spool *s)
{
	bool is_new = !s->is_there;
	const char *p;
	size_t n;
	int rc;

	while ((p = spool_swap(s, &n)) != NULL) {
		rc = spool_write_out(s, p, n);
		if (rc < 0) {
			spool_fail(s);
			return rc;
		}
	}
	return is_new && s->is_there;
}

/* ------------------------------------------------------------------- asking */

void
spool_look(struct spool *s, struct spool_figures *f)
{
	pthread_mutex_lock(&s->lock);
	f->state = s->state;
	f->size = s->size;
	f->packets = s->packets;
	f->dropped = s->dropped;
	memcpy(f->path, s->path, sizeof(f->path));
	pthread_mutex_unlock(&s->lock);
}

void
spool_finish(void *spool)
{
	struct spool *s = spool;
	char stats[TEE_STATS_SIZE];

	if (s->state == SPOOL_OPEN || s->state == SPOOL_FULL)
		spool_write(s);
	if (s->is_there) {
		if (s->state != SPOOL_FAILED)
			spool_write_all(s, stats,
			    tee_block_stats(stats, spool_clock_ns(),
				s->packets + s->dropped, s->dropped));
		close(s->fd);
	}
	free(s->fill);
	free(s->spill);
	pthread_mutex_destroy(&s->lock);
}
