# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The second opinion: libabigail on the same witness.  It is asked without a
suppression for members at the end, which would hide changed signatures of the
same struct; so it also reports growth, and the first opinion decides."""

import os
import subprocess
import unittest

import guard
import layout
import seeds
from compare import compare

CHANGED = 4  # a bit of its exit status; 1 and 2: it could not work


@guard.needs("abidiff", "abidw", "gcc", "gdb")
class Abidiff(guard.Case):
    def witness(self, header):
        return layout.compile_witness(header, self.temporary())

    def diff(self, old, new):
        p = subprocess.run(["abidiff", "--no-show-locs", old, new],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=60)
        self.assertFalse(p.returncode & 3, p.stdout)
        return p.returncode, p.stdout

    def test_it_says_what_the_gate_says(self):
        header = layout.read()
        new = self.witness(header)
        for version in guard.baselines(header):
            status, said = self.diff(
                guard.baseline(version, "witness.abi.xml"), new)
            c = compare(guard.stored(version), layout.dump(header), header,
                        False)
            has_changed = any(w.startswith("struct") for w, _ in c.grew) \
                or any(e.startswith("struct") for e in c.errors)
            self.assertEqual(has_changed, bool(status & CHANGED), said)

    def test_it_sees_the_seeds(self):
        old = self.witness(seeds.frozen())
        for seed in seeds.BREAKS:
            if not seed.is_seen:
                continue
            with self.subTest(seed.name):
                status, said = self.diff(old, self.witness(seed.header()))
                self.assertTrue(status & CHANGED, said)

    def test_it_sees_nothing_where_nothing_is(self):
        old = self.witness(seeds.frozen())
        self.assertEqual(0, self.diff(old, self.witness(
            seeds.GOOD[0].header()))[0])


if __name__ == "__main__":
    unittest.main()
