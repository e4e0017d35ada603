# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A room without memory, and on sockets that move a few bytes at a time: a
connection may end, but nobody hears what was not said, and the room goes on.
See tests/lib/shim.c."""

import re
import socket
import threading
import time
import unittest

from lib import *

# By a member, of one, or to one for whom a busy machine was too slow.
SAID = re.compile(rb"line \d+$|\[.*|\(\d+ lines? dropped\)$")


@unittest.skipIf(IS_SANITIZED, "the sanitizers want to be the first library")
class Shims(Room):
    def start(self, options, workers=2, **settings):
        self.port = FreePort.get()
        self.d = self.daemon(self.pipeline(options), workers=workers,
                             env=shim(**settings))

    def test_a_few_bytes_at_a_time(self):
        for cut in ("random", "few"):
            with self.subTest(cut):
                self.start("", cut=cut)
                members = [self.connect(self.port) for _ in range(5)]
                self.wait_members(5)
                said = b"".join(b"%d %s\n" % (i, b"x" * (i % 90))
                                for i in range(500))
                t = self.thread(members[0].sendall, said)
                for s in members:
                    self.hears(s, said)
                t.join()
                for s in members:
                    s.close()

    def visit(self, over, seen):
        """Members of all kinds, one after the other."""
        n, s = 0, None
        while not over.is_set():
            try:
                s = self.connect(self.port, timeout=1)
                s.sendall(b"".join(b"line %d\n" % i for i in range(n % 60)))
                if n % 3:
                    s.shutdown(socket.SHUT_WR)
                s.settimeout(0.02)
                data = s.recv(65536)
                for line in data.split(b"\n")[:-1]:
                    if not SAID.match(line):
                        seen.append(line)
            except OSError:
                pass
            finally:
                if s:
                    s.close()
            n += 1

    def test_without_memory(self):
        for slow in ("disconnect", "drop", "wait"):
            with self.subTest(slow):
                self.starve(slow)

    def flip(self, switch, value):
        with open(switch, "r+b") as f:
            f.write(value)

    def starve(self, slow):
        switch = self.write("0")
        self.start(f'notices = true; history = 20; slow = "{slow}"; '
                   'self = false; patience = "1s";', malloc=15, seed=4,
                   switch=switch)
        over, seen = threading.Event(), []
        visitors = [self.thread(self.visit, over, seen) for _ in range(4)]
        time.sleep(0.2)
        self.flip(switch, b"1")
        time.sleep(1.5)
        self.flip(switch, b"0")
        over.set()
        for t in visitors:
            t.join()
        self.assertEqual([], seen)
        self.eventually(lambda: self.members() == 0, "all are gone")
        s, t = self.connect(self.port), self.connect(self.port)
        self.wait_members(2)
        t.sendall(b"the end\n")
        self.hears_until(s, b"the end\n")
        s.close()
        t.close()


main()
