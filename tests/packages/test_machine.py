# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A fresh Debian is made, for the other tests to copy."""

import os
import unittest

import machine


class Fresh(unittest.TestCase):
    def test_it_is_made(self):
        machine.need_machines()
        if directory := os.environ.get("BINDERY_MACHINE"):
            machine.keep_fresh(directory)
            self.assertTrue(os.path.exists(directory + "/usr/bin/systemctl"))


if __name__ == "__main__":
    unittest.main()
