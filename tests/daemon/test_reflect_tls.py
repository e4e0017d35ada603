# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Rooms behind TLS: a room for each name that is asked for, and members with
the names of their certificates."""

import tempfile

from lib import *
from lib.tls import *


def setUpModule():
    global directory, ca, server, alice
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    server = ca.issue("a.example", "b.example")
    alice = ca.client("alice")


def tearDownModule():
    directory.cleanup()


class Rooms(Room):
    def enter(self, name, pair=None):
        return Tls(self.connect(self.port),
                   client_context(ca.crt, None, pair), name).handshake()

    def test_names_of_rooms_and_of_members(self):
        self.room('room = "tls.server_name"; prefix = true; notices = true;',
                  workers=2, front=f'{{ type = "tls"; {server.options} '
                  f'client_auth = "request"; trust = "{ca.crt}"; }},')
        a = self.enter("a.example", alice)
        self.hears(a, b"[CN=alice] joined (1 member)\n")
        b = self.enter("b.example")
        got = self.hears_until(b, b" joined (1 member)\n")
        self.assertRegex(got, rb"^\[127\.0\.0\.1:\d+\] joined")
        c = self.enter("a.example")
        name = self.hears_until(c, b" joined (2 members)\n").split(b" ")[0]
        self.hears(a, name + b" joined (2 members)\n")
        a.sendall(b"secret\n")
        for t in (a, c):
            self.hears(t, b"[CN=alice] secret\n")
        b.sendall(b"other\n")
        self.assertTrue(self.hears_until(b, b"other\n").startswith(b"[127"))
        c.end()
        a.sendall(b"more\n")
        self.hears(a, b"[CN=alice] more\n")
        for t in (a, b, c):
            t.close()


main()
