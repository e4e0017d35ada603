# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What the tests of packages stand on: commands that are bounded, and reasons
for which a machine cannot run a test."""

import os
import re
import shutil
import subprocess
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
PACKAGING = os.path.join(ROOT, "packaging")


def path(*names):
    return os.path.join(ROOT, *names)


def text(*names):
    with open(path(*names)) as f:
        return f.read()


def try_run(*command, timeout=120, **more):
    """Its status and everything that it said."""
    p = subprocess.run(command, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, errors="replace", timeout=timeout, **more)
    return p.returncode, p.stdout


def run(*command, **more):
    """It must succeed: everything that it said."""
    status, said = try_run(*command, **more)
    if status != 0:
        raise AssertionError(f"'{' '.join(command)}' ended with status "
                             f"{status}:\n{said[-6000:]}")
    return said


def need(*tools, root=False):
    """Skip the test where something is missing.  A machine of CI has all of
    it, or is wrong."""
    missing = [t for t in tools if not shutil.which(
        t, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
    if missing:
        give_up("there is no " + ", ".join(missing) + " here: "
                "packaging/install-deps tests gets it")
    if root and os.geteuid() != 0:
        give_up("only root can do this")


def give_up(reason):
    if os.environ.get("BINDERY_CI"):
        raise AssertionError(f"cannot be skipped in CI: {reason}")
    raise unittest.SkipTest(reason)


def version():
    return re.search(r"project\(bindery VERSION (\S+)",
                     text("CMakeLists.txt"))[1]


def header(**numbers):
    """The header of the SDK, as it is or with other numbers."""
    content = text("sdk/include/bindery/plugin.h")
    for name, number in numbers.items():
        content, count = re.subn(rf"^(#define BND_{name}) \d+",
                                 rf"\g<1> {number}", content, flags=re.M)
        if count != 1:
            raise AssertionError(f"BND_{name} is not in the header")
    return content


def later_header():
    """Of a host that is not there yet, for plugins that need it."""
    return header(MINOR=999, MINOR_WANTED=999)


def abi(content=None):
    """Major, minor and draft; content: of a header."""
    content = content or header()
    return tuple(int(re.search(rf"^#define BND_{name} (\d+)", content,
                               re.M)[1])
                 for name in ("MAJOR", "MINOR", "DRAFT"))


def packaged(content=None):
    """The minor, as a package has it for a version, and how one that needs it
    asks for it."""
    _, minor, draft = abi(content)
    return (f"{minor}~draft{draft}", "=") if draft else (str(minor), ">=")


def written(content=None):
    """As the host writes it."""
    major, minor, draft = abi(content)
    return f"{major}.{minor}" + (f"-draft{draft}" if draft else "")
