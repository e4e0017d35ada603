# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The gate: the header keeps what its baselines say, and the gate is seen to
close on every kind of break."""

import re
import unittest

import guard
import layout
import seeds
from compare import compare


@guard.needs("gdb", "gcc")
class Layout(guard.Case):
    def test_header_keeps_its_promises(self):
        header = layout.read()
        is_frozen = "-" not in layout.version(header)
        versions = guard.baselines(header)
        self.assertTrue(versions)
        now = layout.dump(header)
        for version in versions:
            try:
                then = guard.stored(version)
            except FileNotFoundError:
                self.fail(f"there is no baseline of {version}: write it with "
                          "tests/abi/run --write")
            c = compare(then, now, header, False)
            # The newest alone tells what this minor has brought.
            if is_frozen and version == versions[-1]:
                c = compare(then, now, header, True)
            for what, name in c.grew:
                print(f"{what} grew since {version}: {name}")
            self.assertEqual([], c.errors, "settle it, or raise BND_DRAFT "
                             "and write a baseline with tests/abi/run --write"
                             if not is_frozen else f"broken since {version}")

    def test_text_has_all_of_the_header(self):
        header = layout.read()
        structs, constants, calls = layout.names(header)
        self.assertGreaterEqual(len(structs), 14)
        self.assertGreaterEqual(len(constants), 50)
        self.assertGreaterEqual(len(calls), 50)
        self.assertIn("BND_LISTEN_DATAGRAM", constants)
        for call in ("bnd_refuse", "bnd_log", "bnd_ext", "bnd_now"):
            self.assertIn(call, calls)
        text = layout.dump(header)
        for name in [*structs, *constants, *calls]:
            self.assertRegex(text, rf"(?m)^\w+ {name} ")
        # Nothing of it is missed.
        code = layout.code_of(header)
        self.assertEqual(len(structs), len(re.findall(
            r"\bstruct bnd_\w+\s*\{", code)))
        self.assertEqual(len(calls), code.count("static inline "))

    @guard.needs("clang")
    def test_both_compilers_say_the_same(self):
        header = layout.read()
        self.assertEqual(layout.dump(header, "gcc"),
                         layout.dump(header, "clang"))


@guard.needs("gdb", "gcc")
class Gate(guard.Case):
    """The seeds, each compared with the header as if frozen today."""

    @classmethod
    def setUpClass(cls):
        cls.before = layout.dump(seeds.frozen())

    def compared(self, seed):
        header = seed.header()
        return compare(self.before, layout.dump(header), header, True)

    def test_breaks_are_found(self):
        for seed in seeds.BREAKS:
            with self.subTest(seed.name):
                errors = self.compared(seed).errors
                self.assertTrue(errors)
                self.assertRegex("\n".join(errors), seed.finds)

    def test_good_ones_pass(self):
        for seed in seeds.GOOD:
            with self.subTest(seed.name):
                c = self.compared(seed)
                self.assertEqual([], c.errors)
                self.assertEqual(bool(seed.edits), bool(c.grew))

    def test_a_taken_reserve_is_growth(self):
        c = self.compared(seeds.GOOD[1])
        self.assertIn(("struct bnd_stage", "mood"), c.grew)


if __name__ == "__main__":
    unittest.main()
