# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Plugins of before on the host of today, their sources with its header, its
own plugins on a host that is older, and what all of them look like outside."""

import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import unittest

import guard
import layout
import seeds

sys.path.insert(0, os.path.join(layout.ROOT, "tests/daemon"))
os.environ.setdefault("BINDERY_BUILD", guard.BUILD)

from lib import BINDERYD, PLUGINS, Daemon, FreePort, run  # noqa: E402

CHAIN = ["upper", "pass", "echo"]


class Case(guard.Case):
    def checked(self, chain, directory):
        """What binderyd -t says of a chain of plugins of a directory."""
        path = os.path.join(self.temporary(), "test.conf")
        with open(path, "w") as f:
            f.write("pipelines: {\n" + self.pipeline(9, chain) + "};\n")
        return run("-t", "-c", path, paths=("-p", directory, "-p", PLUGINS))

    def pipeline(self, port, chain):
        rest = "".join(f', {{ type = "{name}"; }}' for name in chain)
        return (f'p = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
                f' }}{rest} );\n')

    def serve(self, chain, directory):
        """A daemon with it: itself, and the port."""
        port = FreePort.get()
        d = Daemon(self.pipeline(port, chain),
                   paths=("-p", directory, "-p", PLUGINS))
        self.addCleanup(d.finish)
        return d, port

    def answer(self, port, *pieces):
        with socket.create_connection(("127.0.0.1", port), 20) as s:
            said = b""
            for piece in pieces:
                s.sendall(piece)
            s.shutdown(socket.SHUT_WR)
            while data := s.recv(65536):
                said += data
        return said

    def assert_works(self, directory):
        """The chain of a baseline: it does what it did, and its plugins are
        those of that directory."""
        d, port = self.serve(CHAIN, directory)
        self.assertEqual(b"AB\nCD\nLAST", self.answer(port, b"a", b"b\ncd",
                                                      b"\nlast"))
        bulk = b"0123456789abcde\n" * 40000
        t = self.in_pieces(port, bulk)
        self.assertEqual(bulk.upper(), t)
        with self.assertRaises(OSError):  # a line that is too long: reset
            self.answer(port, b"x" * 5000)
        with open(f"/proc/{d.pid}/maps") as f:
            maps = f.read()
        for name in CHAIN:
            self.assertIn(f"{directory}/{name}.so", maps)
        reasons = [r["reason"] for r in d.closed("p", 3)]
        self.assertEqual(2, reasons.count("done"), reasons)

    def in_pieces(self, port, data):
        with socket.create_connection(("127.0.0.1", port), 20) as s:
            said = b""
            for at in range(0, len(data), 32768):
                s.sendall(data[at:at + 32768])
                while len(said) < at:
                    said += s.recv(65536)
            s.shutdown(socket.SHUT_WR)
            while piece := s.recv(65536):
                said += piece
        return said


class Before(Case):
    def versions(self):
        return guard.baselines(layout.read())

    def test_stored_binaries_run(self):
        for version in self.versions():
            kept = guard.baseline(version, guard.MACHINE)
            if not os.path.isdir(kept):
                self.skipTest(f"no plugins of {version} are stored for "
                              f"{guard.MACHINE}")
            if guard.is_sanitized():
                self.skipTest("stored for a build without sanitizers")
            directory = self.temporary()
            for name in CHAIN:  # nobody else may write to them
                made = os.path.join(directory, f"{name}.so")
                shutil.copyfile(os.path.join(kept, f"{name}.so"), made)
                os.chmod(made, 0o755)
            with self.subTest(version):
                self.assert_works(directory)
                self.assert_conforms(directory)

    def assert_conforms(self, directory):
        for name in CHAIN:
            p = subprocess.run(
                [os.path.join(guard.BUILD, "server/bindery-check-plugin"),
                 os.path.join(directory, f"{name}.so")], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
            self.assertEqual(0, p.returncode, p.stdout)

    @guard.needs("cc")
    def test_their_sources_build_and_run(self):
        for version in self.versions():
            directory = self.temporary()
            for name in CHAIN:
                self.plugin(guard.baseline(version, "src", f"{name}.c"),
                            os.path.join(directory, f"{name}.so"))
            with self.subTest(version):
                self.assert_works(directory)


# Sets the callback that the header of seeds.GOOD[1] has more.
PONDERS = """
#include <bindery/plugin.h>

static void
ponder(struct bnd_stage *st)
{
	bnd_wake(st);
}

static const struct bnd_type type = {
	BND_HEAD("ponders", "1.0", BND_FILTER),
	.ponder = ponder,
};

