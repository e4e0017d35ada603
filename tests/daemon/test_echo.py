# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""An echo pipeline gives every byte back, and the end of the stream too."""

import socket

from lib import *

MIB = 1 << 20


class Echo(Case):
    splice = "true"

    def setUp(self):
        self.d, self.port = self.echo(settings=f"splice = {self.splice};")

    def closed(self, size, by="client", reason="done"):
        r = self.d.closed("echo")
        self.assertEqual((size, size, by, reason),
                         (r["from_client"], r["to_client"], r["by"],
                          r["reason"]), r)

    def test_a_line(self):
        s = self.connect(self.port)
        s.sendall(b"hello\n")
        self.assertEqual(b"hello\n", exactly(s, 6))
        s.close()
        self.closed(6)

    def test_half_close_with_everything_in_flight(self):
        s = self.connect(self.port)
        t = self.thread(receive_pattern, s, 16 * MIB)
        send_pattern(s, 16 * MIB)
        s.shutdown(socket.SHUT_WR)
        t.join()
        self.assertEqual(b"", s.recv(1))
        self.closed(16 * MIB)

    def test_half_close_at_once(self):
        s = self.connect(self.port)
        s.sendall(b"x")
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"x", all_of(s))
        self.closed(1)

    def test_nothing_but_an_end(self):
        s = self.connect(self.port)
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", all_of(s))
        self.closed(0)

    def test_one_byte_at_a_time(self):
        s = self.connect(self.port)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = pattern(3000)
        for i in range(len(data)):
            s.sendall(data[i:i + 1])
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(data, all_of(s))
        self.closed(3000)

    def test_ping_pong_of_every_size(self):
        s = self.connect(self.port)
        total = 0
        for size in (1, 2, 63, 64, 1460, 16383, 16384, 16385, 65535, 65536,
                     65537, 200001):
            s.sendall(pattern(size))
            self.assertEqual(pattern(size), exactly(s, size))
            total += size
        s.close()
        self.closed(total)

    def test_a_client_that_does_not_read_its_echo_stops_the_intake(self):
        s = self.connect(self.port, receive=4096)
        s.settimeout(1)
        sent = 0
        try:
            while sent < 256 * MIB:
                sent += s.send(pattern(65536, sent))
        except TimeoutError:
            pass
        self.assertLess(sent, kernel_most() + MIB)
        s.settimeout(20)
        s.shutdown(socket.SHUT_WR)
        receive_pattern(s, sent)
        self.assertEqual(b"", s.recv(1))
        self.closed(sent)


class EchoByCopy(Echo):
    splice = "false"


main()
