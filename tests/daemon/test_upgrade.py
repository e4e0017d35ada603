# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A new program takes over from the running one, and not one client notices;
one that cannot changes nothing."""

import os
import random
import re
import signal
import socket
import stat
import time
import unittest

from lib import *


def local(port):
    return f'"127.0.0.1:{port}"'


def listening():
    """The inodes of the sockets that listen, by port."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f][1:]
    found = {}
    for row in rows:
        if row[3] == "0A":
            found.setdefault(int(row[1][-4:], 16), set()).add(row[9])
    return found


def inodes(port):
    return listening().get(port, set())


class Following(HeirsCase):
    def test_old_connections_live_new_ones_go_to_the_heir(self):
        port = FreePort.get()
        d = self.line(pipeline(local(port)), workers=2, shutdown="30s")
        sockets = inodes(port)
        old = self.served(port)
        heir = self.upgrade(d)
        self.assertEqual(sockets, inodes(port))
        for _ in range(20):
            self.served(port).close()
        self.assertTrue(is_running(d.pid))
        self.assert_served(old)
        old.close()
        self.assertEqual(0, self.wait_pid(d, d.pid))
        new = self.served(port)
        os.kill(heir, signal.SIGTERM)
        new.close()
        self.assertEqual(0, self.wait_pid(d, heir))
        with self.assertRaises(ConnectionRefusedError):
            self.connect(port)

    def test_one_that_has_no_connections_ends_at_once(self):
        port = FreePort.get()
        d = self.line(pipeline(local(port)))
        self.upgrade(d)
        self.assertEqual(0, self.wait_pid(d, d.pid))

    def test_the_program_is_the_one_at_the_path(self):
        port = FreePort.get()
        program = self.copied()
        d = self.line(pipeline(local(port)), program=program)
        again = self.copied()
        os.rename(again, program)
        heir = self.upgrade(d)
        self.assertEqual(program, os.readlink(f"/proc/{heir}/exe"))
        with open(f"/proc/{heir}/cmdline") as f:
            self.assertEqual(d.args, f.read().split("\0")[:-1])

    def test_a_new_configuration_at_the_same_time(self):
        kept, gone, added = (FreePort.get() for _ in range(3))
        d = self.line(pipeline(local(kept), "a") + pipeline(local(gone), "b"))
        old = self.served(gone)
        d.configure(pipeline(local(kept), "a") + pipeline(local(added), "c"))
        self.upgrade(d)
        self.served(kept)
        self.served(added)
        self.assert_served(old)
        self.eventually(lambda: not inodes(gone), "the old listener closes")

    def test_another_number_of_workers(self):
        port = FreePort.get()
        path = os.path.join(self.temporary(), "s")
        listen = f'[ {local(port)}, "unix:{path}" ]'
        d = self.line(pipeline(listen), workers=1)
        for workers in (4, 2, 1, 3):
            sockets = inodes(port)
            d.configure(pipeline(listen), workers=workers)
            self.upgrade(d)
            self.wait_pid(d, d.pids[-2])
            self.assertEqual(sockets, inodes(port))
            # All at once, so that every worker and queue has some.
            for s in [self.connect(port) for _ in range(40)] + [
                    self.connect(path) for _ in range(40)]:
                self.assert_served(s)
                s.close()

    def test_many_listeners(self):
        """More than go into one message."""
        first = FreePort.get(200)
        d = self.line(pipeline(f'"127.0.0.1:{first}-{first + 199}"'),
                      workers=2)
        self.upgrade(d)
        self.assertEqual(0, self.wait_pid(d, d.pid))
        sockets = listening()
        for port in range(first, first + 200):
            self.assertEqual(2, len(sockets[port]))
            self.served(port).close()

    def test_unix_socket(self):
        path = os.path.join(self.temporary(), "s")
        d = self.line(pipeline(f'"unix:{path}"'))
        before = os.stat(path)
        self.upgrade(d)
        self.assertEqual(0, self.wait_pid(d, d.pid))
        self.served(path).close()
        self.assertEqual(before.st_ino, os.stat(path).st_ino)
        d.configure(pipeline(f'"unix:{path}"', more='mode = "0600";'))
        self.upgrade(d)
        self.served(path).close()
        self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
        d.configure(pipeline(local(FreePort.get())))
        self.upgrade(d)
        self.eventually(lambda: not os.path.exists(path), "its file goes")

    def test_unix_socket_goes_with_the_last(self):
        path = os.path.join(self.temporary(), "s")
        d = self.line(pipeline(f'"unix:{path}"'))
        heir = self.upgrade(d)
        self.assertEqual(0, self.wait_pid(d, d.pid))
        self.assertTrue(os.path.exists(path))
        os.kill(heir, signal.SIGTERM)
        self.assertEqual(0, self.wait_pid(d, heir))
        self.assertFalse(os.path.exists(path))

    def test_a_reload_meanwhile_is_not_lost(self):
        port = FreePort.get()
        d = self.line(pipeline(local(port)))
        os.kill(d.pid, signal.SIGUSR2)
        d.signal(signal.SIGHUP)
        d.wait_record(lambda r: r.get("message", "").startswith("reloaded: "))
        self.followed(d)
        self.served(port)

    def test_the_heir_reloads(self):
        one, other = FreePort.get(), FreePort.get()
        d = self.line(pipeline(local(one)))
        heir = self.upgrade(d)
        d.configure(pipeline(local(other)))
        os.kill(heir, signal.SIGHUP)
        d.wait_record(lambda r: r.get("message", "").startswith("reloaded: "))
        self.served(other)
        self.eventually(lambda: not inodes(one), "the old listener closes")


