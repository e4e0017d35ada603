# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What stories of packages on a machine have in common.  A story is told in the
order of the tests' names."""

import glob
import json
import os
import tempfile
import time
import unittest

import machine
import peers
from tools import path

GATE = '''
log = { target = "journal"; };
pipelines:
{
  gate = (
    { type = "tcp-server"; listen = "0.0.0.0:443"; },
    { type = "tls"; certificate = "/etc/bindery/tls/gate.pem";
      key = "/etc/bindery/tls/gate.key"; },
    { type = "echo"; }
  );
  echo = ( { type = "tcp-server"; listen = "0.0.0.0:7"; },
           { type = "echo"; } );
};
'''
MORE = '''
pipelines:
{
  NAME = ( { type = "tcp-server"; listen = "127.0.0.1:PORT"; },
           { type = "upper"; }, { type = "echo"; } );
};
'''
# All examples must be good, with keys and certificates that they make.
EXAMPLES = """
cp -R /usr/share/doc/bindery/examples /tmp/examples
for name in certificates keys; do
    /tmp/examples/make-$name
done
for file in /tmp/examples/*.conf; do
    binderyd -q -t -c $file
done"""
CERTIFICATES = """
/tmp/examples/make-certificates /etc/bindery/tls
chgrp bindery /etc/bindery/tls/*
chmod 0640 /etc/bindery/tls/*"""


class Story(unittest.TestCase):
    maxDiff = None

    @classmethod
    def prepare_machine(cls):
        """A fresh system in cls.root, to be changed before it boots."""
        machine.need_machines()
        directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
        cls.addClassCleanup(directory.cleanup)
        os.chmod(directory.name, 0o755)
        cls.here = directory.name
        cls.root = os.path.join(cls.here, "root")
        machine.copy_fresh(cls.root)

    @classmethod
    def begin(cls):
        cls.m = machine.Machine(cls.root)
        cls.addClassCleanup(cls.m.close)
        cls.before = cls.m.files()
        cls.old = []  # connections that were opened at the beginning
        cls.failed = None  # the first test that did

    def setUp(self):
        if type(self).failed:
            self.fail(f"not tried, because of '{type(self).failed}'")

    def run(self, result=None):
        """What follows on a failure would only fail too."""
        count = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > count \
                and not type(self).failed:
            type(self).failed = self._testMethodName

    # ---- helpers

    def status(self, *args):
        return json.loads(self.m.run("bindery", *args, "--json", "status"))

    def main_pid(self, unit="binderyd"):
        return int(self.m.show(unit, "MainPID"))

    def generation(self):
        return self.status()["generation"]

    def reload(self):
        return self.m.try_run("systemctl", "reload", "binderyd")

    def configure(self, name, content):
        self.m.write(f"/etc/bindery/conf.d/{name}.conf", content)

    def secure(self):
        return peers.secure(443, self.m.path("/etc/bindery/tls/ca.pem"))

    def assert_examples_are_there(self):
        here = glob.glob(path("etc/*.conf")) + \
            glob.glob(path("etc/examples/*.conf"))
        there = self.m.path("/usr/share/doc/bindery/examples/*.conf")
        self.assertEqual(set(map(os.path.basename, here)),
                         set(map(os.path.basename, glob.glob(there))))

    def assert_old_ones_live(self):
        for s in self.old:
            peers.say(s, b"still here")

    def eventually(self, test):
        end = time.monotonic() + 20
        while not test():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
