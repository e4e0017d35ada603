# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""trace tells what passes, and changes nothing."""

import socket

from lib import *


@needs("trace")
class Trace(Middle):
    def messages(self, d):
        return [r["message"].partition(" ms ")[2] for r in d.records
                if r.get("binding") == "trace"]

    def one(self, options="", **more):
        """What is said of "hello" to an echo and back."""
        d, port = self.through(f'{{ type = "trace"; {options} }}', **more)
        s = self.connect(port)
        self.local = "127.0.0.1:%d" % s.getsockname()[1]
        s.sendall(b"hello\n")
        self.assertEqual(b"hello\n", exactly(s, 6))
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", all_of(s))
        d.closed("proxy")
        return d, self.messages(d)

    def test_a_connection(self):
        d, said = self.one()
        self.assertRegex(said[0], f"^open: from {self.local} to 127.0.0.1:")
        self.assertEqual(
            ["opened", "request: 6 bytes, 6 in all", "reply: 6 bytes, 6 in all",
             "request: end after 6 bytes", "reply: end after 6 bytes",
             "close: done; request 6 bytes in 1 pieces, reply 6 in 1"],
            said[1:])

    def test_payload_only_when_asked_for(self):
        _, said = self.one()
        self.assertNotIn("hell", "".join(said))
        _, said = self.one("bytes = 256;")
        self.assertIn("request: 6 bytes, 6 in all: 68 65 6c 6c 6f 0a |hello.|",
                      said)
        _, said = self.one("bytes = 2;")
        self.assertIn("reply: 6 bytes, 6 in all: 68 65 |he|", said)

    def test_its_level(self):
        _, said = self.one('level = "debug";')
        self.assertEqual([], said)
        d, said = self.one('level = "debug";',
                           log='format = "json"; level = "debug";')
        self.assertEqual(7, len(said))

    def test_many_are_not_folded(self):
        d, port = self.through('{ type = "trace"; }')
        s = self.connect(port)
        for _ in range(100):
            s.sendall(b"x")
            self.assertEqual(b"x", exactly(s, 1))
        s.close()
        d.closed("proxy")
        self.assertEqual(100, len([m for m in self.messages(d)
                                   if m.startswith("request: 1 bytes")]))

    def test_it_changes_nothing(self):
        for workers in (1, 2):
            with self.subTest(workers):
                d, port = self.through('{ type = "trace"; bytes = 8; }',
                                       workers=workers)
                threads = [self.thread(self.echoed, port, n)
                           for n in (0, 1, 65536, 500_000)]
                for t in threads:
                    t.join()

    def test_a_backend_that_is_not_there(self):
        port = FreePort.get()
        d = self.daemon(proxy_of(port, FreePort.get(), '{ type = "trace"; }'))
        self.assertTrue(self.is_cut(port))
        r = d.closed("proxy")
        self.assertEqual("backend-refused", r["reason"])
        self.assertEqual(["not opened: Connection refused",
                          "close: Connection refused; request 0 bytes in 0 "
                          "pieces, reply 0 in 0"], self.messages(d)[1:])

    def test_a_reset(self):
        d, port = self.through('{ type = "trace"; }')
        s = self.connect(port)
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))
        reset(s)
        d.closed("proxy")
        self.assertRegex(self.messages(d)[-1], "^close: Connection reset by")


main()
