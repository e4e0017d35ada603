# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Programs that take over from one another.  Whose parent has ended becomes
a child of the test, so that it sees how each of them ends."""

import ctypes
import os
import re
import shutil
import signal
import time

from .build import BINDERYD, SCALE
from .case import Case
from .peers import exactly

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <sys/prctl.h>
STATUS = re.compile(r"process (\d+), which had taken over, ended with status "
                    r"(\d+)$")


def is_running(pid):
    """Zombies are not."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(p) for p in f.read().split()]


def pipeline(listen, name="echo", more="", rest='{ type = "echo"; }'):
    return (f'{name} = ( {{ type = "tcp-server"; listen = {listen};'
            f' {more} }}, {rest} );\n')


class HeirsCase(Case):
    @classmethod
    def setUpClass(cls):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)

    def line(self, *args, **more):
        """A daemon whose successors are known: d.pids, the last is the one
        that serves.  All of them must end."""
        more.setdefault("shutdown", "2s")  # then cut, which may be
        d = self.daemon(*args, **more)
        d.pids = [d.pid]
        d.statuses = {}
        self.addCleanup(self.end_line, d)
        return d

    def copied(self):
        """A copy of the program, to be replaced."""
        path = os.path.join(self.temporary(), "binderyd")
        shutil.copy(BINDERYD, path)
        return path

    def replace(self, path, text):
        """By a script, with a rename; None: by nothing."""
        if text is None:
            os.unlink(path)
            return
        new = self.write(text, "new", os.path.dirname(path))
        os.chmod(new, 0o755)
        os.rename(new, path)

    def replace_by_one_that_waits(self, path):
        """What lets it go on, as binderyd."""
        held = self.write("", "held")
        self.replace(path, f'#!/bin/sh\nwhile [ -e "{held}" ]; do sleep 0.05;'
                     f' done\nexec {BINDERYD} "$@"\n')
        return lambda: os.unlink(held)

    def upgrade(self, d):
        """A successor takes over: its pid."""
        seen = len(d.pids)
        os.kill(d.pids[-1], signal.SIGUSR2)
        return self.followed(d, seen)

    def followed(self, d, count=1, timeout=10):
        found = d.wait_record(
            lambda r: r.get("message", "").endswith(" has taken over"),
            timeout, count)
        last = found[-1] if count > 1 else found
        pid = int(last["message"].split()[1])
        self.assertNotIn(pid, d.pids)
        d.pids.append(pid)
        return pid

    def upgrade_refused(self, d, why):
        """The running one goes on, and has no child: what it said."""
        text = (f"upgrade refused: process {d.pids[-1]} goes on as it was")
        seen = len(d.records)
        before = sum(r.get("message") == text for r in d.records[:seen])
        os.kill(d.pids[-1], signal.SIGUSR2)
        d.wait_record(lambda r: r.get("message") == text, count=before + 1)
        said = [r["message"] for r in d.records[seen:]
                if r["level"] == "error"]
        self.assertRegex(said[0], why)
        self.assertEqual([], children(d.pids[-1]))
        return said

    def wait_pid(self, d, pid, timeout=20):
        """For the end of one of the line: its status."""
        if pid in d.statuses:
            return d.statuses[pid]
        if pid == d.pid:
            d.statuses[pid] = d.process.wait(timeout * SCALE)
            return d.statuses[pid]
        end = time.monotonic() + timeout * SCALE
        while True:
            try:
                got, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:  # its parent lives, and reaps it
                got, status = self.status_in_log(d, pid)
                if not (got or is_running(pid) or is_running(d.pid)):
                    got = pid  # called off by one that has ended as well
            if got == pid:
                d.statuses[pid] = os.waitstatus_to_exitcode(status)
                return d.statuses[pid]
            if time.monotonic() > end:
                self.fail(f"process {pid} does not end\n{d.said()}")
            time.sleep(0.005)

    def status_in_log(self, d, pid):
        for r in list(d.records):
            m = STATUS.match(r.get("message", ""))
            if m and int(m[1]) == pid:
                return pid, int(m[2]) << 8
        return 0, 0

    def end_line(self, d):
        if d.status is not None:
            return
        for pid in reversed(d.pids):
            if pid not in d.statuses and is_running(pid):
                os.kill(pid, signal.SIGTERM)
        for pid in d.pids:
            self.assertIn(self.wait_pid(d, pid), (0, 3))
        d.reader.join(20)
        d.status = d.statuses[d.pid]

    def assert_served(self, s):
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))

    def served(self, to):
        s = self.connect(to)
        self.assert_served(s)
        return s
