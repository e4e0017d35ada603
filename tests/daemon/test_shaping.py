# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""delay, limit and trickle change when bytes come, and in which pieces, and
nothing else."""

import socket
import time

from lib import *

KIB = 1024


def collect(pieces):
    """A backend that notes what each recv() got, then says "done"."""
    def handle(s):
        while data := s.recv(65536):
            pieces.append((time.monotonic(), data))
        s.sendall(b"done")
    return handle


def late_end(s):
    """A backend that answers only when the client has ended."""
    data = all_of(s)
    s.sendall(data[::-1])


@needs("delay", "limit", "trickle")
class Shaping(Middle):
    ALL = ('{ type = "trickle"; size = "1"; max_size = "3000"; seed = 7; }',
           '{ type = "trickle"; size = "900"; interval = "1ms"; }',
           '{ type = "limit"; rate = "2m"; }',
           '{ type = "limit"; rate = "500k"; burst = "1"; }',
           '{ type = "delay"; time = "30ms"; }',
           '{ type = "delay"; time = "5ms"; jitter = "40ms"; seed = 3; }')

    def test_bytes_and_ends_are_kept(self):
        for middle in self.ALL:
            for workers in (1, 2):
                with self.subTest(middle, workers=workers):
                    _, port = self.through(middle, workers=workers)
                    threads = [self.thread(self.echoed, port, n, n)
                               for n in (0, 1, 70 * KIB, 200 * KIB)]
                    for t in threads:
                        t.join()

    def test_a_half_close_is_kept(self):
        for middle in self.ALL:
            with self.subTest(middle):
                _, port = self.through(middle, late_end)
                s = self.connect(port)
                s.sendall(pattern(1000))
                s.shutdown(socket.SHUT_WR)
                self.assertEqual(pattern(1000)[::-1], all_of(s))

    def test_all_of_them_in_a_row(self):
        rows = [m[:-1] + f'name = "m{i}"; }}' for i, m in enumerate(self.ALL)]
        d, port = self.through(", ".join(rows))
        self.echoed(port, 100 * KIB)
        r = d.closed("proxy")
        self.assertEqual(("done", 100 * KIB, 100 * KIB),
                         (r["reason"], r["from_client"], r["to_client"]))

    def test_a_reset_is_passed_on(self):
        for middle in self.ALL:
            with self.subTest(middle):
                d, port = self.through(middle)
                s = self.connect(port)
                s.sendall(b"x")
                self.assertEqual(b"x", exactly(s, 1))
                s.sendall(pattern(100 * KIB))
                reset(s)
                self.assertEqual("client-reset", d.closed("proxy")["reason"])

    def test_held_bytes_survive_a_reload(self):
        hold = '{ type = "delay"; time = "400ms"; }'
        quick = '{ type = "delay"; time = "1ms"; }'
        d, port = self.through(hold)
        s = self.connect(port)
        began = time.monotonic()
        s.sendall(pattern(50 * KIB))
        d.configure(proxy_of(port, self.backend_port, quick))
        d.signal(1)
        d.wait_record(lambda r: "generation 2 serves" in r["message"])
        self.echoed(port, 1000)  # of the new generation
        self.assertTrue(pattern(50 * KIB) == exactly(s, 50 * KIB))
        self.assertGreaterEqual(time.monotonic() - began, 0.8)
        s.close()


@needs("trickle")
class Trickle(Middle):
    def pieces(self, options, size, **more):
        """What a backend sees of so many bytes."""
        found = []
        _, port = self.through(f'{{ type = "trickle"; {options} }}',
                               collect(found), **more)
        s = self.connect(port)
        s.sendall(pattern(size))
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"done", all_of(s))
        self.assertTrue(pattern(size) == b"".join(d for _, d in found))
        return found

    @thrice
    def test_an_interval_separates_single_bytes(self):
        found = self.pieces('interval = "40ms";', 12)
        self.assertEqual([1] * 12, [len(d) for _, d in found])
        self.assertGreaterEqual(found[-1][0] - found[0][0], 0.4)

    @thrice
    def test_a_seed_gives_the_same_cuts_again(self):
        def cuts(seed):
            return [len(d) for _, d in self.pieces(
                f'max_size = "50"; interval = "40ms"; seed = {seed};', 300)]
        one = cuts(1)
        self.assertEqual(one, cuts(1))
        self.assertNotEqual(one, cuts(2))
        self.assertGreater(len(set(one)), 5)

    def test_without_an_interval_the_neighbour_sees_every_byte(self):
        d, port = self.through(
            '{ type = "trickle"; direction = "request"; },'
            ' { type = "trace"; level = "info"; }')
        self.echoed(port, 200)
        message, = self.said(d, "close:")
        self.assertIn("request 200 bytes in 200 pieces", message)

    def test_the_other_direction_is_left_alone(self):
        d, port = self.through(
            '{ type = "trace"; }, { type = "trickle"; interval = "1h";'
            ' direction = "request"; }', lambda s: s.sendall(pattern(5000)))
        s = self.connect(port)
        self.assertEqual(pattern(5000), exactly(s, 5000))

    def test_what_cannot_be(self):
        _, port = self.through('{ type = "trickle"; }')
        p = run("-t", "-c", self.write(
            'pipelines: { a = ( { type = "tcp-server"; listen = '
            f'"127.0.0.1:{port}"; }}, {{ type = "trickle"; size = "9";'
            ' max_size = "8"; }, { type = "echo"; } ); };'))
        self.assertEqual(78, p.returncode)
        self.assertIn("option 'max_size': it is less than size", p.stderr)


@needs("limit")
class Limit(Middle):
    def seconds(self, options, size):
        _, port = self.through(f'{{ type = "limit"; {options} }}')
        began = time.monotonic()
        self.echoed(port, size)
        return time.monotonic() - began

    def near(self, wanted, is_seconds):
        self.assertGreaterEqual(is_seconds, wanted * 0.97)
        self.assertLess(is_seconds, wanted * 1.05 + 0.1 * SCALE)

    def keeps(self, direction):
        self.near(1.2, self.seconds(
            f'rate = "200k"; burst = "10k"; direction = "{direction}";',
            250 * KIB))

    @thrice
    def test_the_rate_is_kept_for_requests(self):
        self.keeps("request")

    @thrice
    def test_the_rate_is_kept_for_replies(self):
        self.keeps("reply")

    @thrice
    def test_the_rate_is_kept_for_both(self):
        self.keeps("both")

    @thrice
    def test_a_slow_rate_too(self):
        self.near(1.5, self.seconds('rate = "100"; burst = "50";', 200))

    @thrice
    def test_a_burst_goes_at_once(self):
        self.assertLess(self.seconds('rate = "1"; burst = "200k";',
                                     200 * KIB), 2 * SCALE)

    @thrice
    def test_each_connection_has_its_own(self):
        _, port = self.through('{ type = "limit"; rate = "100k"; }')
        began = time.monotonic()
        threads = [self.thread(self.echoed, port, 60 * KIB) for _ in range(8)]
        for t in threads:
            t.join()
        self.near(0.5, time.monotonic() - began)

    @thrice
    def test_waiting_costs_nothing(self):
        d, port = self.through('{ type = "limit"; rate = "10k"; }')
        s = self.connect(port)
        s.sendall(pattern(60 * KIB))
        before = cpu_seconds(d.pid)
        time.sleep(1)
        self.assertLess(cpu_seconds(d.pid) - before, 0.1 * SCALE)

    def test_what_does_not_pass_holds_the_sender_back(self):
        _, port = self.through('{ type = "limit"; rate = "1k"; }')
        s = self.connect(port, timeout=1)
        sent = 0
        with self.assertRaises(TimeoutError):
            while sent < 64 * KIB * KIB:
                sent += s.send(pattern(65536, sent))
        self.assertLess(sent, 16 * KIB * KIB)


@needs("delay")
class Delay(Middle):
    @thrice
    def test_a_round_trip_takes_twice_as_long(self):
        for options, low in (('time = "100ms";', 0.2),
                             ('time = "100ms"; direction = "reply";', 0.1),
                             ('time = "100ms"; direction = "request";', 0.1)):
            _, port = self.through(f'{{ type = "delay"; {options} }}')
            s, took = self.connect(port), []
            for _ in range(5):
                began = time.monotonic()
                s.sendall(b"x")
                self.assertEqual(b"x", exactly(s, 1))
                took.append(time.monotonic() - began)
            self.assertGreaterEqual(min(took), low)
            # Some may be late, on a busy machine.
            self.assertLess(sorted(took)[1], low + 0.1 * SCALE)

    @thrice
    def test_bytes_do_not_wait_for_those_before_them(self):
        """It is a long line, not a narrow one."""
        found = []
        _, port = self.through('{ type = "delay"; time = "300ms"; }',
                               collect(found))
        s = self.connect(port)
        sent = []
        for i in range(20):
            sent.append(time.monotonic())
            s.sendall(b"%02d" % i)
            time.sleep(0.02)
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"done", all_of(s))
        self.assertEqual(b"".join(b"%02d" % i for i in range(20)),
                         b"".join(d for _, d in found))
        self.assertGreaterEqual(found[0][0] - sent[0], 0.3)
        self.assertLess(found[0][0] - sent[0], 0.3 + 0.1 * SCALE)
        self.assertGreater(len(found), 10)

    def test_an_end_is_delayed_too(self):
        _, port = self.through(
            '{ type = "delay"; time = "200ms"; direction = "request"; }',
            all_of)
        s = self.connect(port)
        began = time.monotonic()
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", all_of(s))
        self.assertGreaterEqual(time.monotonic() - began, 0.2)

    def test_the_way_opens_late(self):
        opened = []
        _, port = self.through('{ type = "delay"; open = "300ms"; }',
                               lambda s: opened.append(time.monotonic()))
        began = time.monotonic()
        s = self.connect(port)
        self.assertEqual(b"", all_of(s))
        self.assertGreaterEqual(opened[0] - began, 0.3)

    def test_what_comes_before_it_is_open_is_kept(self):
        _, port = self.through('{ type = "delay"; open = "200ms"; }')
        self.echoed(port, 300 * KIB)

    def test_a_backend_that_is_not_there(self):
        port = FreePort.get()
        d = self.daemon(proxy_of(port, FreePort.get(),
                                 '{ type = "delay"; open = "50ms"; }'))
        self.assertTrue(self.is_cut(port))
        self.assertEqual("backend-refused", d.closed("proxy")["reason"])

    def test_a_client_that_leaves_before_it_is_open(self):
        d, port = self.through('{ type = "delay"; open = "1h"; }')
        reset(self.connect(port))
        self.assertEqual("client-reset", d.closed("proxy")["reason"])


main()
