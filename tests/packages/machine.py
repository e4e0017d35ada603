# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A Debian machine that lives in a directory: made by debootstrap, booted by
systemd-nspawn, with a network of its own in which there is nobody else."""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import time

from tools import give_up, need, run, try_run

INSIDE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
          "DEBIAN_FRONTEND": "noninteractive", "HOME": "/"}
# What our packages need, so that nothing is asked of a network later.
NEEDED = ("systemd", "systemd-sysv", "dbus", "libconfig9", "libjansson4",
          "libgnutls30", "libcurl3-gnutls", "ca-certificates", "openssl",
          "logrotate", "rpm", "dnf")
CLONE_NEWNET = 0x40000000


def release():
    """Of this machine: Debian's name for it, or None."""
    with open("/etc/os-release") as f:
        said = dict(re.findall(r'^(\w+)="?([^"\n]*)', f.read(), re.MULTILINE))
    return said.get("VERSION_CODENAME") if said.get("ID") == "debian" else None


def with_proxy(environment):
    """As apt of this machine would ask for packages."""
    _, said = try_run("apt-config", "shell", "PROXY", "Acquire::http::Proxy")
    proxy = re.search(r"PROXY='(.+)'", said)
    return {**environment, **({"http_proxy": proxy[1]} if proxy else {})}


def bootstrap(directory, packages=NEEDED):
    """Make a fresh system in it."""
    mirror = os.environ.get("BINDERY_DEBIAN_MIRROR",
                            "http://deb.debian.org/debian")
    for _ in range(2):  # the mirror may be busy
        # What it mounts is gone with it, whatever ends it.
        status, said = try_run(
            "unshare", "--mount", "debootstrap", "--variant=minbase",
            "--include=" + ",".join(packages), release(), directory, mirror,
            timeout=400, env=with_proxy(os.environ))
        if status == 0:
            break
        shutil.rmtree(directory, ignore_errors=True)
    if status != 0:
        give_up(f"debootstrap cannot make a system: {said[-2000:]}")
    # What it was made of.
    run("chroot", directory, "apt-get", "clean")


def is_fresh(directory):
    """Whether one stands there that was made today, of the same."""
    with contextlib.suppress(OSError), open(directory + ".made") as f:
        return f.read() == " ".join((release(), *NEEDED)) and \
            time.time() - os.stat(f.name).st_mtime < 24 * 3600
    return False


def keep_fresh(directory):
    if is_fresh(directory):
        return
    shutil.rmtree(directory, ignore_errors=True)
    bootstrap(directory)
    with open(directory + ".made", "w") as f:
        f.write(" ".join((release(), *NEEDED)))


def copy_fresh(directory):
    """A fresh system for one who will change it."""
    if kept := os.environ.get("BINDERY_MACHINE"):
        keep_fresh(kept)
        run("cp", "-a", "--reflink=auto", kept, directory)
    else:
        bootstrap(directory)


def need_machines():
    """Skip the class of tests where there can be none."""
    need("debootstrap", "systemd-nspawn", "nsenter", "unshare", root=True)
    if not release():
        give_up("this is no Debian, so the packages are for no Debian")


class Machine:
    def __init__(self, directory):
        self.directory = directory
        self.console = open(directory + ".console", "w+")
        self.process = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--boot", "--register=no",
             "--keep-unit", "--settings=no", "--private-network",
             "--console=pipe", f"--machine=bindery-{os.getpid()}",
             f"--directory={directory}"],
            stdin=subprocess.DEVNULL, stdout=self.console,
            stderr=subprocess.STDOUT, start_new_session=True,
            # As today's systems have it, whatever this one has: on the older
            # hierarchy a systemd in a container does not wait for the end of
            # a main process that it has not started itself.
            env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1"))
        try:
            self.pid = self._find_first()
            self._wait_until_up()
        except BaseException:
            self.close()
            raise

    def said(self):
        with open(self.console.name, errors="replace") as f:
            return f.read()[-4000:]

    def _find_first(self):
        """Its process 1, which is a child of nspawn."""
        end = time.monotonic() + 30
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), open(children) as f:
                for pid in f.read().split():
                    with open(f"/proc/{pid}/comm") as comm:
                        if comm.read().strip() == "systemd":
                            return int(pid)
            time.sleep(0.1)
        raise AssertionError("the machine does not boot:\n" + self.said())

    def _wait_until_up(self):
        end = time.monotonic() + 60
        state = ""
        while time.monotonic() < end:
            _, state = self.try_run("systemctl", "is-system-running")
            if state.strip() in ("running", "degraded"):
                return
            time.sleep(0.2)
        raise AssertionError(f"the machine is {state}:\n" + self.said())

    # ---- commands

    def enter(self, command):
        """What executes a command there."""
        return ["nsenter", f"--target={self.pid}", "--all", "--", *command]

    def try_run(self, *command, **more):
        return try_run(*self.enter(command), env=INSIDE, **more)

    def run(self, *command, **more):
        return run(*self.enter(command), env=INSIDE, **more)

    def spawn(self, *command):
        return subprocess.Popen(self.enter(command), env=INSIDE,
                                stdin=subprocess.DEVNULL)

    def sh(self, script, **more):
        return self.run("sh", "-ec", script, **more)

    def show(self, unit, name):
        return self.run("systemctl", "show", "--value", "--property", name,
                        unit).strip()

    # ---- files

    def path(self, name):
        return self.directory + name

    def write(self, name, content, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f:
            f.write(content)
        os.chmod(self.path(name), mode)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def files(self):
        """All that is in it and lasts: a set of paths."""
        found = set()
        for top, names, leaves in os.walk(self.directory):
            here = top[len(self.directory):] or "/"
            if here in ("/proc", "/sys", "/dev", "/run", "/tmp"):
                names.clear()
                continue
            found.update(os.path.join(here, n) for n in names + leaves)
        return found

    def owners(self, name):
        """User and group of it, as numbers."""
        with contextlib.suppress(FileNotFoundError):
            found = os.lstat(self.path(name))
            return {found.st_uid, found.st_gid}
        return set()

    # ---- the network

    def enter_network(self):
        """From now on every socket that this thread makes is the machine's."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.pid}/ns/net") as f:
            if libc.setns(f.fileno(), CLONE_NEWNET) < 0:
                raise OSError(ctypes.get_errno(), "setns")

    # ---- its end

    def close(self):
        if self.process.poll() is None:
            with contextlib.suppress(Exception):
                self.try_run("systemctl", "poweroff", timeout=10)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        self.console.close()


# A machine that is this one, but for what is changed in it: a change is written
# to memory, and gone when the command has ended.
COPY = r'''
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/top"
mount -t overlay overlay "$1/top" \
    -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work"
mount --bind "$2" "$1/top/mnt"
mount -t proc proc "$1/top/proc"
mount -t tmpfs tmpfs "$1/top/tmp"
mount -t tmpfs tmpfs "$1/top/run"
mount --rbind /dev "$1/top/dev"
cd "$1"
exec chroot top sh -ec "$3"
'''


def run_in_copy(directory, shared, script, **more):
    """Run a script on a copy of this machine, where the shared directory is
    /mnt; directory: an empty one."""
    return run("unshare", "--mount", "--pid", "--fork", "--kill-child",
               "--net", "sh", "-c", COPY, "sh", directory, shared, script,
               env=dict(INSIDE), **more)
