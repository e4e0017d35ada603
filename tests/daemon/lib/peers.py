# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Clients and backends, and what they say to one another."""

import errno
import random
import socket
import struct
import threading

_BLOCK = 1 << 20
_PATTERN = random.Random(2).randbytes(_BLOCK)
PATTERN = _PATTERN * 2  # so that a block may begin anywhere in the first


def pattern(size, start=0):
    """The bytes that stand at start of a stream."""
    start %= _BLOCK
    return (PATTERN * (size // _BLOCK + 1))[start:start + size]


def send_pattern(s, size, step=256 * 1024):
    """Send size bytes of the pattern."""
    view = memoryview(PATTERN)
    sent = 0
    while sent < size:
        at = sent % _BLOCK
        sent += s.send(view[at:at + min(step, size - sent)])


def receive_pattern(s, size, step=256 * 1024):
    """Receive size bytes, which must be the pattern; fewer are EOFError."""
    got = 0
    while got < size:
        data = s.recv(min(step, size - got))
        if not data:
            raise EOFError(f"the stream ended after {got} of {size} bytes")
        at = got % _BLOCK
        if PATTERN[at:at + len(data)] != data:
            raise ValueError(f"not what was sent, between bytes {got} and "
                             f"{got + len(data)}")
        got += len(data)


def exactly(s, size):
    """The next size bytes."""
    data = bytearray()
    while len(data) < size:
        more = s.recv(size - len(data))
        if not more:
            raise EOFError(f"the stream ended after {len(data)} of {size} "
                           "bytes")
        data += more
    return bytes(data)


def all_of(s):
    """Everything up to the end of the stream."""
    data = bytearray()
    while more := s.recv(65536):
        data += more
    return bytes(data)


def reset(s):
    """Close, so that the peer gets a reset."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                 struct.pack("ii", 1, 0))
    s.close()


def is_reset(s):
    """Does the stream end in a reset?  What comes before it is dropped."""
    try:
        while s.recv(65536):
            pass
    except OSError as e:
        if e.errno in (errno.ECONNRESET, errno.EPIPE):
            return True
        raise
    return False


class FreePort:
    """Ports of loopback where nobody listens, below those that clients get.
    None comes twice, nor to another process that runs tests beside this one:
    a range of them is one's own while one has the socket of its name."""

    _FIRST, _SIZE, _RANGES = 11000, 300, 70
    _next = _end = 0
    _claims = []

    @classmethod
    def _claim(cls):
        for i in random.SystemRandom().sample(range(cls._RANGES),
                                              cls._RANGES):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                s.bind(f"\0bindery-test-ports-{i}")
            except OSError:
                s.close()
                continue
            cls._claims.append(s)
            cls._next = cls._FIRST + i * cls._SIZE
            cls._end = cls._next + cls._SIZE
            return
        raise RuntimeError("there is no free range of ports")

    @classmethod
    def is_free(cls, port):
        for family, host in ((socket.AF_INET, "0.0.0.0"),
                             (socket.AF_INET6, "::")):
            try:
                with socket.socket(family) as s:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    s.bind((host, port))
            except OSError as e:
                if e.errno != errno.EAFNOSUPPORT:
                    return False
        return True

    @classmethod
    def get(cls, count=1):
        """count consecutive ports: the first."""
        while True:
            if cls._next + count > cls._end:
                cls._claim()
            port = cls._next
            cls._next += count
            if all(map(cls.is_free, range(port, port + count))):
                return port


class Backend:
    """A server whose handler gets every connection, in a thread of its own,
    and has it closed when it returns; without a handler they stay open.  What
    a handler raises is raised again by close()."""

    def __init__(self, handler, address=None, family=socket.AF_INET,
                 backlog=1024):
        self.handler = handler
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address is None:
            address = ("127.0.0.1", FreePort.get())
        self.listener.bind(address)
        self.listener.listen(backlog)
        self.port = address[1] if family != socket.AF_UNIX else None
        self.error = None
        self.is_closing = False
        self.connections = []
        self.accepted = threading.Semaphore(0)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                s, peer = self.listener.accept()
            except OSError:
                return
            s.settimeout(60)
            self.connections.append((s, peer))
            self.accepted.release()
            if self.handler:
                threading.Thread(target=self._handle, args=(s,),
                                 daemon=True).start()

    def _handle(self, s):
        try:
            with s:
                self.handler(s)
        except (ConnectionResetError, BrokenPipeError):
            pass  # what that means the test knows
        except Exception as e:
            if not self.is_closing:  # else its socket was closed under it
                self.error = self.error or e

    def close(self):
        self.is_closing = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.thread.join(10)
        for s, _ in self.connections:
            s.close()
        if self.error:
            raise self.error


def give_back(s):
    """A handler: echo."""
    while data := s.recv(65536):
        s.sendall(data)
