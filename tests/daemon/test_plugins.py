# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Plugins that cannot be used are refused in one sentence, with status 78."""

import glob
import os
import shutil
import struct

from lib import *

# Those of tests/plugins/broken, and what must be said of each.
BROKEN = {
    "bad-note": "wants SDK ABI 'one.two', which is not a version",
    "bad-option": "option 'number' has a field at offset 4096",
    "name-mismatch": "implements 'another-name' and not 'name-mismatch'",
    "newer-minor": "wants SDK ABI 1.999, this host has 1.0",
    "no-note": "has no bindery ABI note",
    "no-symbol": "has no symbol bnd_plugin_v1",
    "null-type": "its bnd_plugin_v1() returned NULL",
    "other-draft": "wants SDK ABI 1.0-draft999, this host has 1.0",
    "unknown-callback": "uses a callback at offset",
    "unknown-flag": "sets flags 0x",
    "unresolved": "undefined symbol",
    "wrong-major": "wants SDK ABI 2.0, this host has 1.0",
}


class Plugins(Case):
    def refused(self, type, sentences=1):
        path = self.write('pipelines: {\n e = ( { type = "tcp-server"; '
                          'listen = "127.0.0.1:9"; },\n'
                          f'  {{ type = "{type}"; }} );\n}};\n')
        p = run("-t", "-c", path)
        self.assertEqual((78, ""), (p.returncode, p.stdout), p.stderr)
        self.assertEqual(sentences, p.stderr.count("\n"), p.stderr)
        self.assertTrue(p.stderr.startswith(f"{path}:3: "), p.stderr)
        return p.stderr

    def test_broken_ones(self):
        for name, why in BROKEN.items():
            with self.subTest(name):
                said = self.refused(name)
                self.assertIn(f"plugin '{TEST_PLUGINS}/{name}.so' ", said)
                self.assertIn(why, said)

    def test_every_broken_one_is_in_the_list(self):
        sources = glob.glob(os.path.join(ROOT, "tests/plugins/broken/*.c"))
        self.assertEqual(sorted(BROKEN), sorted(
            os.path.basename(s)[:-2] for s in sources))

    def test_missing(self):
        self.assertRegex(self.refused("eccho"), r"plugin 'eccho' not found in "
                         r"'.*', .*: did you mean 'echo'\?$")
        self.assertNotIn("did you mean", self.refused("zebra-crossing"))

    def test_missing_file(self):
        self.assertIn("No such file", self.refused("/nonexistent/x.so"))

    def test_names_that_are_none(self):
        for name in ("", "../echo", ".", "a" * 300):
            with self.subTest(name):
                self.refused(name)
        for name in ("echo.so/", "/"):  # nor a name for the binding
            with self.subTest(name):
                self.refused(name, sentences=2)

    def damaged(self, change, why="."):
        """echo.so, changed: refused in one sentence, or accepted (what it
        says of itself may still be true)."""
        path = os.path.join(self.temporary(), "echo.so")
        with open(os.path.join(PLUGINS, "echo.so"), "rb") as f:
            data = bytearray(f.read())
        data = change(data) or data
        with open(path, "wb") as f:
            f.write(data)
        self.assertRegex(self.refused(path), why)

    def test_not_elf(self):
        self.damaged(lambda d: b"hello, I am no plugin\n" * 100,
                     "is not an ELF file")
        self.damaged(lambda d: b"\0" * 4096, "is not an ELF file")

    def test_empty(self):
        path = self.write("", "echo.so")
        self.refused(path)

    def test_directory(self):
        path = os.path.join(self.temporary(), "echo.so")
        os.mkdir(path)
        self.refused(path)

    def test_truncated(self):
        for size in (3, 16, 63, 64, 100, 1000):
            with self.subTest(size):
                self.damaged(lambda d: d[:size])

    def test_another_machine(self):
        def change(d):
            struct.pack_into("<H", d, 18, 0xF3)  # RISC-V
        self.damaged(change, "machine|architecture|built for")

    def test_32_bit(self):
        def change(d):
            d[4] = 1
        self.damaged(change)

    def test_written_by_others(self):
        path = os.path.join(self.temporary(), "echo.so")
        shutil.copy(os.path.join(PLUGINS, "echo.so"), path)
        os.chmod(path, 0o666)
        self.refused(path)


main()
