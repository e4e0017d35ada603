# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""bindery graph: as a drawing, and for Graphviz."""

import shutil
import subprocess

from lib import *

ANSWER = {"pipelines": [
    {"name": "gate", "is_target": False, "bindings": [
        {"name": "tcp-server", "type": "tcp-server", "role": "source",
         "listen": ["0.0.0.0:7443"], "exits": []},
        {"name": "first", "type": 'odd"\\n<x>', "role": "filter",
         "exits": ["admin", "nowhere"]},
        {"name": "tcp-client", "type": "tcp-client", "role": "sink"}]},
    {"name": "admin", "is_target": True, "bindings": [
        {"name": "echo", "type": "echo", "role": "sink"}]}]}


class Graph(Case):
    def graph(self, *args, answer=ANSWER, **more):
        d = FakeDaemon(self.temporary(), good(answer))
        self.addCleanup(d.close)
        p = bindery("-s", d.path, "graph", *args, **more)
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        return p.stdout

    def test_utf8(self):
        self.assertEqual(
            'gate\n'
            '  0.0.0.0:7443 ──▶ [tcp-server] ─▶ [first (odd"\\n<x>)] ─▶ '
            '[tcp-client]\n'
            '                                            ├─▶ admin\n'
            '                                            └─▶ nowhere\n'
            '\n'
            'admin (target)\n'
            '  gate/first ──▶ [echo]\n', self.graph())

    def test_ascii(self):
        said = self.graph(env={"LC_ALL": "C"})
        self.assertTrue(said.isascii())
        self.assertIn("  0.0.0.0:7443 --> [tcp-server] -> [first", said)

    def dot(self, *args, **more):
        text = self.graph("--dot", **more)
        if not shutil.which("dot"):
            self.skipTest("Graphviz is not here")
        p = subprocess.run(["dot", *args], input=text, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=60)
        self.assertEqual((0, ""), (p.returncode, p.stderr), text)
        return p.stdout

    def test_dot(self):
        plain = self.dot("-Tplain")
        nodes = [line for line in plain.splitlines()
                 if line.startswith("node ")]
        edges = [line for line in plain.splitlines()
                 if line.startswith("edge ")]
        self.assertEqual((4, 3), (len(nodes), len(edges)), plain)
        self.assertIn('edge "gate/first" "admin/echo"', plain)

    def test_dot_of_odd_answers(self):
        for pipelines in ([], [{}], [{"name": '"; }\n"', "bindings": [
                {"name": "\\", "type": "\\", "listen": ['"\\', 3],
                 "exits": ['"; }\n"']}]}]):
            self.dot("-Tsvg", answer={"pipelines": pipelines})


main()
