# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Members that read slowly, or never: they are cut, miss something and are
told, or the room waits for them, as the operator says; and the others hear all
there is, and soon."""

import socket
import threading
import time

from lib import *

LINE = 1000
BUFFER = 'buffer = "64k";'
AHEAD = 32  # lines, which are half of that


def line(i):
    return b"%0*d\n" % (LINE - 1, i)


class Slow(Room):
    def reader(self, s, count, first=0, heard=None):
        """It hears these lines, in a thread; heard is told of each."""
        def read():
            for i in range(first, first + count):
                self.hears(s, line(i))
                if heard:
                    heard.release()
        return self.thread(read)

    def lazy(self, word=b"lazy"):
        """One that reads when it is told to, and the kernel keeps little."""
        s = self.connect(self.port, receive=4096)
        s.sendall(word + b"\n")
        self.hears(s, word + b"\n")
        return s

    def flood(self, s, count, first=0, ahead=None):
        """Never so far ahead of what it hears itself, be the machine as busy
        as it may, that it falls behind; ahead: nor of another reader, who
        releases it for each line."""
        heard = threading.Semaphore(AHEAD)
        reader = self.reader(s, count, first, heard)
        for i in range(first, first + count):
            for who in filter(None, (heard, ahead)):
                self.assertTrue(who.acquire(timeout=20 * SCALE))
            s.sendall(line(i))
        reader.join()

    def numbers(self, data):
        """The lines in it as numbers, and others as they are."""
        return [int(t) if len(t) == LINE - 1 else t
                for t in data.split(b"\n")[:-1]]


class Disconnect(Slow):
    def test_who_never_reads_is_cut_and_nobody_waits(self):
        self.room(BUFFER, workers=2)
        lazy = self.lazy()
        s = self.connect(self.port)
        s.sendall(b"s\n")
        self.hears(s, b"s\n")
        self.flood(s, 12000)
        r = self.d.closed("chat")
        self.assertEqual("stage-timeout", r["reason"])
        self.assertRegex(r["why"], "too slow for its room: .* 'buffer'")
        with self.assertRaises(ConnectionResetError):
            while lazy.recv(65536):
                pass

    def test_history_makes_nobody_slow(self):
        """Nor does what it takes to keep it."""
        self.room('history = 40000; history_bytes = "8m"; buffer = "8m";')
        s = self.member(b"s")
        said = [b"%0*d\n" % (200, i) for i in range(40000)]
        for text in said:
            s.sendall(text)
            self.hears(s, text)
        late = self.connect(self.port, receive=4096)
        self.wait_members(2)
        s.sendall(b"now\n")
        self.hears(s, b"now\n")
        self.hears(late, b"".join(said) + b"now\n")

    def test_patience_ends(self):
        self.room('buffer = "64m"; patience = "500ms";')
        lazy = self.lazy()
        s = self.member(b"s")
        began = time.monotonic()
        self.flood(s, 8000)
        r = self.d.closed("chat")
        self.assertEqual("stage-timeout", r["reason"])
        self.assertRegex(r["why"], "'patience'")
        self.assertLess(time.monotonic() - began, 10 * SCALE)
        self.assertTrue(is_reset(lazy))

    @thrice
    def test_who_reads_slowly_but_reads_stays(self):
        """For longer than its patience, and always behind."""
        self.room('patience = "1s"; buffer = "64m";')
        lazy = self.lazy()
        s = self.member(b"s")
        self.hears(lazy, b"s\n")
        ahead = threading.Semaphore(4000)
        late = self.thread(self.read_slowly, lazy, 12000, ahead)
        began = time.monotonic()
        self.flood(s, 12000, ahead=ahead)
        late.join()
        self.assertGreater(time.monotonic() - began, 2)

    def read_slowly(self, s, count, ahead):
        for i in range(count):
            self.hears(s, line(i))
            ahead.release()
            if i % 100 == 0:
                time.sleep(0.02)


class Drop(Slow):
    def test_what_is_missed_is_whole_and_counted(self):
        self.room(BUFFER + 'slow = "drop"; notices = true;', workers=2)
        lazy = self.connect(self.port, receive=4096)
        self.hears_until(lazy, b"(1 member)\n")
        s = self.connect(self.port)
        self.hears_until(s, b"(2 members)\n")
        self.flood(s, 12000)
        s.sendall(b"the end\n")
        self.hears(s, b"the end\n")
        said = self.numbers(self.hears_until(lazy, b"the end\n"))[1:]
        heard = [t for t in said if isinstance(t, int)]
        told = [t for t in said if not isinstance(t, int)]
        self.assertEqual(sorted(set(heard)), heard)
        self.assertEqual(b"the end", told.pop())
        missed = 0
        for t in told:
            self.assertRegex(t, rb"^\(\d+ lines dropped\)$")
            missed += int(t[1:].split()[0])
        self.assertGreater(missed, 100)
        self.assertEqual(12000, len(heard) + missed)
        # It has the first that it had room for, and the last.
        self.assertEqual(0, heard[0])
        self.assertEqual(11999, heard[-1])
        self.lines_at_the_gap(said)

    def lines_at_the_gap(self, said):
        """Each notice stands where the lines are missing."""
        expected = 0
        for t in said[:-1]:
            if isinstance(t, int):
                self.assertEqual(expected, t)
                expected += 1
            else:
                expected += int(t[1:].split()[0])

    def test_what_it_says_itself_is_not_missed(self):
        """Where members do not hear themselves."""
        count = 12000
        self.room(BUFFER + 'slow = "drop"; notices = true; self = false;')
        lazy = self.connect(self.port, receive=4096)
        self.hears_until(lazy, b"(1 member)\n")
        s = self.connect(self.port)
        self.hears_until(s, b"(2 members)\n")
        heard = self.thread(self.hears, s, b"lazy\n" * count)
        for i in range(count):
            lazy.sendall(b"lazy\n")
            s.sendall(line(i))
            if i % 16 == 0:
                time.sleep(0.001)
        heard.join()
        s.sendall(b"the end\n")
        said = self.numbers(self.hears_until(lazy, b"the end\n"))[1:-1]
        missed = sum(int(t[1:].split()[0]) for t in said
                     if not isinstance(t, int))
        self.assertGreater(missed, 100)
        self.assertEqual(count, missed + sum(isinstance(t, int)
                                             for t in said))

    def test_those_who_never_read_take_no_memory(self):
        self.room(BUFFER + 'slow = "drop";')
        s = self.member(b"s")
        for i in range(20):
            self.lazy(b"lazy%d" % i)
        self.hears_until(s, b"lazy19\n")
        self.flood(s, 2000)
        before = rss(self.d.pid)
        self.flood(s, 20000)
        grown = rss(self.d.pid) - before
        if not IS_SANITIZED:
            self.assertLess(grown, 4 << 20)

    def test_patience_drops_too(self):
        self.room('buffer = "64m"; patience = "300ms"; slow = "drop"; '
                  'notices = true;')
        lazy = self.connect(self.port, receive=4096)
        self.hears_until(lazy, b"(1 member)\n")
        s = self.connect(self.port)
        self.hears_until(s, b"(2 members)\n")
        self.flood(s, 8000)
        time.sleep(1)
        said = []
        t = self.thread(lambda: said.extend(self.numbers(
            self.hears_until(lazy, b"the end\n"))))
        # What comes before it has read the rest may grow too old as well.
        while t.is_alive():
            s.sendall(b"the end\n")
            self.hears(s, b"the end\n")
            time.sleep(0.1)
        t.join()
        self.assertTrue(any(isinstance(t, bytes) and b"dropped" in t
                            for t in said))


class Floods(Slow):
    """Speakers that never stop, in a room that hears them all."""

    def flood_without_end(self, s, over):
        said = line(0) * 64
        while not over.is_set():
            s.sendall(said)

    def swallow(self, s, over, heard):
        while not over.is_set():
            heard.append(len(s.recv(1 << 20)))

    @thrice
    def test_each_has_its_turn(self):
        """Two floods, and one who says a word now and then: soon heard."""
        over = threading.Event()
        try:
            self.turns(over)
        finally:
            over.set()

    def turns(self, over):
        self.room('buffer = "64m"; self = false;')
        heard = []
        floods = [self.connect(self.port) for _ in range(2)]
        quiet = self.connect(self.port)
        self.wait_members(3)
        threads = []
        for s in floods:
            threads.append(self.thread(self.flood_without_end, s, over))
        for s in (floods[0], quiet):
            threads.append(self.thread(self.swallow, s, over, heard))
        got = floods[1]
        began, slowest = time.monotonic(), 0
        tail = b""
        for i in range(50):
            word = b"quiet %d\n" % i
            sent = time.monotonic()
            quiet.sendall(word)
            tail = b""
            while word not in tail:
                more = got.recv(1 << 20)
                self.assertTrue(more, "it was cut")
                tail = tail[-100:] + more
            slowest = max(slowest, time.monotonic() - sent)
            if time.monotonic() - began > 3 * SCALE:
                break
        over.set()
        for s in (*floods, quiet):
            s.shutdown(socket.SHUT_RDWR)
        self.assertGreater(i, 5)
        self.assertGreater(sum(heard), 1 << 20)
        self.assertLess(slowest, 2 * SCALE)
        print(f"{i + 1} words in a flood of {sum(heard) >> 20} MiB, the "
              f"slowest heard after {1000 * slowest:.0f} ms")
        for t in threads:
            try:
                t.join()
            except OSError:
                pass


class Wait(Slow):
    def stall(self, s):
        """Speak until nobody takes it any more: how many lines."""
        s.settimeout(1 * SCALE)
        n = 0
        try:
            while n < 200_000:
                s.sendall(line(n))
                n += 1
        except TimeoutError:
            pass
        s.settimeout(20 * SCALE)
        return n

    def test_the_room_waits_for_the_slowest(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                self.waits(workers)

    def waits(self, workers):
        self.room(BUFFER + 'slow = "wait"; self = false;', workers=workers)
        lazy = [self.connect(self.port, receive=4096) for _ in range(3)]
        s = self.connect(self.port)
        self.wait_members(4)
        n = self.stall(s)
        self.assertGreater(200_000, n)
        # The line that was cut goes on where it was.
        for m in lazy[:2]:
            m.settimeout(5 * SCALE)
        readers = [self.reader(m, n) for m in lazy]
        for r in readers:
            r.join()

    def test_who_is_gone_is_not_waited_for(self):
        self.room(BUFFER + 'slow = "wait"; self = false;', workers=2)
        lazy = self.connect(self.port, receive=4096)
        s, other = self.connect(self.port), self.connect(self.port)
        self.wait_members(3)
        heard = bytearray()

        def read():
            while b"the end\n" not in heard[-100:]:
                heard.extend(other.recv(1 << 20))
        reader = self.thread(read)
        n = self.stall(s)
        self.assertGreater(200_000, n)
        lazy.close()
        s.sendall(b"\nthe end\n")
        reader.join()

    def test_the_dead_are_cut(self):
        self.room(BUFFER + 'slow = "wait"; patience = "500ms";', workers=2)
        lazy = self.lazy()
        s = self.member(b"s")
        self.flood(s, 12000)
        r = self.d.closed("chat")
        self.assertEqual("stage-timeout", r["reason"])
        self.assertTrue(is_reset(lazy))


main()