class Leaving(HeirsCase):
    def test_drain_timeout(self):
        port = FreePort.get()
        d = self.line(pipeline(local(port)),
                      settings='drain_timeout = "500ms";')
        old = self.served(port)
        self.upgrade(d)
        self.assertTrue(is_reset(old))
        self.assertEqual("drain-timeout", d.closed("echo")["reason"])
        self.assertEqual(3, self.wait_pid(d, d.pid))
        self.served(port)

    def test_sigterm_ends_it_early(self):
        port = FreePort.get()
        d = self.line(pipeline(local(port)), shutdown="300ms")
        old = self.served(port)
        self.upgrade(d)
        self.assert_served(old)
        d.signal()
        self.assertTrue(is_reset(old))
        self.assertEqual(3, self.wait_pid(d, d.pid))
        self.served(port)

    def test_it_neither_reloads_nor_upgrades(self):
        port = FreePort.get()
        d = self.line(pipeline(local(port)))
        old = self.served(port)
        self.upgrade(d)
        for number, text in ((signal.SIGHUP, "is not read again"),
                             (signal.SIGUSR2, "no other program")):
            d.signal(number)
            d.wait_record(lambda r: text in r.get("message", ""))
        self.assert_served(old)

    def test_the_end_of_the_heir_is_seen(self):
        """By who adopts orphans, as the service manager does; the old one has
        no child left."""
        port = FreePort.get()
        d = self.line(pipeline(local(port)))
        old = self.served(port)
        heir = self.upgrade(d)
        self.eventually(lambda: not children(d.pid), "the nurse is reaped")
        self.assertIn(heir, children(os.getpid()))
        os.kill(heir, signal.SIGKILL)
        self.assertEqual(-9, self.wait_pid(d, heir))
        self.assert_served(old)
        d.pids.remove(heir)

    def test_the_old_one_dies_on_the_way(self):
        """What was given is enough to serve."""
        port = FreePort.get()
        program = self.copied()
        d = self.line(pipeline(local(port)), program=program)
        release = self.replace_by_one_that_waits(program)
        sockets = inodes(port)
        d.signal(signal.SIGUSR2)
        self.eventually(lambda: children(d.pid), "the new program starts")
        for _ in range(2):
            answer(d, "status")  # it has gone on, and given what it gives
        d.process.kill()
        waiting = self.connect(port)
        release()
        self.followed(d)
        self.assert_served(waiting)
        self.assertEqual(sockets, inodes(port))
        d.process.wait()
        d.statuses[d.pid] = 0


