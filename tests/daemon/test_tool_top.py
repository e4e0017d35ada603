# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""bindery top: plain, as JSON, and on a terminal that it gives back."""

import json
import os
import signal
import subprocess

from lib import *

ALTERNATE, BACK = "\x1b[?1049h", "\x1b[?25h\x1b[?1049l"


def busy():
    """A daemon whose counters grow with every question."""
    count = {"pipelines": 0, "connections": 0}

    def answer(request):
        command = request["command"]
        count[command] += 1
        n = count[command]
        if command == "pipelines":
            return good({"pipelines": [
                {"name": "gate", "connections": 2, "accepted": 1000 * n,
                 "from_client": 1000000 * n, "to_client": 0,
                 "from_backend": 0, "to_backend": 5000 * n}]})
        return good({"matched": 2, "is_cut": False, "connections": [
            {"id": 8, "pipeline": "gate", "peer": "slow:1", "from_client": n},
            {"id": 7, "pipeline": "gate", "peer": "busy:1",
             "from_client": 1000000 * n}]})
    return answer


class Top(Case):
    def fake(self, answer):
        d = FakeDaemon(self.temporary(), answer)
        self.addCleanup(d.close)
        return d

    def top(self, *args, **more):
        d = self.fake(busy())
        t = Terminal("-s", d.path, "top", "--interval", "100ms", *args,
                     **more)
        self.addCleanup(t.close)
        return t

    def test_plain(self):
        d = self.fake(busy())
        p = bindery("-s", d.path, "top", "--interval", "100ms", "--count",
                    "2")
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertNotIn("\x1b", p.stdout)
        self.assertEqual(2, p.stdout.count("PIPELINE  NOW"))
        self.assertRegex(p.stdout,
                         r"(?m)^gate +2 +\d+ +[\d.]+ [KM]iB/s +0 B/s")
        self.assertLess(p.stdout.index("busy:1"), p.stdout.index("slow:1"))
        self.assertEqual({"stages": False, "limit": 10000},
                         d.requests[1]["arguments"])
        self.assertEqual(6, len(d.requests))

    def test_json(self):
        d = self.fake(busy())
        p = bindery("-s", d.path, "--json", "top", "--interval", "200ms",
                    "--count", "2")
        frames = [json.loads(line) for line in p.stdout.splitlines()]
        self.assertEqual(2, len(frames))
        for frame in frames:
            self.assertGreaterEqual(frame["interval_ms"], 150)
            gate = frame["pipelines"][0]
            # 1000 in an interval, whatever it was exactly.
            self.assertAlmostEqual(
                1000, gate["accepted_rate"] * frame["interval_ms"] / 1000,
                delta=10)
            self.assertEqual([7, 8], [c["id"]
                                      for c in frame["connections"]])

    def test_quit(self):
        t = self.top()
        t.until(lambda text: text.count("busy:1") >= 2)
        t.type("xq")
        self.assertEqual(0, t.finish())
        self.assertTrue(t.text.startswith(ALTERNATE))
        self.assertTrue(t.text.endswith(BACK))
        self.assertTrue(t.is_as_before())

    def test_signals_give_the_terminal_back(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            t = self.top()
            t.until(lambda text: "busy:1" in text)
            t.process.send_signal(number)
            self.assertEqual(-number, t.finish())
            self.assertTrue(t.text.endswith(BACK), t.text)
            self.assertTrue(t.is_as_before())

    def test_interrupted_while_it_waits_for_the_daemon(self):
        d = self.fake(None)
        t = Terminal("-s", d.path, "top")
        self.addCleanup(t.close)
        t.until(lambda text: ALTERNATE in text)
        self.eventually(lambda: d.requests, "a question")
        t.type("\x03")
        self.assertEqual(-signal.SIGINT, t.finish())
        self.assertTrue(t.is_as_before())

    def test_a_frame_fits(self):
        """No frame scrolls, nor is wider than the screen."""
        t = self.top(columns=30, rows=8)
        t.until(lambda text: text.count("\x1b[H") >= 3)
        t.type("q")
        t.finish()
        for frame in t.text.split("\x1b[H")[1:]:
            lines = frame.partition("\x1b[?25h")[0].split("\r\n")
            self.assertLessEqual(len(lines), 8)
            for line in lines:
                for code in ("\x1b[K", "\x1b[J", "\x1b[1m", "\x1b[0m"):
                    line = line.replace(code, "").rstrip("\r")
                self.assertLessEqual(len(line), 30, line)

    def test_resize(self):
        d = self.fake(busy())
        t = Terminal("-s", d.path, "top", "--interval", "1h", columns=20)
        self.addCleanup(t.close)
        t.until(lambda text: "\x1b[J" in text)
        self.assertNotIn("TO BACKEND", t.text)
        t.resize(150, 24)
        t.until(lambda text: "TO BACKEND" in text)
        t.type("q")
        self.assertEqual(0, t.finish())

    def test_daemon_goes_away(self):
        d = FakeDaemon(self.temporary(), busy())
        t = Terminal("-s", d.path, "top", "--interval", "100ms")
        self.addCleanup(t.close)
        t.until(lambda text: "busy:1" in text)
        os.unlink(d.path)  # first: who is refused would hear other words
        d.close()
        self.assertEqual(69, t.finish())
        self.assertTrue(t.text.endswith(BACK), t.text)
        self.assertRegex(t.process.stderr.read().decode(),
                         "^bindery: there is no control socket")

    def test_an_error_is_left_on_the_terminal(self):
        d = FakeDaemon(self.temporary(), busy())
        t = Terminal("-s", d.path, "top", "--interval", "100ms",
                     with_errors=True)
        self.addCleanup(t.close)
        t.until(lambda text: "busy:1" in text)
        d.answer = bad("no more", "one", "other")
        self.assertEqual(1, t.finish())
        d.close()
        self.assertEqual(["one", "other", "bindery: no more"],
                         t.text.rpartition(BACK)[2].split("\r\n")[:-1])

    def test_counted_on_a_terminal_is_plain(self):
        t = self.top("--count", "1")
        self.assertEqual(0, t.finish())
        self.assertNotIn(ALTERNATE, t.text)


main()
