# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The life of the Debian packages on a machine that was made for it, from
"apt install" to "apt purge".  It is one story, told in the order of the tests'
names."""

import glob
import os
import re
import time
import unittest

import machine
import peers
import repository
import story
from tools import abi, later_header, packaged, path, run, version, written

NEXT = version() + "+next"
ABI = f"bindery-abi-{abi()[0]}"
ABI_VERSION, _ = packaged()
CONTAINER = r'''
unshare --mount --pid --fork --kill-child --mount-proc sh -ec '
    mount -t tmpfs -o mode=0755,uid=65534 tmpfs /run/bindery
    mount -t tmpfs -o mode=0755 tmpfs /etc/bindery
    cp /usr/share/doc/bindery/examples/metrics.conf /etc/bindery/bindery.conf
    mount -o remount,bind,ro /
    mount -o remount,ro /etc/bindery
    exec setpriv --reuid 65534 --regid 65534 --clear-groups \
        --bounding-set=-all --no-new-privs \
        binderyd -c /etc/bindery/bindery.conf' &
for try in $(seq 100); do
    read -r daemon </proc/$!/task/$!/children || true
    grep -qx binderyd "/proc/$daemon/comm" &&
        nsenter -t "$daemon" -m bindery status && break
    sleep 0.1
done
kill -TERM "$daemon"
status=0
wait $! || status=$?
echo "ended with $status"
'''
# As root without a service manager; the account has one right left.
BY_HAND = r'''
systemd-tmpfiles --create bindery.conf
binderyd -c /etc/bindery/by-hand.conf &
for try in $(seq 100); do
    ! bindery status >/dev/null 2>&1 || break
    sleep 0.1
done
grep -E "^(Uid|Gid|CapEff)" /proc/$!/status
kill $!
status=0
wait $! || status=$?
echo "ended with $status"
'''
INSTANCE = '''
pipelines: { two = ( { type = "tcp-server"; listen = "127.0.0.1:72"; },
                     { type = "echo"; } ); };
'''


class Life(story.Story):
    @classmethod
    def setUpClass(cls):
        cls.prepare_machine()
        cls.debs = repository.built(cls)
        cls.strangers = cls.make_plugins()
        cls.prepare()
        cls.begin()

    @classmethod
    def make_plugins(cls):
        """A stranger's: one for this host, and one for another."""
        shared = os.path.join(cls.here, "shared")
        os.mkdir(shared)
        repository.make_plugin(shared, "wrong", later_header())
        for package in ("bindery", "bindery-dev"):
            run("cp", repository.find(cls.debs, package), shared)
        copy = os.path.join(cls.here, "copy")
        os.mkdir(copy)
        repository.copy_source(os.path.join(shared, "source"))
        machine.run_in_copy(copy, shared, '''
            dpkg -i /mnt/bindery_*.deb /mnt/bindery-dev_*.deb
            /mnt/source/debian/tests/plugin
            cd /mnt && bindery new-plugin upper bindery-plugin-upper
            for name in upper wrong; do
                cd /mnt/bindery-plugin-$name
                dpkg-buildpackage --build=binary --no-sign
            done''', timeout=200)
        return [repository.find(shared, "bindery-plugin-" + name, "*")
                for name in ("upper", "wrong")]

    @classmethod
    def prepare(cls):
        """apt has nothing but our packages."""
        srv = os.path.join(cls.root, "srv/debs")
        os.makedirs(srv)
        run("cp", *glob.glob(cls.debs + "/*.deb"), *cls.strangers, srv)
        cls.srv = srv
        repository.index(srv)
        with open(os.path.join(cls.root, "etc/apt/sources.list"), "w") as f:
            f.write("deb [trusted=yes] file:/srv/debs ./\n")
        run("chroot", cls.root, "apt-get", "-qq", "update")

    # ---- helpers

    def apt(self, *args, **more):
        return self.m.run("apt-get", "-qq", "-y", *args, **more)

    def release_next(self, package, number=NEXT, **more):
        repository.remake(repository.find(self.srv, package), self.srv,
                          number, **more)
        repository.index(self.srv)
        self.apt("update")

    # ---- the story

    def test_01_it_is_installed_and_runs(self):
        said = self.apt("install", "bindery", "bindery-plugin-jwt-guard")
        self.assertNotRegex(said, "(?i)warning|error|fail")
        self.assertEqual("active", self.m.show("binderyd", "ActiveState"))
        self.assertEqual("enabled", self.m.show("binderyd", "UnitFileState"))
        for package in ("bindery-plugin-tls", "bindery-jwks-fetch"):
            self.m.run("dpkg", "-s", package)  # they are recommended

    def test_02_it_listens_on_nothing_but_its_socket(self):
        for name in ("tcp", "tcp6", "udp", "udp6"):
            rows = self.m.run("cat", f"/proc/net/{name}").splitlines()[1:]
            self.assertEqual([], rows)
        self.assertEqual(
            "660 bindery:bindery\n",
            self.m.run("stat", "-c", "%a %U:%G", "/run/bindery/control.sock"))
        self.assertEqual(self.main_pid(), self.status()["pid"])

    def test_03_it_has_no_rights_that_it_does_not_need(self):
        said = self.m.run("cat", f"/proc/{self.main_pid()}/status")
        status = dict(re.findall(r"^(\w+):\s*(.*)$", said, re.MULTILINE))
        uid = self.m.run("id", "-u", "bindery").strip()
        self.assertEqual([uid] * 4, status["Uid"].split())
        for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(1 << 10, int(status[name], 16))
        self.assertEqual("2", status["Seccomp"])
        said = self.m.run("systemd-analyze", "security", "--no-pager",
                          "--threshold=20", "binderyd.service")
        print(said.strip().splitlines()[-1])

    def test_04_secrets_are_protected(self):
        said = self.m.run("stat", "-c", "%a %U:%G", "/etc/bindery/tls",
                          "/etc/bindery/bindery.conf")
        self.assertEqual("750 root:bindery\n640 root:bindery\n", said)

    def test_05_its_units_and_pages_are_sound(self):
        self.m.run("systemd-analyze", "verify", "--man=no",
                   "binderyd.service", "binderyd@x.service")
        self.assertIn("4721f5ea", self.m.run("journalctl", "--list-catalog"))

    def test_06_its_examples_are_good(self):
        self.apt("install", "bindery-plugins-test")
        self.m.sh(story.EXAMPLES)
        self.assert_examples_are_there()

    def test_07_a_reload_opens_a_gate_with_tls(self):
        self.m.enter_network()
        self.m.sh(story.CERTIFICATES)
        self.configure("gate", story.GATE)
        was = self.generation()
        self.assertEqual((0, ""), self.reload())
        self.assertEqual(was + 1, self.generation())
        with self.secure() as s:
            peers.say(s, b"through TLS")
        for _ in range(5):
            self.old += [self.secure(), peers.connect(7)]
        self.assert_old_ones_live()

    def test_08_a_bad_reload_fails_and_changes_nothing(self):
        self.configure("bad", "pipelines:\n{\n  x = ( { typo = 1; } );\n};\n")
        was = self.generation()
        status, said = self.reload()
        self.assertEqual(1, status)
        self.assertEqual("active", self.m.show("binderyd", "ActiveState"))
        self.assertEqual(was, self.generation())
        self.assert_old_ones_live()
        with self.secure() as s:
            peers.say(s, b"still the same")
        said = self.m.run("journalctl", "--catalog", "--no-pager",
                          "-u", "binderyd")
        self.assertIn("/etc/bindery/conf.d/bad.conf:3:", said)
        self.assertIn("Bindery cannot use its configuration", said)
        os.unlink(self.m.path("/etc/bindery/conf.d/bad.conf"))
        self.assertEqual((0, ""), self.reload())

    def test_09_a_new_package_takes_over(self):
        was = self.main_pid()
        self.release_next("bindery")
        with peers.Visitor(7) as visitor:
            said = self.apt("install", "bindery")
        print(f"{visitor.served} visits during the upgrade")
        self.assertNotIn("goes on as it was", said)
        self.assertNotEqual(was, self.main_pid())
        self.assertEqual(self.main_pid(), self.status()["pid"])
        self.assertEqual("active", self.m.show("binderyd", "ActiveState"))
        self.assertEqual("0", self.m.show("binderyd", "NRestarts"))
        self.assert_old_ones_live()
        exe = self.m.run("readlink", f"/proc/{self.main_pid()}/exe")
        self.assertEqual("/usr/sbin/binderyd\n", exe)

    def test_10_a_new_program_that_cannot_serve_changes_nothing(self):
        was = self.main_pid()
        self.release_next("bindery", NEXT + ".broken",
                          program="#!/bin/sh\nexit 78\n")
        with peers.Visitor(7):
            said = self.apt("install", "bindery")
        self.assertIn("binderyd.service goes on as it was", said)
        self.assertEqual(was, self.main_pid())
        self.release_next("bindery", NEXT + ".mended")
        with peers.Visitor(7):
            self.apt("install", "bindery")
        self.assertNotEqual(was, self.main_pid())
        self.assert_old_ones_live()

    def test_11_a_new_plugin_is_reloaded(self):
        was, pid = self.generation(), self.main_pid()
        self.release_next("bindery-plugin-tls")
        with peers.Visitor(7):
            self.apt("install", "bindery-plugin-tls")
        self.assertGreater(self.generation(), was)
        self.assertEqual(pid, self.main_pid())
        self.assert_old_ones_live()
        with self.secure() as s:
            peers.say(s, b"with the new one")

    def test_12_a_plugin_of_somebody_else_is_installed(self):
        was = self.generation()
        self.configure("upper", story.MORE.replace("NAME", "more")
                       .replace("PORT", "70"))
        self.assertEqual(1, self.reload()[0])
        self.apt("install", "bindery-plugin-upper")
        self.assertGreater(self.generation(), was)
        with peers.connect(70) as s:
            self.assertEqual(b"LOUD\n", peers.exchange(s, b"loud\n"))
        self.assert_old_ones_live()

    def test_13_one_for_another_abi_is_refused(self):
        status, said = self.m.try_run("apt-get", "-y", "install",
                                      "bindery-plugin-wrong")
        self.assertNotEqual(0, status)
        number, operator = packaged(later_header())
        self.assertIn(f"Depends: {ABI} ({operator} {number})", said)
        status, said = self.m.try_run("sh", "-c", "dpkg -i "
                                      "/srv/debs/bindery-plugin-wrong_*.deb")
        self.assertEqual(1, status)
        self.assertIn("leaving unconfigured", said)
        self.m.sh("dpkg --force-depends -i "
                  "/srv/debs/bindery-plugin-wrong_*.deb")
        status, said = self.m.try_run(
            "bindery", "describe", "wrong")
        self.assertNotEqual(0, status)
        self.assertIn(f"wants SDK ABI {written(later_header())}, this host "
                      f"has {written()}", said)
        self.configure("wrong", story.MORE.replace("NAME", "wrong").replace(
            "upper", "wrong").replace("PORT", "71"))
        was = self.generation()
        self.assertEqual(1, self.reload()[0])
        self.assertEqual(was, self.generation())
        os.unlink(self.m.path("/etc/bindery/conf.d/wrong.conf"))
        self.m.run("dpkg", "--purge", "bindery-plugin-wrong")
        self.assertEqual("active", self.m.show("binderyd", "ActiveState"))
        self.assert_old_ones_live()

    def test_14_a_host_of_another_abi_is_not_installed_beside_plugins(self):
        self.release_next(
            "bindery", version() + "+other",
            change=lambda control: control.replace(
                f"{ABI} (= {ABI_VERSION})", "bindery-abi-2 (= 0)"))
        said = self.m.run("apt-get", "-s", "install",
                          f"bindery={version()}+other")
        for package in ("bindery-plugin-tls", "bindery-plugin-upper"):
            self.assertRegex(said, rf"Remv {package} ")
        for file in glob.glob(self.srv + "/*+other_*"):
            os.unlink(file)
        repository.index(self.srv)
        self.apt("update")

    def test_15_there_can_be_several(self):
        self.m.write("/etc/bindery/instances/two/bindery.conf", INSTANCE)
        self.m.run("systemctl", "start", "binderyd@two")
        peers.say(72, b"another one")
        was, main = self.main_pid("binderyd@two"), self.generation()
        socket = "/run/bindery-two/control.sock"
        self.assertEqual(was, self.status("-s", socket)["pid"])
        self.m.run("systemctl", "reload", "binderyd@two")
        self.assertEqual(2, self.status("-s", socket)["generation"])
        self.assertEqual(main, self.generation())
        self.m.run("/usr/libexec/bindery/renew-services", "reload")
        self.assertEqual(3, self.status("-s", socket)["generation"])
        self.assertEqual(main + 1, self.generation())
        with peers.Visitor(72):
            self.m.run("/usr/libexec/bindery/renew-services", "upgrade")
        self.assertNotEqual(was, self.main_pid("binderyd@two"))
        self.assert_told_by_a_signal()
        self.m.run("systemctl", "stop", "binderyd@two")
        self.assertEqual("success", self.m.show("binderyd@two", "Result"),
                         self.m.run("journalctl", "--no-pager", "-u",
                                    "binderyd@two"))
        self.assert_old_ones_live()

    def assert_told_by_a_signal(self):
        """When the configuration has the socket where the unit does not know
        of it."""
        self.m.write("/etc/bindery/instances/two/conf.d/socket.conf",
                     'control = { socket = "/run/bindery-two/own.sock"; };')
        self.m.run("systemctl", "restart", "binderyd@two")
        was = self.main_pid("binderyd@two")
        self.m.run("/usr/libexec/bindery/renew-services", "upgrade")
        self.eventually(lambda: self.main_pid("binderyd@two") != was)
        # It ends when it knows; until then SIGTERM calls all of it off.
        self.eventually(lambda: self.m.try_run(
            "test", "-e", f"/proc/{was}")[0] != 0)

    def test_16_what_autopkgtest_would_run(self):
        repository.copy_source(self.m.path("/srv/source"))
        self.m.run("/srv/source/debian/tests/service")
        self.m.run("rm", "-r", "/srv/source")
        self.assert_old_ones_live()

    def test_17_it_runs_as_the_container_runs_it(self):
        """As nobody, without any right, on a root that nothing can write to,
        and as the first process."""
        said = self.m.sh(CONTAINER, timeout=60)
        self.assertRegex(said, r"ended with 0\n")

    def test_18_it_comes_back_when_it_dies(self):
        self.assert_it_comes_back()
        # Who took over too; the one before first has its time to drain.
        s = peers.connect(7)
        self.m.run("bindery", "upgrade")
        peers.say(s, b"drains")
        self.assert_it_comes_back(s)

    def assert_it_comes_back(self, *drains):
        was = self.main_pid()
        self.m.run("systemctl", "kill", "--kill-who=main", "--signal=KILL",
                   "binderyd")
        for s in (*self.old, *drains):
            s.close()
        self.eventually(lambda: self.main_pid() not in (was, 0) and
                        self.m.show("binderyd", "ActiveState") == "active")
        peers.say(7, b"back")

    def test_19_it_drains_at_a_stop_after_an_upgrade(self):
        self.m.run("bindery", "upgrade")
        with peers.connect(7) as s:
            peers.say(s, b"here")
            stop = self.m.spawn("systemctl", "stop", "binderyd")
            self.eventually(lambda: self.m.show(
                "binderyd", "ActiveState") == "deactivating")
            peers.say(s, b"still here")
        self.assertEqual(0, stop.wait(20))
        self.assertEqual("success", self.m.show("binderyd", "Result"))
        self.m.run("systemctl", "start", "binderyd")

    def test_20_a_start_that_cannot_work_is_not_tried_again(self):
        self.configure("bad", "nonsense\n")
        status, _ = self.m.try_run("systemctl", "restart", "binderyd")
        self.assertEqual(1, status)
        self.assertEqual("78", self.m.show("binderyd", "ExecMainStatus"))
        time.sleep(0.5)
        self.assertEqual("failed", self.m.show("binderyd", "ActiveState"))
        os.unlink(self.m.path("/etc/bindery/conf.d/bad.conf"))
        self.m.run("systemctl", "start", "binderyd")
        peers.say(7, b"mended")

    def test_21_a_removed_plugin_that_is_in_use_harms_nobody(self):
        with peers.connect(7) as s:
            self.apt("remove", "bindery-plugin-upper")
            peers.say(s, b"here")
            peers.say(7, b"and new")
        os.unlink(self.m.path("/etc/bindery/conf.d/upper.conf"))
        self.assertEqual((0, ""), self.reload())

    def test_22_log_files_are_rotated(self):
        name = "/var/log/bindery/instances/three/bindery.log"
        self.m.write("/etc/bindery/instances/three/bindery.conf",
                     f'log = {{ target = "file:{name}"; }};' +
                     INSTANCE.replace("two", "three").replace("72", "73"))
        self.m.run("systemctl", "start", "binderyd@three")
        self.m.run("logrotate", "--state=/tmp/rotated", "--force",
                   "/etc/logrotate.d/bindery")
        self.eventually(lambda: " serves " in self.m.read(name + ".1"))
        self.eventually(lambda: os.path.exists(self.m.path(name)))
        self.m.run("systemctl", "stop", "binderyd@three")
        self.assertIn("ended", self.m.read(name))
        self.assertEqual("600 bindery:bindery\n",
                         self.m.run("stat", "-c", "%a %U:%G", name))

    def test_23_systemd_can_open_its_ports(self):
        content = self.m.read("/usr/share/doc/bindery/examples/"
                              "binderyd.socket")
        self.m.write("/etc/systemd/system/binderyd.socket",
                     content.replace(":443", ":75"))
        self.configure("web", INSTANCE.replace("two", "web").replace(
            "127.0.0.1:72", "systemd:web"))
        self.m.run("systemctl", "stop", "binderyd")
        self.m.run("systemctl", "enable", "--quiet", "--now",
                   "binderyd.socket")
        self.assertEqual("inactive", self.m.show("binderyd", "ActiveState"))
        peers.say(75, b"who comes first starts it")
        with peers.Visitor(75):
            self.m.run("systemctl", "restart", "binderyd")
        with peers.Visitor(75):
            self.m.run("bindery", "upgrade")
        self.m.run("systemctl", "disable", "--quiet", "--now",
                   "binderyd.socket")
        for file in ("/etc/systemd/system/binderyd.socket",
                     "/etc/bindery/conf.d/web.conf"):
            os.unlink(self.m.path(file))
        self.m.run("systemctl", "daemon-reload")
        self.m.run("systemctl", "restart", "binderyd")

    def test_24_it_runs_without_a_service_manager(self):
        self.m.write("/etc/bindery/by-hand.conf", 'user = "bindery";' +
                     INSTANCE.replace("72", "74"))
        self.m.run("systemctl", "stop", "binderyd")
        said = self.m.sh(BY_HAND, timeout=60)
        for flag in ("-u", "-g"):
            own = self.m.run("id", flag, "bindery").strip()
            self.assertRegex(said, rf"(?m)^.id:(\t{own}){{4}}$")
        self.assertRegex(said, r"(?m)^CapEff:\t0{13}400$")
        self.assertRegex(said, r"(?m)^ended with 0$")
        self.m.run("systemctl", "start", "binderyd")

    def test_25_it_can_come_back(self):
        """A removal takes along what is empty."""
        self.apt("remove", "bindery")
        self.m.sh("mv /etc/bindery/tls /srv/keys")
        self.apt("install", "bindery", "bindery-plugin-tls")
        self.assertEqual("750 root:bindery\n", self.m.run(
            "stat", "-c", "%a %U:%G", "/etc/bindery/tls"))
        self.m.sh("rmdir /etc/bindery/tls; mv /srv/keys /etc/bindery/tls")
        self.m.run("systemctl", "restart", "binderyd")

    def test_26_a_purge_leaves_nothing(self):
        """Nor the account, nor anything that was its own, nor instances."""
        self.m.run("systemctl", "enable", "--quiet", "--now", "binderyd@two")
        own = {int(self.m.run("id", flag, "bindery")) for flag in ("-u", "-g")}
        repository.copy_source(self.m.path("/srv/source"))
        self.m.sh("rm -r /tmp/examples; /srv/source/debian/tests/purge; "
                  "rm -r /srv/source")
        noise = re.compile(r"^/(var/(cache|lib/(apt|dpkg|systemd/timers)|log/"
                           r"(apt|journal|dpkg)|tmp)|srv|etc/[^/]*-$)")
        self.assertEqual("inactive", self.m.show("binderyd@two",
                                                 "ActiveState"))
        there = self.m.files()
        self.assertEqual(set(), {f for f in there - self.before
                                 if not noise.match(f)})
        self.assertEqual([], [f for f in there
                              if "bindery" in os.path.basename(f)
                              and not noise.match(f)])
        self.assertEqual([], [f for f in there if self.m.owners(f) & own])
        for database in "passwd", "group", "shadow", "gshadow":
            with open(self.m.path(f"/etc/{database}")) as f:
                self.assertNotIn("bindery", f.read())
        self.assertEqual([], glob.glob(self.m.path("/run/bindery*")))
        self.assertEqual("", self.m.sh("ls -d /run/bindery* 2>/dev/null "
                                       "|| true"))


if __name__ == "__main__":
    unittest.main()