BND_PLUGIN(type);
"""


@guard.needs("cc")
class After(Case):
    """Plugins built with a header that has grown, on this host."""

    def setUp(self):
        self.directory = self.temporary()
        self.include = os.path.join(self.directory, "include")
        own = layout.number(layout.read(), "DRAFT")
        header = re.sub(r"^(#define BND_DRAFT) 0", rf"\1 {own}",
                        seeds.GOOD[1].header(), count=1, flags=re.MULTILINE)
        layout.write_header(header, self.include)
        self.version = layout.version(header)

    def build(self, name, *options, source=None):
        return guard.build_plugin(
            source or os.path.join(layout.ROOT, guard.SOURCES[name]),
            os.path.join(self.directory, f"{name}.so"),
            include=self.include, options=options)

    def test_nothing_new_wanted(self):
        for name in CHAIN:
            self.assertEqual(0, self.build(name).returncode)
        self.assert_works(self.directory)

    def test_the_new_minor_wanted(self):
        self.assertEqual(0, self.build("upper",
                                       "-DBND_MINOR_WANTED=1").returncode)
        p = self.checked(["upper", "echo"], self.directory)
        self.assertEqual(78, p.returncode)
        self.assertIn(f"wants SDK ABI {self.version}, this host has "
                      f"{layout.version(layout.read())}: install a newer "
                      "bindery or rebuild the plugin", p.stderr)

    def test_a_new_callback_used_without_a_word(self):
        source = os.path.join(self.directory, "ponders.c")
        with open(source, "w") as f:
            f.write(PONDERS)
        p = self.build("ponders", source=source)
        self.assertEqual(0, p.returncode, p.stdout)
        p = self.checked(["ponders", "echo"], self.directory)
        self.assertEqual(78, p.returncode)
        self.assertRegex(p.stderr, r"uses a callback at offset \d+ that this "
                         r"host \(SDK .*\) does not know: install a newer")

    def test_more_wanted_than_the_header_knows(self):
        p = self.build("upper", "-DBND_MINOR_WANTED=2")
        self.assertNotEqual(0, p.returncode)
        self.assertIn("BND_MINOR_WANTED is newer than this header", p.stdout)


class Header(guard.Case):
    def alone(self, compiler, language, standard):
        if not shutil.which(compiler):
            self.skipTest(f"not here: {compiler}")
        with open(os.path.join(layout.ROOT, "tests/plugins/header.c")) as f:
            uses = f.read()
        for source in ("#include <bindery/plugin.h>\n", uses):
            p = subprocess.run(
                [compiler, "-x", language, f"-std={standard}", "-Wall",
                 "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
                 "-I" + guard.INCLUDE,
                 "-I" + os.path.join(layout.ROOT, "sdk/kit/include"), "-"],
                input=source, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=60)
            self.assertEqual(0, p.returncode, p.stdout)

    def test_it_compiles_alone(self):
        for compiler in ("gcc", "clang"):
            for language, standard in (("c", "c11"), ("c", "c17"),
                                       ("c", "c2x"), ("c++", "c++17")):
                with self.subTest(f"{compiler} -std={standard}"):
                    self.alone(compiler, language, standard)


class CPlusPlus(Case):
    def test_a_plugin_in_it_works(self):
        for compiler in ("g++", "clang++"):
            with self.subTest(compiler):
                if not shutil.which(compiler):
                    self.skipTest(f"not here: {compiler}")
                directory = self.temporary()
                self.plugin(os.path.join(layout.HERE, "bold.cc"),
                            os.path.join(directory, "bold.so"),
                            compiler=compiler,
                            options=["-std=c++20",
                                     "-Wno-missing-field-initializers",
                                     *(["-fno-gnu-unique"]
                                       if compiler == "g++" else [])])
                _, port = self.serve(["bold", "echo"], directory)
                self.assertEqual(b"*x*", self.answer(port, b"x"))
                check_outside(self, os.path.join(directory, "bold.so"))


def check_outside(case, path):
    """One symbol, and a note that tools can read."""
    out = subprocess.run(["nm", "-D", "--defined-only", path], check=True,
                         stdout=subprocess.PIPE, text=True, timeout=60).stdout
    names = [line.split()[-1] for line in out.splitlines()]
    case.assertEqual(["bnd_plugin_v1"],
                     [n for n in names if not n.startswith(
                         ("__gcov", "__llvm", "__asan", "_ZGV", "_ZN",
                          "_ZT", "_ZS"))], path)
    notes = subprocess.run(["readelf", "-n", path], check=True, text=True,
                           stdout=subprocess.PIPE, timeout=60).stdout
    m = re.search(r"^\s+bindery\s+0x0+18\s.*?(?:description data|"
                  r"Description data): ((?:[0-9a-f]{2} ?){24})", notes,
                  re.MULTILINE | re.DOTALL)
    case.assertIsNotNone(m, notes)
    text = bytes.fromhex(m[1].replace(" ", "")).rstrip(b"\0").decode()
    case.assertEqual(layout.version(layout.read()), text, path)


@guard.needs("nm", "readelf")
class Outside(guard.Case):
    def test_of_all_plugins(self):
        ours = glob.glob(os.path.join(guard.BUILD, "plugins/*.so"))
        theirs = [p for p in
                  glob.glob(os.path.join(guard.BUILD, "tests/plugins/*.so"))
                  if not p.endswith("/exporting.so")]  # breaks this rule
        broken = {os.path.basename(p)[:-2] for p in glob.glob(os.path.join(
            layout.ROOT, "tests/plugins/broken/*.c"))}
        theirs = [p for p in theirs
                  if os.path.basename(p)[:-3] not in broken]
        self.assertGreaterEqual(len(ours), 6)
        self.assertGreaterEqual(len(theirs), 6)
        for path in sorted(ours + theirs):
            with self.subTest(os.path.basename(path)):
                check_outside(self, path)


if __name__ == "__main__":
    unittest.main()
