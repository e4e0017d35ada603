# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What the user of a client of others, a process with pipes, says and sees."""

import os
import re
import select
import time


def tell(p, text):
    """Past the buffer, which could not be closed after an error."""
    try:
        if text:
            os.write(p.stdin.fileno(), text)
    except BrokenPipeError:
        pass


def listen(p, pattern, send=b"", limit=20):
    """All that it says until that fits the pattern, or it ends.  curl waits
    for an answer for a moment only, and then for more to send."""
    end, said = time.monotonic() + limit, b""
    tell(p, send)
    while not re.search(pattern.encode(), said):
        if time.monotonic() > end:
            raise AssertionError(f"{p.args} says only: {said}")
        if not select.select([p.stdout], [], [], 0.3)[0]:
            tell(p, send and b"\n")
            continue
        piece = os.read(p.stdout.fileno(), 65536)
        if not piece:
            break
        said += piece
    return said.decode(errors="replace")


__all__ = ["listen"]
