# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What reads the ABI that a plugin wants out of its file, for packages of
others: on machines of people who do not read English, too."""

import os
import subprocess
import tempfile
import unittest

import rpms
from tools import abi, need, packaged, path, run

# What readelf says in it is what it says, where its translations are there.
FRENCH = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="fr")
NUMBER, OPERATOR = packaged()
CONTROL = """Source: right
Build-Depends: debhelper-compat (= 13)

Package: right
Architecture: any
"""


class Generators(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("cc", "readelf")
        directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
        cls.addClassCleanup(directory.cleanup)
        cls.here = directory.name
        cls.plugin = rpms.build_plugin(cls.here, "right")

    def test_of_rpm(self):
        p = subprocess.run(
            [path("packaging/rpm/bindery-requires"), "(sparc-32)"],
            input=self.plugin + "\n", text=True, env=FRENCH,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(
            (0, f"bindery(abi-{abi()[0]})(sparc-32) {OPERATOR} {NUMBER}\n"),
            (p.returncode, p.stdout))

    def test_of_debian(self):
        need("dh")
        tree = os.path.join(self.here, "tree")
        to = os.path.join(tree, "debian/right/usr/lib/bindery",
                          f"plugins-{abi()[0]}")
        os.makedirs(to)
        run("cp", self.plugin, to)
        with open(os.path.join(tree, "debian/control"), "w") as f:
            f.write(CONTROL)
        run(path("packaging/debhelper/dh_bindery"), cwd=tree, env=FRENCH)
        with open(os.path.join(tree, "debian/right.substvars")) as f:
            self.assertIn(f"bindery:Depends=bindery-abi-{abi()[0]} "
                          f"({OPERATOR} {NUMBER})\n", f.read())


if __name__ == "__main__":
    unittest.main()
