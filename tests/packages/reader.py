# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Somebody who writes plugins, on a Debian machine that has never seen anything
of Bindery: an ordinary user who may use sudo, and an apt that installs what it
is told to and what that depends on."""

import glob
import os
import re
import sys

import machine
import repository
from tools import ROOT, give_up, run, try_run

sys.path.append(os.path.join(ROOT, "tests/tutorial"))

import page  # noqa: E402: where commands of pages are executed

NAME = "reader"
# A machine that starts services, and somebody to whom it asks no questions.
BARE = ("systemd", "systemd-sysv", "dbus", "sudo")
SETTINGS = {
    "etc/apt/sources.list.d/bindery.list":
        "deb [trusted=yes] file:/srv/debs ./\n",
    "etc/apt/apt.conf.d/reader":
        'APT::Get::Assume-Yes "true";\nDpkg::Use-Pty "false";\n'
        'APT::Install-Recommends "false";\n',
    "etc/sudoers.d/reader":
        f"Defaults env_keep += DEBIAN_FRONTEND\n"
        f"{NAME} ALL=(ALL) NOPASSWD: ALL\n",
    "etc/hostname": "debian\n",
    "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 debian\n",
    # A machine that lives for minutes.
    "etc/dpkg/dpkg.cfg.d/reader": "force-unsafe-io\n",
}


def wanted(text):
    """The packages that the page lets its reader install."""
    return re.search(r"^\$ sudo apt install (.*)$", text, re.MULTILINE)[1]


def prepare(directory, debs, *packages):
    """Make a bare system the reader's: packages are asked of the network
    now, and installed when it is gone."""
    srv = os.path.join(directory, "srv/debs")
    os.makedirs(srv)
    run("cp", *glob.glob(debs + "/*.deb"), srv)
    repository.index(srv)
    for file, content in SETTINGS.items():
        with open(os.path.join(directory, file), "w") as f:
            f.write(content)
    run("chroot", directory, "useradd", "--create-home",
        "--shell=/bin/bash", NAME)
    ask(directory, "update", "-o", "APT::Update::Error-Mode=any")
    # It must be possible to install them; to get them may not be.
    run("chroot", directory, "apt-get", "-qq", "--simulate", "install",
        *packages, env=machine.INSIDE)
    ask(directory, "install", "--download-only", *packages)


def ask(directory, *command):
    """What apt needs the network for."""
    status, said = try_run("chroot", directory, "apt-get", "-qq", *command,
                           env=machine.with_proxy(machine.INSIDE),
                           timeout=300)
    if status != 0:
        give_up(f"apt cannot get what the tutorial needs: {said[-2000:]}")


class Reader(page.Place):
    def __init__(self, where):
        self.machine = where
        self.home = where.path(f"/home/{NAME}")

    def command(self, *command):
        """As after a login: in the home, with what Debian has as PATH."""
        return self.machine.enter(
            ["runuser", "--login", NAME, "--command",
             'exec env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"',
             "--", "sh", *command])
