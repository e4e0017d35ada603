# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A client of the control socket: one connection, one request, one answer."""

import json
import socket
import struct

from .build import SCALE
from .case import Case
from .peers import exactly


class Refused(Exception):
    """The daemon said no: one sentence, and perhaps a list of more."""

    def __init__(self, whole):
        super().__init__(whole["error"])
        self.errors = whole.get("errors", [])


def connect(path, timeout=20):
    s = socket.socket(socket.AF_UNIX)
    try:
        # A connect() that does not block would not wait for its turn.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                     struct.pack("ll", timeout * SCALE, 0))
        s.connect(path)
        s.settimeout(timeout * SCALE)
    except OSError:
        s.close()
        raise
    return s


def receive(s):
    """The whole answer, which is one line of JSON."""
    parts = []
    while data := s.recv(1 << 20):
        parts.append(data)
    text = b"".join(parts)
    if not text.endswith(b"\n") or text.count(b"\n") != 1:
        raise AssertionError(f"not one line: {text[:200]!r}")
    return json.loads(text)


def request(command, **arguments):
    whole = {"bindery": 1, "command": command}
    if arguments:
        whole["arguments"] = arguments
    return json.dumps(whole).encode() + b"\n"


def converse(path, data, timeout=20):
    """Send these bytes as they are: the whole answer."""
    with connect(path, timeout) as s:
        s.sendall(data)
        return receive(s)


def ask(path, command, timeout=20, **arguments):
    """The answer; Refused when it is no."""
    whole = converse(path, request(command, **arguments), timeout)
    if whole["bindery"] != 1 or not isinstance(whole["host"], str):
        raise AssertionError(f"not of the protocol: {whole}")
    if not whole["ok"]:
        raise Refused(whole)
    return whole["answer"]


class Control(Case):
    def ask(self, d, command, **more):
        return ask(d.path("control.sock"), command, **more)

    def refused(self, d, pattern, command, **more):
        """It is refused, with this sentence: the errors beside it."""
        with self.assertRaisesRegex(Refused, pattern) as caught:
            self.ask(d, command, **more)
        return caught.exception.errors

    def begin(self, d, command, **more):
        """Ask, and do not wait for the answer: the socket."""
        s = connect(d.path("control.sock"))
        self.addCleanup(s.close)
        s.sendall(request(command, **more))
        return s

    def listener(self, name, port, rest='{ type = "echo"; }', more=""):
        return (f'{name} = ( {{ type = "tcp-server"; listen = '
                f'"127.0.0.1:{port}"; {more} }}, {rest} );')

    def served(self, port, **more):
        s = self.connect(port, **more)
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))
        return s

    def peer_of(self, s):
        return "%s:%d" % s.getsockname()

    def rows(self, d, **more):
        return self.ask(d, "connections", **more)["connections"]

    def row_of(self, d, s, **more):
        """What is said of the connection of a client."""
        found = [r for r in self.rows(d, **more)
                 if r["peer"] == self.peer_of(s)]
        self.assertEqual(1, len(found))
        return found[0]
