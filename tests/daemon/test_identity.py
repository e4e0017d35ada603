# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Whom the daemon runs as when root starts it: `user` and `group`; and where
its control socket is when only the environment says so."""

import glob
import grp
import os
import pwd
import shutil
import signal
import subprocess
import unittest

from lib import *
from lib.control import ask

NOBODY = pwd.getpwnam("nobody")
GROUP = grp.getgrgid(NOBODY.pw_gid).gr_name
OTHER = "daemon"  # a group that every system has
BIND = 1 << 10    # CAP_NET_BIND_SERVICE
LOW = 7           # a port that only root may listen on
IS_ROOT = os.geteuid() == 0


class Owned(Daemon):
    """Its directory is that of nobody."""

    def configure(self, *args, **more):
        super().configure(*args, **more)
        os.chmod(self.directory.name, 0o755)
        shutil.chown(self.directory.name, NOBODY.pw_uid, NOBODY.pw_gid)


def status_of(pid):
    """Of all its threads: a list of what /proc tells of each."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        with open(path) as f:
            found.append(dict(line.rstrip("\n").split(":", 1) for line in f))
    return found


@unittest.skipIf(IS_COVERAGE, "gcov complains, as another user")
@unittest.skipUnless(IS_ROOT, "only root can become another user")
class Identity(HeirsCase):
    def setUp(self):
        """What nobody may read, wherever this tree is."""
        self.here = self.temporary()
        os.chmod(self.here, 0o755)
        self.plugins = os.path.join(self.here, "plugins")
        shutil.copytree(PLUGINS, self.plugins)
        self.program = shutil.copy(BINDERYD, self.here)
        self.host = f"127.{os.getpid() % 250 + 1}.{os.getpid() // 250 % 250}."

    def daemon(self, pipelines, settings='user = "nobody";', **more):
        d = Owned(pipelines, settings, paths=("-p", self.plugins),
                  program=self.program, **more)
        self.addCleanup(d.finish)
        return d

    def listen(self, last=1):
        return f'"{self.host}{last}:{LOW}"'

    def assert_served_at(self, last=1):
        with self.connect((f"{self.host}{last}", LOW)) as s:
            s.sendall(b"x")
            self.assertEqual(b"x", exactly(s, 1))

    def assert_dropped(self, pid, gid=NOBODY.pw_gid, groups=None):
        threads = status_of(pid)
        self.assertGreater(len(threads), 1)
        for t in threads:
            self.assertEqual([str(NOBODY.pw_uid)] * 4, t["Uid"].split())
            self.assertEqual([str(gid)] * 4, t["Gid"].split())
            self.assertEqual(groups or {str(gid)}, set(t["Groups"].split()))
            for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                self.assertEqual(BIND, int(t[name], 16), name)
            self.assertEqual("1", t["NoNewPrivs"].strip())

    def test_root_is_given_up_but_for_low_ports(self):
        d = self.daemon(pipeline(self.listen()))
        self.assert_dropped(d.pid)
        self.assert_served_at()

    def test_the_group_can_be_another(self):
        d = self.daemon(pipeline(self.listen()),
                        f'user = "nobody"; group = "{OTHER}";')
        gid = grp.getgrnam(OTHER).gr_gid
        self.assert_dropped(d.pid, gid)
        socket = os.stat(d.path("control.sock"))
        self.assertEqual((NOBODY.pw_uid, gid), (socket.st_uid, socket.st_gid))

    def test_a_reload_can_listen_on_another_low_port(self):
        d = self.daemon(pipeline(self.listen()))
        d.configure(pipeline(self.listen(2)), 'user = "nobody";')
        d.signal(signal.SIGHUP)
        d.wait_record(lambda r: "generation 2 serves" in r.get("message", ""))
        self.assert_served_at(2)
        self.assert_dropped(d.pid)

    def test_who_takes_over_has_no_more_and_no_less(self):
        d = self.line(pipeline(self.listen()))
        heir = self.upgrade(d)
        self.assert_dropped(heir)
        d.configure(pipeline(self.listen(3)), 'user = "nobody";')
        os.kill(heir, signal.SIGHUP)
        d.wait_record(lambda r: "generation 2 serves" in r.get("message", ""))
        self.assert_served_at(3)

    def test_it_cannot_change_while_the_host_runs(self):
        d = self.daemon(pipeline(self.listen()))
        for settings in ("", 'user = "root";',
                         f'user = "nobody"; group = "{GROUP}";'):
            d.configure(pipeline(self.listen()), settings)
            with self.assertRaises(Exception) as caught:
                ask(d.path("control.sock"), "reload")
            self.assertRegex(" ".join(caught.exception.errors),
                             "option '(user|group)' cannot change while the "
                             "host runs: restart it")
        self.assert_served_at()

    def test_a_configuration_that_cannot_be_read_again_is_warned_of(self):
        directory = self.temporary()
        path = self.write('user = "nobody"; control = { socket = "none"; };',
                          directory=directory)
        d = Daemon("", paths=("-p", self.plugins, "-c", path),
                   program=self.program, wait=False,
                   args=("-c", path))
        self.addCleanup(d.finish)
        self.eventually(lambda: any("cannot read" in s for s in d.lines),
                        "the warning")
        self.eventually(lambda: any(" serves " in s for s in d.lines),
                        "serving")
        self.assertIn(f"user 'nobody' cannot read '{path}', so every reload "
                      f"will be refused", d.said())

    def test_the_directory_of_the_socket_is_made_for_the_user(self):
        path = os.path.join(self.here, "run/control.sock")
        d = Daemon("", paths=("-p", self.plugins), program=self.program,
                   args=("-c", self.write(
                       'user = "nobody"; log = { format = "json"; };')),
                   env={"BINDERY_SOCKET": path})
        self.addCleanup(d.finish)
        there = os.stat(os.path.dirname(path))
        self.assertEqual((NOBODY.pw_uid, NOBODY.pw_gid, 0o755),
                         (there.st_uid, there.st_gid, there.st_mode & 0o777))
        self.assertEqual(d.pid, ask(path, "status")["pid"])

    def test_it_is_nothing_to_who_is_that_user(self):
        d = self.daemon(pipeline(f'"127.0.0.1:{FreePort.get()}"'),
                        launcher=("setpriv", "--reuid", str(NOBODY.pw_uid),
                                  "--regid", str(NOBODY.pw_gid),
                                  "--clear-groups"))
        for t in status_of(d.pid):
            self.assertEqual(0, int(t["CapEff"], 16))

    def test_who_is_neither_root_nor_that_user_is_refused(self):
        os.chmod(self.here, 0o755)
        path = self.write('user = "nobody";', directory=self.here)
        p = subprocess.run(
            ["setpriv", "--reuid", "12345", "--regid", "12345",
             "--clear-groups", self.program, "-c", path],
            stderr=subprocess.PIPE, text=True, timeout=20 * SCALE)
        self.assertEqual(77, p.returncode)
        self.assertEqual(
            f"{path}:1: option 'user': only root can become 'nobody', and "
            f"binderyd was started as user 12345: start it as one of these "
            f"two\n", p.stderr)


