# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A gigabyte in both directions at once arrives byte for byte, in bounded
memory."""

import socket

from lib import *

MIB = 1 << 20
SIZE = (64 if IS_SANITIZED or IS_COVERAGE else 1024) * MIB


class Bulk(Case):
    def both_ways(self, size, **more):
        def serve(s):
            t = self.thread(send_pattern, s, size)
            receive_pattern(s, size)
            self.assertEqual(b"", s.recv(1))
            t.join()
        b = self.backend(serve)
        d, port = self.proxy(b.port, **more)
        most = before = rss(d.pid)
        s = self.connect(port)
        threads = [self.thread(send_pattern, s, size),
                   self.thread(receive_pattern, s, size)]
        while any(t.is_alive() for t in threads):
            super(type(threads[0]), threads[0]).join(0.05)
            most = max(most, rss(d.pid))
            if not threads[0].is_alive():
                threads[1].join(300)
        for t in threads:
            t.join()
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", s.recv(1))
        r = d.closed("proxy")
        self.assertEqual([size] * 4, [r["from_client"], r["to_backend"],
                                      r["from_backend"], r["to_client"]])
        self.assertEqual("done", r["reason"])
        print(f"{size // MIB} MiB both ways: {r['ms']} ms, memory +"
              f"{(most - before) // 1024} KiB")
        if not IS_SANITIZED:
            self.assertLess(most - before, 32 * MIB)

    def test_spliced(self):
        self.both_ways(SIZE)

    def test_copied(self):
        self.both_ways(SIZE // 4, settings="splice = false;")

    def test_through_a_stage_that_stays(self):
        """A binding that moves the bytes itself."""
        size = SIZE // 4
        port = FreePort.get()
        d = self.daemon(
            f'echo = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            ' }, { type = "pass"; }, { type = "echo"; } );')
        s = self.connect(port)
        t = self.thread(send_pattern, s, size)
        receive_pattern(s, size)
        t.join()
        s.close()
        r = d.closed("echo")
        self.assertEqual([size] * 2, [r["from_client"], r["to_client"]])


main()
