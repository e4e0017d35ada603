# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The control tool: what each command asks, and what it prints of the answer.
The daemon is one that only knows its lines."""

import json
import re

from lib import *

CONNECTION = {
    "id": 1024, "pipeline": "gate", "generation": 3, "worker": 1,
    "peer": "192.0.2.1:5000", "age_ms": 192000, "idle_ms": 12,
    "from_client": 1258291, "to_client": 6, "from_backend": 6,
    "to_backend": 1258291, "queued": 0, "state": "open",
    "stages": [
        {"pipeline": "gate", "binding": "tcp-server", "state": "open",
         "says": []},
        {"pipeline": "gate", "binding": "tls", "state": "opening",
         "says": [{"key": "version", "value": "TLS 1.3"},
                  {"key": "alpn", "value": "h2"}]}],
    "facts": {"sni": "evil\x1b[31m"}}

STATUS = {
    "version": "0.1.0", "abi": "1.0", "pid": 4711, "started_at": 1700000000,
    "uptime_ms": 3 * 86400000 + 4 * 3600000, "config": "/etc/b.conf",
    "generation": 4, "generations": 2, "workers": 1, "pipelines": 3,
    "connections": 1042, "accepted": 99311, "log_level": "info",
    "is_ending": False, "descriptors": {"used": 9, "limit": 1024},
    "memory": 12897484, "reloads": {
        "good": 3, "refused": 1, "last": {
            "at": 1700000000, "ok": False, "generation": 4, "ms": 12,
            "errors": ["b.conf:3: no"]}}}


class Asking(Case):
    def ask(self, answer, *args, status=0, stderr="", **more):
        """The one request and what was printed."""
        d = FakeDaemon(self.temporary(), answer)
        self.addCleanup(d.close)
        p = bindery("-s", d.path, *args, **more)
        self.assertEqual((status, stderr), (p.returncode, p.stderr), p.stdout)
        self.requests = d.requests
        return p.stdout

    def asked(self, *args, answer=None):
        """The arguments of the request."""
        self.ask(good(answer or {}), "--json", *args)
        self.assertEqual(1, len(self.requests))
        self.assertEqual(1, self.requests[0]["bindery"])
        return (self.requests[0]["command"],
                self.requests[0].get("arguments"))


class Requests(Asking):
    def test_commands_without_arguments(self):
        for word, command in (
                ("status", "status"), ("reload", "reload"),
                ("upgrade", "upgrade"), ("stop", "stop"),
                ("reopen", "reopen"), ("list", "pipelines"),
                ("pipelines", "pipelines"), ("connections", "connections"),
                ("conns", "connections"), ("generations", "generations"),
                ("plugins", "plugins"), ("graph", "graph"),
                ("show", "show"), ("metrics", "metrics"),
                ("log-level", "log-level"), ("config", "config")):
            self.assertEqual((command, None), self.asked(word), word)

    def test_filters(self):
        self.assertEqual(
            ("connections", {"pipeline": "p", "source": "10.0.0.0/8",
                             "identity": "i", "generation": 3, "id": 5,
                             "limit": 7, "before": 9, "stages": False}),
            self.asked("connections", "--pipeline", "p", "--source=10.0.0.0/8",
                       "--identity", "i", "--generation", "3", "--id", "5",
                       "--limit", "7", "--before", "9", "--no-stages"))

    def test_operands(self):
        self.assertEqual(("drain", {"pipeline": "p"}),
                         self.asked("drain", "p"))
        self.assertEqual(("log-level", {"level": "debug"}),
                         self.asked("log-level", "debug"))
        self.assertEqual(("show", {"pipeline": "p"}), self.asked("show", "p"))
        self.assertEqual(("show", {"pipeline": "p", "binding": "b"}),
                         self.asked("show", "p/b"))
        self.assertEqual(("stop", {"now": True}), self.asked("stop", "--now"))

    def test_words_of_plugins_are_not_ours(self):
        self.assertEqual(
            ("tell", {"pipeline": "p", "binding": "b",
                      "words": ["set", "--json", "-x", "ä b"]}),
            self.asked("tell", "p/b", "set", "--json", "-x", "ä b"))

    def test_explain(self):
        self.assertEqual(
            ("explain", {"pipeline": "p", "source": "192.0.2.1:5",
                         "server_name": "n", "identity": "i",
                         "claims": {"a": "1", "b": "x=y"},
                         "facts": {"c": ""}}),
            self.asked("explain", "p", "--from", "192.0.2.1:5",
                       "--server-name", "n", "--identity", "i", "--claim",
                       "a=1", "--claim", "b=x=y", "--fact", "c="))

    def test_options_can_stand_anywhere(self):
        d = FakeDaemon(self.temporary(), good({"level": "info"}))
        self.addCleanup(d.close)
        for args in (["-s", d.path, "-j", "log-level", "info"],
                     ["log-level", "info", "--json", "-s", d.path],
                     ["log-level", "--socket", d.path, "--json", "info"]):
            p = bindery(*args)
            self.assertEqual((0, '{"level":"info"}\n'), (p.returncode,
                                                         p.stdout), args)
        p = bindery("log-level", env={"BINDERY_SOCKET": d.path})
        self.assertEqual((0, "log level  info\n"), (p.returncode, p.stdout))

    def test_kill(self):
        self.assertEqual(("kill", {"pipeline": "p"}), self.asked(
            "kill", "--pipeline", "p", answer={"killed": 2}))
        self.assertEqual(("kill", {"all": True}), self.asked(
            "kill", "--all", answer={"killed": 2}))
        self.assertEqual("killed 2 connections\n",
                         self.ask(good({"killed": 2}), "kill", "--all"))
        self.assertEqual("killed 1 connection\n",
                         self.ask(good({"killed": 1}), "kill", "7"))
        self.assertEqual({"id": 7}, self.requests[0]["arguments"])

    def test_kill_by_numbers(self):
        """One that is gone is said, and does not keep the others."""
        said = self.ask(
            lambda r: good({"killed": int(r["arguments"]["id"] != 8)}),
            "kill", "7", "8", "9", status=1,
            stderr="bindery: there is no connection 8\n")
        self.assertEqual("killed 2 connections\n", said)
        self.assertEqual([7, 8, 9],
                         [r["arguments"]["id"] for r in self.requests])
        self.assertEqual('{"killed":2}\n', self.ask(
            good({"killed": 1}), "--json", "kill", "7", "8"))


class Tables(Asking):
    def test_status(self):
        said = self.ask(good(STATUS), "status", env={"TZ": "UTC"})
        self.assertEqual(
            "binderyd       0.1.0, plugin ABI 1.0, process 4711\n"
            "up             3d4h, since 2023-11-14 22:13:20\n"
            "configuration  /etc/b.conf\n"
            "generation     4, 2 live\n"
            "pipelines      3, by 1 worker\n"
            "log level      info\n"
            "connections    1042 now, 99311 in all\n"
            "descriptors    9 of 1024\n"
            "memory         12.3 MiB\n"
            "reloads        3 good, 1 refused\n",
            said[:said.index("last reload")])
        self.assertRegex(said, r"last reload    \d+d\d+h ago: refused, in "
                         r"12ms\n +b\.conf:3: no\n$")
        self.assertIn("4711, ending\n", self.ask(
            good(dict(STATUS, is_ending=True)), "status"))
        self.assertNotIn("last", self.ask(
            good(dict(STATUS, reloads={"last": None})), "status"))

    def test_reload(self):
        self.assertEqual("generation 4 serves (12 ms)\n", self.ask(
            good({"generation": 4, "ms": 12, "warnings": ["b.conf:1: hm"]}),
            "reload", stderr="bindery: warning: b.conf:1: hm\n"))

    def test_refused_reload(self):
        """Each error as the daemon gave it, file and line first."""
        no = bad("reload refused: generation 3 goes on as it was",
                 "b.conf:3: unknown option 'x'\x1b[2J", "b.conf:9: no")
        self.assertEqual("", self.ask(
            no, "reload", status=1,
            stderr="b.conf:3: unknown option 'x'?[2J\nb.conf:9: no\n"
            "bindery: reload refused: generation 3 goes on as it was\n"))
        self.assertEqual(
            {"error": no["error"], "errors": no["errors"]},
            json.loads(self.ask(no, "--json", "reload", status=1)))

    def test_short_answers(self):
        for args, answer, said in (
                (["upgrade"], {"pid": 5, "ms": 70},
                 "process 5 serves (70 ms)\n"),
                (["stop"], {"connections": 1, "deadline_ms": 60000},
                 "ending: 1 connection open, at most 1m00s\n"),
                (["reopen"], {}, "the log is opened again\n"),
                (["drain", "gate"], {"pipeline": "gate", "listeners": 2,
                                     "connections": 0},
                 "'gate' accepts nothing more: 2 listeners closed, 0 "
                 "connections left\n"),
                (["log-level", "debug"], {"level": "debug", "was": "info"},
                 "log level  debug, was info\n"),
                (["log-level"], {"level": "info", "was": "info"},
                 "log level  info\n"),
                (["metrics"], {"text": "# HELP a b\na 1\n"},
                 "# HELP a b\na 1\n"),
                (["config"], {"text": "workers = 1;\n\tx\n"},
                 "workers = 1;\n\tx\n"),
                (["tell", "p/b", "x"], {"says": [
                    {"key": "a", "value": "1"},
                    {"key": "bcd", "value": "two\n"}]},
                 "a    1\nbcd  two?\n")):
            self.assertEqual(said, self.ask(good(answer), *args), args)

    def test_pipelines(self):
        said = self.ask(good({"pipelines": [
            {"name": "gate", "listen": ["0.0.0.0:1", "[::]:1"],
             "bindings": ["tcp-server", "echo"], "connections": 3,
             "accepted": 12, "from_client": 2048, "to_client": 0,
             "from_backend": 0, "to_backend": 0,
             "reasons": {"done": 9, "error": 0, "killed": 1}},
            {"name": "admin", "is_target": True, "bindings": ["echo"]},
            {"name": "old", "is_drained": True}]}), "list")
        self.assertEqual(
            "PIPELINE  LISTENS ON         BINDINGS         STATE    NOW  "
            "ACCEPTED  FROM CLIENT  TO CLIENT  FROM BACKEND  TO BACKEND\n"
            "gate      0.0.0.0:1, [::]:1  tcp-server echo  serves     3  "
            "      12      2.0 KiB        0 B           0 B         0 B\n"
            "    ended: done 9, killed 1\n"
            "admin     -                  echo             target     -  "
            "       -            -          -             -           -\n"
            "old       -                  -                drained    -  "
            "       -            -          -             -           -\n",
            said)

    def test_connections(self):
        said = self.ask(good({"connections": [CONNECTION], "matched": 1,
                              "is_cut": False}), "connections")
        self.assertEqual(
            "  ID  PIPELINE  GEN  WORKER  PEER            IDENTITY  STATE    "
            "AGE  IDLE  FROM CLIENT  TO CLIENT  FROM BACKEND  TO BACKEND  "
            "QUEUED\n"
            "1024  gate        3       1  192.0.2.1:5000  -         open   "
            "3m12s  12ms      1.2 MiB        6 B           6 B     1.2 MiB  "
            "   0 B\n"
            "    gate/tcp-server open\n"
            '    gate/tls opening version="TLS 1.3" alpn=h2\n'
            "    sni: evil?[31m\n", said)

    def test_more_connections_than_shown(self):
        answer = good({"connections": [CONNECTION], "matched": 5000,
                       "is_cut": True})
        for args in (["conns"], ["conns", "--json"]):
            self.ask(answer, *args,
                     stderr="bindery: 1 of 5000 connections are shown: "
                     "--limit shows more, filters and --before show others\n")

    def test_generations(self):
        said = self.ask(good({"generations": [
            {"number": 4, "state": "current", "age_ms": 5, "pins": 2,
             "connections": 1, "pipelines": [{"name": "g", "connections": 1}],
             "plugins": ["/p/echo.so"]},
            {"number": 3, "state": "leaving", "age_ms": 5000, "pins": 1,
             "connections": 2, "pipelines": [
                 {"name": "g", "connections": 2, "drain_left_ms": 61000}]}]}),
            "generations")
        self.assertEqual(
            "GENERATION  STATE     AGE  PINS  CONNECTIONS\n"
            "         4  current   5ms     2            1\n"
            "    g: 1 connection\n"
            "    /p/echo.so\n"
            "         3  leaving  5.0s     1            2\n"
            "    g: 2 connections, 1m01s left\n", said)

    def test_plugins(self):
        said = self.ask(good({"plugins": [
            {"name": "echo", "version": "1.0", "abi": "1.0", "role": "sink",
             "path": "/p/echo.so", "summary": "Sends back.",
             "generations": [3, 4], "is_retired": False},
            {"name": "echo", "path": "/p/echo.so", "is_retired": True}]}),
            "plugins")
        self.assertEqual(
            "PLUGIN  VERSION  ROLE  ABI  GENERATIONS  FILE        SUMMARY\n"
            "echo    1.0      sink  1.0  3, 4         /p/echo.so  "
            "Sends back.\n"
            "echo    -        -     -    retired      /p/echo.so  -\n", said)

    def test_show(self):
        said = self.ask(good({"bindings": [
            {"pipeline": "g", "binding": "tls", "type": "tls", "workers": [
                {"worker": 0, "says": [{"key": "a", "value": "1"}]},
                {"worker": 1, "says": [{"key": "bcd", "value": "2"}]}]},
            {"pipeline": "g", "binding": "e", "type": "echo", "workers": [
                {"worker": 0, "says": [{"key": "x", "value": ""}]}]}]}),
            "show")
        self.assertEqual("g/tls (tls)\n  worker 0\n    a    1\n  worker 1\n"
                         "    bcd  2\ng/e (echo)\n    x    -\n", said)

    def test_explain(self):
        said = self.ask(good({"steps": [
            {"pipeline": "g", "binding": "guard", "type": "jwt-guard",
             "verdict": "exit", "exit": "admin", "why": "group is admins",
             "says": [{"key": "route", "value": "2"}]}],
            "outcome": "it would reach 'admin'"}), "explain", "g")
        self.assertEqual(
            "BINDING  TYPE       VERDICT  EXIT   WHY\n"
            "g/guard  jwt-guard  exit     admin  group is admins\n"
            "    route: 2\n\n"
            "it would reach 'admin'\n", said)

    def test_json_is_the_answer_on_one_line(self):
        self.assertEqual(STATUS, json.loads(
            self.ask(good(STATUS), "status", "--json")))
        self.assertEqual('{"b":1,"a":[]}\n', self.ask(
            good({"b": 1, "a": []}), "status", "--json"))

    def test_any_answer_can_be_shown(self):
        """Members may be missing, or of other kinds than promised."""
        odd = [{}, {"pipelines": 1, "connections": "x", "says": {}},
               {"pipelines": [1, None, {"name": [], "reasons": 3}],
                "connections": [{"stages": [7], "facts": {"a": 1}}],
                "generations": [[]], "plugins": [{"generations": [{}]}],
                "bindings": [{"workers": [1]}], "steps": [0], "text": 5,
                "reloads": [], "warnings": [3]}]
        for answer in odd:
            for args in (["status"], ["list"], ["conns"], ["generations"],
                         ["plugins"], ["graph"], ["graph", "--dot"],
                         ["show"], ["explain", "p"], ["tell", "p/b", "w"],
                         ["metrics"], ["stop"], ["log-level"],
                         ["top", "--count", "1", "--interval", "100ms"]):
                self.ask(good(answer), *args)
        warned = self.ask(good(odd[2]), "reload",
                          stderr="bindery: warning: ?\n")
        self.assertEqual("generation 0 serves (0 ms)\n", warned)


class OnTerminal(Case):
    def show(self, answer, *args, **more):
        d = FakeDaemon(self.temporary(), good(answer))
        self.addCleanup(d.close)
        t = Terminal("-s", d.path, *args, **more)
        self.addCleanup(t.close)
        self.assertEqual(0, t.finish())
        return t.text.replace("\r\n", "\n")

    def test_wide_tables_are_cut(self):
        said = self.show({"connections": [CONNECTION]}, "conns", columns=40)
        lines = re.sub("\x1b\\[[01]m", "", said).splitlines()
        self.assertEqual(40, max(map(len, lines)), said)
        self.assertTrue(said.startswith("\x1b[1m  ID  PIPELINE"), said)
        self.assertNotIn("\x1b[31m", said)

    def test_no_colour(self):
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn("\x1b", self.show(
                {"connections": [CONNECTION]}, "conns", env=env))

    def test_json_is_indented_and_harmless(self):
        said = self.show({"text": "a\u202e\x1b"}, "metrics", "--json")
        self.assertEqual('{\n  "text": "a\\u202E\\u001B"\n}\n', said)

    def test_text_cannot_steer_it(self):
        self.assertEqual("a b?[2J\n\nc\n", self.show(
            {"text": "a\tb\x1b[2J\n\nc\n"}, "metrics"))


main()
