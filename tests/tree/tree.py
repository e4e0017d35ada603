# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The files of the source tree, and the build to ask."""

import os
import subprocess

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.path.abspath(os.environ.get("BINDERY_BUILD",
                                       os.path.join(ROOT, "build")))
TOP_LEVEL = {"CMakeLists.txt", "server", "sdk", "plugins", "etc", "tests",
             "docs", "packaging", "README.md", "LICENSE"}

# The bindings for tests that the build has, and those that it leaves out.
TEST_BINDINGS, LEFT_OUT = [], []
for _name in ("delay", "fault", "limit", "tee", "trace", "trickle"):
    (TEST_BINDINGS if os.path.exists(
        os.path.join(BUILD, "plugins", _name + ".so")) else LEFT_OUT
     ).append(_name)


def files(*folders, suffixes=()):
    """Paths relative to the root, sorted; without what is made by tools."""
    found = []
    for folder in folders or sorted(TOP_LEVEL):
        top = os.path.join(ROOT, folder)
        if os.path.isfile(top):
            found.append(folder)
        for directory, names, leaves in os.walk(top):
            names[:] = [n for n in names if n != "__pycache__"]
            found += [os.path.relpath(os.path.join(directory, leaf), ROOT)
                      for leaf in leaves]
    return sorted(f for f in found
                  if not suffixes or f.endswith(tuple(suffixes)))


def text(path):
    with open(os.path.join(ROOT, path), errors="surrogateescape") as f:
        return f.read()


def bindery(*args):
    return subprocess.run(
        [os.path.join(BUILD, "server/bindery"), *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=60)


def binderyd(*args):
    return subprocess.run(
        [os.path.join(BUILD, "server/binderyd"),
         "-p", os.path.join(BUILD, "plugins"), *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=60)
