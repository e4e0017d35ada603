# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""tls on a system that moves fewer bytes than it could, or has no memory.  See
tests/lib/shim.c."""

import socket
import ssl
import tempfile
import unittest

from lib import *
from lib.tls import *


def setUpModule():
    global directory, ca, server
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    server = ca.issue("localhost")


def tearDownModule():
    directory.cleanup()


@unittest.skipIf(IS_SANITIZED, "the sanitizers want to be the first library")
class Shim(Case):
    def both(self, **more):
        """TLS ends, and begins again on the way to a backend that echoes."""
        b = self.backend(with_tls(server_context(server), self.echo_on))
        port = FreePort.get()
        d = self.daemon(
            f'gate = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {{ type = "tls"; {server.options} }}, {{ type = "tls";'
            f' name = "out"; role = "client"; trust = "{ca.crt}"; }},'
            f' {{ type = "tcp-client"; connect = "localhost:{b.port}"; }} );',
            **more)
        return d, port

    def echo_on(self, t):
        try:
            echo_and_end(t)
        except (ssl.SSLError, OSError):
            pass  # what that means the test knows

    def tls(self, port):
        return Tls(self.connect(port), client_context(ca.crt),
                   "localhost").handshake()

    def test_cut(self):
        for cut, size in (("random", 2 << 20), ("few", 30000)):
            d, port = self.both(env=shim(cut=cut))
            t = self.tls(port)
            done = self.thread(t.sendall, pattern(size))
            receive_pattern(t, size)
            done.join()
            t.end()
            self.assertEqual(b"", t.recv(1))
            t.close()
            self.assertEqual("done", d.closed("gate")["reason"])

    def test_no_memory_for_data(self):
        """The arithmetic below GnuTLS ends a process that has no memory for a
        handshake; open connections are ours."""
        switch = self.write("0")
        d, port = self.both(env=shim(malloc=30, switch=switch), workers=2)
        open_ones = [self.through(port) for _ in range(40)]
        with open(switch, "r+b") as f:
            f.write(b"1")
        served = sum(map(self.attempt, open_ones))
        with open(switch, "r+b") as f:
            f.write(b"0")
        print(f"1 allocation of 30 fails: {served} of 40 served")
        self.assertTrue(d.is_alive(), d.said())
        t = self.tls(port)
        self.assertTrue(self.attempt(t))

    def through(self, port):
        """Both handshakes are over, that with the backend too."""
        t = self.tls(port)
        t.sendall(b"x")
        self.assertEqual(b"x", exactly(t, 1))
        return t

    def attempt(self, t):
        try:
            for size in (10, 1000, 20000):
                t.sendall(pattern(size))
                if exactly(t, size) != pattern(size):
                    raise ValueError("the bytes have changed")
            return True
        except (ssl.SSLError, EOFError, OSError):
            return False
        finally:
            t.close()


main()
