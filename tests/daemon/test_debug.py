# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What those see who write plugins: traces of calls and connections, the
callback that holds a worker, probes, symbols in a debugger."""

import os
import re
import shutil
import subprocess
import threading
import time
import unittest

from lib import *
from lib.daemon import PATHS

SECRET = b"hunter2-is-no-password\n"


def serving(name, port, rest):
    return (f'{name} = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {rest} );\n')


class Traces(Reload):
    def serve(self, topics, rest='{ type = "echo"; }', **more):
        self.port = FreePort.get()
        return self.daemon(serving("e", self.port, rest),
                           args=("-d", topics), **more)

    def talk(self, data=SECRET):
        s = self.connect(self.port)
        s.sendall(data)
        s.shutdown(1)
        with s.makefile("rb") as stream:
            return stream.read()

    def said(self, d):
        d.closed("e")
        d.end()
        return d.records

    def test_words_that_are_none(self):
        for word in ("", "plugins", "plugin,", "all"):
            p = run("-d", word, "-V")
            self.assertEqual((64, ""), (p.returncode, p.stdout))
            self.assertIn(f"and not '{word}'", p.stderr)

    def test_calls_between_host_and_plugin(self):
        d = self.serve("plugin", '{ type = "upper"; }, { type = "echo"; }')
        self.assertEqual(SECRET.upper(), self.talk())
        records = self.said(d)
        calls = [r for r in records if "ns" in r
                 or r["message"].startswith("> ")]
        upper = [r for r in calls if r.get("binding") == "upper"]
        texts = [r["message"] for r in upper]
        for text in ("> open()", "bnd_bypass(back, front)", "< open() = 0",
                     "> flow()", "< flow()", "bnd_end(back)"):
            self.assertIn(text, texts)
        n = len(SECRET)
        self.assertIn(f"bnd_move(front, back, {n}) = {n}", texts)
        self.assertIn("> accepted(fd", " ".join(
            r["message"] for r in calls if r.get("binding") == "tcp-server"))
        # The bytes that wait, before and after.
        waits = [r["front"] for r in upper if r["message"][2:] == "flow()"]
        self.assertIn(n, waits)
        self.assertEqual(0, waits[-1])
        self.assertTrue(all(r["conn"] and r["worker"] == 0 for r in upper
                            if "flow()" in r["message"]))
        self.nested(calls)
        self.assertNotIn("hunter2", "".join(d.lines).lower())

    def nested(self, calls):
        """On one worker each callback that begins comes back before another
        begins, and every host function is called in one."""
        inside = None
        for r in calls:
            if "worker" not in r:
                continue
            name = re.match(r"[<>] (\w+)\(", r["message"])
            if name and r["message"][0] == ">":
                self.assertIsNone(inside, r)
                inside = name[1]
            elif name:
                self.assertEqual(inside, name[1], r)
                self.assertGreaterEqual(r["ns"], 0)
                inside = None
            else:
                self.assertIsNotNone(inside, r)
        self.assertIsNone(inside)

    def test_work_on_the_pool(self):
        """tcp-client looks names up there."""
        backend = self.backend(echo_handler)
        d = self.serve("plugin", '{ type = "tcp-client"; connect = '
                       f'"localhost:{backend.port}"; }}')
        self.assertEqual(SECRET, self.talk())
        texts = [r["message"] for r in self.said(d)]
        for text in ("bnd_work() = 0", "> run()", "< run()", "> done()",
                     "< done()", "> close(0)", "< close()"):
            self.assertIn(text, texts)

    def test_what_happens_to_a_connection(self):
        backend = self.backend(echo_handler)
        d = self.serve("stream", '{ type = "tcp-client"; connect = '
                       f'"127.0.0.1:{backend.port}"; }}')
        self.assertEqual(SECRET, self.talk())
        records = self.said(d)
        n = len(SECRET)
        texts = [r["message"] for r in records if r.get("conn")]
        for text in (
                "stage e/tcp-client is open: the way behind it stands",
                f"client's socket gave {n} bytes",
                f"backend's socket took {n} bytes",
                f"client's socket has ended after {n} bytes",
                f"backend's socket is told the end after {n} bytes",
                "connection ends: done",
                f"client's socket is closed after {n} bytes from it and {n} "
                "to it"):
            self.assertIn(text, texts)
        self.assertFalse([r for r in records if "ns" in r])
        self.assertNotIn("hunter2", "".join(d.lines))

    def test_splices(self):
        backend = self.backend(echo_handler)
        d = self.serve("plugin,stream", '{ type = "tcp-client"; connect = '
                       f'"127.0.0.1:{backend.port}"; }}')
        s = self.connect(self.port)
        t = self.thread(s.sendall, bytes(4 << 20))
        left = 4 << 20
        while left:
            left -= len(s.recv(min(left, 1 << 16)))
        t.join()
        s.close()
        texts = " ".join(r["message"] for r in self.said(d))
        self.assertIn("has a pipe to the other now", texts)
        self.assertRegex(texts, r"gave \d+ bytes by splice")
        self.assertIn("connection gives its pipe back", texts)

    def test_a_way_that_is_none(self):
        d = self.serve("stream", '{ type = "tcp-client"; connect = '
                       f'"127.0.0.1:{FreePort.get()}"; }}')
        self.assertTrue(self.is_cut(self.port))
        texts = " ".join(r["message"] for r in self.said(d))
        self.assertIn("connection ends: backend-refused, both peers are reset",
                      texts)

    def test_reloads_are_traced_too(self):
        d = self.serve("plugin")
        self.reload(d)
        d.wait_record(lambda r: r["message"] == "> start()"
                      and r["generation"] == 2)
        self.assertEqual(SECRET, self.talk())
        d.wait_record(lambda r: r["message"] == "> open()"
                      and r["generation"] == 2)

    def test_a_check_is_traced(self):
        path = self.write("pipelines: {\n"
                          + serving("e", 9, '{ type = "echo"; }') + "};\n")
        p = run("-t", "-d", "plugin", "-c", path)
        self.assertEqual(0, p.returncode)
        self.assertIn("> check() pipeline=e binding=tcp-server", p.stderr)


def echo_handler(s):
    while data := s.recv(65536):
        s.sendall(data)


class Watchdog(Case):
    def serve(self, **more):
        self.port, self.scrape = FreePort.get(), FreePort.get()
        return self.daemon(serving("p", self.port, '{ type = "slow"; }')
                           + serving("m", self.scrape, '{ type = "metrics"; }'),
                           **more)

    def hold(self, ms):
        s = self.connect(self.port)
        s.sendall(b"%d\n" % ms)
        self.assertEqual(b"late\n", s.recv(16))

    def warnings(self, d):
        return [r for r in d.records if r.get("callback")]

    def count(self):
        s = self.connect(self.scrape)
        s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        with s.makefile("r") as stream:
            return int(re.search(r'^bindery_worker_slow_callbacks_total'
                                 r'\{worker="0"\} (\d+)$', stream.read(),
                                 re.MULTILINE)[1])

    @thrice
    def test_one_that_holds_its_worker_is_named(self):
        d = self.serve()
        self.assertEqual(0, self.count())
        time.sleep(1)  # it sleeps now, and must be woken
        self.hold(400)
        r = d.wait_record(lambda r: r.get("callback"))
        self.assertEqual(("warn", "p", "slow", "flow", 0),
                         (r["level"], r["pipeline"], r["binding"],
                          r["callback"], r["worker"]))
        self.assertIn("plugin callback flow() held worker 0 for ",
                      r["message"])
        self.assertGreaterEqual(r["ms"], 300)
        self.assertLess(r["ms"], 400 * SCALE + 300)
        self.assertEqual(1, self.count())

    @thrice
    def test_short_ones_are_not(self):
        d = self.serve()
        for _ in range(20):
            self.hold(20)
        time.sleep(0.3)
        if SCALE == 1:
            self.assertEqual([], self.warnings(d))
            self.assertEqual(0, self.count())

    @thrice
    def test_one_that_goes_on_is_named_before_it_ends(self):
        d = self.serve()
        s = self.connect(self.port)
        s.sendall(b"2000\n")
        r = d.wait_record(lambda r: r.get("callback"), timeout=1.8)
        self.assertIn("has held worker 0", r["message"])
        self.assertEqual(b"late\n", s.recv(16))
        r = d.wait_record(lambda r: " held worker 0 for " in r["message"]
                          and "has held" not in r["message"])
        self.assertGreaterEqual(r["ms"], 1800)
        self.assertEqual(1, self.count())

    @thrice
    def test_a_flood_is_folded(self):
        d = self.serve()
        streams = [self.connect(self.port) for _ in range(14)]
        for s in streams:
            s.sendall(b"150\n")
        for s in streams:
            self.assertEqual(b"late\n", s.recv(16))
        d.wait_record(lambda r: r.get("repeated", 0) > 0
                      and r.get("callback") == "flow", timeout=12)
        self.assertGreaterEqual(self.count(), 13)


# A sink; its flow() has the name NAME, and what stands before it the size SIZE.
GENERATION = """
#include <bindery/plugin.h>

