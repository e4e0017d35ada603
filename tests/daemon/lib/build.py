# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The build under test, and what is special about it."""

import os
import socket

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
BUILD = os.path.abspath(os.environ.get("BINDERY_BUILD",
                                       os.path.join(ROOT, "build")))
BINDERYD = os.path.join(BUILD, "server/binderyd")
PLUGINS = os.path.join(BUILD, "plugins")
TEST_PLUGINS = os.path.join(BUILD, "tests/plugins")
SHIM = os.path.join(BUILD, "tests/daemon/shim.so")
HOLD = os.path.join(BUILD, "tests/daemon/hold.so")


def _setting(name):
    """Of the build, as CMake keeps it."""
    try:
        with open(os.path.join(BUILD, "CMakeCache.txt")) as cache:
            for line in cache:
                if line.startswith(name + ":"):
                    return line.strip().partition("=")[2]
    except OSError:
        pass
    return ""


IS_SANITIZED = bool(_setting("BINDERY_SANITIZE"))
# The program, or None in a build without it.
JWKS_FETCH = (os.path.join(BUILD, "libexec/bindery-jwks-fetch")
              if _setting("BINDERY_JWKS_FETCH") == "ON" else None)
IS_COVERAGE = _setting("BINDERY_COVERAGE").upper() in ("ON", "TRUE", "1")

# How much longer than usual something may take here.
SCALE = 6 if IS_SANITIZED else 3 if IS_COVERAGE else 1


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
    except OSError:
        return False
    return True
