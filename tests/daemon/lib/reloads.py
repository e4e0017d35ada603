# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A daemon that is reloaded, with words for how that goes."""

import signal

from .case import Case
from .peers import exactly, give_back

WRONG = "no such = thing"  # a syntax error


def server(port, more="", name="echo", rest='{ type = "echo"; }'):
    """A pipeline, on one line."""
    return (f'{name} = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' {more} }}, {rest} );')


def client_of(to):
    return f'{{ type = "tcp-client"; connect = "127.0.0.1:{to}"; }}'


def greet(text):
    """A handler: tell who it is, then echo."""
    def handle(s):
        s.sendall(text)
        give_back(s)
    return handle


class Reload(Case):
    def setUp(self):
        self.generation = 1
        self.refusals = 0

    def reload(self, d, *args, **more):
        """A new configuration (or the same again) takes over."""
        if args:
            d.configure(*args, **more)
        self.generation += 1
        d.signal(signal.SIGHUP)
        text = f"reloaded: generation {self.generation} serves"
        d.wait_record(lambda r: r.get("message") == text)

    def refused(self, d, *args, why=None, **more):
        """The configuration is refused, with these words."""
        if args:
            d.configure(*args, **more)
        seen = len(d.records)
        self.refusals += 1
        d.signal(signal.SIGHUP)
        d.wait_record(lambda r: r["message"].startswith("reload refused: "),
                      count=self.refusals)
        said = [r["message"] for r in d.records[seen:]
                if r["level"] == "error"]
        self.assertEqual(2, len(said), said)
        self.assertEqual(f"reload refused: generation {self.generation} goes "
                         "on as it was", said[1])
        if why:
            self.assertRegex(said[0], why)

    def assert_served(self, s):
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))

    def assert_closed(self, port):
        with self.assertRaises(ConnectionRefusedError):
            self.connect(port)

    def served(self, port):
        s = self.connect(port)
        self.assert_served(s)
        return s
