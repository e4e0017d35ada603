# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What the control socket answers, held against what is really going on."""

import json
import os
import shutil
import signal
import socket
import time

from lib import *
from lib import control
from lib.control import Control
from lib.daemon import PATHS

WRONG = "no such = thing"  # a syntax error


class Process(Control):
    def test_status(self):
        d, port = self.echo(workers=2)
        s = self.ask(d, "status")
        self.assertEqual(
            (d.pid, 1, 1, 2, 1, 0, 0, d.config, False), tuple(
                s[k] for k in ("pid", "generation", "generations", "workers",
                               "pipelines", "connections", "accepted",
                               "config", "is_ending")))
        self.assertLess(abs(s["started_at"] - time.time()), 20 * SCALE)
        self.assertLess(s["uptime_ms"], 20000 * SCALE)
        self.assertEqual({"good": 0, "refused": 0, "last": None},
                         s["reloads"])
        self.assertEqual("info", s["log_level"])
        streams = [self.served(port) for _ in range(10)]
        s = self.ask(d, "status")
        self.assertEqual((10, 10), (s["connections"], s["accepted"]))
        for k in streams:
            k.close()
        d.closed("echo", 10)
        self.eventually(lambda: self.ask(d, "status")["connections"] == 0,
                        "they are no more")
        self.assertEqual(10, self.ask(d, "status")["accepted"])

    def test_what_the_process_uses(self):
        d, _ = self.echo()
        s = self.ask(d, "status")
        files = fd_count(d.pid)  # while nobody asks
        self.assertLessEqual(abs(s["descriptors"]["used"] - files), 2)
        self.assertGreater(s["descriptors"]["limit"], files)
        self.assertLess(abs(s["memory"] - rss(d.pid)), rss(d.pid) / 2)

    def test_log_level(self):
        d, port = self.echo()
        self.assertEqual({"level": "info", "was": "info"},
                         self.ask(d, "log-level"))
        self.assertEqual({"level": "error", "was": "info"},
                         self.ask(d, "log-level", level="error"))
        self.assertEqual("error", self.ask(d, "status")["log_level"])
        self.refused(d, "there is no level 'loud'", "log-level", level="loud")
        self.served(port).close()
        self.eventually(
            lambda: self.ask(d, "status")["connections"] == 0, "it ended")
        self.ask(d, "reload")
        self.assertEqual("info", self.ask(d, "log-level")["level"])
        self.assertFalse([r for r in d.records
                          if r["message"] == "connection closed"])

    def test_config(self):
        d, port = self.echo()
        text = self.ask(d, "config")["text"]
        self.assertIn(f"127.0.0.1:{port}", text)
        self.assertIn("max_per_source", text)  # a default

    def test_reopen(self):
        d, _ = self.echo()
        self.assertEqual({}, self.ask(d, "reopen"))

    def test_stop_waits_for_connections(self):
        d, port = self.echo(shutdown="20s")
        s = self.served(port)
        answer = self.ask(d, "stop")
        self.assertEqual(1, answer["connections"])
        self.assertLessEqual(answer["deadline_ms"], 20000)
        self.assertGreater(answer["deadline_ms"], 15000)
        self.assertTrue(self.ask(d, "status")["is_ending"])
        self.refused(d, "ending", "reload")
        self.refused(d, "ending", "upgrade")
        s.sendall(b"y")
        self.assertEqual(b"y", exactly(s, 1))
        s.close()
        self.assertEqual(0, d.wait())
        self.assertFalse(os.path.exists(d.path("control.sock")))

    def test_stop_now(self):
        d, port = self.echo(shutdown="20s")
        s = self.served(port)
        self.assertEqual({"connections": 1, "deadline_ms": 0},
                         self.ask(d, "stop", now=True))
        self.assertTrue(is_reset(s))
        self.assertEqual(3, d.wait())

    def test_stop_with_nobody_there(self):
        d, _ = self.echo()
        self.assertEqual(0, self.ask(d, "stop")["connections"])
        self.assertEqual(0, d.wait())


