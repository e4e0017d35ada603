# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""All bindings for tests in a row, in a system that moves fewer bytes than it
could, or has no memory: no byte changes, and nothing dies."""

import os
import socket
import unittest

from lib import *
from lib.pcapng import Capture

SIZE = 150_000
ROW = ('{{ type = "trace"; }}, {{ type = "tee"; file = "{path}"; }},'
       ' {{ type = "delay"; time = "2ms"; jitter = "9ms"; open = "5ms"; }},'
       ' {{ type = "limit"; rate = "5m"; }},'
       ' {{ type = "trickle"; max_size = "3000"; }},'
       ' {{ type = "fault"; fault = "stall"; every = "50k"; time = "2ms"; }},'
       ' {{ type = "tee"; name = "behind"; file = "{path}"; }}')


@needs("trace", "tee", "delay", "limit", "trickle", "fault")
@unittest.skipIf(IS_SANITIZED, "the sanitizers want to be the first library")
class Shim(Middle):
    def setUp(self):
        self.path = os.path.join(self.temporary(), "x.pcapng")

    def row(self, **more):
        return self.through(ROW.format(path=self.path), workers=2, **more)

    def test_few_bytes_at_a_time(self):
        for cut, size in (("random", SIZE), ("few", SIZE // 10)):
            with self.subTest(cut):
                _, port = self.row(env=shim(cut=cut))
                threads = [self.thread(self.echoed, port, size, n)
                           for n in range(6)]
                for t in threads:
                    t.join()

    def test_both_tees_saw_the_same(self):
        d, port = self.row()
        threads = [self.thread(self.echoed, port, SIZE, n * 999)
                   for n in range(6)]
        for t in threads:
            t.join()
        self.assertEqual(0, d.end())
        captures = [Capture(p) for p in (self.path,
                                         self.path.replace("x.", "x-1."))]
        for c in captures:
            self.assertEqual({pattern(SIZE, n * 999) for n in range(6)},
                             {t.request for t in c.talks})
        self.assertEqual({"proxy/tee", "proxy/behind"},
                         {c.name for c in captures})

    def try_one(self, port):
        """Whole, or cut: never wrong."""
        try:
            s = self.connect(port)
            s.sendall(pattern(20_000))
            s.shutdown(socket.SHUT_WR)
            back = all_of(s)
            s.close()
        except OSError:
            return False
        self.assertEqual(pattern(20_000)[:len(back)], back)
        return len(back) == 20_000

    def test_no_memory(self):
        whole = 0
        for seed in range(3):
            for one_in in (300, 40, 5):
                switch = self.write("0")
                d, port = self.row(env=shim(malloc=one_in, switch=switch,
                                            seed=seed))
                with open(switch, "r+") as f:
                    f.write("1")
                whole += sum(self.try_one(port) for _ in range(20))
                with open(switch, "r+") as f:
                    f.write("0")
                self.eventually(lambda: self.try_one(port), "memory again")
        self.assertGreater(whole, 10)


main()
