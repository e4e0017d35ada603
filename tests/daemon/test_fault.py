# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""fault does what it was told, where it was told, and again with its seed."""

import re
import socket
import time

from lib import *

SIZE = 100_000


def fault(kind, more="", direction="request"):
    return (f'{{ type = "fault"; fault = "{kind}"; {more}'
            f' direction = "{direction}"; }}')


class Keeper:
    """A backend that keeps what it got, and how it ended."""

    def __init__(self):
        self.got = []

    def __call__(self, s):
        data, end = bytearray(), "end"
        try:
            while more := s.recv(65536):
                data += more
        except ConnectionResetError:
            end = "reset"
        self.got.append((bytes(data), end))


@needs("fault", "trickle", "trace")
class Fault(Middle):
    def sent(self, middle, size=SIZE, connections=1, **more):
        """What the backend got of each of some connections."""
        keeper = Keeper()
        self.d, port = self.through(middle, keeper, **more)
        for i in range(connections):
            try:
                s = self.connect(port)
                s.sendall(pattern(size))
                s.shutdown(socket.SHUT_WR)
                all_of(s)
            except OSError:  # it was reset
                pass
            self.eventually(lambda: len(keeper.got) > i, "the end")
        return keeper.got

    def seeds(self, text, count=1):
        return [int(re.search(r"; seed = (-?\d+) does it again", m)[1])
                for m in self.said(self.d, text, count)]

    def test_a_reset_at_an_offset(self):
        (data, end), = self.sent(fault("reset", 'after = "12345";'))
        self.assertEqual("reset", end)
        self.assertTrue(pattern(12345) == data, len(data))
        self.said(self.d, "reset after 12345 bytes of the request; seed = 1 ")

    def test_a_reset_before_any_byte(self):
        _, port = self.through(fault("reset"))
        self.assertTrue(self.is_cut(port))

    def test_an_early_end_leaves_the_reply_alone(self):
        def handle(s):
            self.assertEqual(pattern(500), all_of(s))
            s.sendall(pattern(300_000))
        _, port = self.through(fault("truncate", 'after = "500";'), handle)
        s = self.connect(port)
        self._send(s, 200_000, 0)
        self.assertTrue(pattern(300_000) == all_of(s))

    def test_an_early_end_of_the_reply(self):
        _, port = self.through(fault("truncate", 'after = "7";', "reply"))
        s = self.connect(port)
        s.sendall(pattern(SIZE))
        self.assertEqual(pattern(7), all_of(s))

    def test_one_bit_is_wrong(self):
        (data, end), = self.sent(fault("corrupt", 'after = "777";'))
        self.assertEqual(("end", SIZE), (end, len(data)))
        wrong = [i for i in range(SIZE) if data[i] != pattern(1, i)[0]]
        self.assertEqual([777], wrong)
        self.assertEqual(1, (data[777] ^ pattern(1, 777)[0]).bit_count())

    @thrice
    def test_a_stall_of_some_time(self):
        _, port = self.through(fault("stall", 'after = "5"; time = "300ms";'))
        s = self.connect(port)
        began = time.monotonic()
        s.sendall(pattern(SIZE))
        self.assertEqual(pattern(5), exactly(s, 5))
        self.assertLess(time.monotonic() - began, 0.3 * SCALE)
        self.assertTrue(pattern(SIZE - 5, 5) == exactly(s, SIZE - 5))
        self.assertGreaterEqual(time.monotonic() - began, 0.299)

    def test_a_stall_for_ever_holds_the_end_back_too(self):
        _, port = self.through(fault("stall", 'after = "5";'))
        s = self.connect(port)
        s.sendall(pattern(100))
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(pattern(5), exactly(s, 5))
        s.settimeout(1)
        with self.assertRaises(TimeoutError):
            s.recv(1)
        reset(s)

    def test_a_refusal(self):
        d, port = self.through('{ type = "fault"; fault = "refuse"; }')
        self.assertTrue(self.is_cut(port))
        self.said(d, "refused after 0 bytes")

    def wrong(self, more, **rest):
        """Places of wrong bytes, connection by connection."""
        return [[i for i in range(len(data)) if data[i] != pattern(1, i)[0]]
                for data, _ in self.sent(
                    fault("corrupt", 'every = "5000";' + more), **rest)]

    def test_a_seed_hits_the_same_bytes_however_they_are_cut(self):
        one, = self.wrong("seed = 4;")
        again, = self.wrong("seed = 4;")
        other, = self.wrong("seed = 5;")
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)
        self.assertLess(8, len(one))
        self.assertGreater(40, len(one))
        cut = self.sent('{ type = "trickle"; max_size = "4000"; }, '
                        + fault("corrupt", 'every = "5000"; seed = 4;'))
        self.assertEqual(one, [i for i in range(SIZE)
                               if cut[0][0][i] != pattern(1, i)[0]])

    def test_the_log_says_how_to_have_it_again(self):
        many = self.wrong("seed = 100;", connections=3)
        self.assertEqual(3, len({str(m) for m in many}))
        seeds = self.seeds("corrupted", sum(map(len, many)))
        again, = self.wrong(f"seed = {seeds[-1]};")
        self.assertEqual(many[2], again)

    def test_some_connections_are_hit(self):
        ends = [e for _, e in self.sent(
            fault("reset", 'after = "10"; one_in = 3; seed = 9;'), 1000, 30)]
        self.assertTrue(3 <= ends.count("reset") <= 20, ends)
        seed = self.seeds("reset after 10", ends.count("reset"))[0]
        self.assertEqual("reset", self.sent(
            fault("reset", f'after = "10"; one_in = 3; seed = {seed};'))
            [0][1])

    def test_the_others_are_not_looked_at(self):
        d, port = self.through(fault("reset", f"one_in = {10 ** 9};"))
        self.echoed(port, SIZE)
        self.assertEqual("done", d.closed("proxy")["reason"])

    def test_with_two_workers_no_seed_comes_twice(self):
        self.sent(fault("truncate"), 10, 20, workers=2)
        self.assertEqual(20, len(set(self.seeds("truncated after 0", 20))))

    def test_it_counts(self):
        port, scrape = FreePort.get(), FreePort.get()
        to = self.backend(Keeper()).port
        self.daemon(
            proxy_of(port, to, fault("stall", 'every = "100"; time = "1ms";'))
            + server(scrape, name="m", rest='{ type = "metrics"; }'))
        s = self.connect(port)
        self._send(s, 1000, 0)
        self.assertEqual(b"", all_of(s))
        s = self.connect(scrape)
        s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        m = re.search(rb'bindery_fault_faults_total{.*fault="stall".*} (\d+)',
                      all_of(s))
        self.assertTrue(3 < int(m[1]) < 30, m)

    def test_what_cannot_be(self):
        for options, why in (
                ('fault = "reset"; time = "1s";', "option 'time': it is for"),
                ('fault = "refuse"; after = "1";', "option 'fault'"),
                ('fault = "fire";', "'fault'"), ('', "'fault'")):
            with self.subTest(options):
                p = run("-t", "-c", self.write(
                    'pipelines: { a = ( { type = "tcp-server"; listen = '
                    '"127.0.0.1:1"; }, { type = "fault"; ' + options
                    + ' }, { type = "echo"; } ); };'))
                self.assertEqual(78, p.returncode)
                self.assertIn(why, p.stderr)


main()
