# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Listening sockets of the service manager (LISTEN_FDS): by name and by
address, at the start, over reloads and over upgrades."""

import os
import signal
import socket
import stat
import sys

from lib import *

# What the service manager does: descriptors from 3 on, and their names.
LAUNCHER = """
import fcntl, os, sys
fds, names, pid = eval(sys.argv[1])
high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in fds]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.environ["LISTEN_FDS"] = str(len(fds))
os.environ["LISTEN_PID"] = str(pid or os.getpid())
if names is not None:
    os.environ["LISTEN_FDNAMES"] = ":".join(names)
os.closerange(3 + len(fds), 200)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Inheriting(HeirsCase):
    def socket(self, address=None, family=socket.AF_INET, backlog=16,
               reuse=False):
        """A listening socket, as the manager would open it."""
        s = socket.socket(family)
        self.addCleanup(s.close)
        if reuse:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind(address or ("127.0.0.1", 0))
        s.listen(backlog)
        return s

    def port(self, s):
        return s.getsockname()[1]

    def activated(self, pipelines, sockets, names=None, pid=None, **more):
        fds = tuple(s.fileno() for s in sockets)
        return self.line(pipelines, pass_fds=fds, launcher=(
            sys.executable, "-c", LAUNCHER, repr((fds, names, pid))), **more)

    def reload(self, d):
        count = sum(r["message"].startswith("reloaded: ") for r in d.records)
        os.kill(d.pids[-1], signal.SIGHUP)
        d.wait_record(lambda r: r["message"].startswith("reloaded: "),
                      count=count + 1)

    def refused(self, d, why):
        os.kill(d.pids[-1], signal.SIGHUP)
        d.wait_record(lambda r: why in r["message"])
        d.wait_record(lambda r: r["message"].startswith("reload refused"))


class ByName(Inheriting):
    def test_one(self):
        s = self.socket()
        d = self.activated(pipeline('"systemd:web"'), [s], ["web"])
        self.served(self.port(s))
        with open(f"/proc/{d.pid}/environ") as f:
            self.assertIn("LISTEN_FDS=", f.read())  # as it was started
        self.assertEqual([], d.odd)

    def test_all_of_a_name_and_lists(self):
        path = os.path.join(self.temporary(), "s")
        one, two, other = (self.socket() for _ in range(3))
        unix = self.socket(path, socket.AF_UNIX)
        own = FreePort.get()
        self.activated(
            pipeline(f'[ "systemd:web", "127.0.0.1:{own}" ]', "a")
            + pipeline('"systemd:api.socket"', "b"),
            [one, other, two, unix],
            ["web", "api.socket", "web", "web"], workers=3)
        for to in (self.port(one), self.port(two), self.port(other), path,
                   own):
            for _ in range(5):
                self.served(to).close()

    def test_one_for_many_workers_and_many_for_one(self):
        one = self.socket(reuse=True)
        many = [self.socket(("127.0.0.1", self.port(one)), reuse=True)
                for _ in range(4)]
        for workers in (1, 2, 8):
            d = self.activated(pipeline('"systemd:web"'), [one, *many],
                               ["web"] * 5, workers=workers)
            for s in [self.connect(self.port(one)) for _ in range(50)]:
                self.assert_served(s)
                s.close()
            self.end_line(d)

    def test_a_name_that_was_not_passed(self):
        s = self.socket()
        other = self.socket()
        path = self.write('pipelines: {\n' + pipeline('"systemd:wbe"') + '};')
        fds = (s.fileno(), other.fileno())
        program = run("-c", path, launcher=(
            sys.executable, "-c", LAUNCHER, repr((fds, ["web", "api"],
                                                  None))), pass_fds=fds)
        self.assertEqual(70, program.returncode, program.stderr)
        self.assertIn("the service manager passed no socket named 'wbe' "
                      "(it passed: 'api', 'web')", program.stderr)

    def test_nothing_was_passed(self):
        path = self.write('pipelines: {\n' + pipeline('"systemd:web"') + '};')
        p = run("-c", path)
        self.assertEqual(70, p.returncode)
        self.assertIn(f"{path}:2: pipeline 'echo', binding 'tcp-server': the "
                      "service manager passed no socket named 'web' (it "
                      "passed: none)", p.stderr)
        self.assertEqual(0, run("-t", "-c", path).returncode)

    def test_the_configuration_as_it_is_in_force(self):
        path = self.write('pipelines: {\n' + pipeline('"systemd:web"') + '};')
        self.assertIn('"systemd:web"', run("-T", "-c", path).stdout)

    def test_twice(self):
        path = self.write('pipelines: {\n' + pipeline('"systemd:web"', "a")
                          + pipeline('"systemd:web"', "b") + '};')
        p = run("-t", "-c", path)
        self.assertEqual(78, p.returncode)
        self.assertIn("systemd:web is listened on twice", p.stderr)

    def test_names_that_are_wrong(self):
        for name, why in (("", "names no socket"), ("a:b", "has a name"),
                          ("a\\tb", "has a name"),
                          ("x" * 256, "longer than the 255")):
            path = self.write('pipelines: {\n'
                              + pipeline(f'"systemd:{name}"') + '};')
            p = run("-t", "-c", path)
            self.assertEqual(78, p.returncode)
            self.assertIn(why, p.stderr)

    def test_nobody_connects_to_one(self):
        path = self.write('pipelines: {\n' + pipeline(
            '"127.0.0.1:9"', rest='{ type = "tcp-client"; '
                                  'connect = "systemd:x"; }') + '};')
        p = run("-t", "-c", path)
        self.assertEqual(78, p.returncode)
        self.assertIn("option 'connect': value 'systemd:x' is a socket that "
                      "can only be listened on", p.stderr)