class Reload(Control):
    def test_verdicts(self):
        d, port = self.echo()
        old = self.served(port)
        answer = self.ask(d, "reload")
        self.assertEqual((2, []), (answer["generation"], answer["warnings"]))
        d.configure(WRONG)
        errors = self.refused(
            d, "^reload refused: generation 2 goes on as it was$", "reload")
        self.assertRegex(errors[0], f"^{d.config}:6: ")
        d.configure(self.listener("echo", port, more="colour = 1;\ntaste = 2;"))
        errors = self.refused(d, "refused", "reload")
        self.assertEqual([True, True], [
            e.startswith(f"{d.config}:{6 + i}: ")
            for i, e in enumerate(errors)])
        reloads = self.ask(d, "status")["reloads"]
        self.assertEqual((1, 2), (reloads["good"], reloads["refused"]))
        self.assertEqual((False, errors), (reloads["last"]["ok"],
                                           reloads["last"]["errors"]))
        d.configure(self.listener("echo", port))
        self.assertEqual(3, self.ask(d, "reload")["generation"])
        last = self.ask(d, "status")["reloads"]["last"]
        self.assertEqual((True, 3, []), (last["ok"], last["generation"],
                                         last["errors"]))
        old.sendall(b"y")
        self.assertEqual(b"y", exactly(old, 1))

    def test_many_at_once(self):
        """Everybody has the verdict of a reading that began after the
        question."""
        d, _ = self.echo()
        waiting = [self.begin(d, "reload") for _ in range(20)]
        answers = [control.receive(s)["answer"]["generation"] for s in waiting]
        self.assertEqual(sorted(answers), answers)
        now = self.ask(d, "status")["generation"]
        self.assertEqual(answers[-1], now)
        self.assertLess(now, 22)

    def stopped_reader(self, d, ask):
        """The process that reads the configuration once ask() is done, held;
        what ask() gave."""
        for _ in range(20):
            asked = ask()
            end = time.monotonic() + 1
            while time.monotonic() < end:
                try:
                    pid = self.reader_of(d)
                    if not pid:
                        continue
                    os.kill(pid, signal.SIGSTOP)
                    if self.is_stopped(pid):
                        return pid, asked
                except (FileNotFoundError, ProcessLookupError):
                    pass
                break
            control.receive(asked)
        self.fail("the reading is too fast to be held")

    def reader_of(self, d):
        """The child once it is a program of its own: until then the daemon
        waits for it."""
        with open(f"/proc/{d.pid}/task/{d.pid}/children") as f:
            pids = f.read().split()
        if not pids:
            return None
        with open(f"/proc/{pids[0]}/cmdline") as f, \
                open(f"/proc/{d.pid}/cmdline") as own:
            return int(pids[0]) if f.read() not in ("", own.read()) else None

    def is_stopped(self, pid):
        def state():
            with open(f"/proc/{pid}/stat") as f:
                return f.read().rpartition(")")[2].split()[0]
        self.eventually(lambda: state() in "TtZ", "it is held")
        return state() != "Z"

    def test_asked_while_another_goes_on(self):
        d, port = self.echo()
        pid, first = self.stopped_reader(d, lambda: self.begin(d, "reload"))
        # What changes now is seen by the second, not by the first.
        more = FreePort.get()
        d.configure(self.listener("echo", port) + self.listener("b", more))
        waiting = [self.begin(d, "reload") for _ in range(5)]
        gone = self.begin(d, "reload")
        gone.close()
        self.assertEqual(1, self.ask(d, "status")["generations"])
        self.served(port)
        os.kill(pid, signal.SIGCONT)
        self.assertTrue(control.receive(first)["ok"])
        for s in waiting:
            self.assertTrue(control.receive(s)["ok"])
        self.served(more)

    def test_a_client_that_goes_gives_its_place_free(self):
        d, port = self.echo()
        pid, first = self.stopped_reader(d, lambda: self.begin(d, "reload"))
        for _ in range(100):
            self.begin(d, "reload").close()
        began = time.monotonic()
        self.ask(d, "status")
        self.assertLess(time.monotonic() - began, 2 * SCALE)
        os.kill(pid, signal.SIGCONT)
        self.assertTrue(control.receive(first)["ok"])

    def test_the_end_comes_before_the_verdict(self):
        d, port = self.echo(shutdown="50s")
        s = self.served(port)
        pid, first = self.stopped_reader(d, lambda: self.begin(d, "reload"))
        self.ask(d, "stop")
        answer = control.receive(first)
        self.assertFalse(answer["ok"])
        self.assertIn("the process is ending", answer["error"])
        s.close()
        self.assertEqual(0, d.wait())


