# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What binderyd says, and the status it ends with, when it cannot do what it
is asked: one sentence each."""

import os
import resource
import socket
import subprocess
import tempfile
import unittest

from lib import *
from lib.build import BINDERYD, BUILD
from lib.daemon import run


class Status(Case):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="bindery-test-")
        self.addCleanup(scratch.cleanup)
        os.chmod(scratch.name, 0o755)
        self.dir = scratch.name

    def file(self, text):
        path = os.path.join(self.dir, "a.conf")
        with open(path, "w") as f:
            f.write(text)
        return path

    def ends(self, status, sentence, *args, **more):
        p = run(*args, **more)
        self.assertEqual(status, p.returncode, p.stderr)
        self.assertEqual(1, p.stderr.count("\n"), p.stderr)
        self.assertIn(sentence, p.stderr)

    def server(self, listen, settings=""):
        return self.file(
            f'{settings} pipelines: {{ p = ( {{ type = "tcp-server"; '
            f'listen = "{listen}"; }}, {{ type = "echo"; }} ); }};\n')

    def test_no_reader_is_no_fault_of_the_configuration(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))
        self.ends(70, "could not be started: Too many open files",
                  "-c", self.file(""), "-t", preexec_fn=few)

    @unittest.skipIf(IS_COVERAGE, "gcov complains, as another user")
    def test_what_may_not_be_listened_on(self):
        if os.geteuid():
            self.skipTest("only root can become somebody else")
        shut = os.path.join(self.dir, "shut")
        os.mkdir(shut, 0o700)
        conf = self.server(f"unix:{shut}/socket",
                           'control = { socket = "none"; };')

        def nobody():
            os.setgid(65534)
            os.setuid(65534)
        try:
            self.ends(77, "Permission denied", "-c", conf, preexec_fn=nobody)
        except PermissionError:
            self.skipTest("the build cannot be run by others")

    def test_an_address_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
            self.ends(70, "Address already in use",
                      "-c", self.server(f"127.0.0.1:{port}"))

    def test_a_number_out_of_range_is_not_tried(self):
        self.ends(78, "must be 0 to 1024",
                  "-c", self.file("workers = 100000;"), "-t")

    def test_text_of_others_does_not_steer_the_terminal(self):
        self.ends(78, "'?[31m'", "-c",
                  self.file('log = { target = "\u009b[31m"; };'), "-t")

    def test_an_unsound_option_table_is_not_described(self):
        self.ends(78, "has a field at offset 4096", "-l", "bad-option",
                  paths=("-p", os.path.join(BUILD, "tests/plugins")))

    def test_text_that_cannot_be_written(self):
        for args in (["-V"], ["-h"], ["-T", "-c", self.file("")]):
            with open("/dev/full", "w") as full:
                p = subprocess.run([BINDERYD, *args], stdout=full,
                                   stderr=subprocess.PIPE)
            self.assertEqual(70, p.returncode)
            self.assertIn(b"No space left on device", p.stderr)


main()
