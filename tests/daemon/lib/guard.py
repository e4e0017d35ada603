# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A guarded echo, and clients that present tokens to it."""

import os
import re

from .case import Case
from .control import Control
from .peers import FreePort, all_of, exactly
from .tokens import AUDIENCE, ISSUER, Key, key_set

USUAL = f'issuer = "{ISSUER}"; audience = "{AUDIENCE}";'


class GuardCase(Control):
    """self.key signs what the guard of gate() accepts."""

    def gate(self, more="", keys=None, usual=USUAL, front="", server="",
             sink='{ type = "echo"; }', pipelines="", address="127.0.0.1",
             **daemon):
        """A daemon with a guard in front of an echo: it and the port."""
        if not hasattr(self, "key"):
            self.key = Key()
        self.keys = self.write(keys or key_set(self.key), "keys.json")
        port = FreePort.get()
        if "keys_url" not in more:
            usual += f' keys = "{self.keys}";'
        d = self.daemon(
            f'gate = ( {{ type = "tcp-server"; listen = "{address}:{port}";'
            f' {server} }},{front} {{ type = "jwt-guard"; {usual} {more} }}'
            f'{", " + sink if sink else ""} ); {pipelines}', **daemon)
        return d, port

    def replace(self, path, text):
        """As careful writers do: by rename."""
        with open(path + ".new", "w") as f:
            f.write(text)
        os.rename(path + ".new", path)

    def present(self, port, token, payload=b"ping", **more):
        """A client that says its token in the first line, and payload."""
        s = self.connect(port, **more)
        s.sendall(b"AUTH " + token.encode() + b"\r\n" + payload)
        return s

    def passes(self, port, token, **more):
        """A client that was let in."""
        s = self.present(port, token, **more)
        self.assertEqual(b"ping", self.first(s, 4))
        return s

    def first(self, s, size):
        data = b""
        while len(data) < size:
            piece = s.recv(size - len(data))
            if not piece:
                break
            data += piece
        if data.startswith(b"ERR") or data.startswith(b"-"):
            data += all_of(s)
        return data

    def refused(self, port, token, code, pattern=".", **more):
        """The sentence of a client that was not."""
        s = self.present(port, token, **more)
        said = all_of(s).decode()
        self.assertRegex(said, rf'^ERR {code} ".+"\r\n$')
        self.assertRegex(said, pattern)
        return said

    def echoes(self, s, data=b"still here"):
        s.sendall(data)
        self.assertEqual(data, exactly(s, len(data)))

    def metric(self, d, name, **labels):
        """A figure of the guard."""
        text = self.ask(d, "metrics")["text"]
        for line in text.splitlines():
            m = re.match(rf"bindery_jwt_guard_{name}(?:{{(.*)}})? (\S+)$",
                         line)
            if m and all(f'{k}="{v}"' in (m[1] or "")
                         for k, v in labels.items()):
                return float(m[2])
        return 0.0

    def comes_to(self, figure, d, name, **labels):
        """For what others count, or who counts behind what was seen."""
        self.eventually(lambda: self.metric(d, name, **labels) == figure,
                        f"{name} comes to {figure}")


__all__ = ["GuardCase", "USUAL"]
