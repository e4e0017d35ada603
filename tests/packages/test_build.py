# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The Debian packages are built, for the other tests to look at."""

import os
import shutil
import unittest

import repository


class Build(unittest.TestCase):
    def test_they_are_built(self):
        if directory := os.environ.get("BINDERY_PACKAGES"):
            shutil.rmtree(directory, ignore_errors=True)
        there = os.listdir(repository.built(type(self)))
        self.assertTrue([f for f in there if f.endswith(".deb")])


if __name__ == "__main__":
    unittest.main()
