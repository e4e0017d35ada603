# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A daemon with a room in which everybody hears what anybody says."""

import socket
import struct

from .asking import answer
from .peers import FreePort, all_of, exactly
from .reloads import Reload


def reflect(options="", framing="line"):
    return f'{{ type = "reflect"; framing = "{framing}"; {options} }}'


def length(text):
    """A message of framing "length"."""
    return struct.pack(">I", len(text)) + text


class Room(Reload):
    """self.d serves a room on self.port."""

    def pipeline(self, options="", framing="line", front="", server=""):
        return (f'chat = ( {{ type = "tcp-server"; listen = '
                f'"127.0.0.1:{self.port}"; {server} }}, {front} '
                f'{reflect(options, framing)} );')

    def room(self, options="", workers=1, **more):
        self.port = FreePort.get()
        self.d = self.daemon(self.pipeline(options, **more), workers=workers)
        return self.d

    def again(self, options="", workers=1, **more):
        self.reload(self.d, self.pipeline(options, **more), workers=workers)

    def connect(self, to, **more):
        """One that is gone when it is closed: a room cannot know that an end
        is more than the end of what a member says."""
        s = super().connect(to, **more)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        return s

    def member(self, word=b"", **more):
        """A client that is known to be in the room."""
        s = self.connect(self.port, **more)
        if word:
            s.sendall(word + b"\n")
            self.hears(s, word + b"\n")
        return s

    def members(self):
        rows = answer(self.d, "show", pipeline="chat", binding="reflect")
        return sum(int(said["value"])
                   for w in rows["bindings"][0]["workers"]
                   for said in w["says"] if said["key"] == "members")

    def wait_members(self, count):
        self.eventually(lambda: self.members() == count, "all are members")

    def name(self, s):
        return b"[%s:%d]" % (s.getsockname()[0].encode(), s.getsockname()[1])

    def hears(self, s, what):
        got = exactly(s, len(what))
        self.assertEqual(what, got)

    def hears_until(self, s, end):
        """All up to these bytes, which end it."""
        got = bytearray()
        while not got.endswith(end):
            more = s.recv(65536)
            self.assertTrue(more, f"the end, behind {bytes(got[-200:])}")
            got += more
        return bytes(got)

    def hears_nothing(self, s):
        s.settimeout(0.05)
        with self.assertRaises(TimeoutError):
            s.recv(1)
        s.settimeout(20)

    def is_refused(self, s, why, reason, count=1):
        """It hears the end, and closes; the log has a sentence for it."""
        self.assertEqual(b"", all_of(s))
        s.close()
        r = self.d.closed("chat", count=count)
        r = r[-1] if count > 1 else r
        self.assertEqual(reason, r["reason"])
        self.assertIn(why, r["why"])

    def end(self, s):
        s.shutdown(socket.SHUT_WR)
