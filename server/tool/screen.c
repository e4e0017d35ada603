/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/screen.h"

#include "tool/tool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int screen_ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* Signal handlers want it: so it is the one state of the file. */
static struct {
	struct termios saved;
	volatile sig_atomic_t is_started, has_new_size;
} screen;

static void
screen_write(const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(STDOUT_FILENO, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

/* Async-signal-safe. */
void
screen_stop(void)
{
	static const char end[] = "\033[?25h\033[?1049l";

	if (!screen.is_started)
		return;
	screen.is_started = 0;
	screen_write(end, sizeof(end) - 1);
	tcsetattr(STDIN_FILENO, TCSANOW, &screen.saved);
}

static void
screen_ended(int number)
{
	screen_stop();
	raise(number); /* its handler is the default one by now */
}

static void
screen_resized(int number)
{
	(void)number;
	screen.has_new_size = 1;
}

static void
screen_signals(void)
{
	struct sigaction end = { .sa_handler = screen_ended,
		.sa_flags = (int)SA_RESETHAND };
	struct sigaction size = { .sa_handler = screen_resized };

	for (size_t i = 0; i < ARRAY_COUNT(screen_ends); i++)
		sigaction(screen_ends[i], &end, NULL);
	sigaction(SIGWINCH, &size, NULL);
}

int
screen_start(void)
{
	static const char begin[] = "\033[?1049h\033[?25l";
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &screen.saved) < 0)
		return -errno;
	raw = screen.saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* the screen would stay behind */
	screen.is_started = 1;
	screen_signals();
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0) {
		screen.is_started = 0;
		return -errno;
	}
	screen_write(begin, sizeof(begin) - 1);
	return 0;
}

/* Line by line over the old picture, and erase what is left of it: a terminal
 * that is erased first flickers. */
void
screen_show(const char *text, size_t size)
{
	static const char home[] = "\033[H", eol[] = "\033[K\r\n",
			  eos[] = "\033[K\033[J";
	const char *end = text + size, *line;

	/* The newline behind the last line would scroll. */
	if (size && end[-1] == '\n')
		end--;
	screen_write(home, sizeof(home) - 1);
	while ((line = memchr(text, '\n', (size_t)(end - text)))) {
		screen_write(text, (size_t)(line - text));
		screen_write(eol, sizeof(eol) - 1);
		text = line + 1;
	}
	screen_write(text, (size_t)(end - text));
	screen_write(eos, sizeof(eos) - 1);
}

/* Has a key been hit that ends it, or the terminal gone away? */
static bool
screen_quits(void)
{
	char key;
	ssize_t n = read(STDIN_FILENO, &key, 1);

	return n == 0 || (n > 0 && (key == 'q' || key == 'Q')) ||
	       (n < 0 && errno == EIO);
}

enum screen_event
screen_wait(int64_t until_ms)
{
	for (;;) {
		struct pollfd pollfd = { STDIN_FILENO, POLLIN, 0 };
		int64_t left = until_ms - clock_ms();
		int n = 0;

		if (screen.has_new_size) {
			screen.has_new_size = 0;
			return SCREEN_SIZE;
		}
		if (left > 0)
			n = poll(&pollfd, 1, (int)left);
		if (n > 0 && screen_quits())
			return SCREEN_QUIT;
		if (left <= 0)
			return SCREEN_TIME;
	}
}