class Refusing(HeirsCase):
    def begin(self, **more):
        self.port = FreePort.get()
        self.program = self.copied()
        d = self.line(pipeline(local(self.port)), program=self.program,
                      **more)
        self.old = self.served(self.port)
        self.sockets = inodes(self.port)
        return d

    def assert_unchanged(self, d):
        self.assert_served(self.old)
        self.served(self.port).close()
        self.assertEqual(self.sockets, inodes(self.port))
        self.assertEqual([d.pid], d.pids)

    def test_a_broken_configuration(self):
        d = self.begin()
        d.configure(pipeline(local(self.port), more="colour = 1;"))
        said = self.upgrade_refused(
            d, "^" + re.escape(d.config) + ":6: .*'colour'")
        self.assertEqual(2, len(said), said)
        self.assert_unchanged(d)
        d.configure(pipeline(local(self.port)))
        self.upgrade(d)
        self.assert_served(self.old)

    def test_an_address_that_is_in_use(self):
        """Found when it starts: what it had opened goes again."""
        d = self.begin()
        path = os.path.join(self.temporary(), "s")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            taken = s.getsockname()[1]
            d.configure(pipeline(local(self.port), "a") + pipeline(
                f'[ "unix:{path}", {local(taken)} ]', "b"))
            self.upgrade_refused(d, f"cannot listen on 127.0.0.1:{taken}: "
                                    "Address already in use")
        self.assert_unchanged(d)

    def test_a_unix_socket_outlives_a_refusal(self):
        path = os.path.join(self.temporary(), "s")
        program = self.copied()
        d = self.line(pipeline(f'"unix:{path}"'), program=program)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            d.configure(pipeline(
                f'[ "unix:{path}", {local(s.getsockname()[1])} ]'))
            self.upgrade_refused(d, "Address already in use")
        self.served(path)

    @unittest.skipUnless(has_ipv6(), "there is no IPv6 here")
    def test_v6only_cannot_change(self):
        port = FreePort.get()
        d = self.line(pipeline(f'"[::]:{port}"'))
        for listen, more in ((f'"[::]:{port}"', 'v6only = "yes";'),):
            d.configure(pipeline(listen, more=more))
            self.upgrade_refused(
                d, f"'\\[::\\]:{port}' is open and serves IPv4 too, which")
        self.served(port)

    def test_a_broken_program(self):
        d = self.begin()
        name = re.escape(self.program)
        for text, why in (
                ("#!/bin/sh\nexit 1\n", "ended with status 1$"),
                ("#!/bin/sh\nkill -9 $$\n",
                 r"was ended by signal 9 \(Killed\)$"),
                ("#!/bin/sh\nexec 3>&-\nexec sleep 60\n",
                 r"was ended by signal 9 \(Killed\)$"),
                ("#!/nonexistent\n", "No such file or directory$"),
                ("garbage", "Exec format error$"),
                ("", "Exec format error$"),
                (None, "No such file or directory$")):
            with self.subTest(text):
                self.replace(self.program, text)
                self.upgrade_refused(d, f"new program '{name}'.* {why}")
                self.assert_unchanged(d)

    def test_a_program_that_says_something_else(self):
        d = self.begin()
        self.replace(self.program,
                     "#!/bin/sh\nprintf 'hm\\n' >&3\nexec sleep 9\n")
        self.upgrade_refused(d, "says what is not understood")
        self.assert_unchanged(d)

    def test_sigterm_calls_it_off(self):
        d = self.begin()
        self.replace(self.program, "#!/bin/sh\nexec sleep 60\n")
        d.signal(signal.SIGUSR2)
        self.eventually(lambda: children(d.pid), "the new program starts")
        child = children(d.pid)[0]
        d.signal(signal.SIGUSR2)
        d.wait_record(lambda r: r.get("message") == "an upgrade is under way")
        d.signal()
        d.wait_record(lambda r: "is called off" in r.get("message", ""))
        self.assert_served(self.old)
        self.old.close()
        self.assertEqual(0, self.wait_pid(d, d.pid))
        self.eventually(lambda: not is_running(child), "so does the new one")

    def test_nothing_is_left_of_failures(self):
        d = self.begin()
        self.replace(self.program, "#!/bin/sh\nexit 1\n")
        self.upgrade_refused(d, "status 1")
        files = fd_count(d.pid)
        for _ in range(20):
            self.upgrade_refused(d, "status 1")
        self.eventually(lambda: fd_count(d.pid) <= files,
                        "the descriptors are as many as before")
        self.assert_unchanged(d)

    def test_the_variable_of_nobody(self):
        port = FreePort.get()
        config = self.write('pipelines: {' + pipeline(local(port)) + '};')
        for value in ("x", "0", "2", "1000", "99999999999999999999"):
            p = run("-c", config, env={"BINDERY_UPGRADE": value})
            self.assertEqual(70, p.returncode)
            self.assertIn(f"BINDERY_UPGRADE is '{value}', which leads to no "
                          "running binderyd: unset it", p.stderr)


