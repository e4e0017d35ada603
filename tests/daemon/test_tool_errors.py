# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The control tool when something is wrong: the command line, the socket, the
daemon's answer, the output."""

import os
import shutil
import socket
import time

from lib import *


class Errors(Case):
    def fake(self, answer):
        d = FakeDaemon(self.temporary(), answer)
        self.addCleanup(d.close)
        return d

    def says(self, status, stderr, *args, **more):
        p = bindery(*args, **more)
        self.assertEqual((status, ""), (p.returncode, p.stdout), p.stderr)
        self.assertRegex(p.stderr, stderr)
        self.assertRegex(p.stderr, r"^bindery: .+\n\Z")
        return p

    def answered(self, status, stderr, answer, *args):
        self.says(status, stderr, "-s", self.fake(answer).path,
                  *(args or ["status"]))

    def test_usage(self):
        for args in ([], ["-x"], ["nonsense"], ["status", "--no-such"],
                     ["status", "word"], ["drain"], ["drain", "a", "b"],
                     ["tell", "p/b"], ["tell", "p", "w"], ["tell", "p/", "w"],
                     ["tell", "/b", "w"], ["show", "/"], ["kill"],
                     ["kill", "x"], ["kill", "-1"], ["kill", "1x"],
                     ["kill", "9007199254740992"], ["kill", "1", "--all"],
                     ["conns", "--limit", "x"], ["conns", "--limit=-1"],
                     ["conns", "--id", "9007199254740992"],
                     ["conns", "--pipeline"], ["conns", "--identity", b"\xff"],
                     ["explain", "p", "--claim", "x"],
                     ["explain", "p", "--claim", "=x"],
                     ["drain", b"\xff"], ["tell", "p/b", b"\xff"],
                     ["--timeout", "5", "status"], ["--timeout", "0s", "top"],
                     ["status", "-t", "2d"], ["top", "--interval", "1ms"],
                     ["help", "nonsense"], ["reload", "--all"],
                     ["-s", "/" + "x" * 108, "status"],
                     ["drain", "x" * 65536], ["tell", "p/b", "x" * 65536]):
            p = bindery("-s", "/nowhere", *args) if "-s" not in args \
                else bindery(*args)
            self.assertEqual((64, ""), (p.returncode, p.stdout), args)
            self.assertRegex(p.stderr, r"^bindery: .+\n\Z", args)

    def test_no_daemon(self):
        gone = os.path.join(self.temporary(), "x.sock")
        self.says(69, "there is no control socket '.*x.sock': start "
                  "binderyd", "-s", gone, "status")
        s = socket.socket(socket.AF_UNIX)
        s.bind(gone)
        s.close()
        self.says(69, "nobody serves the control socket", "-s", gone,
                  "status")
        self.says(69, "nobody serves the control socket", "-s", "/", "status")

    def test_no_permission(self):
        if os.geteuid() != 0 or IS_SANITIZED or IS_COVERAGE:
            self.skipTest("cannot become another user")
        d = self.fake(good({}))
        os.chmod(os.path.dirname(d.path), 0o700)
        # Where the build is, the other user may not be let in either.
        directory = self.temporary()
        os.chmod(directory, 0o755)
        tool = shutil.copy2(BINDERY, directory)
        self.says(69, "no permission for the control socket .* be root",
                  "-s", d.path, "status", path=tool,
                  preexec_fn=lambda: os.setuid(65534))

    def test_silence(self):
        began = time.monotonic()
        self.answered(75, "no answer through .* within 300ms", None,
                      "--timeout", "300ms", "status")
        self.assertGreaterEqual(time.monotonic() - began, 0.299)

    def test_full_queue(self):
        """connect() itself waits for a daemon that accepts nobody."""
        path = os.path.join(self.temporary(), "full.sock")
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.bind(path)
        s.listen(0)
        for _ in range(3):
            waiting = socket.socket(socket.AF_UNIX)
            self.addCleanup(waiting.close)
            waiting.setblocking(False)
            try:
                waiting.connect(path)
            except BlockingIOError:
                break
        self.says(75, "no answer", "-s", path, "-t", "200ms", "status")

    def test_slow_answer(self):
        """The limit is on the whole answer, not on each piece."""
        path = os.path.join(self.temporary(), "slow.sock")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()

        def drip():
            s, _ = listener.accept()
            with s:
                try:
                    while True:
                        s.send(b" ")
                        time.sleep(0.05)
                except OSError:
                    pass
        t = self.thread(drip)
        self.says(75, "within 500ms", "-s", path, "-t", "500ms", "status")
        t.join()

    def test_closed_early(self):
        for answer in (b"", b"{", b'{"bindery":1,"ok":true,"answer":{}}'):
            self.answered(69, "closed .* before it had answered", answer)

    def test_no_json(self):
        for answer in (b"hello\n", b"{}{}\n", b'{"a":"\xff"}\n', b"\0\n",
                       b'{"a":"\\u0000"}\n', b"[" * 100000 + b"\n",
                       b'{"bindery":1e999}\n'):
            self.answered(70, "is not JSON|is not one of", answer)

    def test_not_an_answer(self):
        for answer in (b"[]\n", b"{}\n", b"1\n", b'{"bindery":"1"}\n'):
            self.answered(70, "is not JSON|is not one of binderyd", answer)
        for answer in ({"bindery": 1}, {"bindery": 1, "ok": 1},
                       {"bindery": 1, "ok": True},
                       {"bindery": 1, "ok": True, "answer": []},
                       {"bindery": 1, "ok": False},
                       {"bindery": 1, "ok": False, "error": 5}):
            self.answered(70, "lacks members", answer)

    def test_other_protocol(self):
        self.answered(70, "speaks version 2 of the protocol, this program "
                      "version 1", dict(good({}), bindery=2))

    def test_refusals(self):
        self.answered(1, "^bindery: there is no pipeline 'x'\n",
                      bad("there is no pipeline 'x'"), "drain", "x")
        for args in (["kill", "1"], ["top"], ["top", "--count", "1"]):
            self.answered(1, "^bindery: no\n", bad("no"), *args)

    def test_answer_before_the_end_of_the_request(self):
        """A daemon that reads no more has answered nevertheless."""
        path = os.path.join(self.temporary(), "short.sock")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()

        def refuse():
            s, _ = listener.accept()
            with s:
                s.send(b'{"bindery":1,"ok":false,"error":"too long"}\n')
                s.shutdown(socket.SHUT_RD)
                time.sleep(0.2)
        t = self.thread(refuse)
        self.says(1, "too long", "-s", path, "tell", "p/b", "x" * 60000)
        t.join()

    def test_long_answer(self):
        text = "x" * (8 << 20)
        d = self.fake(good({"text": text}))
        self.assertEqual(text, bindery("-s", d.path, "metrics").stdout)

    def test_endless_answer(self):
        if IS_SANITIZED:
            self.skipTest("takes much memory")
        path = os.path.join(self.temporary(), "endless.sock")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()
        piece = b" " * (1 << 20)

        def flood():
            s, _ = listener.accept()
            with s:
                s.settimeout(20 * SCALE)
                try:
                    for _ in range(300):
                        s.sendall(piece)
                except OSError:
                    pass
        t = self.thread(flood)
        self.says(70, "longer than 256.0 MiB", "-s", path, "status")
        t.join()

    def test_output_that_nobody_takes(self):
        d = self.fake(good({"text": "x"}))
        for args in (["help"], ["version"], ["-s", d.path, "metrics"],
                     ["-s", d.path, "--json", "status"],
                     ["-s", d.path, "top", "--count", "1", "--interval",
                      "100ms"]):
            with open("/dev/full", "w") as full:
                p = bindery(*args, stdout=full)
            self.assertEqual(70, p.returncode, args)
            self.assertIn("cannot write to the standard output: No space",
                          p.stderr)

    def test_version_and_help(self):
        for args in (["version"], ["-V"], ["--version"]):
            self.assertRegex(bindery(*args).stdout, r"^bindery \d+\.\d+\.\d+$")
        self.assertRegex(bindery("version", "-j").stdout,
                         r'^{"version":"[\d.]+"}$')
        everything = bindery("help").stdout
        self.assertEqual(everything, bindery("-h").stdout)
        for name in bindery("help", "--words").stdout.split("\n"):
            if not name or name.startswith("-"):
                continue
            p = bindery("help", name)
            self.assertEqual(0, p.returncode)
            self.assertRegex(p.stdout, r"^usage: bindery \S+")
            self.assertEqual(p.stdout, bindery(name, "-h").stdout)


main()