class Connections(Control):
    def setUp(self):
        super().setUp()
        self.to_a, self.to_b = FreePort.get(), FreePort.get()

    def who(self, name):
        return f'{{ type = "route"; identity = "{name}"; }}, ' \
               '{ type = "echo"; }'

    def pipelines(self):
        return (self.listener("a", self.to_a, self.who("ada"))
                + self.listener("b", self.to_b, self.who("bob")))

    def serve(self, **more):
        return self.daemon(self.pipelines(), workers=2, **more)

    def test_one(self):
        d = self.serve()
        s = self.connect(self.to_a)
        send_pattern(s, 100000)
        receive_pattern(s, 100000)
        r = self.row_of(d, s)
        self.assertEqual(("a", 1, "ada", 100000, 100000, 0, 0, 0, "open"),
                         tuple(r[k] for k in (
                             "pipeline", "generation", "identity",
                             "from_client", "to_client", "from_backend",
                             "to_backend", "queued", "state")))
        self.assertLess(r["age_ms"], 10000 * SCALE)
        self.assertLessEqual(r["idle_ms"], r["age_ms"])
        self.assertIn(r["worker"], (0, 1))
        self.assertEqual(
            [("route", "open", [{"key": "waiting", "value": "0"}]),
             ("echo", "open", [])],
            [(k["binding"], k["state"], k["says"]) for k in r["stages"]])
        facts = r["facts"]
        self.assertEqual("ada", facts["identity"])
        self.assertNotIn("route.secret", facts)
        # Not UTF-8, and no terminal's business.
        self.assertNotIn("\x1b", facts["route.odd"])
        r = self.row_of(d, s, stages=False)
        self.assertNotIn("stages", r)
        self.assertNotIn("facts", r)
        s.shutdown(socket.SHUT_WR)
        s.settimeout(20)
        self.assertEqual(b"", s.recv(1))
        d.closed("a")
        self.assertEqual([], self.rows(d))

    def test_a_peer_that_is_no_address(self):
        port = FreePort.get()
        d = self.daemon(self.listener(
            "a", port, '{ type = "route"; peer = "somebody"; }, '
            '{ type = "echo"; }'))
        s = self.served(port)
        (r,) = self.rows(d)
        self.assertEqual(self.peer_of(s), r["peer"])
        self.assertNotIn("somebody", str(r))
        self.assertEqual(1, len(self.rows(d, source="127.0.0.0/8")))

    def test_time_passes(self):
        d = self.serve()
        s = self.served(self.to_a)
        time.sleep(0.3)
        r = self.row_of(d, s)
        self.assertGreaterEqual(r["idle_ms"], 250)
        self.assertGreaterEqual(r["age_ms"], r["idle_ms"])

        def is_less():
            s.sendall(b"y")
            exactly(s, 1)
            return self.row_of(d, s)["idle_ms"] < r["idle_ms"]
        self.eventually(is_less, "it begins anew with every byte")

    def test_a_reader_that_stalls(self):
        b = self.backend(lambda s: send_pattern(s, 64 << 20))
        d, port = self.proxy(b.port)
        s = self.connect(port, receive=4096)
        self.eventually(lambda: self.rows(d), "it is accepted")

        def is_full():
            r = self.row_of(d, s)
            return (r["queued"] > 0
                    and r["from_backend"] == r["to_client"] + r["queued"])
        self.eventually(is_full, "what waits is counted")
        reset(s)
        self.assertEqual("client-reset", d.closed("proxy")["reason"])

    def test_half_closed(self):
        b = self.backend(None)
        d, port = self.proxy(b.port)
        s = self.connect(port)
        b.accepted.acquire()
        s.shutdown(socket.SHUT_WR)
        self.eventually(
            lambda: self.row_of(d, s)["state"] == "half-closed", "its state")
        reset(s)

    def test_no_answer_of_the_backend_yet(self):
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        for _ in range(4):  # more than its queue holds
            k = socket.socket()
            self.addCleanup(k.close)
            k.setblocking(False)
            k.connect_ex(("127.0.0.1", port))
        d, proxy = self.proxy(port, client='connect_timeout = "50s";')
        s = self.connect(proxy)
        self.eventually(lambda: self.rows(d), "it is accepted")

        def is_opening():
            r = self.row_of(d, s)
            return r["state"] == "opening" and [
                (k["binding"], k["state"]) for k in r["stages"]] == [
                    ("tcp-client", "opening")]
        self.eventually(is_opening, "it waits for the backend")
        says = self.row_of(d, s)["stages"][0]["says"]
        self.assertIn({"key": "connecting", "value": f"127.0.0.1:{port}"},
                      says)
        reset(s)

    def test_filters(self):
        d = self.serve()
        in_a = [self.served(self.to_a, source="127.0.0.2") for _ in range(3)]
        in_b = [self.served(self.to_b, source="127.0.0.3") for _ in range(5)]
        self.ask(d, "reload")
        new = [self.served(self.to_a, source="127.0.0.4") for _ in range(2)]

        def count(**filters):
            answer = self.ask(d, "connections", **filters)
            self.assertEqual(len(answer["connections"]), answer["matched"])
            self.assertFalse(answer["is_cut"])
            return answer["matched"]
        self.assertEqual(10, count())
        self.assertEqual(5, count(pipeline="a"))
        self.assertEqual(0, count(pipeline="nowhere"))
        self.assertEqual(3, count(source="127.0.0.2"))
        self.assertEqual(8, count(source="127.0.0.2/31"))
        self.assertEqual(5, count(identity="bob"))
        self.assertEqual(0, count(identity="bo"))
        self.assertEqual((8, 2, 0), tuple(
            count(generation=g) for g in (1, 2, 3)))
        self.assertEqual(3, count(pipeline="a", generation=1))
        self.assertEqual(0, count(pipeline="b", source="127.0.0.2"))
        one = self.row_of(d, in_b[2])["id"]
        self.assertEqual(1, count(id=one))
        self.assertEqual(0, count(id=one, pipeline="a"))
        self.refused(d, "'source': '127.0.0.2/33'", "connections",
                     source="127.0.0.2/33")
        self.refused(d, "'source': ''", "connections", source="")
        for s in in_a + in_b + new:
            s.close()

    def test_paging(self):
        """Over two workers: no row twice, none missing."""
        d = self.serve()
        streams = [self.served(self.to_a) for _ in range(60)]
        for limit in (1, 7, 59, 60, 61):
            rows, before = [], {}
            while True:
                answer = self.ask(d, "connections", limit=limit,
                                  stages=False, **before)
                page = answer["connections"]
                self.assertEqual(60 - len(rows), answer["matched"])
                self.assertEqual(min(limit, 60 - len(rows)), len(page))
                self.assertEqual(len(page) < answer["matched"],
                                 answer["is_cut"])
                rows += page
                if not answer["is_cut"]:
                    break
                before = {"before": page[-1]["id"]}
            ids = [r["id"] for r in rows]
            self.assertEqual(sorted(set(ids), reverse=True), ids)
            self.assertEqual({self.peer_of(s) for s in streams},
                             {r["peer"] for r in rows})
        self.assertEqual({0, 1}, {r["worker"] for r in rows})
        answer = self.ask(d, "connections", limit=0)
        self.assertEqual((60, True, []), (
            answer["matched"], answer["is_cut"], answer["connections"]))

    def test_an_answer_has_a_length(self):
        """A list of connections that know very much is cut before it takes
        all memory, and one sees the rest by asking again."""
        port = FreePort.get()
        d = self.daemon(self.listener(
            "a", port, '{ type = "route"; bulk = 60; }, { type = "echo"; }'),
            workers=2)
        for _ in range(300):
            self.served(port)
        seen, before, pages = [], {}, 0
        while True:
            answer = self.ask(d, "connections", timeout=100, **before)
            page = [r["id"] for r in answer["connections"]]
            seen += page
            pages += 1
            self.assertEqual(
                {6 * 1024}, {len(json.dumps(r["facts"]["bulk7"])) - 2
                             for r in answer["connections"]})
            if not answer["is_cut"]:
                break
            self.assertGreater(len(page), 0)
            before = {"before": page[-1]}
        self.assertGreater(pages, 1)
        self.assertEqual(sorted(set(seen), reverse=True), seen)
        self.assertEqual(300, len(seen))

    def killed(self, d, streams, **filters):
        """Exactly these end, by the hand of the operator."""
        seen = len([r for r in d.records if r.get("reason")])
        self.assertEqual({"killed": len(streams)},
                         self.ask(d, "kill", **filters))
        for s in streams:
            self.assertTrue(is_reset(s))
        if not streams:
            return
        ends = d.wait_record(lambda r: r.get("reason"),
                             count=seen + len(streams))
        ends = ends[seen:] if isinstance(ends, list) else [ends]
        self.assertEqual({("killed", "host")},
                         {(r["reason"], r["by"]) for r in ends})
        self.assertEqual({self.peer_of(s) for s in streams},
                         {r["peer"] for r in ends})

    def test_kill(self):
        d = self.serve()
        in_a = [self.served(self.to_a, source="127.0.0.2") for _ in range(6)]
        in_b = [self.served(self.to_b, source="127.0.0.3") for _ in range(6)]
        for wrong in ({}, {"all": False}, {"all": True, "pipeline": "a"}):
            self.refused(d, "needs a filter", "kill", **wrong)
        self.killed(d, in_a[:1], id=self.row_of(d, in_a[0])["id"])
        self.killed(d, [], id=1 << 52)
        self.killed(d, in_a[1:], source="127.0.0.2/32")
        self.killed(d, in_b, identity="bob")
        old = [self.served(self.to_a) for _ in range(3)]
        self.ask(d, "reload")
        new = [self.served(self.to_a) for _ in range(3)]
        other = self.served(self.to_b)
        self.killed(d, old, generation=1)
        self.killed(d, new, pipeline="a")
        other.sendall(b"y")
        self.assertEqual(b"y", exactly(other, 1))
        self.killed(d, [other], all=True)

    def test_kill_of_many(self):
        d = self.serve()
        streams = [self.served(self.to_a) for _ in range(500)]
        keep = self.served(self.to_b)
        self.killed(d, streams, pipeline="a")
        keep.sendall(b"y")
        self.assertEqual(b"y", exactly(keep, 1))


