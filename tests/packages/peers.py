# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Clients of a gateway that must notice nothing of what is done to it."""

import socket
import ssl
import threading
import time


def connect(port, timeout=10):
    return socket.create_connection(("127.0.0.1", port), timeout)


def secure(port, authority):
    """Through TLS, which is checked."""
    context = ssl.create_default_context(cafile=authority)
    return context.wrap_socket(connect(port), server_hostname="localhost")


def exchange(s, data):
    """Send, and take as many bytes back."""
    s.sendall(data)
    got = b""
    while len(got) < len(data):
        more = s.recv(len(data) - len(got))
        if not more:
            raise AssertionError(f"ended after {got!r} of {data!r}")
        got += more
    return got


def say(s, data):
    """An echo: on the connection, or on a new one to a port."""
    if isinstance(s, int):
        with connect(s) as new:
            return say(new, data)
    if exchange(s, data) != data:
        raise AssertionError("what came back is something else")
    return None


class Visitor(threading.Thread):
    """Connects again and again, while anything happens; every visit must be
    served.  The thread begins in the network of the one who makes it."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.served, self.failed = port, 0, []
        self.leaving = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def run(self):
        while not self.leaving.is_set():
            began = time.monotonic()
            try:
                say(self.port, b"visit")
                self.served += 1
            except (OSError, AssertionError) as e:
                self.failed.append(f"{e} after "
                                   f"{time.monotonic() - began:.3f} s")
            time.sleep(0.002)

    def __exit__(self, *_):
        self.leaving.set()
        self.join(20)
        if self.failed or not self.served:
            raise AssertionError(f"{self.served} visits were served, "
                                 f"{len(self.failed)} were not: "
                                 f"{self.failed[:5]}")
