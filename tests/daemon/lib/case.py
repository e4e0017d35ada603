# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A test case whose daemons, backends and sockets end with it."""

import os
import socket
import sys
import tempfile
import threading
import time
import unittest

from .build import BINDERYD, SCALE
from .daemon import Daemon
from .peers import Backend, FreePort, is_reset


class Case(unittest.TestCase):
    maxDiff = None

    def daemon(self, pipelines, allowed=(0,), **more):
        """A daemon that serves; at the end it must still, and then end with
        one of the allowed statuses."""
        d = Daemon(pipelines, **more)
        self.addCleanup(d.finish, allowed)
        return d

    def echo(self, **more):
        """A daemon with one echo pipeline: it and the port."""
        port = FreePort.get()
        return self.daemon(
            f'echo = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {{ type = "echo"; }} );', **more), port

    def proxy(self, to, server="", client="", **more):
        """A daemon with one pipeline to an endpoint or a port: it and the
        port.  server and client are further options."""
        port = FreePort.get()
        if isinstance(to, int):
            to = f"127.0.0.1:{to}"
        return self.daemon(
            f'proxy = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' {server} }}, {{ type = "tcp-client"; connect = "{to}";'
            f' {client} }} );', **more), port

    def backend(self, handler, **more):
        b = Backend(handler, **more)
        self.addCleanup(b.close)
        return b

    def full(self):
        """A port whose backlog is full: it never answers a SYN."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", FreePort.get()))
        listener.listen(0)
        for _ in range(4):
            s = socket.socket()
            self.addCleanup(s.close)
            s.setblocking(False)
            s.connect_ex(listener.getsockname())
        return listener.getsockname()[1]

    def connect(self, to, timeout=20, receive=None, source=None):
        """A client of a port of 127.0.0.1, an address, or a path; receive: the
        size of its socket's receive buffer."""
        if isinstance(to, int):
            to = ("127.0.0.1", to)
        family = (socket.AF_UNIX if isinstance(to, str) else
                  socket.AF_INET6 if ":" in to[0] else socket.AF_INET)
        s = socket.socket(family)
        self.addCleanup(s.close)
        s.settimeout(timeout * SCALE)
        if receive:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        if source:
            s.bind((source, 0))
        s.connect(to)
        return s

    def is_cut(self, to, **more):
        """Is a client reset without a word of its own?  That can be as early
        as in connect()."""
        try:
            return is_reset(self.connect(to, **more))
        except ConnectionResetError:
            return True

    def thread(self, function, *args):
        """Run it beside the test; join() raises what it raised."""
        t = Beside(function, args)
        t.start()
        return t

    def temporary(self):
        d = tempfile.TemporaryDirectory(prefix="bindery-test-")
        self.addCleanup(d.cleanup)
        return d.name

    def write(self, text, name="test.conf", directory=None):
        """A file with that text (or bytes): its path."""
        path = os.path.join(directory or self.temporary(), name)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def eventually(self, test, what, timeout=10):
        """For what only /proc or a connection attempt can tell: look, until it
        is so."""
        end = time.monotonic() + timeout * SCALE
        while not test():
            if time.monotonic() > end:
                self.fail(f"{what}: not within {timeout * SCALE} s")
            time.sleep(0.01)


class Beside(threading.Thread):
    def __init__(self, function, args):
        super().__init__(daemon=True)
        self.function, self.args, self.error = function, args, None

    def run(self):
        try:
            self.function(*self.args)
        except BaseException as e:
            self.error = e

    def join(self, timeout=60):
        super().join(timeout * SCALE)
        if self.is_alive():
            raise AssertionError("a thread of the test does not end")
        if self.error:
            raise self.error


def main():
    if not os.access(BINDERYD, os.X_OK):
        sys.exit(f"{BINDERYD} does not exist: build it, or set BINDERY_BUILD")
    unittest.main()