class Pipelines(Control):
    def test_pipelines(self):
        ports = [FreePort.get() for _ in range(3)]
        d = self.daemon(
            f'a = ( {{ type = "tcp-server"; listen = [ "127.0.0.1:{ports[0]}"'
            f', "127.0.0.1:{ports[1]}" ]; }}, {{ type = "route"; ways = ( '
            '{ value = "admin"; exit = "t"; } ); }, { type = "echo"; } ); '
            't = ( { type = "echo"; name = "end"; } ); '
            + self.listener("z", ports[2]))
        streams = [self.served(p) for p in ports[:2]]
        a, t, z = self.ask(d, "pipelines")["pipelines"]
        self.assertEqual(
            ("a", 1, False, False, 2, ["tcp-server", "route", "echo"],
             [f"127.0.0.1:{p}" for p in ports[:2]]),
            tuple(a[k] for k in ("name", "generation", "is_target",
                                 "is_drained", "connections", "bindings",
                                 "listen")))
        self.assertEqual(("t", True, [], ["end"]), tuple(
            t[k] for k in ("name", "is_target", "listen", "bindings")))
        self.assertEqual(0, z["connections"])
        graph = self.ask(d, "graph")["pipelines"]
        self.assertEqual(["a", "t", "z"], [p["name"] for p in graph])
        self.assertEqual(
            [("tcp-server", "source", a["listen"], []),
             ("route", "filter", [], ["t"]), ("echo", "sink", [], [])],
            [(b["type"], b["role"], b["listen"], b["exits"])
             for b in graph[0]["bindings"]])
        self.assertEqual([("end", "echo")], [
            (b["name"], b["type"]) for b in graph[1]["bindings"]])
        self.assertTrue(graph[1]["is_target"])
        for s in streams:
            s.close()

    def test_no_pipeline_at_all(self):
        d = self.daemon("")
        for command in ("pipelines", "graph"):
            self.assertEqual({"pipelines": []}, self.ask(d, command))
        self.assertEqual({"bindings": []}, self.ask(d, "show"))

    def test_drain(self):
        one, two, other = (FreePort.get() for _ in range(3))
        d = self.daemon(
            f'a = ( {{ type = "tcp-server"; listen = [ "127.0.0.1:{one}", '
            f'"127.0.0.1:{two}" ]; }}, {{ type = "echo"; }} ); '
            + self.listener("b", other) + 't = ( { type = "echo"; } );',
            workers=2)
        old = self.served(one)
        self.assertEqual({"pipeline": "a", "listeners": 2, "connections": 1},
                         self.ask(d, "drain", pipeline="a"))
        for port in (one, two):
            with self.assertRaises(ConnectionRefusedError):
                self.connect(port)
        self.served(other)
        old.sendall(b"y")
        self.assertEqual(b"y", exactly(old, 1))
        a = self.ask(d, "pipelines")["pipelines"][0]
        self.assertEqual((True, [], 1), (a["is_drained"], a["listen"],
                                         a["connections"]))
        self.assertEqual(0, self.ask(d, "drain", pipeline="a")["listeners"])
        self.refused(d, "only exits", "drain", pipeline="t")
        self.refused(d, "no pipeline 'nowhere'$", "drain", pipeline="nowhere")
        self.ask(d, "reload")
        for port in (one, two, other):
            self.served(port)
        self.assertFalse(
            self.ask(d, "pipelines")["pipelines"][0]["is_drained"])


