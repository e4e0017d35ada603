# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The life of the RPM packages, from "dnf install" to "dnf remove".  The
machine is a Debian with Debian's dnf, where one package stands in for all that
ours need of the system; so it tells of dependencies, scripts and triggers, and
not whether they fit a Fedora."""

import glob
import os
import re
import unittest

import peers
import rpms
import story
from tools import abi, later_header, need, packaged, run, written

ABI = f"bindery(abi-{abi()[0]})"
REPOSITORY = """
[main]
gpgcheck=0
install_weak_deps=1
plugins=0
reposdir=/nowhere
[ours]
name=ours
baseurl=file:///srv/rpms
metadata_expire=0
"""
# As a file, by which the services of systemd know what is wanted of them.
PRESET = "enable binderyd.service\n"


class RpmLife(story.Story):
    @classmethod
    def setUpClass(cls):
        need("createrepo_c")
        cls.prepare_machine()
        cls.rpms = rpms.built(cls)
        ours = rpms.files(cls.rpms)
        strangers = [rpms.stranger(cls.here, "loud"),
                     rpms.stranger(cls.here, "wrong", later_header())]
        cls.next = rpms.remake(cls.rpms, cls.here + "/next", 2)
        cls.other = rpms.remake(
            cls.rpms, cls.here + "/other", 3, "sed -i 's/^#define BND_MAJOR "
            ".*/#define BND_MAJOR 999/' sdk/include/bindery/plugin.h")
        cls.prepare([*ours, *strangers, *rpms.stand_in(
            cls.here + "/system", ours + strangers)])
        cls.begin()

    @classmethod
    def prepare(cls, packages):
        cls.srv = os.path.join(cls.root, "srv/rpms")
        os.makedirs(cls.srv)
        cls.publish(packages)
        for name, content in (
                ("etc/dnf/dnf.conf", REPOSITORY),
                # Debian's rpm has a database of its own in each home.
                ("etc/rpm/macros", "%_dbpath /var/lib/rpm\n"),
                ("etc/systemd/system-preset/00-test.preset", PRESET)):
            file = os.path.join(cls.root, name)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "w") as f:
                f.write(content)

    @classmethod
    def publish(cls, packages):
        run("cp", *packages, cls.srv)
        run("createrepo_c", "--quiet", cls.srv)

    # ---- helpers

    def try_dnf(self, *args):
        return self.m.try_run("dnf", "-y", "--releasever=1", *args)

    def dnf(self, *args):
        status, said = self.try_dnf(*args)
        self.assertEqual(0, status, said)
        self.assertNotRegex(said, "(?i)scriptlet failed|goes on as it was")
        return said

    # ---- the story

    def test_01_it_is_installed_and_can_be_started(self):
        self.dnf("install", "bindery", "bindery-plugin-jwt-guard")
        for package in ("bindery-plugin-tls", "bindery-jwks-fetch"):
            self.m.run("rpm", "-q", package)  # they are recommended
        self.assertEqual("enabled", self.m.show("binderyd", "UnitFileState"))
        self.assertEqual("inactive", self.m.show("binderyd", "ActiveState"))
        self.assertEqual(
            "640 root:bindery\n750 root:bindery\n",
            self.m.run("stat", "-c", "%a %U:%G", "/etc/bindery/bindery.conf",
                       "/etc/bindery/tls"))
        self.m.run("systemctl", "start", "binderyd")
        self.assertEqual(self.main_pid(), self.status()["pid"])

    def test_02_its_examples_are_good(self):
        self.dnf("install", "bindery-plugins-test")
        self.m.sh(story.EXAMPLES)
        self.assert_examples_are_there()

    def test_03_a_reload_opens_a_gate_with_tls(self):
        self.m.enter_network()
        self.m.sh(story.CERTIFICATES)
        self.configure("gate", story.GATE)
        self.assertEqual((0, ""), self.reload())
        for _ in range(5):
            self.old += [self.secure(), peers.connect(7)]
        self.assert_old_ones_live()
        self.configure("bad", "nonsense\n")
        self.assertEqual(1, self.reload()[0])
        os.unlink(self.m.path("/etc/bindery/conf.d/bad.conf"))
        self.assert_old_ones_live()

    def test_04_a_plugin_of_somebody_else_is_installed(self):
        was = self.generation()
        self.configure("loud", story.MORE.replace("NAME", "more").replace(
            "upper", "loud").replace("PORT", "70"))
        self.assertEqual(1, self.reload()[0])
        self.dnf("install", "bindery-plugin-loud")
        self.assertGreater(self.generation(), was)
        with peers.connect(70) as s:
            self.assertEqual(b"LOUD\n", peers.exchange(s, b"loud\n"))
        self.assert_old_ones_live()

    def test_05_one_for_another_abi_is_refused(self):
        status, said = self.try_dnf("install", "bindery-plugin-wrong")
        self.assertNotEqual(0, status)
        number, operator = packaged(later_header())
        isa = run("rpm", "--eval", "%{_isa}").strip()
        self.assertIn(f"nothing provides {ABI}{isa} {operator} {number}",
                      said)
        wrong = "/srv/rpms/bindery-plugin-wrong-1-1.x86_64.rpm"
        status, said = self.m.try_run("rpm", "-i", "--force-debian", wrong)
        self.assertNotEqual(0, status)
        self.assertIn("is needed by bindery-plugin-wrong", said)
        self.m.run("rpm", "-i", "--force-debian", "--nodeps", wrong)
        status, said = self.m.try_run("bindery", "describe", "wrong")
        self.assertNotEqual(0, status)
        self.assertIn(f"wants SDK ABI {written(later_header())}, this host "
                      f"has {written()}", said)
        self.configure("wrong", story.MORE.replace("NAME", "wrong").replace(
            "upper", "wrong").replace("PORT", "71"))
        was = self.generation()
        self.assertEqual(1, self.reload()[0])
        self.assertEqual(was, self.generation())
        os.unlink(self.m.path("/etc/bindery/conf.d/wrong.conf"))
        self.dnf("remove", "bindery-plugin-wrong")
        self.assert_old_ones_live()

    def test_06_new_packages_take_over(self):
        was = self.main_pid()
        self.publish(self.next)
        with peers.Visitor(7) as visitor:
            self.dnf("upgrade")
        print(f"{visitor.served} visits during the upgrade")
        self.assertIn("-2.", self.m.run("rpm", "-q", "bindery"))
        self.assertNotEqual(was, self.main_pid())
        self.assertEqual(self.main_pid(), self.status()["pid"])
        self.assertEqual("active", self.m.show("binderyd", "ActiveState"))
        self.assertEqual("0", self.m.show("binderyd", "NRestarts"))
        self.assert_old_ones_live()
        with self.secure() as s:
            peers.say(s, b"with the new one")

    def test_07_a_host_of_another_abi_is_not_installed_beside_plugins(self):
        run("cp", *self.other, self.m.path("/srv"))
        host, = [f for f in glob.glob(self.m.path("/srv/bindery-0*-3.*"))]
        status, said = self.m.try_run("rpm", "-U", "--force-debian",
                                      "/srv/" + os.path.basename(host))
        self.assertNotEqual(0, status)
        for package in ("bindery-plugin-tls", "bindery-plugin-loud"):
            self.assertRegex(said, re.escape(ABI) + ".* is needed by "
                             rf"\(installed\) {package}")
        self.m.sh("rm /srv/*.rpm")
        self.assert_old_ones_live()

    def test_08_a_removal_leaves_what_was_changed(self):
        for s in self.old:
            s.close()
        self.m.run("rm", "-rf", "/tmp/examples")
        self.m.write("/etc/bindery/instances/two/bindery.conf", "")
        self.m.run("systemctl", "start", "binderyd@two")
        self.dnf("remove", "bindery", "bindery-*")
        self.assertEqual("inactive", self.m.show("binderyd@two",
                                                 "ActiveState"))
        self.m.run("rm", "-rf", "/etc/bindery/instances",
                   "/var/lib/bindery", "/var/log/bindery")
        self.assertNotEqual(0, self.m.try_run("systemctl", "cat",
                                              "binderyd")[0])
        self.assertEqual("inactive", self.m.show("binderyd", "ActiveState"))
        left = {f for f in self.m.files() - self.before
                if "bindery" in f and not f.startswith(("/srv", "/var/cache"))}
        self.assertEqual(
            {"/etc/bindery", "/etc/bindery/conf.d", "/etc/bindery/tls",
             "/etc/bindery/conf.d/gate.conf", "/etc/bindery/conf.d/loud.conf"},
            {f for f in left if not f.startswith("/etc/bindery/tls/")})


if __name__ == "__main__":
    unittest.main()
