# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Servers of others beside a test: above all an sshd for whoever runs it."""

import getpass
import os
import shutil
import subprocess

from .build import SCALE
from .peers import FreePort
from .tls import tool


def find(program):
    """Its path, where servers lie too; None: not installed."""
    return shutil.which(program, path=os.environ.get("PATH", "")
                        + ":/usr/sbin:/sbin")


def beside(case, argv, port):
    """Start a server and wait until it listens; it ends with the test."""
    p = subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    case.addCleanup(p.wait)
    case.addCleanup(p.kill)

    def is_there():
        try:
            case.connect(port).close()
        except ConnectionRefusedError:
            return p.poll() is not None
        return True
    case.eventually(is_there, f"{argv[0]} listens")
    case.assertIsNone(p.poll(), f"{argv[0]} has ended")


CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host
AuthorizedKeysFile {directory}/user.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
"""


class Sshd:
    """port; options: what ssh needs to get in."""

    @staticmethod
    def of(case):
        """A server that lets us in, or None."""
        if not all(map(find, ("ssh", "sshd", "ssh-keygen"))):
            return None
        server = Sshd(case)
        return server if server.lets_us_in() else None

    def __init__(self, case):
        self.port, directory = FreePort.get(), case.temporary()
        for name in ("host", "user"):
            tool(find("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f",
                 os.path.join(directory, name))
        conf = case.write(CONFIG.format(port=self.port, directory=directory),
                          "sshd.conf", directory)
        with open(os.path.join(directory, "host.pub")) as f:
            known = case.write("gate " + f.read(), "known", directory)
        self.options = ["-F", "none", "-i", f"{directory}/user", "-o",
                        f"UserKnownHostsFile={known}", "-o",
                        "HostKeyAlias=gate", "-o", "BatchMode=yes", "-l",
                        getpass.getuser()]
        if os.getuid() == 0:  # or it does not start
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        beside(case, [find("sshd"), "-D", "-f", conf], self.port)

    def lets_us_in(self):
        return subprocess.run(
            [find("ssh"), *self.options, "-p", str(self.port), "127.0.0.1",
             "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=30 * SCALE).returncode == 0


__all__ = ["Sshd", "beside", "find"]
