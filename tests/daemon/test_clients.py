# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Clients, and backends, that misbehave: they reset, or do not read."""

import socket
import threading
import time

from lib import *

MIB = 1 << 20
# A SO_RCVBUF that keeps loopback slow.
SMALL = 4096


class Resets(Case):
    def run_reset(self, settings):
        seen = threading.Event()

        def watch(s):
            exactly(s, 5)
            s.sendall(b"12345678")
            self.assertTrue(is_reset(s))
            seen.set()
        b = self.backend(watch)
        d, port = self.proxy(b.port, settings=settings)
        s = self.connect(port)
        s.sendall(b"hello")
        exactly(s, 8)
        reset(s)
        self.assertTrue(seen.wait(10 * SCALE))
        r = d.closed("proxy")
        self.assertEqual((5, 5, 8, 8, "client", "client-reset"),
                         (r["from_client"], r["to_backend"],
                          r["from_backend"], r["to_client"], r["by"],
                          r["reason"]))

    def test_client_resets(self):
        self.run_reset("")

    def test_client_resets_while_bytes_are_copied(self):
        self.run_reset("splice = false;")

    def test_client_resets_mid_bulk(self):
        seen = threading.Event()

        def pour(s):
            with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                while True:
                    s.sendall(PATTERN)
            seen.set()
        b = self.backend(pour)
        d, port = self.proxy(b.port)
        s = self.connect(port)
        receive_pattern(s, 16 * MIB)
        reset(s)
        self.assertTrue(seen.wait(10 * SCALE))
        r = d.closed("proxy")
        self.assertEqual("client-reset", r["reason"])
        self.assertGreaterEqual(r["to_client"], 16 * MIB)
        self.assertGreaterEqual(r["from_backend"], r["to_client"])

    def test_forty_resets_of_each_side_leave_nothing_behind(self):
        b = self.backend(lambda s: reset(s) if exactly(s, 1) == b"r"
                         else is_reset(s))
        d, port = self.proxy(b.port)
        before = fd_count(d.pid)
        for _ in range(40):
            s = self.connect(port)
            s.sendall(b"r")
            self.assertTrue(is_reset(s))
            s = self.connect(port)
            s.sendall(b"c")
            self.assertTrue(b.accepted.acquire(timeout=10))
            reset(s)
        d.closed("proxy", 80)
        self.eventually(lambda: fd_count(d.pid) <= before + 4,
                        "descriptors go back")


class DoesNotRead(Case):
    """Backpressure: a bounded intake, no CPU, little memory."""

    def run_stalled(self, settings, memory, count=20):
        took = [0] * count
        stalled = threading.Semaphore(0)
        index = iter(range(count))

        def pour(s):
            if s.recv(1) == b"w":
                send_pattern(s, 16 * MIB)
                return
            i = next(index)
            s.settimeout(1)
            try:
                while took[i] < 256 * MIB:
                    took[i] += s.send(PATTERN[:65536])
            except TimeoutError:
                pass
            stalled.release()
            s.settimeout(60 * SCALE)
            s.shutdown(socket.SHUT_WR)
            s.recv(1)
        b = self.backend(pour)
        d, port = self.proxy(b.port, settings=settings)
        for _ in range(3):  # what the process has once in all
            s = self.connect(port)
            s.sendall(b"w")
            receive_pattern(s, 16 * MIB)
        before = rss(d.pid)
        clients = [self.connect(port, receive=SMALL) for _ in range(count)]
        for s in clients:
            s.sendall(b"s")
        for _ in clients:
            self.assertTrue(stalled.acquire(timeout=20 * SCALE))
        used = cpu_seconds(d.pid)
        time.sleep(1)  # nothing must happen in it: that is the test
        used = cpu_seconds(d.pid) - used
        grown = (rss(d.pid) - before) / count
        print(f"a reader that stalls: intake {max(took) / MIB:.1f} MiB, "
              f"memory {grown / 1024:.0f} KiB each, CPU {used:.2f} s")
        self.assertLessEqual(used, 0.02)
        # All but a pipe's worth waits in the sockets of the kernel.
        self.assertLess(max(took), kernel_most() + MIB)
        if not IS_SANITIZED:
            self.assertLess(grown, memory * 1024)
        total = sum(len(all_of(s)) for s in clients)
        self.assertEqual(sum(took), total)

    @thrice
    def test_reader_that_stalls(self):
        self.run_stalled("", 20)

    @thrice
    def test_reader_that_stalls_while_bytes_are_copied(self):
        # What has been read and could not be sent: a block.
        self.run_stalled("splice = false;", 72)

    def test_backend_that_stalls(self):
        go = threading.Event()
        sent = 0

        def stall(s):
            go.wait(60 * SCALE)
            receive_pattern(s, sent)
            self.assertEqual(b"", s.recv(1))
            s.sendall(b"done")
        b = self.backend(stall)
        d, port = self.proxy(b.port)
        s = self.connect(port)
        s.settimeout(1)
        try:
            while sent < 256 * MIB:
                sent += s.send(pattern(65536, sent))
        except TimeoutError:
            pass
        self.assertLess(sent, kernel_most() + MIB)
        s.settimeout(30 * SCALE)
        s.shutdown(socket.SHUT_WR)
        go.set()
        self.assertEqual(b"done", all_of(s))

    @thrice
    def test_reader_of_a_byte_at_a_time(self):
        """The slowest of all holds up nobody else, and costs no CPU."""
        b = self.backend(lambda s: (s.sendall(PATTERN), s.recv(1)))
        d, port = self.proxy(b.port)
        slow = self.connect(port, receive=SMALL)
        got = exactly(slow, 1)
        used, began = cpu_seconds(d.pid), time.monotonic()
        while time.monotonic() - began < 3:
            got += exactly(slow, 1)
            time.sleep(0.25)  # it is the slow reader
        used = cpu_seconds(d.pid) - used
        self.assertEqual(PATTERN[:len(got)], got)
        self.assertLessEqual(used, 0.05)
        receive = exactly(slow, len(PATTERN) - len(got))
        self.assertEqual(PATTERN[len(got):], receive)


main()
