# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Out of descriptors: no spinning, no flood in the log, old connections flow,
and new ones are served as soon as there are some again."""

import time

from lib import *


class Descriptors(Case):
    def hold(self, port, count):
        """So many connections, accepted or not."""
        held = []
        for _ in range(count):
            try:
                held.append(self.connect(port))
            except OSError:
                pass
        return held

    def is_served(self, port):
        try:
            with self.connect(port, timeout=0.5) as s:
                s.sendall(b"x")
                return s.recv(1) == b"x"
        except OSError:
            return False

    def run_out(self, settings, files=64):
        d, port = self.echo(files=files, settings=settings)
        old = self.connect(port)
        old.sendall(b"old")
        self.assertEqual(b"old", exactly(old, 3))
        held = self.hold(port, 200)
        used, began = cpu_seconds(d.pid), time.monotonic()
        logged = sum(map(len, d.lines))
        while time.monotonic() - began < 3:
            old.sendall(b"ping")
            self.assertEqual(b"ping", exactly(old, 4))
            time.sleep(0.05)
        used = cpu_seconds(d.pid) - used
        logged = sum(map(len, d.lines)) - logged
        print(f"out of descriptors for 3 s: CPU {used:.2f} s, "
              f"log {logged} bytes")
        self.assertLess(used, 1.5)
        self.assertLess(logged, 400_000)
        for s in held:
            s.close()
        self.eventually(lambda: self.is_served(port), "serves again", 5)
        old.sendall(b"still")
        self.assertEqual(b"still", exactly(old, 5))

    def test_more_clients_than_descriptors(self):
        self.run_out("")

    def test_a_limit_that_is_larger_than_the_descriptors(self):
        """accept() itself fails with EMFILE."""
        self.run_out("limits = { connections = 100000; };")

    def test_no_descriptor_for_the_backend(self):
        b = self.backend(give_back)
        d, port = self.proxy(b.port, files=64,
                             settings="limits = { connections = 100000; };")
        old = self.connect(port)
        old.sendall(b"old")
        self.assertEqual(b"old", exactly(old, 3))
        held = self.hold(port, 200)
        time.sleep(0.5)  # whatever it does, it may do it now
        used = cpu_seconds(d.pid)
        time.sleep(1)
        self.assertLess(cpu_seconds(d.pid) - used, 0.5)
        old.sendall(b"ping")
        self.assertEqual(b"ping", exactly(old, 4))
        for s in held:
            s.close()
        self.eventually(lambda: self.is_served(port), "serves again", 5)


main()