class ByAddress(Inheriting):
    def test_an_address(self):
        s = self.socket()
        d = self.activated(pipeline(f'"127.0.0.1:{self.port(s)}"'), [s])
        self.served(self.port(s))
        self.end_line(d)
        # It is the manager's: it did not go with the daemon.
        self.connect(self.port(s))

    def test_a_path(self):
        path = os.path.join(self.temporary(), "s")
        s = self.socket(path, socket.AF_UNIX)
        os.chmod(path, 0o604)
        d = self.activated(pipeline(f'"unix:{path}"'), [s])
        self.served(path).close()
        self.assertEqual(0o604, stat.S_IMODE(os.stat(path).st_mode))
        self.reload(d)
        self.end_line(d)
        self.assertTrue(os.path.exists(path))
        self.connect(path)

    def test_not_ours(self):
        """LISTEN_PID is somebody else's."""
        s = self.socket()
        d = self.activated(pipeline(f'"127.0.0.1:{FreePort.get()}"'), [s],
                           ["web"], pid=1)
        d.configure(pipeline('"systemd:web"'))
        self.refused(d, "(it passed: none)")

    def test_what_is_no_listening_socket(self):
        s = self.socket()
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        idle = socket.socket()
        self.addCleanup(datagrams.close)
        self.addCleanup(idle.close)
        with open("/dev/null") as null:
            d = self.activated(pipeline('"systemd:web"'),
                               [datagrams, s, idle, null],
                               ["dns", "web", "idle"])
        self.served(self.port(s))
        self.assertEqual(
            [f"warning: descriptor {fd} ('{name}') of the service manager is "
             "no listening stream socket, ignoring\n"
             for fd, name in ((3, "dns"), (5, "idle"), (6, "unknown"))],
            d.odd)

    def test_fewer_descriptors_than_said(self):
        port = FreePort.get()
        launcher = LAUNCHER.replace("str(len(fds))", '"7"')
        s = self.socket()
        d = self.line(
            pipeline(f'"127.0.0.1:{port}"'), pass_fds=(s.fileno(),),
            launcher=(sys.executable, "-c", launcher,
                      repr(((s.fileno(),), ["web"], None))))
        self.served(port)
        self.assertIn("LISTEN_FDS is 7, but descriptor 4 is not open",
                      d.odd[0])


