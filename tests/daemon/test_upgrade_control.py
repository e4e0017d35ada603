# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The control socket belongs to whoever serves: its file and permissions over
refused upgrades, upgrades, reloads and socket activation."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import unittest

from lib import *

# What the service manager does when it has the control socket.
LAUNCHER = """
import os, socket, sys
path = os.path.dirname(sys.argv[sys.argv.index("-c", 2) + 1])
s = socket.socket(socket.AF_UNIX)
s.bind(path + "/control.sock")
s.listen()
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
"""


class Upgraded(HeirsCase):
    def serve(self, **more):
        self.port = FreePort.get()
        self.pipeline = pipeline(f'"127.0.0.1:{self.port}"')
        d = self.line(self.pipeline, **more)
        self.path = d.path("control.sock")
        self.d = d
        return d

    def status(self):
        return answer(self.d, "status")

    def mode(self):
        return stat.S_IMODE(os.stat(self.path).st_mode)

    def configure_mode(self, d, mode):
        with open(d.config) as f:
            text = f.read()
        text = re.sub(r'\.sock";( mode = "\d+";)?',
                      f'.sock"; mode = "{mode}";', text)
        with open(d.path("new"), "w") as f:
            f.write(text)
        os.rename(d.path("new"), d.config)

    def test_its_file_outlives_a_refusal(self):
        d = self.serve()
        before = os.stat(self.path).st_ino
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            d.configure(self.pipeline + pipeline(
                f'"127.0.0.1:{s.getsockname()[1]}"', "b"))
            self.upgrade_refused(d, "Address already in use")
        self.assertEqual(before, os.stat(self.path).st_ino)
        self.assertEqual(d.pid, self.status()["pid"])

    def test_the_mode_of_a_new_configuration(self):
        d = self.serve()
        self.assertEqual(0o660, self.mode())
        self.configure_mode(d, "0600")
        answer(d, "reload")
        self.assertEqual(0o600, self.mode())
        self.configure_mode(d, "0666")
        heir = self.upgrade(d)
        self.assertEqual(heir, self.status()["pid"])
        self.assertEqual(0o666, self.mode())

    def test_a_mode_that_somebody_set_stays(self):
        d = self.serve()
        os.chmod(self.path, 0o600)
        answer(d, "reload")
        self.assertEqual(0o600, self.mode())

    def test_one_of_the_service_manager(self):
        d = self.serve(launcher=(sys.executable, "-c", LAUNCHER))
        self.assertEqual([], d.odd)
        before = os.stat(self.path)
        self.configure_mode(d, "0600")
        heir = self.upgrade(d)
        self.assertEqual(0, self.wait_pid(d, d.pid))
        self.assertEqual(heir, self.status()["pid"])
        os.kill(heir, signal.SIGTERM)
        self.assertEqual(0, self.wait_pid(d, heir))
        after = os.stat(self.path)
        self.assertEqual((before.st_ino, before.st_mode),
                         (after.st_ino, after.st_mode))


class GivenUp(HeirsCase):
    def test_who_waits_hears_that_the_process_ends(self):
        program = self.copied()
        port = FreePort.get()
        d = self.line(pipeline(f'"127.0.0.1:{port}"'), program=program)
        old = self.served(port)
        self.replace(program, "#!/bin/sh\nexec sleep 60\n")
        answers = []
        t = threading.Thread(target=lambda: answers.append(
            ask(d, "upgrade")))
        t.start()
        self.eventually(lambda: children(d.pid), "the new program starts")
        d.signal()
        t.join()
        self.assertEqual("upgrade given up: the process is ending",
                         answers[0]["error"])
        old.close()
        self.assertEqual(0, self.wait_pid(d, d.pid))
        self.assertFalse([r for r in d.records
                          if "goes on as it was" in r["message"]])

    @unittest.skipUnless(subprocess.run(
        ["unshare", "-pf", "true"], stderr=subprocess.DEVNULL).returncode == 0,
        "there are no containers here")
    def test_the_first_process_of_a_container(self):
        """All others would end with it."""
        d = self.daemon(pipeline(f'"127.0.0.1:{FreePort.get()}"'),
                        launcher=("unshare", "-pf"))
        said = ask(d, "upgrade")
        self.assertEqual("upgrade refused: process 1 goes on as it was",
                         said["error"])
        self.assertIn("first process of its container", said["errors"][0])
        self.assertEqual(1, answer(d, "status")["pid"])
        answer(d, "stop")
        self.assertEqual(0, d.wait())

    def test_the_new_one_is_told_to_end(self):
        """Between its "ready" and the old one's "go"."""
        notify = os.path.join(self.temporary(), "notify")
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(notify)
        program = self.copied()
        port = FreePort.get()
        d = self.line(pipeline(f'"127.0.0.1:{port}"'), program=program,
                      env={"NOTIFY_SOCKET": notify})
        release = self.replace_by_one_that_waits(program)
        d.signal(signal.SIGUSR2)
        self.eventually(lambda: children(d.pid), "the new program starts")
        nurse = children(d.pid)[0]
        for _ in range(2):
            answer(d, "status")  # it has given its sockets
        d.signal(signal.SIGSTOP)
        release()
        d.wait_record(lambda r: " serves " in r["message"], count=2)
        heir, = children(nurse)
        os.kill(heir, signal.SIGTERM)
        d.wait_record(lambda r: r["message"].startswith("ended: "))
        d.signal(signal.SIGCONT)
        d.wait_record(lambda r: r["message"] == f"process {heir} was told to "
                      "end, so it does not take over")
        d.wait_record(lambda r: "goes on as it was" in r["message"])
        self.served(port).close()
        self.assertEqual(d.pid, answer(d, "status")["pid"])
        manager.setblocking(False)
        said = b""
        try:
            while True:
                said += manager.recv(4096) + b"\n"
        except BlockingIOError:
            pass
        self.assertNotIn(b"STOPPING", said)
        self.assertEqual({b"%d" % d.pid}, set(
            re.findall(rb"MAINPID=(\d+)", said)))


main()
