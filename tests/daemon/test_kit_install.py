# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Somebody with an installed SDK and nothing else of this tree builds a plugin,
tests it with the kit, and has it checked: with CMake, and with plain cc."""

import json
import os
import shutil
import subprocess
import unittest

from lib import *
from lib.build import BUILD, ROOT, TEST_PLUGINS

CMAKE = """cmake_minimum_required(VERSION 3.20)
project(mine LANGUAGES C)
find_package(bindery 1.0 REQUIRED)
bnd_add_plugin(upper SOURCES upper.c)
add_executable(mine-test test.c)
target_link_libraries(mine-test PRIVATE bindery::kit)
"""

# Names that the kit has inside, and nobody may meet.
TEST = """#include <bindery/kit.h>

int queue_add = 1, conn_end = 2, report_error = 3, arena_alloc = 4;

int main(int argc, char **argv)
{
	struct bndk *k = bndk_load(argv[argc - 1], "max_line = 4k");
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "abc\\n");
	bndk_run(k);
	bndk_expect(c, BND_BACK, EXPECTED);
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect_end(c, BND_BACK);
	bndk_unload(k);
	return queue_add + conn_end + report_error + arena_alloc - 10;
}
"""


@unittest.skipIf(IS_SANITIZED or IS_COVERAGE,
                 "strangers do not build with our flags")
class KitInstall(Case):
    def setUp(self):
        self.prefix = self.temporary()
        self.project = self.temporary()
        self.run_well("cmake", "--install", BUILD, "--prefix", self.prefix)
        shutil.copy(os.path.join(ROOT, "sdk/examples/upper.c"), self.project)
        for name, text in (("CMakeLists.txt", CMAKE),
                           ("test.c", TEST.replace("EXPECTED",
                                                   '"ABC\\n"')),
                           ("wrong.c", TEST.replace("EXPECTED",
                                                    '"abc\\n"'))):
            self.write(text, name, self.project)

    def run_it(self, *args, **more):
        return subprocess.run(args, cwd=self.project, text=True,
                              stdin=subprocess.DEVNULL, timeout=100,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, **more)

    def run_well(self, *args, **more):
        p = self.run_it(*args, **more)
        self.assertEqual(0, p.returncode, p.stdout)
        return p.stdout

    def pkg_config(self, *args):
        found = subprocess.run(
            ["find", self.prefix, "-name", "bindery-kit-1.pc"],
            stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        return self.run_well(
            "pkg-config", f"--define-variable=prefix={self.prefix}", *args,
            "bindery-kit-1",
            env={**os.environ,
                 "PKG_CONFIG_PATH": os.path.dirname(found)}).split()

    def test_with_cmake(self):
        self.run_well("cmake", "-S", ".", "-B", "out",
                      f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.run_well("cmake", "--build", "out")
        self.run_well("out/mine-test", "out/upper.so")

    def test_with_the_oldest_cmake(self):
        """3.20 ends with an error when it is asked for C17."""
        self.write("set(CMAKE_VERSION 3.20.0)\n", "old.cmake", self.project)
        self.write(CMAKE + "get_target_property(standard upper C_STANDARD)\n"
                   "message(\"standard ${standard}\")\n",
                   "CMakeLists.txt", self.project)
        old = "-DCMAKE_PROJECT_INCLUDE=" + os.path.join(self.project,
                                                        "old.cmake")
        said = self.run_well("cmake", "-S", ".", "-B", "out", old,
                             f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.assertIn("standard 11\n", said)
        self.run_well("cmake", "-S", ROOT, "-B", "host", old,
                      "-DBINDERY_TESTS=OFF")
        with open(os.path.join(self.project,
                               "host/compile_commands.json")) as f:
            commands = json.load(f)
        self.assertTrue(commands)
        for c in commands:
            self.assertIn(" -std=gnu17 ", c["command"])

    def test_with_cc(self):
        flags = self.pkg_config("--cflags")
        self.run_well("cc", "-std=c11", "-shared", "-fPIC",
                      "-fvisibility=hidden", *flags, "upper.c", "-o",
                      "upper.so")
        os.chmod(os.path.join(self.project, "upper.so"), 0o755)
        for name in ("test", "wrong"):
            self.run_well("cc", f"{name}.c",
                          *self.pkg_config("--cflags", "--libs"), "-o", name)
        self.run_well("./test", "upper.so")
        p = self.run_it("./wrong", "upper.so")
        self.assertEqual(-6, p.returncode)
        self.assertRegex(p.stdout, r'^wrong.c:12: at the back "abc\\n" .* was '
                                   r'expected, and "ABC\\n" .* came')

    def test_checked(self):
        """The installed tool finds the installed program."""
        self.run_well("cc", "-shared", "-fPIC", "-fvisibility=hidden",
                      *self.pkg_config("--cflags"), "upper.c", "-o",
                      "upper.so")
        os.chmod(os.path.join(self.project, "upper.so"), 0o755)
        said = self.run_well(os.path.join(self.prefix, "bin/bindery"),
                             "check-plugin", "upper.so", "--runs", "8",
                             "--seconds", "1")
        self.assertIn("rules hold", said)

    def test_of_a_distribution_that_optimizes_at_link_time(self):
        """Fedora and Ubuntu compile everything so."""
        self.run_well("cmake", "-S", ROOT, "-B", "out", "-DBINDERY_TESTS=OFF",
                      "-DCMAKE_C_FLAGS=-O1 -flto=auto -ffat-lto-objects")
        self.run_well("cmake", "--build", "out", "--target", "bindery-kit")
        for flag in ("-fno-lto", "-flto=auto"):
            self.run_well("cc", "-O1", flag, "test.c",
                          *self.pkg_config("--cflags"),
                          "out/sdk/kit/libbindery-kit-1.a", "-o", "test")
            self.run_well("./test", os.path.join(
                TEST_PLUGINS, "upper.so"))


if __name__ == "__main__":
    main()
