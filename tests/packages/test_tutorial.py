# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A stranger with a fresh Debian and our packages: the tutorial from its first
command to its last, and then the template in each of its roles, as its README
says."""

import glob
import json
import os
import re
import tempfile
import unittest

import machine
import reader
import repository
from reader import page
from tools import abi, packaged, path, text

import template  # which reader lets Python find

MAJOR, ABI_VERSION, OPERATOR = abi()[0], *packaged()
DEPENDS = f"bindery-abi-{MAJOR} ({OPERATOR} {ABI_VERSION})"
RPM_ABI = re.escape(f"bindery(abi-{MAJOR})")
# What "echo hello" is answered through the configuration of each template.
ANSWERS = {"filter": "HELLO\n", "sink": "ok\n", "source": "hello\nhello\n"}
# What bindery-devel would bring, and what Fedora has beside it.
FOR_RPM = {
    "packaging/rpm/bindery.attr": "fileattrs/bindery.attr",
    "packaging/rpm/bindery-requires": "bindery-requires",
    "packaging/rpm/macros.bindery": "macros.d/macros.bindery",
    "packaging/rpm/macros.elsewhere": "macros.d/macros.elsewhere",
}
# And what Debian's rpm does not know: where it is, and what is installed.
ELSEWHERE = ("--nodeps -D 'debug_package %{nil}' -D '__bindery_path [.]so$' "
             "-D \"_libdir /usr/lib/$(uname -m)-linux-gnu\"")


class Tutorial(template.Development, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        machine.need_machines()
        directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
        cls.addClassCleanup(directory.cleanup)
        os.chmod(directory.name, 0o755)
        root = os.path.join(directory.name, "root")
        debs = repository.built(cls)
        machine.bootstrap(root, reader.BARE)
        with open(page.TUTORIAL) as f:
            wanted = reader.wanted(f.read())
        reader.prepare(root, debs, *wanted.split(), "rpm")
        cls.m = machine.Machine(root)
        cls.addClassCleanup(cls.m.close)
        cls.place = reader.Reader(cls.m)
        cls.is_ready = False  # the tutorial itself installs everything

    def setUp(self):
        if not self.is_ready and "tutorial" not in self._testMethodName:
            self.fail("not tried, because the tutorial failed")

    # ---- before all others

    def test_0_the_tutorial(self):
        tutorial = page.Tutorial(self, self.place)
        self.assertEqual({}, tutorial.follow())
        self.assertGreater(tutorial.count, 50)
        type(self).is_ready = True
        # The port is somebody else's now.
        self.run_well("sudo rm /etc/bindery/conf.d/shout.conf\n"
                      "sudo systemctl reload binderyd")

    # ---- the template, as its README says

    def commands(self, name, role):
        """Of the README of a project, by heading."""
        self.run_well(f"[ -e {name} ] || bindery new-plugin {name} --{role}")
        with open(os.path.join(self.place.home, name, "README.md")) as f:
            return template.commands(f.read())

    def test_1_each_role_is_built_and_tested(self):
        for role in template.ROLES:
            with self.subTest(role):
                name = "readme-" + role
                build = self.commands(name, role)["Build and test"]
                # "make" has nothing to do: the compiler alone has done it.
                said = self.run_well(f"cd {name}\n{build}make check\n")
                self.assertIn("100% tests passed, 0 tests failed out of 2",
                              said)
                self.assertRegex(said, r"(?m)^(\d+) of \1 rules hold$")

    def test_2_each_role_is_tried(self):
        for role in template.ROLES:
            with self.subTest(role):
                name = "readme-" + role
                describe, serve, ask = self.commands(
                    name, role)["Try"].splitlines()
                said = self.run_well(
                    f"cd {name}; {describe}\n"
                    f"{serve} >serve.log 2>&1 & trap 'kill %1' EXIT\n"
                    f"until bindery -s /tmp/{name}.sock status >status.log "
                    "2>&1; do\nsleep 0.1; kill -0 %1; done\n"
                    f"echo ==\n{ask}", timeout=20)
                self.assertIn(f"{name} 0.1 ({role})", said)
                self.assertEqual(ANSWERS[role], said.split("==\n")[1])

    def test_3_each_role_is_installed(self):
        for role in template.ROLES:
            with self.subTest(role):
                name = "readme-" + role
                install = self.commands(name, role)["Install"]
                self.assertIn(f"{name} 0.1 ({role})", self.run_well(
                    f"cd {name}; {install}bindery describe {name}\n"
                    "xargs sudo rm <build/install_manifest.txt"))

    def packages(self, name, role):
        """How the README makes one for Debian, and one for rpm."""
        said = self.commands(name, role)["Package"]
        deb, rpm = re.fullmatch(r"(dpkg-.*\n)(tar (?:.*\n)+)", said).groups()
        return deb, rpm

    def test_4_each_role_is_a_debian_package(self):
        for role in template.ROLES:
            with self.subTest(role):
                name = "package-" + role
                deb, _ = self.packages(name, role)
                self.run_well(f"cd {name}\n{deb}", timeout=240)
        debs = glob.glob(self.place.home + "/bindery-plugin-package-*.deb")
        self.assertEqual(3, len([f for f in debs if "-dbgsym_" not in f]))
        was = self.generation()
        self.run_well("sudo apt-get install ./bindery-plugin-package-*.deb")
        self.assertGreater(self.generation(), was)
        for role in template.ROLES:
            said = self.run_well(f"bindery describe package-{role}\n"
                                 f"dpkg -s bindery-plugin-package-{role}")
            self.assertIn(f"package-{role} 0.1 ({role})", said)
            self.assertIn(f"Depends: {DEPENDS}, libc6", said)

    def generation(self):
        return json.loads(self.run_well("sudo bindery --json status"))[
            "generation"]

    def test_5_each_role_is_a_package_for_rpm(self):
        self.m.run("apt-get", "-qq", "install", "rpm")
        for ours, theirs in FOR_RPM.items():
            self.m.write("/usr/lib/rpm/" + theirs, text(ours),
                         os.stat(path(ours)).st_mode)
        for role in template.ROLES:
            with self.subTest(role):
                name = "package-" + role
                _, rpm = self.packages(name, role)
                said = self.run_well(
                    f"cd {name}\nrpmbuild() {{ command rpmbuild "
                    f"{ELSEWHERE} \"$@\"; }}\n{rpm}"
                    f"rpm -qpRl ~/rpmbuild/RPMS/*/*-{name}-*.rpm",
                    timeout=240)
                self.assertRegex(said, rf"(?m)^{RPM_ABI}")
                self.assertRegex(said, rf"(?m)/plugins-1/{name}\.so$")


if __name__ == "__main__":
    unittest.main()
