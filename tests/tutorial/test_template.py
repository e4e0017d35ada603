# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The template and the development files, in an install tree."""

import unittest

import template
from installed import Installed


class Template(template.Roles, template.Development, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Installed()
        cls.addClassCleanup(cls.place.finish)


if __name__ == "__main__":
    unittest.main()
