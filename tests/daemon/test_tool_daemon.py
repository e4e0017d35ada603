# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The control tool and the real daemon: they speak the same protocol."""

import json

from lib import *


class Real(Case):
    def setUp(self):
        self.served, self.port = self.echo(allowed=(0, 3))
        self.socket = self.served.path("control.sock")

    def tool(self, *args, status=0, stderr=""):
        p = bindery("-s", self.socket, *args)
        self.assertEqual(status, p.returncode, p.stdout + p.stderr)
        self.assertRegex(p.stderr, stderr + r"\Z")
        return p.stdout

    def json(self, *args):
        return json.loads(self.tool("--json", *args))

    def client(self):
        """A connection that the daemon has: a byte went around."""
        s = self.connect(self.port)
        s.sendall(b"x")
        self.assertEqual(b"x", s.recv(1))
        return s

    def test_what_there_is(self):
        self.client()
        self.assertRegex(self.tool("status"),
                         r"(?s)^binderyd +\d+\.\d+\.\d+, plugin ABI .*"
                         rf"process {self.served.pid}\n.*1 now, 1 in all")
        self.assertRegex(self.tool("list"),
                         rf"(?m)^echo +127.0.0.1:{self.port} +tcp-server "
                         r"echo +serves +1 ")
        self.assertRegex(self.tool("conns"), r"(?m)^ *\d+  echo  .*\n"
                         r"    echo/echo open$")
        self.assertIn("echo.so", self.tool("plugins"))
        self.assertIn("current", self.tool("generations"))
        self.assertIn(f"  127.0.0.1:{self.port} ──▶ [tcp-server] ─▶ [echo]\n",
                      self.tool("graph"))
        self.assertIn("echo/tcp-server (tcp-server)\n", self.tool("show"))
        self.assertIn("echo/echo", self.tool("explain", "echo", "--from",
                                             "192.0.2.1"))
        self.assertRegex(self.tool("config"), "(?m)^workers = 1;")
        self.assertRegex(self.tool("top", "--count", "1", "--interval",
                                   "100ms"), "(?m)^echo +1 ")

    def test_filters_are_understood(self):
        self.client()
        for args in (["--pipeline", "echo"], ["--source", "127.0.0.0/8"],
                     ["--generation", "1"], ["--no-stages"],
                     ["--limit", "5"]):
            self.assertEqual(1, self.json("conns", *args)["matched"], args)
        for args in (["--source", "192.0.2.1"], ["--identity", "nobody"],
                     ["--generation", "7"], ["--id", "1"]):
            self.assertEqual(0, self.json("conns", *args)["matched"], args)
        self.tool("conns", "--source", "x", status=1,
                  stderr="^bindery: .*'x'.*\n")

    def test_kill(self):
        s = self.client()
        number = self.json("conns")["connections"][0]["id"]
        self.assertEqual("killed 1 connection\n",
                         self.tool("kill", str(number)))
        self.assertTrue(is_reset(s))
        self.tool("kill", str(number), status=1,
                  stderr=f"^bindery: there is no connection {number}\n")
        self.assertEqual("killed 0 connections\n", self.tool("kill", "--all"))

    def test_drain_and_reload(self):
        self.assertRegex(self.tool("drain", "echo"), "1 listener closed")
        self.assertIn("drained", self.tool("list"))
        self.assertRegex(self.tool("reload"),
                         r"^generation 2 serves \(\d+ ms\)\n$")
        self.client()
        self.served.configure("echo = 5;")
        self.tool("reload", status=1,
                  stderr=rf"^{self.served.config}:6: .+\n(.+\n)*"
                  "bindery: reload refused: generation 2 goes on as it "
                  "was\n")

    def test_orders(self):
        self.assertEqual("log level  debug, was info\n",
                         self.tool("log-level", "debug"))
        self.assertEqual("log level  debug\n", self.tool("log-level"))
        self.tool("reopen")
        self.tool("tell", "echo/echo", "x", status=1,
                  stderr="^bindery: .+\n")
        self.tool("stop", "--now")
        self.served.wait()


main()
