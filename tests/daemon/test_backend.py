# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Backends that refuse, die, or never answer."""

import socket
import time

from lib import *

MIB = 1 << 20


class Dies(Case):
    def test_refuses(self):
        d, port = self.proxy(FreePort.get(),
                             client='connect_timeout = "60s";')
        began = time.monotonic()
        self.assertTrue(self.is_cut(port))
        self.assertLess(time.monotonic() - began, 5 * SCALE)
        r = d.closed("proxy")
        self.assertEqual(("backend", "backend-refused"),
                         (r["by"], r["reason"]))
        self.assertRegex(r["why"], "^connect to 127.0.0.1:.*refused$")

    def test_refuses_a_client_that_has_already_spoken(self):
        d, port = self.proxy(FreePort.get())
        try:
            s = self.connect(port)
            s.sendall(b"hello")
            self.assertTrue(is_reset(s))
        except (ConnectionResetError, BrokenPipeError):
            pass  # the reset was faster
        self.assertEqual("backend-refused", d.closed("proxy")["reason"])

    def die_mid_stream(self, settings):
        def die(s):
            send_pattern(s, MIB)
            exactly(s, 5)
            reset(s)
        b = self.backend(die)
        d, port = self.proxy(b.port, settings=settings)
        s = self.connect(port)
        receive_pattern(s, MIB)
        s.sendall(b"hello")
        self.assertTrue(is_reset(s))
        r = d.closed("proxy")
        self.assertEqual((5, 5, MIB, MIB, "backend", "backend-reset"),
                         (r["from_client"], r["to_backend"],
                          r["from_backend"], r["to_client"], r["by"],
                          r["reason"]))

    def test_dies_mid_stream(self):
        self.die_mid_stream("")

    def test_dies_mid_stream_while_bytes_are_copied(self):
        self.die_mid_stream("splice = false;")

    def test_dies_while_the_client_sends(self):
        def die(s):
            exactly(s, MIB)
            reset(s)
        b = self.backend(die)
        d, port = self.proxy(b.port)
        s = self.connect(port)
        with self.assertRaises((ConnectionResetError, BrokenPipeError)):
            while True:
                s.sendall(PATTERN)
        r = d.closed("proxy")
        self.assertEqual("backend-reset", r["reason"])
        self.assertGreaterEqual(r["to_backend"], MIB)

    def test_a_backend_that_comes_back_is_used_again(self):
        to = FreePort.get()
        d, port = self.proxy(to)
        self.assertTrue(self.is_cut(port))
        self.backend(give_back, address=("127.0.0.1", to))
        s = self.connect(port)
        s.sendall(b"hello")
        self.assertEqual(b"hello", exactly(s, 5))


class Blackhole(Case):
    @thrice
    def test_never_answers(self):
        echo, port = FreePort.get(), FreePort.get()
        d = self.daemon(f'''
            hole = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}"; }},
                {{ type = "tcp-client"; connect = "127.0.0.1:{self.full()}";
                  connect_timeout = "1500ms"; }} );
            echo = ( {{ type = "tcp-server"; listen = "127.0.0.1:{echo}"; }},
                {{ type = "echo"; }} );''')
        began = time.monotonic()
        waiting = [self.connect(port) for _ in range(50)]
        slowest = 0
        while time.monotonic() - began < 1:
            at = time.monotonic()
            with self.connect(echo) as s:
                s.sendall(b"x")
                self.assertEqual(b"x", exactly(s, 1))
            slowest = max(slowest, time.monotonic() - at)
        self.assertLess(slowest, 0.5)
        for s in waiting:
            self.assertTrue(is_reset(s))
        took = time.monotonic() - began
        self.assertGreater(took, 1.4)
        self.assertLess(took, 1.5 + 1 * SCALE)
        for r in d.closed("hole", 50):
            self.assertEqual("backend-timeout", r["reason"])

    def test_client_that_leaves_while_it_waits(self):
        d, port = self.proxy(self.full(), client='connect_timeout = "3s";')
        s = self.connect(port)
        reset(s)
        r = d.closed("proxy")
        self.assertIn(r["reason"], ("client-reset", "backend-timeout"))
        self.assertEqual("client", r["by"], r)

    def test_a_name_that_is_unknown(self):
        """No answer comes from the resolver, or only that there is none; the
        client is told either way."""
        d, port = self.proxy("no-such-host.invalid:80",
                             client='connect_timeout = "2s";')
        self.assertTrue(self.is_cut(port))
        self.assertRegex(d.closed("proxy")["reason"],
                         "^backend-(unknown|unreachable|timeout)$")


main()
