# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A daemon with one binding under test between tcp-server and a backend."""

import functools
import os
import socket
import unittest

from .build import PLUGINS
from .case import Case
from .peers import FreePort, all_of, give_back, pattern


def proxy_of(port, to, middle, name="proxy"):
    """A pipeline, on one line."""
    return (f'{name} = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {middle}, {{ type = "tcp-client"; connect = '
            f'"127.0.0.1:{to}"; }} );')


def needs(*plugins):
    """A class of tests that are left out in a build without the plugins."""
    missing = [p for p in plugins
               if not os.path.exists(os.path.join(PLUGINS, p + ".so"))]
    return unittest.skipIf(missing, f"not built: {' '.join(missing)}")


def thrice(test):
    """For what a busy machine may spoil: one of three tries has to be good,
    and each begins with setUp().  Too late can also be an end that was not
    expected."""
    @functools.wraps(test)
    def tries(self, *args):
        for _ in range(2):
            try:
                return test(self, *args)
            except (AssertionError, EOFError, OSError):
                self.doCleanups()
                self.setUp()
        return test(self, *args)
    return tries


class Middle(Case):
    def through(self, middle, handler=give_back, **more):
        """Daemon and port of tcp-server -> middle -> a backend."""
        self.backend_port = self.backend(handler).port
        port = FreePort.get()
        return self.daemon(proxy_of(port, self.backend_port, middle),
                           **more), port

    def echoed(self, port, size, start=0):
        """Send so much, end, and get the same and the end back."""
        s = self.connect(port)
        t = self.thread(self._send, s, size, start)
        back = all_of(s)
        t.join()
        self.assertEqual(size, len(back))
        self.assertTrue(back == pattern(size, start), "not what was sent")

    @staticmethod
    def _send(s, size, start):
        s.sendall(pattern(size, start))
        s.shutdown(socket.SHUT_WR)

    def said(self, d, text, count=1):
        """The messages of bindings that have these words in them."""
        found = d.wait_record(lambda r: text in r["message"], count=count)
        return [r["message"] for r in (found if count > 1 else [found])]
