# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A configuration that takes long to read: the process does not wait."""

import os
import signal
import time

from lib import *
from lib.control import connect, receive, request


class Slow(Reload):
    def held(self, **more):
        """A daemon whose next reading takes until go_on(): it and its port."""
        self.switch = self.write("0", "hold")
        d, port = self.echo(env=hold(self.switch), **more)
        self.put("1")
        return d, port

    def put(self, byte):
        with open(self.switch, "r+") as f:
            f.write(byte)

    def go_on(self):
        self.put("0")

    def children(self, d):
        """Those that were not waited for, the dead ones too."""
        with open(f"/proc/{d.pid}/task/{d.pid}/children") as f:
            return f.read().split()

    def is_reading(self, d):
        return len(self.children(d)) == 1

    def ask_reload(self, d, count):
        """So many who have asked and wait: their sockets."""
        sockets = [connect(d.path("control.sock")) for _ in range(count)]
        for s in sockets:
            self.addCleanup(s.close)
            s.sendall(request("reload"))
        # Questions are taken in turn, and signals before what comes later.
        for _ in range(2):
            answer(d, "status")
        return sockets

    def begin(self, d):
        d.signal(signal.SIGHUP)
        self.eventually(lambda: self.is_reading(d), "it reads")

    def verdicts(self, d):
        return [r for r in d.records if "reload" in r["message"]]

    def test_signals_are_folded(self):
        d, port = self.held()
        self.begin(d)
        for _ in range(20):
            d.signal(signal.SIGHUP)
            time.sleep(0.005)
        answer(d, "status")  # the last of them was taken, too
        self.assertEqual(1, len(self.children(d)))
        self.assertEqual([], self.verdicts(d))
        self.go_on()
        d.wait_record(lambda r: "generation 3 serves" in r["message"])
        time.sleep(0.2)
        self.assertEqual(2, len(self.verdicts(d)))
        self.assertEqual([], self.children(d))

    def test_everybody_is_served_meanwhile(self):
        d, port = self.held(workers=2)
        old = self.served(port)
        self.begin(d)
        self.assert_served(old)
        new = self.served(port)
        self.assertEqual(1, answer(d, "status")["generation"])
        d.signal(signal.SIGUSR1)
        self.go_on()
        d.wait_record(lambda r: "generation 2 serves" in r["message"])
        for s in (old, new, self.connect(port)):
            self.assert_served(s)

    def test_everybody_hears_of_the_reload_they_asked_for(self):
        d, port = self.held()
        waiting = self.ask_reload(d, 1)
        self.eventually(lambda: self.is_reading(d), "it reads")
        waiting += self.ask_reload(d, 4)
        self.go_on()
        self.assertEqual([2, 3, 3, 3, 3], [
            receive(s)["answer"]["generation"] for s in waiting])
        self.assertEqual(3, answer(d, "status")["generation"])
        self.assertEqual(2, answer(d, "status")["reloads"]["good"])

    def test_sigterm_ends_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            d, port = self.held(shutdown="60s")
            self.begin(d)
            child = self.children(d)[0]
            began = time.monotonic()
            d.signal(number)
            self.assertEqual(0, d.wait())
            self.assertLess(time.monotonic() - began, 5 * SCALE)
            self.assertFalse(os.path.exists(f"/proc/{child}"))
            self.go_on()

    def test_who_asked_hears_that_it_ends(self):
        d, port = self.held(shutdown="60s")
        s = self.served(port)
        waiting = self.ask_reload(d, 3)
        self.eventually(lambda: self.is_reading(d), "it reads")
        d.signal()
        for one in map(receive, waiting):
            self.assertFalse(one["ok"])
            self.assertEqual("reload given up: the process is ending",
                             one["error"])
        self.assertEqual([], self.children(d))
        self.assert_served(s)
        self.assertIn("not read again", ask(d, "reload")["error"])
        s.close()
        self.assertEqual(0, d.wait())

    def test_a_reader_that_is_killed_refuses(self):
        d, port = self.held()
        self.begin(d)
        os.kill(int(self.children(d)[0]), signal.SIGKILL)
        r = d.wait_record(lambda r: "ended by signal 9" in r["message"])
        self.assertTrue(r["message"].startswith(d.config))
        d.wait_record(lambda r: "reload refused" in r["message"])
        self.assertEqual([], self.children(d))
        self.go_on()
        self.reload(d)
        self.served(port)


class InPlace(Reload):
    """The administrator's editor writes the file over, byte by byte, while
    the signal comes."""

    def write_over(self, d, text, pause):
        with open(d.config, "w") as f:
            d.signal(signal.SIGHUP)  # it is empty, and that is valid
            time.sleep(pause)
            f.write(text[:len(text) // 2])
            f.flush()
            time.sleep(pause)
            f.write(text[len(text) // 2:])

    @thrice
    def test_what_is_half_written_is_not_taken(self):
        d, port = self.echo()
        with open(d.config) as f:
            text = f.read()
        visitors = Visitors([("127.0.0.1", port)], 1)
        self.addCleanup(visitors.process.kill)
        for i in range(5):
            self.write_over(d, text, 0.01 + 0.002 * i)
            d.wait_record(lambda r: f"generation {i + 2} serves"
                          in r["message"])
        visitors.stop(20 * SCALE)
        self.assertEqual([], [r for r in d.records if r["level"] == "error"])

    @thrice
    def test_what_never_settles_is_refused(self):
        self.setUp()
        d, port = self.echo()
        is_over = []

        def scribble():
            with open(d.config, "a") as f:
                while not is_over:
                    f.write("\n")
                    f.flush()
                    time.sleep(0.005)
        t = self.thread(scribble)
        try:
            self.refused(d, why="it is being written: reload again once that "
                         "is done$")
        finally:
            is_over.append(True)
            t.join()
        self.served(port)
        self.reload(d)


main()
