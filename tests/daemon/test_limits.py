# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Limits of number, source and time, and who may connect at all."""

import selectors
import socket
import threading
import time

from lib import *


class Number(Case):
    def echo_with(self, server, **more):
        port = FreePort.get()
        return self.daemon(
            f'echo = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' {server} }}, {{ type = "echo"; }} );', **more), port

    def assert_served(self, s):
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))

    def run_limit(self, server, why, **more):
        d, port = self.echo_with(server, **more)
        three = [self.connect(port) for _ in range(3)]
        for s in three:
            self.assert_served(s)
        self.assertTrue(self.is_cut(port))
        r = d.closed("echo")
        self.assertEqual("limit", r["reason"], r)
        if why:
            self.assertEqual(why, r["why"])
        three.pop().close()
        self.eventually(lambda: self.is_served(port), "a place is free")
        for s in three:
            self.assert_served(s)

    def test_max_connections(self):
        self.run_limit("max_connections = 3;",
                       "binding has too many connections")

    def test_max_connections_of_two_workers_together(self):
        self.run_limit("max_connections = 3;",
                       "binding has too many connections", workers=2)

    def test_max_per_source(self):
        self.run_limit("max_per_source = 3;",
                       "source has too many connections")

    def test_other_sources_have_their_own(self):
        d, port = self.echo_with("max_per_source = 1;")
        one = self.connect(port, source="127.0.0.1")
        other = self.connect(port, source="127.0.0.2")
        self.assert_served(one)
        self.assert_served(other)
        self.assertTrue(self.is_cut(port, source="127.0.0.2"))
        self.assert_served(other)

    def test_connections_of_the_whole_daemon(self):
        d, port = self.echo_with("", settings="limits = { connections = 3; };")
        three = [self.connect(port) for _ in range(3)]
        for s in three:
            self.assert_served(s)
        # A fourth waits in the backlog, or is turned away; it is not served.
        fourth = self.connect(port)
        fourth.settimeout(0.3)
        try:
            fourth.sendall(b"x")
            self.assertEqual(b"", fourth.recv(1))
        except (TimeoutError, ConnectionError):
            pass
        fourth.close()
        three.pop().close()
        self.eventually(lambda: self.is_served(port), "a place is free again")

    def is_served(self, port):
        try:
            with self.connect(port, timeout=1) as s:
                s.sendall(b"x")
                return s.recv(1) == b"x"
        except OSError:
            return False


class Source(Case):
    def served(self, port, source):
        try:
            with self.connect(port, source=source) as s:
                s.sendall(b"x")
                return s.recv(1) == b"x"
        except ConnectionError:
            return False

    def test_allow_and_deny(self):
        port = FreePort.get()
        self.daemon(
            f'echo = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            ' allow = [ "127.0.0.0/30", "::1" ]; deny = "127.0.0.2"; },'
            ' { type = "echo"; } );')
        self.assertTrue(self.served(port, "127.0.0.1"))
        self.assertFalse(self.served(port, "127.0.0.2"))
        self.assertTrue(self.served(port, "127.0.0.3"))
        self.assertFalse(self.served(port, "127.0.0.4"))

    def test_an_ipv4_client_of_a_dual_stack_socket(self):
        if not has_ipv6():
            self.skipTest("there is no IPv6 here")
        port = FreePort.get()
        self.daemon(
            f'echo = ( {{ type = "tcp-server"; listen = "[::]:{port}";'
            ' allow = [ "127.0.0.0/30", "::1" ]; },'
            ' { type = "echo"; } );')
        self.assertTrue(self.served(port, "127.0.0.1"))
        self.assertFalse(self.served(port, "127.0.0.4"))
        s = self.connect(("::1", port))
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))


class Time(Case):
    def test_never_early(self):
        """Others keep waking the worker, at every part of a millisecond."""
        port = FreePort.get()
        self.daemon(
            f'echo = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            ' idle_timeout = "20ms"; }, { type = "echo"; } );')
        took = []
        with selectors.DefaultSelector() as waiting:
            for i in range(300):
                began = time.monotonic()
                s = self.connect(port)
                waiting.register(s, selectors.EVENT_READ, began)
                for key, _ in waiting.select(0.0003):
                    took.append(time.monotonic() - key.data)
                    waiting.unregister(key.fileobj)
                    key.fileobj.close()
        self.assertGreater(len(took), 100)
        self.assertGreaterEqual(min(took), 0.02)

    @thrice
    def test_idle_timeout(self):
        b = self.backend(is_reset)
        d, port = self.proxy(b.port, server='idle_timeout = "400ms";')
        s = self.connect(port)
        for _ in range(4):  # bytes keep it alive
            s.sendall(b"x")
            time.sleep(0.2)
        began = time.monotonic()
        is_reset(s)
        took = time.monotonic() - began
        self.assertGreater(took, 0.1)
        self.assertLess(took, 0.4 + 1 * SCALE)
        r = d.closed("proxy")
        self.assertEqual("idle-timeout", r["reason"])
        self.assertEqual(4, r["to_backend"])

    @thrice
    def test_idle_timeout_sees_spliced_bytes(self):
        """A bulk transfer in one direction only is not idle."""
        def pour(s):
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                s.sendall(PATTERN[:262144])
                time.sleep(0.01)
        b = self.backend(pour)
        d, port = self.proxy(b.port, server='idle_timeout = "500ms";')
        s = self.connect(port)
        while s.recv(1 << 20):
            pass
        s.close()
        self.assertEqual("done", d.closed("proxy")["reason"])

    @thrice
    def test_half_closed_timeout(self):
        leave = threading.Event()

        def hold(s):
            all_of(s)
            leave.wait(10 * SCALE)
        b = self.backend(hold)
        d, port = self.proxy(b.port, server='half_closed_timeout = "400ms";')
        s = self.connect(port)
        s.sendall(b"x")
        time.sleep(0.6)  # longer than the limit, which does not hold yet
        began = time.monotonic()
        s.shutdown(socket.SHUT_WR)
        is_reset(s)
        took = time.monotonic() - began
        leave.set()
        self.assertGreater(took, 0.35)
        self.assertLess(took, 0.4 + 1 * SCALE)
        self.assertEqual("half-closed-timeout", d.closed("proxy")["reason"])

    @thrice
    def test_lifetime(self):
        b = self.backend(give_back)
        d, port = self.proxy(b.port, server='lifetime = "600ms";')
        began = time.monotonic()
        s = self.connect(port)
        try:
            while time.monotonic() - began < 10:
                s.sendall(b"x")
                if s.recv(1) != b"x":
                    break
        except ConnectionError:
            pass
        took = time.monotonic() - began
        self.assertGreater(took, 0.55)
        self.assertLess(took, 0.6 + 1 * SCALE)
        self.assertEqual("lifetime", d.closed("proxy")["reason"])


main()
