# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What "bindery new-plugin" writes, and the development files that it is built
with, in a place that has these and nothing else of Bindery: tests of any."""

import os
import re

from page import ROOT

ROLES = ("filter", "sink", "source")


def commands(text):
    """What a README has one type, by heading."""
    return {part.split("\n")[0]: "".join(re.findall(r"^    (.*\n)", part,
                                                    re.MULTILINE))
            for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]}


class Stranger:
    """For a TestCase that has the place."""

    maxDiff = None
    place = None

    def run_well(self, script, **more):
        status, said = self.place.run("set -e; PATH=$PATH:/usr/sbin\n"
                                      + script, **more)
        self.assertEqual(0, status, f"{script}\n{said}")
        return said


class Roles(Stranger):
    """Each begins, is built, and is tested."""

    def test_each_role_with_cmake(self):
        for role in ROLES:
            with self.subTest(role):
                said = self.run_well(
                    f"bindery new-plugin cmake-{role} --{role} >/dev/null\n"
                    f"cd cmake-{role}\n"
                    "cmake -S . -B build -DCMAKE_C_FLAGS=-Werror >/dev/null\n"
                    "cmake --build build >/dev/null\n"
                    "ctest --test-dir build --output-on-failure\n"
                    "DESTDIR=$PWD/to cmake --install build\n"
                    f"binderyd -q -t -p build -c cmake-{role}.conf\n")
                self.assertIn("100% tests passed, 0 tests failed out of 2",
                              said)
                self.assertRegex(said, rf"/plugins-1/cmake-{role}\.so\n")
                self.assertRegex(said, rf"/man7/bindery-cmake-{role}\.7\n")

    def test_each_role_with_make(self):
        for role in ROLES:
            with self.subTest(role):
                said = self.run_well(
                    f"bindery new-plugin make-{role} --{role} >/dev/null\n"
                    f"cd make-{role}\n"
                    "make -s CFLAGS='-O2 -Wall -Wextra -Werror' all\n"
                    "make -s check\n"
                    "make -s check CHECK=\n"  # without libcheck
                    "make -s install DESTDIR=$PWD/to\n"
                    "find to -name '*.so' | grep /plugins-1/\n"
                    "make -s clean\n")
                self.assertEqual(
                    2, len(re.findall(r"^(\d+) of \1 rules hold$", said,
                                      re.MULTILINE)), said)


class Development(Stranger):
    """What a template is made of, and what it is built with."""

    def test_the_tool_is_that_of_the_sdk(self):
        """Not whichever comes first in the path."""
        said = self.run_well(
            "bindery new-plugin tool-of >/dev/null\n"
            "mkdir shadow; echo exit 99 >shadow/bindery\n"
            "chmod +x shadow/bindery; PATH=$PWD/shadow:$PATH; cd tool-of\n"
            "make -s check CHECK=\n"
            "cmake -S . -B build >/dev/null; cmake --build build >/dev/null\n"
            "ctest --test-dir build --output-on-failure")
        self.assertRegex(said, r"(?m)^(\d+) of \1 rules hold$")
        self.assertIn("100% tests passed, 0 tests failed out of 2", said)

    def test_odd_names(self):
        """Words of C, of the SDK, and of the template itself."""
        for name in ("int", "a", "bnd", "plug-in", "x-", "a--1",
                     "a" + "-very" * 7 + "-end"):
            with self.subTest(name):
                self.run_well(
                    f"bindery new-plugin {name} >/dev/null\ncd ./{name}\n"
                    f"make -s CFLAGS=-Werror && binderyd -l ./{name}.so\n"
                    f"make -s CFLAGS=-Werror tests/test-{name}\n"
                    f"./tests/test-{name} ./{name}.so")

    def test_nothing_of_the_sources_is_in_it(self):
        said = self.run_well(
            "bindery new-plugin clean-one >/dev/null\ncd clean-one\n"
            "cmake -S . -B build >/dev/null; cmake --build build >/dev/null\n"
            # The kit itself has lines for debuggers.
            f"grep -rl '{ROOT}' --exclude=test-clean-one . || true\n"
            "grep -rl 'plug-in\\|plug_in\\|Bindery authors\\|1970' . || true")
        self.assertEqual("", said)

    def test_pages_have_their_options(self):
        for role in ROLES:
            with self.subTest(role):
                said = self.run_well(
                    f"bindery new-plugin page-{role} --{role} >/dev/null\n"
                    f"cd page-{role}; make -s; binderyd -l ./page-{role}.so;"
                    f"cat bindery-page-{role}.7")
                table = re.findall(r"^  (?!bindery_)(\w+): (.+)$", said,
                                   re.MULTILINE)
                page = re.findall(r"^\.It Ic (\w+) : No (.+)$", said,
                                  re.MULTILINE)
                self.assertTrue(table)
                self.assertEqual(table, [(key, rest.replace(r"\(dq", '"'))
                                         for key, rest in page])

    # ---- development files

    def test_pkg_config(self):
        said = self.run_well(
            "for v in abi abi_major abi_minor abi_draft plugindir bindir; do\n"
            "pkg-config --variable=$v bindery-1; done\n"
            "pkg-config --modversion bindery-1\n"
            "pkg-config --libs bindery-1\n"
            "ls -d $(pkg-config --variable=plugindir bindery-1)/echo.so\n"
            "ls $(pkg-config --cflags-only-I bindery-1 "
            "| sed 's/^-I//; s/ *$//')/bindery/plugin.h")
        lines = [line.strip() for line in said.splitlines()]
        with open(os.path.join(ROOT, "sdk/include/bindery/plugin.h")) as f:
            major, minor, draft = (
                re.search(rf"^#define BND_{n} (\d+)", header, re.MULTILINE)[1]
                for header in [f.read()]
                for n in ("MAJOR", "MINOR", "DRAFT"))
        abi = f"{major}.{minor}"
        self.assertEqual([abi, major, minor, draft], lines[:4])
        self.assertTrue(lines[4].endswith(f"/bindery/plugins-{major}"))
        self.assertTrue(lines[5].endswith("/bin"))
        self.assertEqual([abi, ""], lines[6:8])  # nothing to link with
        self.assertEqual(10, len(lines), said)

    def find_package(self, version):
        return self.place.run(
            "rm -rf find && mkdir find && cd find && cat >CMakeLists.txt <<E\n"
            "cmake_minimum_required(VERSION 3.20)\nproject(find C)\n"
            f"find_package(bindery {version} REQUIRED)\n"
            'message("found \\${bindery_VERSION} \\${BINDERY_PLUGINDIR}")\n'
            "E\ncmake . 2>&1")

    def test_cmake_finds_an_abi(self):
        for version in ("", "1", "1.0"):
            status, said = self.find_package(version)
            self.assertEqual(0, status, said)
            self.assertRegex(said, r"found 1\.0 /.*/bindery/plugins-1\n")
        for version in ("1.1", "2.0", "0.9", "1.0.1"):
            status, said = self.find_package(version)
            self.assertNotEqual(0, status)
            self.assertIn(f'requested version "{version}"',
                          " ".join(said.split()))
            self.assertIn("version: 1.0", said)

    def test_add_plugin_says_what_is_wrong(self):
        for call, words in (
                ("bnd_add_plugin(x)", "use bnd_add_plugin(NAME SOURCES"),
                ("bnd_add_plugin(x SOURCE x.c)", "use bnd_add_plugin(NAME"),
                ("bnd_add_plugin(X SOURCES x.c)",
                 "'X' cannot be the name of a plugin")):
            with self.subTest(call):
                status, said = self.place.run(
                    "rm -rf add && mkdir add && cd add && touch x.c\n"
                    "cat >CMakeLists.txt <<E\n"
                    "cmake_minimum_required(VERSION 3.20)\nproject(add C)\n"
                    f"find_package(bindery 1.0 REQUIRED)\n{call}\n"
                    "E\ncmake . 2>&1")
                self.assertNotEqual(0, status)
                self.assertIn(words, " ".join(said.split()))