class Reloading(Inheriting):
    def test_it_comes_goes_and_comes_back(self):
        s = self.socket()
        port = FreePort.get()
        d = self.activated(pipeline('"systemd:web"'), [s], ["web"], workers=2)
        old = self.served(self.port(s))
        for _ in range(3):
            d.configure(pipeline(f'"127.0.0.1:{port}"'), workers=2)
            self.reload(d)
            waiting = self.connect(self.port(s))  # the manager's queue
            d.configure(pipeline('"systemd:web"'), workers=2)
            self.reload(d)
            self.assert_served(waiting)
        self.assert_served(old)
        files = fd_count(d.pid)
        for _ in range(3):
            self.reload(d)
        self.eventually(lambda: fd_count(d.pid) <= files,
                        "the descriptors are as many as before")

    def test_a_name_that_is_not_there(self):
        s = self.socket()
        d = self.activated(pipeline('"systemd:web"'), [s], ["web"])
        d.configure(pipeline('"systemd:api"'))
        self.refused(d, "no socket named 'api' (it passed: 'web')")
        self.served(self.port(s))

    def test_another_backlog(self):
        s = self.socket(backlog=7)
        d = self.activated(pipeline('"systemd:web"'), [s], ["web"])
        self.assertEqual(7, self.queue_limit(s))
        d.configure(pipeline('"systemd:web"', more="backlog = 50;"))
        self.reload(d)
        self.assertEqual(50, self.queue_limit(s))

    def test_options_of_a_socket_of_our_own(self):
        path = os.path.join(self.temporary(), "s")
        d = self.line(pipeline(f'"unix:{path}"'), workers=2)
        old = self.served(path)
        for mode in (0o600, 0o666):
            d.configure(pipeline(f'"unix:{path}"',
                                 more=f'mode = "{mode:04o}";'), workers=2)
            self.reload(d)
            self.assertEqual(mode, stat.S_IMODE(os.stat(path).st_mode))
        d.configure(pipeline(f'"unix:{path}"', more="colour = 1;"), workers=2)
        self.refused(d, "colour")
        self.assertEqual(0o666, stat.S_IMODE(os.stat(path).st_mode))
        self.assert_served(old)

    def test_v6only_cannot_change(self):
        if not has_ipv6():
            self.skipTest("there is no IPv6 here")
        port = FreePort.get()
        d = self.line(pipeline(f'"[::]:{port}"', more='v6only = "yes";'))
        old = self.served(("::1", port))
        d.configure(pipeline(f'"[::]:{port}"'))
        self.refused(d, f"'[::]:{port}' is open and does not serve IPv4, "
                        "which cannot change while it is: set v6only as it "
                        "was, or restart the host")
        self.assert_served(old)

    def queue_limit(self, s):
        """tcpi_sacked, which for a listening socket is its backlog."""
        info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        return int.from_bytes(info[28:32], sys.byteorder)


class Upgrading(Inheriting):
    def test_names_survive(self):
        s, unused = self.socket(), self.socket()
        d = self.activated(pipeline('"systemd:web"'), [s, unused],
                           ["web", "later"], workers=2)
        for _ in range(3):
            old = self.served(self.port(s))
            heir = self.upgrade(d)
            with open(f"/proc/{heir}/environ") as f:
                self.assertNotIn("LISTEN_", f.read())
            self.assert_served(old)
            old.close()
            self.assertEqual(0, self.wait_pid(d, d.pids[-2]))
        d.configure(pipeline('[ "systemd:web", "systemd:later" ]'),
                    workers=2)
        self.reload(d)
        self.served(self.port(unused)).close()
        d.configure(pipeline('"systemd:web"'), workers=1)
        self.upgrade(d)
        self.served(self.port(s)).close()

    def test_the_file_of_the_manager_stays(self):
        path = os.path.join(self.temporary(), "s")
        s = self.socket(path, socket.AF_UNIX)
        d = self.activated(pipeline('"systemd:web"'), [s], ["web"])
        self.upgrade(d)
        self.served(path).close()
        d.configure(pipeline(f'"127.0.0.1:{FreePort.get()}"'))
        self.upgrade(d)
        self.assertTrue(os.path.exists(path))
        self.end_line(d)
        self.assertTrue(os.path.exists(path))


main()