class Generations(Control):
    def test_what_pins_them(self):
        port = FreePort.get()
        d = self.daemon(self.listener("echo", port), workers=2,
                        settings='drain_timeout = "100s";')
        (g,) = self.ask(d, "generations")["generations"]
        self.assertEqual((1, "current", 0, 0), (
            g["number"], g["state"], g["pins"], g["connections"]))
        self.assertEqual([{"name": "echo", "connections": 0}],
                         g["pipelines"])
        self.assertEqual(["echo.so", "tcp-server.so"], sorted(
            os.path.basename(p) for p in g["plugins"]))
        first = [self.served(port) for _ in range(2)]
        self.ask(d, "reload")
        second = [self.served(port) for _ in range(3)]
        self.ask(d, "reload")
        rows = self.ask(d, "generations")["generations"]
        self.assertEqual(
            [(3, "current", 0), (2, "leaving", 3), (1, "leaving", 2)],
            [(g["number"], g["state"], g["connections"]) for g in rows])
        self.assertNotIn("drain_left_ms", rows[0]["pipelines"][0])
        for g in rows[1:]:
            self.assertGreaterEqual(g["pins"], g["connections"])
            left = g["pipelines"][0]["drain_left_ms"]
            self.assertTrue(0 < left <= 100000, left)
        self.assertEqual(3, self.ask(d, "status")["generations"])
        for s in first + second:
            s.close()
        self.eventually(
            lambda: [g["number"] for g in
                     self.ask(d, "generations")["generations"]] == [3],
            "what nothing pins is gone")

    def test_a_replaced_plugin(self):
        directory = self.temporary()

        def install(name):
            path = os.path.join(directory, "new.so")
            shutil.copy(os.path.join(TEST_PLUGINS, name), path)
            os.rename(path, os.path.join(directory, "swap.so"))
        install("swap1.so")
        port = FreePort.get()
        d = self.daemon(
            self.listener("echo", port,
                          '{ type = "swap"; }, { type = "echo"; }'),
            paths=("-p", directory, *PATHS))

        def swaps():
            return [p for p in self.ask(d, "plugins")["plugins"]
                    if p["name"] == "swap"]
        (row,) = swaps()
        self.assertEqual(
            ("filter", [1], False, os.path.join(directory, "swap.so")),
            tuple(row[k] for k in ("role", "generations", "is_retired",
                                   "path")))
        self.assertTrue(row["abi"].startswith("1.0"))
        old = self.served(port)
        install("swap2.so")
        self.ask(d, "reload")
        self.assertEqual(
            [([1], True), ([2], False)],
            sorted((p["generations"], p["is_retired"]) for p in swaps()))
        old.close()
        self.eventually(
            lambda: sorted((p["generations"], p["is_retired"])
                           for p in swaps()) == [([], True), ([2], False)],
            "no generation runs the old one")


main()