const char bnd_padding[SIZE] = { 1 };

static void
NAME(struct bnd_stage *st)
{
	bnd_move(st, BND_FRONT, BND_FRONT, BND_ALL); /* here */
}

static const struct bnd_type type = {
	BND_HEAD("generation", "1.0", BND_SINK),
	.flow = NAME,
};

BND_PLUGIN(type);
"""


class Debugger(Reload):
    def install(self, name, size):
        """The plugin, put in place by renaming."""
        source = self.write(GENERATION, "generation.c", self.directory)
        made = os.path.join(self.directory, "made")
        subprocess.run(
            ["cc", "-g", "-O0", "-shared", "-fPIC", "-fvisibility=hidden",
             f"-DNAME={name}", f"-DSIZE={size}",
             "-I" + os.path.join(ROOT, "sdk/include"), source, "-o", made],
            check=True, timeout=60)
        os.chmod(made, 0o755)
        os.rename(made, os.path.join(self.directory, "generation.so"))

    def debugger(self, d, *commands):
        script = os.path.join(ROOT, "packaging/gdb/bindery-gdb.py")
        p = subprocess.Popen(
            ["gdb", "-nx", "-batch", "-iex", "set auto-solib-add off",
             "-iex", "set debuginfod enabled off", "-p", str(d.pid),
             "-x", script, *(w for c in commands for w in ("-ex", c))],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.addCleanup(p.stdout.close)
        self.addCleanup(p.wait, 30)
        timer = threading.Timer(60, p.kill)  # whatever it waits for
        timer.start()
        self.addCleanup(timer.cancel)
        return p

    def until(self, p, pattern):
        """What it says until a line matches; none does: skipped when this
        process may not be looked at, else wrong."""
        said = []
        for line in p.stdout:
            said.append(line)
            if m := re.search(pattern, line):
                return m
        said = "".join(said)
        if re.search(r"ptrace|not permitted|Permission denied", said):
            self.skipTest("processes may not be debugged here")
        self.fail(f"'{pattern}' is not in {said}")

    @unittest.skipUnless(shutil.which("gdb"), "gdb is not here")
    @unittest.skipIf(IS_SANITIZED, "it ends when it is traced")
    def test_every_generation_has_its_symbols(self):
        self.directory = self.temporary()
        port = FreePort.get()
        self.install("flow_of_the_first", 1)
        d = self.daemon(serving("e", port, '{ type = "generation"; }'),
                        paths=("-p", self.directory, *PATHS))
        old = self.connect(port)
        old.sendall(b"1")
        self.assertEqual(b"1", old.recv(1))
        self.install("flow_of_the_second", 40000)
        self.reload(d)
        new = self.connect(port)
        new.sendall(b"2")
        self.assertEqual(b"2", new.recv(1))
        p = self.debugger(
            d, "break flow_of_the_first", "break flow_of_the_second",
            "echo ready\\n", "continue", "bt 1", "continue", "bt 1",
            "delete", "detach")
        self.addCleanup(p.terminate)
        self.until(p, "^ready")
        for s, name in ((old, "first"), (new, "second")):
            s.sendall(b"x")
            self.until(p, rf"^#0 .*flow_of_the_{name} \(st=0x[0-9a-f]+\) at "
                       r".*/generation\.c:9$")
        for s in (old, new):
            self.assertEqual(b"x", s.recv(1))
            s.close()


class Tools(Case):
    def test_probes(self):
        with open(os.path.join(BUILD, "server/build-info.h")) as f:
            if "#define BINDERY_HAS_SDT" not in f.read():
                self.skipTest("this build has no probes: <sys/sdt.h> was "
                              "missing")
        notes = subprocess.run(["readelf", "-n", BINDERYD], check=True,
                               stdout=subprocess.PIPE, text=True).stdout
        names = set(re.findall(r"Provider: bindery\n\s*Name: (\w+)", notes))
        self.assertEqual({"callback_entry", "callback_return",
                          "connection_open", "connection_close",
                          "splice_begin", "splice_end"}, names)
        with open(os.path.join(ROOT, "docs/binderyd.8")) as f:
            page = f.read()
        for name in names:
            self.assertTrue(re.search(rf"(?m)^\.It Ic {name}\b", page), name)


main()
