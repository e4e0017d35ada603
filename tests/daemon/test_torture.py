# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Two hundred reloads, a third of them refused, under traffic: nobody may
notice.  BINDERY_TORTURE=full goes on until 25,000 connections were served."""

import os
import random
import signal
import socket
import time

from lib import *
from lib.proc import PIPES_KEPT, fd_kinds

FULL = os.environ.get("BINDERY_TORTURE") == "full"
RELOADS = 30 if IS_SANITIZED else 200
WARM = 10 if IS_SANITIZED else 60
SECONDS = 12 if IS_SANITIZED else 18  # for all of them
CONNECTIONS = 25_000 if FULL else 300 if IS_SANITIZED else 3000
STREAMS = 50
VISITORS = 3

SETTINGS = 'drain_timeout = "1h";'  # long streams are to live on


def binding(type, **options):
    return "{ type = \"%s\"; %s }" % (type, " ".join(
        f"{k} = {v if v[0] in '[0' else chr(34) + v + chr(34)};"
        for k, v in options.items()))


class Layout:
    """The configurations of the torture.  Three addresses are in each of
    them, in pipelines that change; two come and go."""

    def __init__(self, directory, backend):
        self.one, self.two, self.guest = (FreePort.get() for _ in range(3))
        self.path = os.path.join(directory, "always.sock")
        self.guest_path = os.path.join(directory, "guest.sock")
        self.backend = backend
        self.always = [("127.0.0.1", self.one), ("127.0.0.1", self.two),
                       self.path]

    def pipeline(self, name, i, listen, sink):
        """It does not log its connections: they are more than a log takes."""
        listen = "[ " + ", ".join(f'"{a}"' for a in listen) + " ]"
        source = binding("tcp-server", name=f"in{i % 5}", listen=listen,
                         idle_timeout=f"{100 + i}s")
        return (f'{name} = {{ log = {{ level = "warning"; }}; '
                f'bindings = ( {source}, {sink} ); }};\n')

    def guests(self, i):
        """Those that are there in turn i, as addresses."""
        return ([("127.0.0.1", self.guest)] if i % 2 else []) + (
            [self.guest_path] if i % 4 < 2 else [])

    def good(self, i):
        echo = binding("echo", name=f"out{i % 3}")
        proxy = binding("tcp-client", connect=f"127.0.0.1:{self.backend}",
                        connect_timeout=f"{10 + i % 7}s")
        one, two, path = (f"127.0.0.1:{self.one}", f"127.0.0.1:{self.two}",
                          f"unix:{self.path}")
        text = (  # who listens where changes from turn to turn
            lambda: self.pipeline("a", i, [one], echo)
            + self.pipeline("b", i, [two, path], proxy),
            lambda: self.pipeline("b", i, [one, two], proxy)
            + self.pipeline("c", i, [path], echo),
            lambda: self.pipeline("all", i, [path, two, one], echo),
            lambda: self.pipeline("a", i, [two], echo)
            + self.pipeline("b", i, [path], proxy)
            + self.pipeline("c", i, [one], proxy))[i // 2 % 4]()
        listen = [a if isinstance(a, str) else f"{a[0]}:{a[1]}"
                  for a in self.guests(i)]
        listen = [f"unix:{a}" if a[0] == "/" else a for a in listen]
        return text + (self.pipeline("guest", i, listen, echo)
                       if listen else "")

    def broken(self, i, taken):
        """One that is refused, and the words why."""
        def more(text, listen="127.0.0.1:1", sink='{ type = "echo"; }'):
            return self.good(i) + (
                f'x = ( {{ type = "tcp-server"; listen = "{listen}"; {text}'
                f' }}, {sink} );\n')
        return (
            (self.good(i) + "no such = thing", "syntax error"),
            (more("colour = 1;"), "'colour'"),
            (more("", f"127.0.0.1:{taken}"), "Address already in use"),
            (more("", sink='{ type = "eccho"; }'), "did you mean 'echo'"),
            (more("", "unix:/nonexistent/x.sock"), "No such file"),
            ("", "option 'workers' cannot change"))[i % 6]


class Torture(Case):
    def ready(self):
        backend = FreePort.get()
        self.server = EchoServer(backend)
        self.addCleanup(self.server.process.kill)
        self.eventually(lambda: self.server.count.value, "the backend")
        self.layout = Layout(self.temporary(), backend)
        self.other = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.other.close)
        self.random = random.Random(6)
        self.generation, self.refusals = 1, 0
        self.turn = 0  # reloads, good or bad
        self.took = []
        self.d = self.daemon(self.layout.good(0), settings=SETTINGS, workers=2)

    # ---- a reload, one way or the other

    def verdict(self):
        """The record of the last reload, which is there or will be."""
        def is_one(r):
            return r["message"].startswith(("reloaded: ", "reload refused: "))
        records = self.d.wait_record(is_one, count=self.turn + 1)
        return records[-1] if self.turn else records

    def configure(self, text, workers=2):
        """As if it was written a while ago: what was written just now would
        be looked at twice, which takes 50 ms."""
        self.d.configure(text, SETTINGS, workers=workers)
        os.utime(self.d.config, (1, 1))

    def ask_reload(self):
        """By signal or by the socket: the errors, or None if it went well."""
        if self.random.random() < 0.5:
            said = ask(self.d, "reload")
            if said["ok"]:
                self.assertEqual(self.generation + 1,
                                 said["answer"]["generation"])
                self.took.append(said["answer"]["ms"])
                return None
            return " ".join(said["errors"])
        seen = len(self.d.records)
        self.d.signal(signal.SIGHUP)
        r = self.verdict()
        if r["level"] == "error":
            return " ".join(r["message"] for r in self.d.records[seen:])
        self.took.append(r["ms"])
        return None

    def reload_good(self, i):
        self.configure(self.layout.good(i))
        errors = self.ask_reload()
        self.assertIsNone(errors)
        self.generation += 1
        there = self.layout.guests(i)
        for guest in [("127.0.0.1", self.layout.guest),
                      self.layout.guest_path]:
            self.assertEqual(guest in there, self.is_open(guest), guest)

    def reload_broken(self, i):
        text, why = self.layout.broken(i, self.other.getsockname()[1])
        self.configure(text, workers=2 if text else 3)
        errors = self.ask_reload()
        self.refusals += 1
        self.assertRegex(errors or "none", why)

    def is_open(self, address):
        try:
            with self.connect(address) as s:
                s.sendall(b"x")
                return exactly(s, 1) == b"x"
        except (ConnectionRefusedError, FileNotFoundError):
            return False

    def reload(self, i):
        if i % 3 == 2:
            self.reload_broken(i // 3)
        else:
            self.reload_good(i)
        self.turn += 1

    # ---- the storm

    def storm(self, reloads, seconds, connections):
        """Figures of one."""
        layout, began = self.layout, time.monotonic()
        visitors = [Visitors(layout.always, i) for i in range(VISITORS)]
        streams = Streams(layout.always, STREAMS, seconds / STREAMS)
        everybody = visitors + [streams]
        for t in everybody:
            self.addCleanup(t.process.kill)
        done = 0
        limit = began + (600 if FULL else 4 * SCALE * seconds)
        while done < reloads or self.served(visitors) < connections:
            self.assertLess(time.monotonic(), limit, f"{done} reloads")
            for t in everybody:
                if not t.process.is_alive():
                    t.stop(1)  # says why
            if done < reloads:
                self.reload(done)
                done += 1
            due = began + done * seconds / reloads - time.monotonic()
            time.sleep(max(0.002, due) if done < reloads else 0.05)
        self.most = answer(self.d, "status")["generations"]
        slowest = max(v.stop(120) for v in visitors)
        return slowest, self.served(visitors), streams.stop(120)

    def served(self, visitors):
        return sum(v.count.value for v in visitors)

    def settle(self):
        """All is over but one generation: descriptors and memory."""
        self.eventually(
            lambda: answer(self.d, "status")["connections"] == 0
            and answer(self.d, "status")["generations"] == 1,
            "only the last generation is left")
        # Who asked has gone, too.
        return (*min(fd_kinds(self.d.pid) for _ in range(5)),
                rss(self.d.pid))

    def children(self):
        with open(f"/proc/{self.d.pid}/task/{self.d.pid}/children") as f:
            return f.read().split()

    def test_nobody_notices(self):
        self.ready()
        _, own_pipes = fd_kinds(self.d.pid)
        self.storm(WARM, SECONDS * WARM / RELOADS, 0)
        self.reload(0)  # the same before and after
        files, pipes, memory = self.settle()
        began, self.took = time.monotonic(), []
        refused_before = self.refusals
        for _ in range(3):
            slowest, served, moved = self.storm(RELOADS, SECONDS, CONNECTIONS)
            if slowest < 1 * SCALE:
                break  # the machine is shared, and may stall
        seconds = time.monotonic() - began
        refused = self.refusals - refused_before
        self.reload(0)
        files_now, pipes_now, memory_now = self.settle()
        self.took.sort()
        print(f"torture: {RELOADS} reloads ({refused} refused) in "
              f"{seconds:.0f} s, median {self.took[len(self.took) // 2]} ms, "
              f"longest {self.took[-1]} ms; {served} connections and "
              f"{STREAMS} streams with {moved >> 20} MiB each way: 0 refused,"
              f" 0 reset, 0 bytes wrong; slowest connect "
              f"{1000 * slowest:.1f} ms; {self.most} generations at once; "
              f"memory {(memory_now - memory) / 1024:+.0f} KiB, descriptors "
              f"{files_now - files:+d}, ends of pipes "
              f"{pipes_now - pipes:+d}, processes {len(self.children()):+d}")
        self.assertEqual([], self.children())
        self.assertLessEqual(files_now, files)
        self.assertLessEqual(pipes_now, own_pipes + 2 * PIPES_KEPT)
        self.assertLess(slowest, 1 * SCALE)
        if not IS_SANITIZED:  # which keeps what is freed
            self.assertLess(memory_now - memory, 3 << 19)


main()
