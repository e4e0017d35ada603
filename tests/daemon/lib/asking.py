# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""One question on the control socket of a daemon."""

import json
import socket

from .build import SCALE


def ask(daemon, command, timeout=20, **arguments):
    """The whole answer, as the wire has it; None: there was none."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout * SCALE)
        s.connect(daemon.path("control.sock"))
        request = {"bindery": 1, "command": command, "arguments": arguments}
        s.sendall(json.dumps(request).encode() + b"\n")
        text = bytearray()
        while more := s.recv(65536):
            text += more
    try:
        return json.loads(text) if text else None
    except ValueError:
        raise ValueError(bytes(text)) from None


def answer(daemon, command, **arguments):
    """What a good answer holds."""
    said = ask(daemon, command, **arguments)
    if not said or not said["ok"]:
        raise AssertionError(f"{command}: {said}")
    return said["answer"]
