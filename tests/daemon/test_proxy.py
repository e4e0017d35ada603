# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A pipeline from tcp-server to tcp-client carries both directions to their
ends, whichever ends first."""

import socket
import threading

from lib import *

MIB = 1 << 20


class Proxy(Case):
    splice = "true"

    def begin(self, handler):
        b = self.backend(handler)
        self.d, port = self.proxy(b.port,
                                  settings=f"splice = {self.splice};")
        return self.connect(port)

    def closed(self, up, down, **more):
        r = self.d.closed("proxy")
        self.assertEqual((up, up, down, down),
                         (r["from_client"], r["to_backend"],
                          r["from_backend"], r["to_client"]), r)
        self.assertEqual("done", r["reason"], r)
        self.assertEqual(more, more | {k: r.get(k) for k in more}, r)

    def test_round_trip(self):
        s = self.begin(give_back)
        s.sendall(b"hello\n")
        self.assertEqual(b"hello\n", exactly(s, 6))
        s.close()
        self.closed(6, 6, by="client")

    def test_server_speaks_first(self):
        def greet(s):
            s.sendall(b"220 ready\r\n")
            all_of(s)
        s = self.begin(greet)
        self.assertEqual(b"220 ready\r\n", exactly(s, 11))
        s.close()
        self.closed(0, 11)

    def test_client_ends_then_a_long_answer(self):
        def answer(s):
            s.sendall(b"%d" % len(all_of(s)))
            send_pattern(s, 32 * MIB)
        s = self.begin(answer)
        s.sendall(b"question")
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"8", exactly(s, 1))
        receive_pattern(s, 32 * MIB)
        self.assertEqual(b"", s.recv(1))
        self.closed(8, 32 * MIB + 1, by="client")

    def test_backend_ends_then_a_long_request(self):
        got = threading.Event()

        def listen(s):
            s.sendall(b"go on")
            s.shutdown(socket.SHUT_WR)
            receive_pattern(s, 32 * MIB)
            self.assertEqual(b"", s.recv(1))
            got.set()
        s = self.begin(listen)
        self.assertEqual(b"go on", all_of(s))
        send_pattern(s, 32 * MIB)
        s.close()
        self.assertTrue(got.wait(20 * SCALE))
        self.closed(32 * MIB, 5, by="backend")

    def test_client_leaves_behind_all_it_sent(self):
        got = threading.Event()

        def listen(s):
            receive_pattern(s, 8 * MIB)
            self.assertEqual(b"", s.recv(1))
            got.set()
        s = self.begin(listen)
        send_pattern(s, 8 * MIB)
        s.close()
        self.assertTrue(got.wait(20 * SCALE))
        self.closed(8 * MIB, 0)

    def test_bytes_one_by_one_in_both_directions(self):
        def answer(s):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            data = pattern(2000)
            for i in range(len(data)):
                s.sendall(data[i:i + 1])
            self.assertEqual(data, all_of(s))
        s = self.begin(answer)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(2000):
            s.sendall(pattern(1, i))
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(pattern(2000), all_of(s))
        self.closed(2000, 2000)

    def test_small_and_bulk_by_turns(self):
        """Whatever the host decides by the size of reads, it decides again."""
        s = self.begin(give_back)
        total = 0
        for _ in range(4):
            for _ in range(200):
                s.sendall(b"ping")
                self.assertEqual(b"ping", exactly(s, 4))
            t = self.thread(receive_pattern, s, 4 * MIB)
            send_pattern(s, 4 * MIB)
            t.join()
            total += 800 + 4 * MIB
        s.close()
        self.closed(total, total)


class ProxyByCopy(Proxy):
    splice = "false"


main()
