# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Traffic that does not stop, from processes of its own: so that what they
measure is the daemon, and not the test that reloads it meanwhile."""

import multiprocessing
import random
import selectors
import socket
import time

from .peers import _BLOCK, PATTERN, all_of, exactly, give_back, pattern

CONTEXT = multiprocessing.get_context("fork")
STEP = 64 * 1024


def family_of(address):
    return socket.AF_UNIX if isinstance(address, str) else socket.AF_INET


class Traffic:
    """run() in a process; stop() ends it and gives what it found, or raises
    what it raised.  The process starts with the object."""

    def __init__(self, *args):
        self.over = CONTEXT.Event()
        self.count = CONTEXT.Value("L", 0)  # of what it did so far
        self.pipe, end = CONTEXT.Pipe(duplex=False)
        self.process = CONTEXT.Process(target=self._main, args=(end, args),
                                       daemon=True)
        self.process.start()
        end.close()

    def _main(self, end, args):
        try:
            end.send((None, self.run(*args)))
        except BaseException as e:
            end.send((f"{type(self).__name__}: {e!r}", None))

    def stop(self, timeout):
        self.over.set()
        try:
            if not self.pipe.poll(timeout):
                raise AssertionError(f"{type(self).__name__} does not end")
            error, found = self.pipe.recv()
        finally:
            self.process.kill()
            self.process.join()
        if error:
            raise AssertionError(error)
        return found


class Visitors(Traffic):
    """One connection after another: some bytes, and the same back."""

    def run(self, addresses, seed):
        """The longest that a connect took, in seconds."""
        choice = random.Random(seed)
        slowest = 0
        while not self.over.is_set():
            address = choice.choice(addresses)
            with socket.socket(family_of(address)) as s:
                s.settimeout(60)
                began = time.monotonic()
                s.connect(address)
                slowest = max(slowest, time.monotonic() - began)
                self.visit(s, choice)
            self.count.value += 1
        return slowest

    def visit(self, s, choice):
        size = choice.choice((1, 10, 100, 1000, 20000))
        start = choice.randrange(_BLOCK)
        s.sendall(pattern(size, start))
        if choice.random() < 0.5:
            s.shutdown(socket.SHUT_WR)
            back = all_of(s)
        else:
            back = exactly(s, size)
        if back != pattern(size, start):
            raise ValueError(f"not what was sent, of {size} bytes")


class Stream:
    """A long one.  It says what the pattern says, from an offset of its own,
    and what comes back has to be the same."""

    def __init__(self, address, start):
        self.socket = socket.socket(family_of(address))
        self.socket.settimeout(60)
        self.socket.connect(address)
        self.socket.setblocking(False)
        self.start = start
        self.sent = self.got = 0
        self.has_ended = False

    def send(self):
        """One step, so that all of them get on alike."""
        at = (self.start + self.sent) % _BLOCK
        try:
            self.sent += self.socket.send(
                memoryview(PATTERN)[at:at + STEP])
        except BlockingIOError:
            pass

    def receive(self):
        data = self.socket.recv(4 * STEP)
        at = (self.start + self.got) % _BLOCK
        if PATTERN[at:at + len(data)] != data:
            raise ValueError(f"not what was sent, after {self.got} bytes")
        self.got += len(data)
        self.has_ended = not data


class Streams(Traffic):
    """Long ones, the first half of them at once, the others one by one: they
    are of many generations."""

    PAUSE = 0.02  # between two steps

    def run(self, addresses, number, between):
        """How many bytes came back."""
        self.selector = selectors.DefaultSelector()
        self.streams = []
        born = time.monotonic()
        while not self.over.is_set():
            ripe = number / 2 + (time.monotonic() - born) / between
            while len(self.streams) < min(number, ripe):
                self.begin(addresses)
            for stream in self.streams:
                if stream.sent - stream.got < 4 * STEP:
                    stream.send()
            self.listen(self.PAUSE)
        return self.end()

    def begin(self, addresses):
        i = len(self.streams)
        stream = Stream(addresses[i % len(addresses)], i * 12345)
        self.streams.append(stream)
        self.selector.register(stream.socket, selectors.EVENT_READ, stream)
        self.count.value = len(self.streams)

    def listen(self, pause):
        end = time.monotonic() + pause
        while self.selector.get_map() and pause > 0:
            for key, _ in self.selector.select(pause):
                key.data.receive()
                if key.data.has_ended:
                    self.selector.unregister(key.fileobj)
            pause = end - time.monotonic()
        time.sleep(max(0, pause))

    def end(self):
        if any(s.has_ended for s in self.streams):
            raise ValueError("a stream was ended by the other side")
        for stream in self.streams:
            stream.socket.shutdown(socket.SHUT_WR)
        limit = time.monotonic() + 60
        while self.selector.get_map():
            self.listen(0.05)
            if time.monotonic() > limit:
                raise ValueError("a stream does not come to its end")
        for stream in self.streams:
            if stream.got != stream.sent:
                raise ValueError(f"{stream.got} of {stream.sent} bytes came "
                                 "back")
            stream.socket.close()
        return sum(s.got for s in self.streams)


class EchoServer(Traffic):
    """A backend in a process of its own; its address is (127.0.0.1, port)."""

    def run(self, port):
        import threading
        with socket.create_server(("127.0.0.1", port), backlog=1024) as s:
            s.settimeout(0.1)
            self.count.value = 1  # it listens
            while not self.over.is_set():
                try:
                    client, _ = s.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=self.serve, args=(client,),
                                 daemon=True).start()

    @staticmethod
    def serve(s):
        with s:
            s.settimeout(None)
            try:
                give_back(s)
            except OSError:
                pass  # the client of it will notice what matters
