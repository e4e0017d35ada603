# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The RPM packages, as far as rpm alone can tell: what is in them, what they
provide and require, and what is refused.  On Debian nothing is installed: its
rpm knows no library."""

import glob
import os
import re
import subprocess
import tempfile
import unittest

import rpms
from tools import abi, later_header, need, packaged, path, run, text, try_run

ABI = f"bindery(abi-{abi()[0]})"
VERSION, OPERATOR = packaged()
LATER = later_header()
SPLIT = {
    "bindery": ["binderyd", "bindery", "echo.so", "metrics.so",
                "reflect.so", "tcp-client.so", "tcp-server.so",
                "binderyd.service",
                "binderyd@.service", "bindery.catalog", "bindery.conf"],
    "bindery-plugin-tls": ["tls.so"],
    "bindery-plugin-jwt-guard": ["jwt-guard.so"],
    "bindery-jwks-fetch": ["bindery-jwks-fetch"],
    "bindery-plugins-test": ["delay.so", "fault.so", "limit.so", "tee.so",
                             "trace.so", "trickle.so"],
    "bindery-devel": ["plugin.h", "bindery-1.pc", "binderyConfig.cmake",
                      "bindery-requires", "bindery.attr", "macros.bindery",
                      "kit.h", "libbindery-kit-1.a", "bindery-kit-1.pc",
                      "bindery-check-plugin", "template", "tutorial.md"],
}
# What rpmlint says because it is Debian's, whose rpm neither strips nor
# compresses, and which knows the rules of no distribution.
ELSEWHERE = """
Filters = [
  "no-signature", "no-packager-tag", "no-group-tag", "no-buildroot-tag",
  "unstripped-binary-or-object", "manpage-not-compressed",
  "static-library-without-debuginfo",
  "no-manual-page-for-binary", "bad-manual-page-folder", "invalid-license MIT",
  "invalid-url Source0",
]
"""

class Rpm(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.rpms = rpms.built(cls, anew=True)
        directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
        cls.addClassCleanup(directory.cleanup)
        cls.here = directory.name

    def package(self, name):
        return rpms.find(self.rpms, name)

    def query(self, what, package):
        return rpms.query(what, package)

    def test_each_thing_is_in_its_package(self):
        for package, names in SPLIT.items():
            with self.subTest(package):
                there = {os.path.basename(f) for f in
                         self.query("--list", self.package(package))}
                self.assertEqual([], [n for n in names if n not in there])

    def test_each_plugin_is_in_one_package(self):
        found = []
        for file in glob.glob(self.rpms + "/*.rpm"):
            found += [os.path.basename(f)[:-3] for f in
                      self.query("--list", file)
                      if re.search(r"/bindery/plugins-1/[^/]+\.so$", f)]
        self.assertEqual(sorted(
            os.path.basename(os.path.dirname(f)) for f in
            glob.glob(path("plugins/*/CMakeLists.txt"))), sorted(found))

    def test_the_host_provides_its_abi_of_its_machine(self):
        provided = self.query("--provides", self.package("bindery"))
        isa = run("rpm", "--eval", "%{_isa}").strip()
        self.assertIn(f"{ABI}{isa} = {VERSION}", provided)

    def test_plugins_require_the_abi_and_not_the_release(self):
        isa = run("rpm", "--eval", "%{_isa}").strip()
        for package in ("bindery-plugin-tls", "bindery-plugin-jwt-guard"):
            wanted = self.query("--requires", self.package(package))
            self.assertTrue([w for w in wanted if w.startswith(
                f"{ABI}{isa} {OPERATOR} ")], wanted)
            self.assertFalse([w for w in wanted if w.startswith("bindery =")
                              or w.startswith("bindery(x86")])
            self.assertTrue([w for w in wanted if w.startswith("libgnutls")])

    def test_the_daemon_needs_no_tls(self):
        wanted = " ".join(self.query("--requires", self.package("bindery")))
        self.assertNotRegex(wanted, "gnutls|curl")

    def test_plugins_are_nobodys_libraries(self):
        for package in ("bindery", "bindery-plugin-tls"):
            provided = self.query("--provides", self.package(package))
            self.assertFalse([p for p in provided if ".so" in p])

    def test_who_links_statically_can_say_so(self):
        """Fedora wants to know who does."""
        provided = self.query("--provides", self.package("bindery-devel"))
        self.assertTrue([p for p in provided
                         if p.startswith("bindery-static = ")])

    def test_the_account_is_made_as_its_file_says(self):
        line, = [line for line in text(
            "packaging/systemd/bindery.sysusers").splitlines()
                 if not line.startswith("#")]
        self.assertIn(line, self.query("--scripts", self.package("bindery")))

    def test_sbin_may_be_bin(self):
        """As in Fedora from 42 on."""
        said = run("rpmspec", "--parse", "--define", "_sbindir /usr/bin",
                   "--load=" + path("packaging/rpm/macros.elsewhere"),
                   path("packaging/rpm/bindery.spec"))
        self.assertIn(" -DCMAKE_INSTALL_SBINDIR=/usr/bin\n", said)
        self.assertIn("\n/usr/bin/binderyd\n", said)

    def test_nothing_went_wrong_unseen(self):
        with open(self.rpms + "/build.log") as f:
            said = f.read()
        self.assertFalse(re.findall(r"^(?:error|warning): .*", said, re.M))

    def test_rpmlint_has_nothing_to_say(self):
        need("rpmlint")
        config = os.path.join(self.here, "debian.toml")
        with open(config, "w") as f:
            f.write(ELSEWHERE)
        _, said = try_run(
            "rpmlint", "-c", config, "-r",
            path("packaging/rpm/bindery.rpmlintrc"),
            "--ignore-unused-rpmlintrc", *glob.glob(self.rpms + "/*.rpm"))
        self.assertRegex(said, r"\b0 errors, 0 warnings, ")

    # ---- plugins of somebody else

    def generate(self, *args, files=()):
        return subprocess.run(
            [path("packaging/rpm/bindery-requires"), *args],
            input="".join(f + "\n" for f in files), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def test_the_generator_reads_the_note(self):
        right = rpms.build_plugin(self.here, "right")
        wrong = rpms.build_plugin(self.here, "other", LATER)
        p = self.generate("(sparc-32)", files=[right, wrong])
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        number, _ = packaged(LATER)
        self.assertIn(f"{ABI}(sparc-32) {OPERATOR} {number}\n", p.stdout)
        self.assertEqual(2, p.stdout.count("\n"))

    def test_the_generator_refuses_what_is_no_plugin(self):
        p = self.generate(files=["/bin/true"])
        self.assertEqual((1, ""), (p.returncode, p.stdout))
        self.assertIn("/bin/true: no bindery ABI note", p.stderr)

    def test_a_package_for_another_abi_is_refused(self):
        isa = run("rpm", "--eval", "%{_isa}").strip()
        for name, content in (("good", None), ("bad", LATER)):
            file = rpms.stranger(self.here, name, content)
            _, said = try_run("rpm", "-U", "--test", "--nosignature",
                              "--dbpath", self.here + "/db",
                              self.package("bindery"), file)
            refused = [line for line in said.splitlines()
                       if f"is needed by bindery-plugin-{name}" in line
                       and "(abi-" in line]
            if content:
                self.assertEqual(1, len(refused), said)
                self.assertIn(f"{ABI}{isa} {OPERATOR} 999", refused[0])
            else:
                self.assertEqual([], refused)


if __name__ == "__main__":
    unittest.main()
