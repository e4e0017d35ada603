# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What somebody who may connect to the control socket, or may not, can do:
nothing that others notice."""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import threading
import time
import unittest

from lib import *
from lib import control
from lib.build import BINDERYD
from lib.control import ask, connect, converse, request
from lib.daemon import PATHS

REQUEST_MAX = 65536

# As bindery-control(7) has them: 's' text, 'i' number, 'b' boolean, 'l' list
# of texts, 'm' map of texts.
FILTERS = {"pipeline": "s", "source": "s", "identity": "s",
           "generation": "i", "id": "i"}
COMMANDS = {
    "status": {}, "reload": {}, "upgrade": {}, "reopen": {}, "pipelines": {},
    "generations": {}, "plugins": {}, "graph": {}, "metrics": {},
    "config": {},
    "stop": {"now": "b"},
    "connections": FILTERS | {"stages": "b", "limit": "i", "before": "i"},
    "kill": FILTERS | {"all": "b"},
    "drain": {"pipeline": "s"},
    "show": {"pipeline": "s", "binding": "s"},
    "explain": {"pipeline": "s", "source": "s", "server_name": "s",
                "identity": "s", "claims": "m", "facts": "m"},
    "tell": {"pipeline": "s", "binding": "s", "words": "l"},
    "log-level": {"level": "s"},
}
GOOD = {"s": "x", "i": 1, "b": True, "l": ["x"], "m": {"x": "y"}}
BAD = {
    "s": [1, True, None, [], {}, 1.5],
    "i": ["1", -1, 1.0, True, None, [], {}],
    "b": ["true", 0, 1, None, [], {}],
    "l": ["x", [1], ["x", None], [["x"]], {}, 1, None],
    "m": ["x", [], {"x": 1}, {"x": None}, {"x": {}}, 1, None],
}


class Hostile(Case):
    def setUp(self):
        self.port = FreePort.get()
        self.pipeline = (f'echo = ( {{ type = "tcp-server"; listen = '
                         f'"127.0.0.1:{self.port}"; }}, {{ type = "route"; }},'
                         ' { type = "echo"; } );')

    def serve(self, **more):
        d = self.daemon(self.pipeline, **more)
        self.path = d.path("control.sock")
        return d

    def sentence(self, data):
        """The one with which these bytes are refused."""
        whole = converse(self.path, data)
        self.assertFalse(whole["ok"], data[:100])
        self.assertNotIn("answer", whole)
        return whole["error"]


class Requests(Hostile):
    def test_what_is_no_request(self):
        self.serve()
        for data in (b"\n", b"{\n", b"x\n", b"GET / HTTP/1.1\r\n\r\n", b"[]\n",
                     b"1\n", b"null\n", b'"status"\n', b"\0\n", b"{}\0\n",
                     b"\xff\xfe{}\n", b'{"a": "\xff"}\n', b'{"a": "\\u0000"}\n',
                     b'{"\\ud800": 1}\n', b'{"bindery": 1e999}\n',
                     b'{"bindery": 99999999999999999999}\n',
                     b'{"a": 1, "a": 1}\n', b"{} {}\n", b"{}x\n",
                     b"\xef\xbb\xbf{}\n"):
            self.assertIn("no JSON object", self.sentence(data), data)
        for deep in (b"[", b'{"a":'):
            self.assertIn("no JSON object", self.sentence(
                deep * (60000 // len(deep)) + b"\n"))

    def test_what_is_no_good_request(self):
        self.serve()
        for whole, sentence in (
                ({}, "version of the protocol"),
                ({"command": "status"}, "version of the protocol"),
                ({"bindery": 2, "command": "status"}, "version"),
                ({"bindery": "1", "command": "status"}, "version"),
                ({"bindery": True, "command": "status"}, "version"),
                ({"bindery": 1.0, "command": "status"}, "version"),
                ({"bindery": 1}, "'command' is not a string"),
                ({"bindery": 1, "command": 1}, "'command' is not a string"),
                ({"bindery": 1, "command": "status", "arguments": []},
                 "'arguments' not an object"),
                ({"bindery": 1, "command": "status", "arguments": None},
                 "'arguments' not an object"),
                ({"bindery": 1, "command": "status", "more": 1},
                 "no member 'more'"),
                ({"bindery": 1, "command": ""}, "no command ''"),
                ({"bindery": 1, "command": "statsu"}, "is 'status' meant"),
                ({"bindery": 1, "command": "x" * 60000}, "no command 'xxx"),
                ({"bindery": 1, "command": "status", "m" * 60000: 1},
                 "no member 'mmm")):
            said = self.sentence(json.dumps(whole).encode() + b"\n")
            self.assertIn(sentence, said)
            self.assertLess(len(said), 1024)

    def test_arguments_of_a_wrong_kind(self):
        d = self.serve()
        for command, arguments in COMMANDS.items():
            for name, kind in arguments.items():
                good = {n: GOOD[k] for n, k in arguments.items()}
                for value in BAD[kind]:
                    said = self.sentence(request(
                        command, **(good | {name: value})))
                    self.assertIn(f"'{command}': argument '{name}' is not ",
                                  said)
            said = self.sentence(request(command, **{"unheard-of": 1}))
            self.assertIn(f"'{command}' has no argument 'unheard-of'", said)
            said = self.sentence(request(command, **{"u" * 60000: 1}))
            self.assertIn("has no argument 'uuu", said)
        for command, name in (("drain", "pipeline"), ("explain", "pipeline"),
                              ("tell", "pipeline")):
            self.assertIn(f"needs argument '{name}'",
                          self.sentence(request(command)))
        self.assertTrue(d.is_alive())

    def test_numbers_at_their_limits(self):
        d = self.serve()
        s = self.connect(self.port)
        s.sendall(b"x")
        exactly(s, 1)
        big = (1 << 63) - 1
        self.assertEqual(1, ask(self.path, "connections", limit=big,
                                before=big)["matched"])
        self.assertEqual(0, ask(self.path, "connections", before=0)[
            "matched"])
        for name in ("id", "generation"):
            for value in (0, big, 1 << 32, (1 << 32) + 1):
                self.assertEqual(0, ask(
                    self.path, "connections", **{name: value})["matched"])
                self.assertEqual(0, ask(
                    self.path, "kill", **{name: value})["killed"])
        self.assertTrue(d.is_alive())

    def test_size(self):
        self.serve()
        fill = request("status")[:-1]
        for size in (REQUEST_MAX - 1, REQUEST_MAX):
            data = fill + b" " * (size - len(fill) - 1) + b"\n"
            self.assertTrue(converse(self.path, data)["ok"], size)
        for data in (fill + b" " * (REQUEST_MAX - len(fill)),
                     fill + b" " * (REQUEST_MAX + 1000)):
            with connect(self.path) as s:
                s.sendall(data)
                self.assertIn("longer than 65536", control.receive(s)["error"])
        with connect(self.path) as s, contextlib.suppress(OSError):
            s.sendall(b"x" * (10 << 20))
            self.fail("ten megabytes were taken")
        self.assertTrue(ask(self.path, "status"))

    def test_pieces(self):
        self.serve()
        with connect(self.path) as s:
            for byte in request("status"):
                s.send(bytes([byte]))
            self.assertTrue(control.receive(s)["ok"])
        with connect(self.path) as s:  # the end of the stream ends it too
            s.sendall(request("status")[:-1])
            s.shutdown(socket.SHUT_WR)
            self.assertTrue(control.receive(s)["ok"])
        with connect(self.path) as s:  # one question a connection
            s.sendall(request("status") + request("stop"))
            with contextlib.suppress(ConnectionResetError):
                self.assertTrue(control.receive(s)["ok"])
        with connect(self.path) as s:  # nothing at all
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(b"", s.recv(1))
        self.assertFalse(ask(self.path, "status")["is_ending"])

    @thrice
    def test_slowness(self):
        self.serve()

        def slowly(data, step):
            with connect(self.path) as s:
                began = time.monotonic()
                for byte in data:
                    try:
                        s.send(bytes([byte]))
                    except OSError:
                        break
                    time.sleep(step)
                answer = control.receive(s)
                self.assertIn("in time", answer["error"])
                self.assertGreater(time.monotonic() - began, 4)
                self.assertLess(time.monotonic() - began, 8 * SCALE)
        threads = [self.thread(slowly, b"", 0),
                   self.thread(slowly, b"{", 0),
                   self.thread(slowly, request("status")[:8], 0.9)]
        for t in threads:
            t.join()


class Crowds(Hostile):
    def test_connects_and_closes(self):
        d = self.serve()
        for i in range(3000):
            with connect(self.path) as s:
                if i % 3 == 1:
                    s.sendall(b'{"bindery"')
                if i % 3 == 2:
                    s.sendall(request("status"))
        self.assertTrue(ask(self.path, "status"))
        self.eventually(lambda: fd_count(d.pid) < 60, "all are closed")

    @thrice
    def test_a_silent_crowd(self):
        """A good question is answered within some seconds."""
        self.serve()
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(connect(self.path))
            began = time.monotonic()
            self.assertTrue(ask(self.path, "status"))
            self.assertLess(time.monotonic() - began, 6 * SCALE)

    @thrice
    def test_who_never_reads(self):
        d = self.serve(workers=2)
        streams = [self.connect(self.port) for _ in range(500)]
        for s in streams:
            s.sendall(b"x")
            exactly(s, 1)
        with contextlib.ExitStack() as stack:
            silent = [stack.enter_context(connect(self.path))
                      for _ in range(40)]
            for s in silent:
                s.sendall(request("connections"))
            began = time.monotonic()
            self.assertEqual(500, ask(self.path, "status",
                                      timeout=30)["connections"])
            self.assertLess(time.monotonic() - began, 8 * SCALE)
            # One that reads late has its answer whole, or none.
            self.assertEqual(500, len(ask(self.path, "connections")[
                "connections"]))
        self.assertTrue(d.is_alive())

    def test_descriptors_are_short(self):
        """Just then the operator has a question; and nobody spins."""
        d = self.serve(files=100,
                       settings="limits = { connections = 10000; };")
        streams = []
        with contextlib.suppress(OSError):
            for _ in range(120):
                streams.append(self.connect(self.port, timeout=1))
        # What is left is not for clients.
        self.eventually(lambda: fd_count(d.pid) >= 88, "few are left")
        self.assertGreater(ask(self.path, "status")["connections"], 50)
        self.assertGreater(ask(self.path, "status")["connections"], 50)
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(connect(self.path))
            before = cpu_seconds(d.pid)
            time.sleep(1)
            self.assertLess(cpu_seconds(d.pid) - before, 0.4)
        self.assertGreater(ask(self.path, "kill", pipeline="echo")["killed"],
                           50)
        for s in streams:
            s.close()

    def ping(self, stop, times):
        s = self.connect(self.port)
        while not stop.is_set():
            began = time.monotonic()
            s.sendall(b"x")
            exactly(s, 1)
            times.append(time.monotonic() - began)
            time.sleep(0.002)

    def harass(self, seconds):
        """Everything at once."""
        end = time.monotonic() + seconds

        def drop(data):
            while time.monotonic() < end:
                with connect(self.path, 60) as s, \
                        contextlib.suppress(OSError):
                    s.sendall(data)

        def converses(data):
            while time.monotonic() < end:
                with contextlib.suppress(OSError):
                    converse(self.path, data, 60)
        threads = [
            self.thread(drop, b'{"bindery'), self.thread(drop, b"x" * 70000),
            self.thread(converses, b"[" * 60000 + b"\n"),
            self.thread(converses, request("connections")),
            self.thread(converses, request("kill", id=1)),
            self.thread(converses, request("reload")),
            self.thread(converses, request(
                "tell", pipeline="echo", binding="route", words=["flood"])),
            self.thread(drop, request("connections"))]
        for t in threads:
            t.join()

    @thrice
    def test_the_data_path_does_not_suffer(self):
        d = self.serve(workers=2)
        streams = [self.connect(self.port) for _ in range(300)]
        self.harass(1)
        files, memory = fd_count(d.pid), rss(d.pid)
        stop, times = threading.Event(), []
        t = self.thread(self.ping, stop, times)
        try:
            self.harass(4)
        finally:
            stop.set()
        t.join()
        self.assertGreater(len(times), 50)
        slow = statistics.quantiles(times, n=100)[98]
        self.assertLess(slow, 0.1 * SCALE)
        for s in streams:
            s.sendall(b"x")
            self.assertEqual(b"x", exactly(s, 1))
        self.eventually(lambda: fd_count(d.pid) <= files + 1,
                        "the descriptors are as many as before")
        if not IS_SANITIZED:
            self.assertLess(rss(d.pid) - memory, 8 << 20)


NOBODY = 65534
GROUP = 54321


def become(user, group, groups=()):
    os.setgroups(groups)
    os.setgid(group)
    os.setuid(user)


@unittest.skipIf(os.geteuid(), "only root can become somebody else")
class Others(Hostile):
    """Who is neither root nor of the socket's group."""

    def ask_as(self, *who):
        """The answer to somebody else: JSON, "" for none, or what it was that
        went wrong."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                become(*who)
                answer = converse(self.path, request("status"))
            except AssertionError:
                answer = ""
            except OSError as e:
                answer = type(e).__name__
            finally:
                os.write(writer, json.dumps(answer).encode())
                os._exit(0)
        os.close(writer)
        with open(reader) as f:
            answer = json.loads(f.read())
        os.waitpid(pid, 0)
        return answer

    def serve_group(self):
        """A daemon whose socket is of another group, and where the directory
        keeps nobody out."""
        d = self.serve()
        d.end()
        os.chown(d.directory.name, 0, GROUP)
        os.chmod(d.directory.name, 0o2755)
        d.status = None
        d.start()
        info = os.stat(self.path)
        self.assertEqual((0o660, GROUP), (info.st_mode & 0o777, info.st_gid))
        return d

    def test_others(self):
        d = self.serve_group()
        self.assertTrue(ask(self.path, "status"))
        self.assertEqual("PermissionError", self.ask_as(NOBODY, NOBODY))
        self.assertTrue(self.ask_as(NOBODY, GROUP)["ok"])
        self.assertTrue(self.ask_as(NOBODY, NOBODY, [1, GROUP])["ok"])
        self.assertTrue(self.ask_as(0, NOBODY)["ok"])
        os.chmod(self.path, 0o666)
        for _ in range(20):
            self.assertIn(self.ask_as(NOBODY, NOBODY), (
                "", "BrokenPipeError", "ConnectionResetError"))
        warned = d.wait_record(lambda r: "may not ask" in r["message"])
        self.assertIn(f"user {NOBODY}", warned["message"])
        self.assertLess(sum("may not ask" in r["message"]
                            for r in d.records), 20)
        self.assertTrue(self.ask_as(NOBODY, GROUP)["ok"])

    def start_as_nobody(self, d):
        d.status = None
        start = d._limit
        d.files, d._limit = 200, lambda: (start(), become(NOBODY, NOBODY))
        try:
            d.start()
        except PermissionError:
            d.status = 0
            self.skipTest("the build cannot be run by others")

    @unittest.skipIf(IS_COVERAGE, "gcov complains, as another user")
    def test_the_user_of_the_process(self):
        d = self.serve()
        d.end()
        os.chown(d.directory.name, NOBODY, NOBODY)
        os.chmod(d.directory.name, 0o755)
        self.start_as_nobody(d)
        self.assertTrue(ask(self.path, "status"))
        self.assertTrue(self.ask_as(NOBODY, GROUP)["ok"])
        self.assertTrue(self.ask_as(GROUP, NOBODY)["ok"])
        os.chmod(self.path, 0o666)
        self.assertNotIsInstance(self.ask_as(GROUP, GROUP), dict)

    @unittest.skipIf(IS_COVERAGE, "gcov complains, as another user")
    def test_the_default_path_is_worth_a_notice_only(self):
        d = self.serve()
        with open(d.config) as f:
            text = f.read()
        d.end()
        with open(d.config, "w") as f:
            f.write(text.replace("control = ", "# "))
        os.chmod(d.directory.name, 0o755)
        self.start_as_nobody(d)
        r = d.wait_record(lambda r: "no control socket" in r["message"])
        self.assertEqual("notice", r["level"])
        self.connect(self.port)


class File(Hostile):
    def again(self, d):
        d.status = None
        d.start()

    def starts_badly(self, path, settings=""):
        """The sentence of a daemon that cannot have its socket."""
        config = self.write(
            f'control = {{ socket = "{path}"; }};\n'
            f'pipelines: {{ {self.pipeline.replace(str(self.port), "0")} }};'
            .replace(":0", f":{FreePort.get()}"))
        p = subprocess.run([BINDERYD, *PATHS, "-c", config],
                           stderr=subprocess.PIPE, text=True,
                           timeout=20 * SCALE, stdin=subprocess.DEVNULL)
        self.assertNotEqual(0, p.returncode)
        self.assertIn(f"{config}:1: option 'control.socket': cannot listen on "
                      f"{path}: ", p.stderr)
        return p.stderr

    def test_a_stale_one(self):
        d = self.serve()
        d.kill()
        self.assertTrue(os.path.exists(self.path))
        self.again(d)
        self.assertEqual(d.pid, ask(self.path, "status")["pid"])

    def test_what_is_no_socket(self):
        path = self.write("precious", "file")
        self.assertIn("which is no socket", self.starts_badly(path))
        with open(path) as f:
            self.assertEqual("precious", f.read())
        link = path + "-link"
        os.symlink(path, link)
        self.assertIn("which is no socket", self.starts_badly(link))
        self.assertTrue(os.path.islink(link))
        self.assertIn("which is no socket",
                      self.starts_badly(os.path.dirname(path)))

    def test_two_daemons(self):
        d = self.serve()
        self.assertIn("another process serves it",
                      self.starts_badly(self.path))
        self.assertEqual(d.pid, ask(self.path, "status")["pid"])
        # Also when so many wait there that one cannot connect.
        d.signal(19)
        try:
            with contextlib.ExitStack() as stack:
                with contextlib.suppress(OSError):
                    for _ in range(300):
                        s = stack.enter_context(socket.socket(socket.AF_UNIX))
                        s.setblocking(False)
                        s.connect(self.path)
                self.assertIn("another process serves it",
                              self.starts_badly(self.path))
        finally:
            d.signal(18)
        self.assertEqual(d.pid, ask(self.path, "status")["pid"])

    def test_a_path_that_cannot_be(self):
        self.assertIn("No such file", self.starts_badly("/nonexistent/x"))

    def test_another_ones_file_stays(self):
        d = self.serve()
        os.unlink(self.path)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(self.path)
            d.end()
            self.assertTrue(os.path.exists(self.path))

    def test_none(self):
        d = self.serve()
        with open(d.config) as f:
            text = f.read()
        d.end()
        with open(d.config, "w") as f:
            f.write(text.replace(self.path, "none"))
        self.again(d)
        self.assertFalse(os.path.exists(self.path))

    def test_the_mode_is_never_wider(self):
        d = self.serve()
        with open(d.config) as f:
            text = f.read()
        d.end()
        with open(d.config, "w") as f:
            f.write(text.replace('sock";', 'sock"; mode = "0600";'))
        self.again(d)
        self.assertEqual(0o600, os.stat(self.path).st_mode & 0o777)


main()
