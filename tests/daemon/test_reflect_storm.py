# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Members come and go at random while others speak and the daemon reloads.
One of them, the witness, is there all the time; what any other hears is a piece
of what the witness hears: so it is in the same order, complete from its first
line to its last, and has no byte that is not of the room.
BINDERY_STORM=full: with 2,000 of them."""

import os
import random
import selectors
import socket
import struct
import time

from lib import *
from lib.traffic import Traffic

FULL = os.environ.get("BINDERY_STORM") == "full"
MEMBERS = 60 if IS_SANITIZED else 2000 if FULL else 300
SPEAKERS = 10 if IS_SANITIZED else 50
RELOADS = 3 if IS_SANITIZED else 6
SECONDS = 4 if IS_SANITIZED else 15 if FULL else 4
TURN_S = 0.02 if FULL else 0.005
RESET = struct.pack("ii", 1, 0)


class Witness:
    """All that was said, as one member has heard it, who was there first: who
    is connected is not in the room yet, but who has heard itself is."""

    def __init__(self, port):
        self.heard = bytearray()
        self.socket = join(port)
        self.socket.setblocking(True)
        self.socket.sendall(b"witness\n")
        exactly(self.socket, len(b"witness\n"))
        self.socket.setblocking(False)

    def read(self):
        try:
            while more := self.socket.recv(1 << 18):
                self.heard += more
        except BlockingIOError:
            return
        raise ValueError("the witness was thrown out")


def join(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    s.setblocking(False)
    return s


class Member:
    def __init__(self, port, number):
        self.number = number
        self.socket = join(port)
        self.at = None      # where in what the witness hears; None: unknown
        self.first = bytearray()  # what was heard while that is unknown
        self.ahead = bytearray()  # what the witness is yet to hear
        self.said = 0
        self.last_word = None
        self.tail = b""     # the end of what was heard
        self.say(b"hello")

    def say(self, word):
        line = b"%s %d.%d %s\n" % (word, self.number, self.said,
                                   b"x" * (self.said * 7 % 64))
        self.said += 1
        try:
            n = self.socket.send(line)
        except BlockingIOError:
            n = 0
        if 0 < n < len(line):
            raise ValueError("a line was cut: the room takes too little")
        if n == 0:
            self.said -= 1
        return line if n else None

    def read(self, witness):
        """False: it is out, after its last word."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return True
        if not data:
            raise ValueError(f"member {self.number} was thrown out")
        self.tail = (self.tail + data)[-200:]
        self.check(data, witness)
        return not (self.last_word and self.last_word in self.tail)

    def find(self, data, witness):
        """Where it came in: its first line is there only once."""
        self.first += data
        end = self.first.find(b"\n") + 1
        if end == 0:
            return
        self.at = witness.heard.rfind(self.first[:end])
        if self.at < 0:
            self.at = None
            return
        if self.at and witness.heard[self.at - 1:self.at] != b"\n":
            raise ValueError(f"member {self.number} begins within a line")
        first, self.first = self.first, None
        self.check(bytes(first), witness)

    def check(self, data, witness):
        if self.at is None:
            self.find(data, witness)
            return
        if data:
            self.ahead += data
        n = min(len(self.ahead), len(witness.heard) - self.at)
        if self.ahead[:n] != witness.heard[self.at:self.at + n]:
            raise ValueError(
                f"member {self.number} hears {bytes(self.ahead[:200])} where "
                f"it is {bytes(witness.heard[self.at:self.at + 200])}")
        self.at += n
        del self.ahead[:n]


class Storm(Traffic):
    def run(self, port, members, speakers, seed):
        self.port, self.random = port, random.Random(seed)
        self.number = self.joined = 0
        self.spoken = {}  # by who is not here any more: lines
        self.witness = Witness(port)
        self.members = []
        self.select = selectors.DefaultSelector()
        self.select.register(self.witness.socket, selectors.EVENT_READ, None)
        for _ in range(members):
            self.add()
        while not self.over.is_set():
            self.turn(speakers, members)
        self.finish()
        return self.joined, self.judge(), len(self.witness.heard)

    def add(self):
        m = Member(self.port, self.number)
        self.number += 1
        self.joined += 1
        self.members.append(m)
        self.select.register(m.socket, selectors.EVENT_READ, m)

    def remove(self, m):
        self.select.unregister(m.socket)
        self.members.remove(m)
        self.spoken[m.number] = m.said
        m.socket.close()

    def turn(self, speakers, members):
        """The first ones speak; some others go, and as many come."""
        due = time.monotonic() + TURN_S
        for m in self.members[:speakers]:
            if self.random.random() < 0.3:
                m.say(b"says")
        if len(self.members) < members + 100:
            for m in self.random.sample(self.members[speakers:], 4):
                self.replace(m)
        while self.read(0) or time.monotonic() < due:
            pass
        self.count.value += 1

    def replace(self, m):
        if not m.last_word:
            m.last_word = m.say(b"bye")
            m.socket.shutdown(socket.SHUT_WR)
            self.add()

    def read(self, timeout):
        """How many have heard something."""
        ready = self.select.select(timeout)
        for key, _ in ready:
            if key.data and not key.data.read(self.witness):
                self.remove(key.data)
            elif not key.data:
                self.witness.read()
        return len(ready)

    def finish(self):
        """All that were not gone hear all that was said."""
        end = time.monotonic() + 60
        said = sum(m.said for m in self.members) + sum(self.spoken.values())
        while self.read(0.2) or not self.is_over(said):
            if time.monotonic() > end:
                raise ValueError("not all is heard that was said")
        for m in self.members:
            self.spoken[m.number] = m.said

    def is_over(self, said):
        if self.witness.heard.count(b"\n") < said:
            return False
        for m in self.members:
            m.check(b"", self.witness)
        return all(m.at == len(self.witness.heard) for m in self.members)

    def judge(self):
        """What each has said is there, in the order in which it did."""
        lines = 0
        for line in bytes(self.witness.heard).split(b"\n")[:-1]:
            _, of, _ = line.split(b" ")
            number, i = map(int, of.split(b"."))
            key = ("at", number)
            if i != self.spoken.get(key, 0):
                raise ValueError(f"out of order: {line}")
            self.spoken[key] = i + 1
            lines += 1
        for number in range(self.number):
            if self.spoken[number] != self.spoken.get(("at", number), 0):
                raise ValueError(f"member {number} said more than was heard")
        return lines


class Storms(Room):
    def storm(self, workers):
        raise_files(2 * MEMBERS + 1000)
        quiet = 'max_per_source = 0;'
        options = 'patience = "10m"; buffer = '
        self.room(f'{options}"8m";', workers=workers, server=quiet)
        storm = Storm(self.port, MEMBERS, SPEAKERS, workers)
        self.addCleanup(storm.process.kill)
        self.eventually(lambda: storm.count.value, "all have joined", 60)
        for i in range(RELOADS):
            time.sleep(SECONDS / RELOADS)
            self.again(f'{options}"{9 + i}m";', workers=workers,
                       server=quiet)
        joined, lines, heard = storm.stop(120)
        print(f"{workers} workers: {joined} members joined, {lines} lines, "
              f"{heard >> 10} KiB, in {storm.count.value} turns")

    def test_one_worker(self):
        self.storm(1)

    def test_two_workers(self):
        self.storm(2)


main()
