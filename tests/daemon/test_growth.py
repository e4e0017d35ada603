# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Thousands of connections of every kind leave neither memory nor
descriptors behind."""

import socket

from lib import *

WARM, COUNT = (200, 200) if IS_SANITIZED else (2500, 1500)


def serve(s):
    """What the client asks for in its first byte."""
    wish = s.recv(1)
    if wish == b"e":
        give_back(s)
    elif wish == b"l":
        send_pattern(s, 200_000)
    elif wish == b"r":
        reset(s)


class Growth(Case):
    def plain(self, s):
        s.sendall(b"e" + b"x" * 1000)
        self.assertEqual(1000, len(exactly(s, 1000)))

    def half_closed(self, s):
        s.sendall(b"exyz")
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"xyz", all_of(s))

    def long_answer(self, s):
        s.sendall(b"l")
        receive_pattern(s, 200_000)

    def reset_by_client(self, s):
        s.sendall(b"ex")
        exactly(s, 1)
        reset(s)

    def reset_by_backend(self, s):
        s.sendall(b"r")
        self.assertTrue(is_reset(s))

    def left_in_the_middle(self, s):
        s.sendall(b"l")
        exactly(s, 1000)

    def nothing(self, s):
        pass

    def refused(self, s):
        is_reset(s)

    def one(self, i):
        kinds = (self.plain, self.half_closed, self.long_answer,
                 self.reset_by_client, self.reset_by_backend,
                 self.left_in_the_middle, self.nothing)
        try:
            with self.open(self.port if i % 8 < 7 else self.dead) as s:
                (kinds[i % 8] if i % 8 < 7 else self.refused)(s)
        except ConnectionResetError:
            if i % 8 < 7:
                raise

    def open(self, port):
        return socket.create_connection(("127.0.0.1", port), 20)

    def test_growth(self):
        b = self.backend(serve)
        self.port, self.dead = FreePort.get(), FreePort.get()
        d = self.daemon(f'''
            good = ( {{ type = "tcp-server";
                listen = "127.0.0.1:{self.port}"; }},
                {{ type = "tcp-client"; connect = "127.0.0.1:{b.port}"; }} );
            dead = ( {{ type = "tcp-server";
                listen = "127.0.0.1:{self.dead}"; }},
                {{ type = "tcp-client";
                  connect = "127.0.0.1:{FreePort.get()}"; }} );''',
                        workers=2)
        for i in range(WARM):
            self.one(i)
        self.eventually(lambda: fd_count(d.pid) < 50, "descriptors go back")
        memory, files = rss(d.pid), fd_count(d.pid)
        for i in range(COUNT):
            self.one(i)
        # Connections that the clients have left may have bytes to lose still.
        self.eventually(lambda: fd_count(d.pid) <= files + 8,
                        "descriptors go back")
        grown = rss(d.pid) - memory
        print(f"{COUNT} connections after {WARM}: memory {grown} bytes, "
              f"descriptors {fd_count(d.pid) - files:+d}")
        if not IS_SANITIZED:
            self.assertLess(grown, 300_000)


main()