class Check(Case):
    def refused(self, text, message):
        path = self.write(text)
        for args in (("-t",), ()):
            p = run(*args, "-c", path)
            self.assertEqual((78, f"{path}:1: {message}\n"),
                             (p.returncode, p.stderr))

    def test_users_and_groups_must_exist(self):
        self.refused('user = "no-such";',
                     "option 'user': no user 'no-such' is known")
        self.refused('user = "nobody"; group = "no-such";',
                     "option 'group': no group 'no-such' is known")

    def test_a_group_alone_is_of_no_use(self):
        self.refused('group = "nogroup";', "option 'group': is of use with "
                     "'user' only: set that too")

    def test_checking_becomes_nobody(self):
        p = run("-t", "-c", self.write('user = "nobody";'))
        self.assertEqual(0, p.returncode, p.stderr)


class Socket(Case):
    """BINDERY_SOCKET."""

    def daemon_at(self, path, text="", **more):
        d = Daemon("", env={"BINDERY_SOCKET": path}, args=("-c", self.write(
            'log = { format = "json"; };' + text)), **more)
        self.addCleanup(d.finish)
        return d

    def test_the_environment_names_it(self):
        path = os.path.join(self.temporary(), "here.sock")
        d = self.daemon_at(path)
        self.assertEqual(d.pid, ask(path, "status")["pid"])
        self.assertEqual("here.sock", os.path.basename(path))
        p = bindery("status", env={"BINDERY_SOCKET": path})
        self.assertEqual(0, p.returncode, p.stderr)

    def test_the_configuration_says_more(self):
        directory = self.temporary()
        path = os.path.join(directory, "other.sock")
        d = self.daemon_at(os.path.join(directory, "here.sock"),
                           f'control = {{ socket = "{path}"; }};')
        self.assertEqual(d.pid, ask(path, "status")["pid"])
        self.assertEqual(["other.sock"], os.listdir(directory))

    def test_empty_is_not_set(self):
        p = run("-t", "-c", self.write(""), env={"BINDERY_SOCKET": ""})
        self.assertEqual(0, p.returncode, p.stderr)

    def test_one_that_cannot_be_had_is_an_error(self):
        directory = self.temporary()
        file = self.write("", "file", directory)
        for path, why in ((f"{directory}/no/such/x", "No such file"),
                          (file, "there is a file of that name"),
                          ("relative.sock", "it is not an absolute path"),
                          ("/tmp/" + "x" * 200, "File name too long")):
            p = run("-c", self.write(""), env={"BINDERY_SOCKET": path})
            self.assertNotEqual(0, p.returncode)
            self.assertRegex(p.stderr, "^environment variable BINDERY_SOCKET:"
                             f" cannot listen on '{path}': {why}")


if __name__ == "__main__":
    main()
