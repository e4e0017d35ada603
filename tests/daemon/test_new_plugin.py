# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

""""bindery new-plugin": what it writes, and what it refuses.  Whether that can
be built is the business of tests/tutorial."""

import json
import os
import resource
import shutil
import signal
import subprocess

from lib import *
from lib.build import BUILD, ROOT

BINDERY_TOOL = os.path.join(BUILD, "server/bindery")


class NewPlugin(Case):
    def setUp(self):
        self.directory = self.temporary()

    def new(self, *args, tool=BINDERY_TOOL, **more):
        return subprocess.run([tool, "new-plugin", *args],
                              cwd=self.directory, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=30, **more)

    def refused(self, status, words, *args, **more):
        """One sentence, and nothing was written."""
        before = sorted(os.listdir(self.directory))
        p = self.new(*args, **more)
        self.assertEqual((status, ""), (p.returncode, p.stdout), p.stderr)
        self.assertRegex(p.stderr, rf"^bindery: .*{words}.*\n$")
        self.assertEqual(before, sorted(os.listdir(self.directory)))

    def written(self, directory):
        return sorted(os.path.relpath(os.path.join(d, f),
                                      os.path.join(self.directory, directory))
                      for d, _, names in os.walk(os.path.join(self.directory,
                                                              directory))
                      for f in names)

    def test_what_is_written(self):
        p = self.new("my-one")
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertIn("my-one is in 'my-one', a filter: ", p.stdout)
        self.assertEqual(
            [".gitignore", "CMakeLists.txt", "Makefile", "README.md",
             "bindery-my-one.7", "debian/changelog", "debian/control",
             "debian/copyright", "debian/examples", "debian/rules",
             "debian/source/format", "my-one.c", "my-one.conf",
             "rpm/bindery-plugin-my-one.spec", "tests/table.h",
             "tests/test-my-one.c"], self.written("my-one"))
        with open(os.path.join(self.directory, "my-one/my-one.c")) as f:
            code = f.read()
        self.assertTrue(code.startswith(
            "/* SPDX-License-Identifier: LicenseRef-CHOOSE-ONE */\n"))
        for words in ("\nmy_one_flow(struct bnd_stage *st)\n",
                      'BND_HEAD("my-one", "0.1", BND_FILTER)',
                      "enum { MY_ONE_LINES };"):
            self.assertIn(words, code)
        self.assertTrue(os.access(os.path.join(
            self.directory, "my-one/debian/rules"), os.X_OK))

    def test_roles(self):
        for role in ("filter", "sink", "source"):
            with self.subTest(role):
                p = self.new(f"--{role}", "x", role)
                self.assertEqual(0, p.returncode, p.stderr)
                with open(os.path.join(self.directory, role, "x.c")) as f:
                    self.assertIn(f"BND_{role.upper()})", f.read())

    def test_directory_that_is_empty(self):
        os.mkdir(os.path.join(self.directory, "here"))
        self.assertEqual(0, self.new("x", "here").returncode)
        self.assertIn("x.c", self.written("here"))

    def test_json(self):
        p = self.new("--json", "--sink", "x", "to")
        said = json.loads(p.stdout)
        self.assertEqual(("x", "sink", "to"), (
            said["name"], said["role"], said["directory"]))
        self.assertEqual(
            ["to/" + f for f in self.written("to")],
            sorted(f for f in said["files"] if not os.path.isdir(
                os.path.join(self.directory, f))))

    def test_names_that_are_none(self):
        for name in ("", "Upper", "1st", "a_b", "a.b", "../x", "a b",
                     "a" * 41, "ä", "$(id)"):
            with self.subTest(name):
                self.refused(64, "cannot be the name of a plugin", name)
        for name in ("all", "clean", "help", "install", "package",
                     "preinstall", "test"):
            self.refused(64, f"cannot be called '{name}'", name)

    def test_wrong_words(self):
        self.refused(64, "--filter and --source: a plugin has one role",
                     "x", "--source", "--filter")
        self.assertEqual(64, self.new().returncode)
        self.assertEqual(64, self.new("a", "b", "c").returncode)

    def test_what_is_in_the_way_stays(self):
        os.mkdir(os.path.join(self.directory, "x"))
        self.write("mine", "x.c", os.path.join(self.directory, "x"))
        self.refused(73, "'x' is not empty: name another directory", "x")
        self.assertEqual(["x.c"], self.written("x"))
        self.write("a file", "y", self.directory)
        self.refused(73, "cannot use 'y': Not a directory", "y")
        self.refused(73, "cannot make 'no/such': No such file", "z",
                     "no/such")

    def copied_tool(self):
        """A tool with templates of its own beside it."""
        prefix = self.temporary()
        os.mkdir(os.path.join(prefix, "bin"))
        tool = shutil.copy(BINDERY_TOOL, os.path.join(prefix, "bin"))
        templates = os.path.join(prefix, "share/bindery/template")
        shutil.copytree(os.path.join(ROOT, "sdk/template"), templates)
        return tool, templates

    def test_templates_that_cannot_be_read(self):
        """Nothing is left of what was begun."""
        tool, templates = self.copied_tool()
        os.remove(os.path.join(templates, "filter/plug-in.c"))
        os.symlink("nowhere", os.path.join(templates, "filter/plug-in.c"))
        self.refused(66, "cannot read the template .*: No such file", "x",
                     tool=tool)
        os.mkdir(os.path.join(self.directory, "here"))
        self.refused(66, "cannot read the template", "x", "here", tool=tool)
        self.assertEqual([], os.listdir(os.path.join(self.directory,
                                                     "here")))
        shutil.rmtree(os.path.join(templates, "filter"))
        self.refused(66, "cannot read the template .*/filter'", "x",
                     tool=tool)

    def test_no_room(self):
        """A file that cannot be written whole takes all others with it."""
        self.refused(73, "cannot write '.*': File too large", "x",
                     preexec_fn=limit_files)


def limit_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


if __name__ == "__main__":
    main()
