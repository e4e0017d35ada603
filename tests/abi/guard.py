# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What the tests of the ABI stand on: the stored baselines, the build, and
which tools are here."""

import glob
import os
import platform
import re
import shutil
import subprocess
import tempfile
import unittest

import layout

ROOT = layout.ROOT
BUILD = os.path.abspath(os.environ.get("BINDERY_BUILD",
                                       os.path.join(ROOT, "build")))
BINDERYD = os.path.join(BUILD, "server/binderyd")
BASELINES = os.path.join(layout.HERE, "baseline")
MACHINE = platform.machine()
INCLUDE = os.path.join(ROOT, "sdk/include")

# As a stranger would, who has a compiler and the header.
CFLAGS = ["-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra",
          "-Werror"]

# Where the plugins of a baseline come from.
SOURCES = {"upper": "sdk/examples/upper.c", "pass": "tests/plugins/pass.c",
           "echo": "plugins/echo/echo.c"}


def needs(*programs):
    """Skip, saying what is missing."""
    missing = [p for p in programs if not shutil.which(p)]
    return unittest.skipIf(missing, f"not here: {', '.join(missing)} "
                           "(packaging/install-deps tests)")


def is_sanitized():
    try:
        with open(os.path.join(BUILD, "CMakeCache.txt")) as cache:
            return bool(re.search(r"^BINDERY_SANITIZE:\w+=\S", cache.read(),
                                  re.MULTILINE))
    except OSError:
        return False


def baseline(version, *path):
    return os.path.join(BASELINES, version, *path)


def baselines(header):
    """Versions that this header has to keep its promises to: all frozen ones
    of its major, or, while it is a draft, this draft's."""
    own = layout.version(header)
    if "-" in own:
        return [own]
    found = [os.path.basename(p) for p in glob.glob(baseline("*"))]
    found = [v for v in found
             if re.fullmatch(rf"{layout.number(header, 'MAJOR')}\.\d+", v)]
    return sorted(found, key=lambda v: int(v.split(".")[1]))


def stored(version, name="layout.txt"):
    with open(baseline(version, name)) as f:
        return f.read()


def build_plugin(source, made, include=INCLUDE, compiler="cc", options=()):
    """A plugin from one file, by plain cc; the result of the compiler."""
    p = subprocess.run([compiler, *CFLAGS, "-I" + include, *options, source,
                        "-o", made], stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=60)
    if p.returncode == 0:
        os.chmod(made, 0o755)
    return p


class Case(unittest.TestCase):
    maxDiff = None

    def temporary(self):
        directory = tempfile.TemporaryDirectory(prefix="bindery-abi-")
        self.addCleanup(directory.cleanup)
        return directory.name

    def plugin(self, source, made, **more):
        p = build_plugin(source, made, **more)
        self.assertEqual(0, p.returncode, p.stdout)
        return made
