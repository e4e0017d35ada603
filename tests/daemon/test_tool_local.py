# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What the control tool does without a daemon: check and describe, by running
binderyd."""

import json
import os
import shutil

from lib import *

GOOD = '''pipelines: { e = (
    { type = "tcp-server"; listen = "127.0.0.1:9"; }, { type = "echo"; } ); };
'''
BAD = 'wokers = 2;\nworkers = "x";\n'
WARNED = 'pipelines: { e = ( { type = "echo"; } ); };\n'
OURS = ("-p", PLUGINS)


class Local(Case):
    def test_check(self):
        path = self.write(GOOD)
        p = bindery("check", *OURS, path)
        self.assertEqual((0, "", f"{path}: the configuration is good\n"),
                         (p.returncode, p.stdout, p.stderr))

    def test_check_of_errors(self):
        """As binderyd says them, with its status."""
        path = self.write(BAD)
        p = bindery("check", path)
        self.assertEqual((78, "", run("-t", "-c", path).stderr),
                         (p.returncode, p.stdout, p.stderr))

    def test_check_as_json(self):
        path = self.write(GOOD)
        p = bindery("check", "--json", *OURS, path)
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertEqual({"ok": True, "errors": [], "warnings": []},
                         json.loads(p.stdout))
        path = self.write(BAD)
        p = bindery("check", "--json", path)
        self.assertEqual((78, ""), (p.returncode, p.stderr))
        said = json.loads(p.stdout)
        self.assertFalse(said["ok"])
        self.assertEqual(run("-t", "-c", path).stderr.splitlines(),
                         said["errors"])
        self.assertTrue(said["errors"][0].startswith(f"{path}:1: "))

    def test_warnings_as_json(self):
        path = self.write(WARNED)
        p = bindery("check", "--json", *OURS, path)
        said = json.loads(p.stdout)
        self.assertEqual((0, True, []), (p.returncode, said["ok"],
                                         said["errors"]))
        self.assertEqual(1, len(said["warnings"]))
        self.assertTrue(said["warnings"][0].startswith(f"{path}:1: "))

    def test_describe(self):
        p = bindery("describe", *OURS, "echo")
        self.assertEqual((0, run("-l", "echo").stdout, ""),
                         (p.returncode, p.stdout, p.stderr))
        p = bindery("describe", "--json", "--plugins", PLUGINS, "tcp-server")
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertEqual(json.loads(run("-jl", "tcp-server").stdout),
                         json.loads(p.stdout))
        for args in ([], ["--json"]):
            p = bindery("describe", *args, *OURS, "ecko")
            self.assertEqual((78, ""), (p.returncode, p.stdout))
            self.assertRegex(p.stderr, "plugin 'ecko' not found .* 'echo'")

    def beside(self, script):
        """The tool with this program as the binderyd beside it."""
        directory = self.temporary()
        tool = os.path.join(directory, "bindery")
        shutil.copy2(BINDERY, tool)
        path = self.write("#!/bin/sh\n" + script, "binderyd", directory)
        os.chmod(path, 0o755)
        return tool

    def test_it_is_the_one_beside_the_tool(self):
        tool = self.beside('echo "$@"; exit 5\n')
        p = bindery("check", "-p", "d", "-p", "e", "f", path=tool)
        self.assertEqual((5, "-p d -p e -t -c f\n"), (p.returncode, p.stdout))

    def test_one_of_path(self):
        tool = self.beside("")
        directory = os.path.dirname(tool)
        os.rename(os.path.join(directory, "binderyd"),
                  os.path.join(directory, "elsewhere"))
        p = bindery("check", path=tool, env={"PATH": directory})
        if p.returncode == 69:
            self.assertRegex(p.stderr, "cannot run binderyd: No such file")
        other = self.temporary()
        shutil.copy2(os.path.join(directory, "elsewhere"),
                     os.path.join(other, "binderyd"))
        p = bindery("check", path=tool, env={"PATH": other})
        self.assertEqual(0, p.returncode, p.stderr)

    def test_it_hangs(self):
        tool = self.beside("exec sleep 100\n")
        for args in ([], ["--json"]):
            p = bindery("-t", "300ms", "check", *args, path=tool)
            self.assertEqual((75, ""), (p.returncode, p.stdout))
            self.assertRegex(p.stderr, "not ended within 300ms")

    def test_it_dies(self):
        tool = self.beside("kill -SEGV $$\n")
        for args in (["check"], ["check", "--json"], ["describe", "x"]):
            p = bindery(*args, path=tool)
            self.assertEqual(70, p.returncode)
            self.assertRegex(p.stderr, r"ended by signal 11 \(")

    def test_it_says_nonsense(self):
        tool = self.beside("echo nonsense\n")
        p = bindery("describe", "--json", "x", path=tool)
        self.assertEqual((70, "", "bindery: binderyd has not printed JSON\n"),
                         (p.returncode, p.stdout, p.stderr))
        tool = self.beside(r"printf '\377\n' >&2; exit 1" + "\n")
        self.assertEqual(70, bindery("check", "-j", path=tool).returncode)


main()
