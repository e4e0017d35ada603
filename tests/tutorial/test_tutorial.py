# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The tutorial does what it says: each of its commands is executed, in one
shell, and says what the page shows.

    BINDERY_TUTORIAL=show python3 tests/tutorial/test_tutorial.py

prints what each has really said.  tests/packages does it once more, on a
machine that has packages and nothing else.
"""

import os
import shutil
import socket
import time
import unittest

import page
from installed import DEBHELPER, Installed


class Tutorial(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        began = time.monotonic()
        cls.installed = Installed()
        cls.addClassCleanup(cls.installed.finish)
        print(f"installed after {time.monotonic() - began:.0f} s")

    def leaves_out(self, heading):
        """Why what stands under this heading cannot be tried here."""
        if heading in ("Get ready", "Install it"):
            return "Bindery is here, but not as packages"
        if heading == "Package it":
            if not self.installed.is_in_usr:
                return "this system has no name spaces for us"
            if not os.path.isdir(DEBHELPER) or not shutil.which("dh"):
                return "debhelper or dh_bindery is not here"
        return None

    def free_port(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return str(s.getsockname()[1])

    def test_tutorial(self):
        # What other tests on this machine could be using; and bindery-dev is
        # here, but not as a package.
        tutorial = page.Tutorial(self, self.installed, (
            ("7500", self.free_port()),
            ("/tmp/", self.installed.temporary.name + "/"),
            ("dpkg-buildpackage ", "dpkg-buildpackage -d ")))
        tutorial.follow(self.leaves_out)
        self.assertGreater(tutorial.count, 30)


if __name__ == "__main__":
    unittest.main()