class Telling(HeirsCase):
    def manager(self):
        path = os.path.join(self.temporary(), "notify")
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        s.settimeout(10 * SCALE)
        s.bind(path)
        return s, path

    def test_the_service_manager(self):
        s, path = self.manager()
        port = FreePort.get()
        d = self.line(pipeline(local(port)), env={"NOTIFY_SOCKET": path})
        self.assertIn(b"READY=1", s.recv(4096))
        heir = self.upgrade(d)
        said = [s.recv(4096) for _ in range(2)]
        self.assertEqual(f"MAINPID={heir}".encode(), said[0])
        self.assertIn(b"READY=1", said[1])
        self.assertEqual(0, self.wait_pid(d, d.pid))
        os.kill(heir, signal.SIGTERM)
        self.assertIn(b"STOPPING=1", s.recv(4096))

    @thrice
    def test_a_manager_that_is_behind(self):
        """Else it took the end of the old one for that of the service."""
        s, path = self.manager()
        d = self.line(pipeline(local(FreePort.get())),
                      env={"NOTIFY_SOCKET": path})
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            with self.assertRaises(BlockingIOError):
                while True:
                    other.sendto(b"x", path)
        d.signal(signal.SIGUSR2)
        time.sleep(0.5)
        while not (said := s.recv(4096)).startswith(b"MAINPID="):
            pass
        self.assertEqual(f"MAINPID={self.followed(d)}".encode(), said)
        self.assertEqual(0, self.wait_pid(d, d.pid))

    def test_a_refusal_tells_nothing(self):
        s, path = self.manager()
        program = self.copied()
        d = self.line(pipeline(local(FreePort.get())), program=program,
                      env={"NOTIFY_SOCKET": path})
        s.recv(4096)
        self.replace(program, "#!/bin/sh\nexit 1\n")
        self.upgrade_refused(d, "status 1")
        s.settimeout(0.1)
        with self.assertRaises(TimeoutError):
            s.recv(4096)


class Storm(HeirsCase):
    UPGRADES, THREADS = 10, 4

    def connect_all_the_time(self, seed):
        choice = random.Random(seed)
        while not self.is_over:
            size = choice.choice((1, 100, 5000, 60000))
            with self.connect(self.port) as s:
                send_pattern(s, size)
                s.shutdown(socket.SHUT_WR)
                if all_of(s) != pattern(size):
                    raise ValueError(f"not all of {size} bytes came back")
            self.counts[seed] += 1

    def flow_all_the_time(self, s):
        """One connection of the first process, through all of it."""
        at = 0
        while not self.is_over:
            s.sendall(PATTERN[at:at + 4096])
            if exactly(s, 4096) != PATTERN[at:at + 4096]:
                raise ValueError("not what was sent")
            at = (at + 4096) % (len(PATTERN) // 2)

    def everybody_is_served(self, threads):
        before = list(self.counts)
        self.eventually(
            lambda: all(n > b for n, b in zip(self.counts, before))
            or not all(t.is_alive() for t in threads),
            "every client is served between two upgrades")

    def test_nobody_notices(self):
        self.port = FreePort.get()
        self.counts = [0] * self.THREADS
        self.is_over = False
        quiet = pipeline(local(self.port)).replace(
            "echo = ", 'echo = { log = { level = "warning"; }; bindings = '
        ).rstrip()[:-1] + "; };"
        d = self.line(quiet, workers=2)
        threads = [self.thread(self.connect_all_the_time, i)
                   for i in range(self.THREADS)]
        threads.append(self.thread(self.flow_all_the_time,
                                   self.connect(self.port)))
        try:
            for _ in range(self.UPGRADES):
                self.everybody_is_served(threads)
                self.upgrade(d)
                if d.pids[-2] != d.pid:
                    self.assertEqual(0, self.wait_pid(d, d.pids[-2]))
            self.everybody_is_served(threads)
            self.assertTrue(is_running(d.pid))
        finally:
            self.is_over = True
        for t in threads:
            t.join()

    def test_descriptors_do_not_grow(self):
        port = FreePort.get()
        path = os.path.join(self.temporary(), "s")
        d = self.line(pipeline(f'[ {local(port)}, "unix:{path}" ]'),
                      workers=2)
        files = fd_count(d.pid)
        for _ in range(5):
            heir = self.upgrade(d)
            self.assertEqual(0, self.wait_pid(d, d.pids[-2]))
            self.eventually(lambda: fd_count(heir) <= files,
                            "as many descriptors as the first had")


main()
