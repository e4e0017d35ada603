# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Bindery as a stranger has it: installed, with none of its sources in reach.

Where the system lets us, commands run in a name space of their own in which it
is installed in /usr, as packages do, the source tree is an empty directory, and
all ports are free.
Else it is installed in a prefix of its own, and packages cannot be made.
"""

import os
import shutil
import subprocess
import tempfile

from page import ROOT, Place

BUILD = os.path.abspath(os.environ.get("BINDERY_BUILD",
                                       os.path.join(ROOT, "build")))
# What the Debian package has beside what is installed.
DEBHELPER = os.path.join(ROOT, "packaging/debhelper")


def call(*command, **more):
    p = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=500, **more)
    if p.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: status {p.returncode}\n"
                             + p.stdout[-4000:])
    return p.stdout


def multiarch():
    """Where this system has libraries, below /usr."""
    found = shutil.which("dpkg-architecture") and subprocess.run(
        ["dpkg-architecture", "-qDEB_HOST_MULTIARCH"],
        stdout=subprocess.PIPE, text=True).stdout.strip()
    return f"lib/{found}" if found else "lib"


class Installed(Place):
    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="bindery-test-")
        self.home = os.path.join(self.temporary.name, "home")
        self.stage = os.path.join(self.temporary.name, "stage")
        os.mkdir(self.home)
        os.makedirs(os.path.join(self.stage, "usr"))
        self.is_in_usr = self.may_mount()
        if self.is_in_usr:
            self.install("/usr", multiarch(), {"DESTDIR": self.stage})
            self.install_debhelper()
        else:
            self.install(self.stage, "lib", {})

    def finish(self):
        self.temporary.cleanup()

    def mounts(self, *command):
        """The command where Bindery is in /usr, and has no sources."""
        script = ('ip link set lo up && '
                  'mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr && '
                  'mount -t tmpfs none "$2" && shift 2 && exec "$@"')
        return ["unshare", "-rmn", "sh", "-c", script, "sh", self.stage,
                ROOT, *command]

    def may_mount(self):
        try:
            return subprocess.run(
                self.mounts("true"), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                timeout=30).returncode == 0
        except OSError:
            return False

    def install(self, prefix, lib, environment):
        """From a build of its own, which is kept for the next time."""
        build = os.path.join(BUILD, "installed")
        options = [f"-DCMAKE_INSTALL_PREFIX={prefix}",
                   f"-DCMAKE_INSTALL_LIBDIR={lib}",
                   f"-DBINDERY_PLUGINDIR={prefix}/{lib}/bindery/plugins-1",
                   "-DBINDERY_TESTS=OFF", "-DBINDERY_JWKS_FETCH=OFF",
                   "-DCMAKE_BUILD_TYPE=RelWithDebInfo"]
        if shutil.which("ccache"):
            options.append("-DCMAKE_C_COMPILER_LAUNCHER=ccache")
        call("cmake", "-S", ROOT, "-B", build, *options)
        call("cmake", "--build", build, "-j", "2")
        call("cmake", "--install", build, env={**os.environ, **environment})

    def install_debhelper(self):
        if not os.path.isdir(DEBHELPER):
            return
        usr = os.path.join(self.stage, "usr")
        shutil.copy(os.path.join(DEBHELPER, "dh_bindery"),
                    os.path.join(usr, "bin"))
        shutil.copytree(os.path.join(DEBHELPER, "Debian"),
                        os.path.join(usr, "share/perl5/Debian"))

    def environment(self):
        env = {"HOME": self.home, "LC_ALL": "C.UTF-8", "TERM": "dumb",
               "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        if not self.is_in_usr:
            env["PATH"] = (f"{self.stage}/bin:{self.stage}/sbin:"
                           + env["PATH"])
            env["PKG_CONFIG_PATH"] = f"{self.stage}/lib/pkgconfig"
            env["CMAKE_PREFIX_PATH"] = self.stage
        return env

    def command(self, *command):
        return self.mounts(*command) if self.is_in_usr else [*command]
