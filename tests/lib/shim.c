/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * shim.c - a bad day for binderyd, by LD_PRELOAD.  The environment says what
 * goes wrong:
 *
 *	SHIM_SWITCH=FILE  nothing, until the first byte of FILE is not '0'
 *	SHIM_CUT=random   stream sockets and splice(2) move fewer bytes than
 *	                  they could, by any amount, half of the time
 *	SHIM_CUT=few      they always move 1 to 7 bytes only
 *	SHIM_MALLOC=N     one of N allocations fails
 *	SHIM_PAUSE=N      who has woken another thread sleeps for N milliseconds
 *	SHIM_SEED=N       with other dice
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FEW = 7, IOV_MOST = 64 };

static enum { CUT_NONE, CUT_RANDOM, CUT_FEW } cut_mode;
static uint64_t malloc_one_in, pause_ms;
static _Atomic uint64_t dice = 1;
static const volatile char *switched; /* NULL: always on */

/* These exist as long as glibc does. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

__attribute__((constructor)) static void
shim_start(void)
{
	const char *cut = getenv("SHIM_CUT");
	const char *one_in = getenv("SHIM_MALLOC");
	const char *pause = getenv("SHIM_PAUSE");
	const char *path = getenv("SHIM_SWITCH");
	const char *seed = getenv("SHIM_SEED");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		void *at = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

		if (at != MAP_FAILED)
			switched = at;
		close(fd);
	}
	if (cut)
		cut_mode = strcmp(cut, "few") == 0 ? CUT_FEW : CUT_RANDOM;
	if (seed)
		dice = 0xbf58476d1ce4e5b9u * (1 + strtoull(seed, NULL, 10));
	if (one_in)
		malloc_one_in = strtoull(one_in, NULL, 10);
	if (pause)
		pause_ms = strtoull(pause, NULL, 10);
}

static bool
shim_is_on(void)
{
	return !switched || *switched != '0';
}

/* Numbers that look random (splitmix64), for all threads. */
static uint64_t
shim_random(void)
{
	uint64_t z = atomic_fetch_add(&dice, 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* ---- bytes */

static size_t
cut(size_t n)
{
	uint64_t r = shim_random();

	if (n < 2 || cut_mode == CUT_NONE || !shim_is_on())
		return n;
	if (cut_mode == CUT_FEW)
		return 1 + r % (n < FEW ? n : FEW);
	return r & 1 ? n : 1 + (r >> 1) % n;
}

static bool
is_stream_socket(int fd)
{
	int type = 0, saved = errno;
	socklen_t size = sizeof(type);
	int rc = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);

	errno = saved;
	return rc == 0 && type == SOCK_STREAM;
}

/* Copy so much of iov to to[IOV_MOST] that n bytes are in it at most; returns
 * how many entries that takes. */
static int
cut_iov(struct iovec *to, const struct iovec *iov, size_t count)
{
	size_t n = 0;
	int used = 0;

	for (size_t i = 0; i < count; i++)
		n += iov[i].iov_len;
	n = cut(n);
	for (size_t i = 0; i < count && used < IOV_MOST; i++) {
		to[used] = iov[i];
		if (to[used].iov_len > n)
			to[used].iov_len = n;
		n -= to[used++].iov_len;
		if (n == 0)
			break;
	}
	return used;
}

/* The function that the program would have called. */
#define NEXT(name)                     \
	static __typeof__(name) *next; \
	if (!next)                     \
	next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t
read(int fd, void *buf, size_t n)
{
	NEXT(read);
	return next(fd, buf, is_stream_socket(fd) ? cut(n) : n);
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	NEXT(write);
	return next(fd, buf, is_stream_socket(fd) ? cut(n) : n);
}

ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
	NEXT(recv);
	return next(fd, buf, is_stream_socket(fd) ? cut(n) : n, flags);
}

ssize_t
send(int fd, const void *buf, size_t n, int flags)
{
	NEXT(send);
	return next(fd, buf, is_stream_socket(fd) ? cut(n) : n, flags);
}

ssize_t
readv(int fd, const struct iovec *iov, int count)
{
	struct iovec less[IOV_MOST];

	NEXT(readv);
	if (!is_stream_socket(fd) || count < 1)
		return next(fd, iov, count);
	count = cut_iov(less, iov, (size_t)count);
	return next(fd, less, count);
}

ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	struct iovec less[IOV_MOST];

	NEXT(writev);
	if (!is_stream_socket(fd) || count < 1)
		return next(fd, iov, count);
	count = cut_iov(less, iov, (size_t)count);
	return next(fd, less, count);
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	struct iovec less[IOV_MOST], *all = m->msg_iov;
	size_t count = m->msg_iovlen;
	ssize_t rc;

	NEXT(recvmsg);
	if (!is_stream_socket(fd) || count < 1)
		return next(fd, m, flags);
	m->msg_iovlen = (size_t)cut_iov(less, all, count);
	m->msg_iov = less;
	rc = next(fd, m, flags);
	m->msg_iov = all;
	m->msg_iovlen = count;
	return rc;
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct iovec less[IOV_MOST];
	struct msghdr part = *m;

	NEXT(sendmsg);
	if (!is_stream_socket(fd) || m->msg_iovlen < 1)
		return next(fd, m, flags);
	part.msg_iovlen = (size_t)cut_iov(less, m->msg_iov, m->msg_iovlen);
	part.msg_iov = less;
	return next(fd, &part, flags);
}

ssize_t
splice(
    int in, off64_t *in_at, int out, off64_t *out_at, size_t n, unsigned flags)
{
	NEXT(splice);
	return next(in, in_at, out, out_at, cut(n), flags);
}

/* ---- memory */

static bool
fails(void)
{
	if (!malloc_one_in || !shim_is_on() || shim_random() % malloc_one_in)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *
aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __libc_memalign(align, size);
}

int
posix_memalign(void **at, size_t align, size_t size)
{
	int saved = errno;
	void *p = fails() ? NULL : __libc_memalign(align, size);

	errno = saved;
	if (!p)
		return ENOMEM;
	*at = p;
	return 0;
}

/* ---- threads */

static _Thread_local bool has_signalled;

int
pthread_cond_signal(pthread_cond_t *c)
{
	NEXT(pthread_cond_signal);
	has_signalled = true;
	return next(c);
}

/* Not earlier: who was woken may need the lock. */
int
pthread_mutex_unlock(pthread_mutex_t *m)
{
	struct timespec t = { .tv_sec = (time_t)(pause_ms / 1000),
		.tv_nsec = (long)(pause_ms % 1000 * 1000000) };
	int rc;

	NEXT(pthread_mutex_unlock);
	rc = next(m);
	if (has_signalled && pause_ms && shim_is_on())
		nanosleep(&t, NULL);
	has_signalled = false;
	return rc;
}
