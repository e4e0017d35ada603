# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A system that moves fewer bytes than it could, or has no memory: nothing
stalls, nothing changes, nothing dies.  See tests/lib/shim.c."""

import socket
import unittest

from lib import *

KIB = 1024


@unittest.skipIf(IS_SANITIZED, "the sanitizers want to be the first library")
class Cut(Case):
    def both_ways(self, cut, splice, size):
        def serve(s):
            t = self.thread(send_pattern, s, size)
            receive_pattern(s, size)
            self.assertEqual(b"", s.recv(1))
            t.join()
        b = self.backend(serve)
        d, port = self.proxy(b.port, env=shim(cut=cut),
                             settings=f"splice = {splice};")
        s = self.connect(port)
        t = self.thread(send_pattern, s, size)
        receive_pattern(s, size)
        t.join()
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", s.recv(1))
        r = d.closed("proxy")
        self.assertEqual([size] * 4, [r["from_client"], r["to_backend"],
                                      r["from_backend"], r["to_client"]])

    def ping_pong(self, cut, splice):
        d, port = self.echo(env=shim(cut=cut), settings=f"splice = {splice};")
        s = self.connect(port)
        for size in list(range(1, 40)) + [1000, 5000, 70000]:
            s.sendall(pattern(size))
            self.assertEqual(pattern(size), exactly(s, size))
        s.sendall(pattern(30000))
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(pattern(30000), all_of(s))

    def test_random_both_ways(self):
        self.both_ways("random", "true", 64 * KIB * KIB)

    def test_random_both_ways_copied(self):
        self.both_ways("random", "false", 64 * KIB * KIB)

    def test_few_both_ways(self):
        self.both_ways("few", "true", 512 * KIB)

    def test_few_both_ways_copied(self):
        self.both_ways("few", "false", 512 * KIB)

    def test_random_ping_pong(self):
        for splice in ("true", "false"):
            self.ping_pong("random", splice)

    def test_few_ping_pong(self):
        for splice in ("true", "false"):
            self.ping_pong("few", splice)

    def test_many_at_once(self):
        d, port = self.echo(env=shim(cut="random"), workers=2)
        clients = [self.connect(port) for _ in range(100)]
        for round in range(20):
            for i, s in enumerate(clients):
                s.sendall(pattern(700 * (i + 1), round))
            for i, s in enumerate(clients):
                self.assertEqual(pattern(700 * (i + 1), round),
                                 exactly(s, 700 * (i + 1)))

    def test_configuration(self):
        """The reading child, too, gets its bytes in pieces."""
        d, port = self.echo(env=shim(cut="few"))
        s = self.connect(port)
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))


@unittest.skipIf(IS_SANITIZED, "the sanitizers have a malloc of their own")
class NoMemory(Case):
    def start_with_switch(self, one_in, pipelines, **more):
        switch = self.write("0")
        d = self.daemon(pipelines, env=shim(malloc=one_in, switch=switch),
                        **more)
        return d, switch

    def flip(self, switch, value):
        with open(switch, "r+b") as f:
            f.write(value)

    def attempt(self, port):
        """A round trip and an end; does it succeed?"""
        try:
            with socket.create_connection(("127.0.0.1", port), 20) as s:
                s.sendall(b"hello")
                s.shutdown(socket.SHUT_WR)
                return all_of(s) == b"hello"
        except TimeoutError:
            raise
        except OSError:
            return False

    def run_failing(self, one_in, name, splice="true"):
        b = self.backend(give_back)
        port = FreePort.get()
        d, switch = self.start_with_switch(one_in, f'''
            proxy = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}"; }},
                {name}
                {{ type = "tcp-client"; connect = "localhost:{b.port}"; }} );
            ''', settings=f"splice = {splice};", workers=2)
        self.assertTrue(self.attempt(port))
        files = fd_count(d.pid)
        self.flip(switch, b"1")
        tries = served = 0
        while tries < 400 or tries < 20_000 and not served:
            served += self.attempt(port)
            tries += 1
        self.flip(switch, b"0")
        print(f"1 allocation of {one_in} fails: {served} of {tries} served")
        self.assertTrue(d.is_alive(), d.said())
        self.assertGreater(served, 0)
        self.eventually(lambda: fd_count(d.pid) <= files + 8,
                        "descriptors go back")
        for _ in range(20):
            self.assertTrue(self.attempt(port))

    def test_one_in_30(self):
        self.run_failing(30, "")

    def test_one_in_3(self):
        self.run_failing(3, "")

    def test_one_in_30_through_a_stage(self):
        self.run_failing(30, '{ type = "pass"; },')

    @unittest.skipIf(IS_COVERAGE, "gcov does not survive it")
    def test_at_the_start(self):
        """It starts, or says why not; it never dies of a signal."""
        config = self.write(f'''pipelines: {{ echo = ( {{ type = "tcp-server";
            listen = "127.0.0.1:{FreePort.get()}"; }},
            {{ type = "echo"; }} ); }};''')
        ends = set()
        for seed in range(60):
            p = run("-t", "-c", config,
                    env=shim(malloc=10 + 7 * seed, seed=seed))
            self.assertIn(p.returncode, (0, 70, 71, 78), p.stderr)
            if p.returncode:
                self.assertNotEqual("", p.stderr)
            ends.add(p.returncode)
        self.assertGreater(len(ends), 1, ends)  # it can fail, and succeed


main()
