# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The completion for bash: sourced there, and its function called."""

import os
import subprocess

from lib import *

SCRIPT = os.path.join(ROOT, "packaging/completion/bindery")

ANSWERS = {
    "pipelines": {"pipelines": [
        {"name": "gate", "bindings": ["tls"]}, {"name": "gallery"},
        {"name": "$(echo evil)"}, {"name": "admin"}]},
    "plugins": {"plugins": [{"name": "echo"}, {"name": "tcp-server"}]},
}


class Completion(Case):
    def setUp(self):
        d = FakeDaemon(self.temporary(),
                       lambda request: good(ANSWERS[request["command"]]))
        self.addCleanup(d.close)
        self.socket = d.path

    def complete(self, *words, env=None, cwd=None):
        """What the last word could be."""
        words = [BINDERY, *words]
        p = subprocess.run(
            ["bash", "-c",
             'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
             'complete -p bindery >/dev/null && _bindery; '
             'printf "%s\\n" "${COMPREPLY[@]}"', SCRIPT, *words],
            env=environment({"BINDERY_SOCKET": self.socket, **(env or {})}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, cwd=cwd,
            timeout=30 * SCALE)
        self.assertEqual((0, ""), (p.returncode, p.stderr), words)
        return [line for line in p.stdout.split("\n") if line]

    def test_commands(self):
        self.assertEqual(["show", "status", "stop"],
                         sorted(self.complete("s")))
        everything = bindery("help", "--words").stdout.split("\n")
        self.assertEqual([w for w in everything if w and w[0] != "-"],
                         self.complete(""))
        self.assertEqual(["config", "connections", "conns"],
                         sorted(self.complete("--json", "con")))

    def test_a_plugin_of_ones_own(self):
        directory = self.temporary()
        os.mkdir(os.path.join(directory, "here"))
        self.assertEqual(["--sink", "--source"],
                         self.complete("new-plugin", "--s")[:2])
        self.assertEqual(["here"], self.complete("new-plugin", "x", "h",
                                                 cwd=directory))

    def test_options(self):
        self.assertEqual(["--json"], self.complete("--j"))
        self.assertEqual(["--now"], self.complete("stop", "--n"))
        self.assertEqual(["--pipeline", "--source", "--identity",
                          "--generation", "--id", "--limit", "--before",
                          "--no-stages", "--socket", "--json", "--timeout",
                          "--help", "--version"],
                         self.complete("conns", "--"))

    @thrice
    def test_pipelines(self):
        self.assertEqual(["gate", "gallery"], self.complete("drain", "ga"))
        self.assertEqual(["admin"], self.complete("explain", "a"))
        self.assertEqual(["gate", "gallery"],
                         self.complete("conns", "--pipeline", "ga"))
        self.assertEqual(["gate", "gallery"],
                         self.complete("conns", "--pipeline", "=", "ga"))

    @thrice
    def test_socket_of_the_line_is_asked(self):
        self.assertEqual(
            ["admin"], self.complete("-s", self.socket, "drain", "a",
                                     env={"BINDERY_SOCKET": "/nowhere"}))

    @thrice
    def test_plugins(self):
        self.assertEqual(["tcp-server"], self.complete("describe", "t"))

    def test_other_operands(self):
        self.assertEqual(["debug"], self.complete("log-level", "d"))
        self.assertEqual(["kill"], self.complete("help", "k"))
        directory = self.temporary()
        path = self.write("", "a.conf", directory)
        self.assertEqual([path], self.complete("check", directory + "/"))
        self.assertEqual([], self.complete("status", "x"))

    def test_names_are_not_executed(self):
        self.assertNotIn("evil", self.complete("drain", ""))
        directory = self.temporary()
        made = os.path.join(directory, "made")
        path = self.write("", "$(touch made)", directory)
        self.assertIn(os.path.basename(path), self.complete(
            "check", "", cwd=directory)[0])
        self.assertFalse(os.path.exists(made))

    def test_without_a_daemon(self):
        for words in (["drain", ""], ["describe", ""], ["nonsense", ""],
                      ["conns", "--pipeline", ""]):
            self.assertEqual([], self.complete(
                *words, env={"BINDERY_SOCKET": "/nowhere"}))


main()
