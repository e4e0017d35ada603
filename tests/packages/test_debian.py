# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The Debian packages, as files: what is in them, what they need, and what the
tools of Debian think of them."""

import glob
import os
import re
import tempfile
import unittest

import repository
from tools import abi, need, packaged, path, run, try_run, version

ABI = f"bindery-abi-{abi()[0]}"
ABI_VERSION, OPERATOR = packaged()
SPLIT = {
    "bindery": ["binderyd", "bindery", "echo.so", "metrics.so", "reflect.so",
                "tcp-client.so", "tcp-server.so", "bindery.catalog",
                "binderyd.socket", "binderyd.8.gz", "bindery.8.gz",
                "bindery.conf.5.gz", "bindery-control.7.gz"],
    "bindery-plugin-tls": ["tls.so"],
    "bindery-plugin-jwt-guard": ["jwt-guard.so"],
    "bindery-jwks-fetch": ["bindery-jwks-fetch", "bindery-jwks-fetch.8.gz"],
    "bindery-plugins-test": ["delay.so", "fault.so", "limit.so", "tee.so",
                             "trace.so", "trickle.so"],
    "bindery-dev": ["plugin.h", "bindery-1.pc", "binderyConfig.cmake",
                    "dh_bindery", "dh_bindery.1.gz", "bindery-plugin.3.gz",
                    "kit.h", "libbindery-kit-1.a", "bindery-kit-1.pc",
                    "bindery-kit.3.gz", "bindery-check-plugin", "template",
                    "tutorial.md.gz"],
}


class Packages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.debs = repository.built(cls)
        directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
        cls.addClassCleanup(directory.cleanup)
        cls.here = directory.name

    def files(self, package):
        said = run("dpkg-deb", "--contents",
                   repository.find(self.debs, package))
        return [line.split()[5][1:].rstrip("/") for line in
                said.splitlines()]

    def field(self, package, name):
        return repository.field(repository.find(self.debs, package), name)

    def test_each_thing_is_in_its_package(self):
        for package, names in SPLIT.items():
            with self.subTest(package):
                there = {os.path.basename(f) for f in self.files(package)}
                self.assertEqual([], [n for n in names if n not in there])

    def test_each_plugin_and_its_page_are_in_one_package(self):
        plugins = {os.path.basename(f)[:-3]: package
                   for package in self.packages()
                   for f in self.files(package)
                   if re.search(r"/bindery/plugins-1/[^/]+\.so$", f)}
        self.assertEqual(
            {os.path.basename(os.path.dirname(f)) for f in
             glob.glob(path("plugins/*/CMakeLists.txt"))}, set(plugins))
        for name, package in plugins.items():
            if os.path.exists(path(f"plugins/{name}/bindery-{name}.7")):
                self.assertIn(f"/usr/share/man/man7/bindery-{name}.7.gz",
                              self.files(package))

    def packages(self):
        return [os.path.basename(f).split("_")[0] for f in
                glob.glob(self.debs + "/*.deb") if "-dbgsym_" not in f]

    def test_there_are_symbols_for_debuggers(self):
        for package in ("bindery", "bindery-plugin-tls",
                        "bindery-plugin-jwt-guard", "bindery-jwks-fetch",
                        "bindery-plugins-test", "bindery-dev"):
            self.assertTrue(repository.find(self.debs, package + "-dbgsym"))

    def test_the_host_provides_its_abi_and_plugins_depend_on_it(self):
        self.assertEqual(f"{ABI} (= {ABI_VERSION})",
                         self.field("bindery", "Provides"))
        for package in self.packages():
            if package.startswith("bindery-plugin"):
                wanted = self.field(package, "Depends")
                self.assertRegex(wanted, rf"^{ABI} \({OPERATOR} ")
                self.assertNotRegex(wanted, r"bindery \(")

    def test_the_daemon_needs_no_tls(self):
        self.assertNotRegex(self.field("bindery", "Depends"), "gnutls|curl")

    def test_the_source_package_builds_the_same(self):
        """Elsewhere, at another time, and by somebody else."""
        tree = os.path.join(self.here, "elsewhere", f"bindery-{version()}")
        os.makedirs(os.path.dirname(tree))
        source, = glob.glob(self.debs + "/*.dsc")
        run("dpkg-source", "--extract", source, tree)
        before = os.umask(0o077)
        try:
            run("dpkg-buildpackage", "--no-sign", cwd=tree, timeout=400,
                env=dict(os.environ, TZ="Asia/Kathmandu", LC_ALL="C",
                         DEB_BUILD_OPTIONS="parallel=1", HOME="/nowhere"))
        finally:
            os.umask(before)
        self.assertEqual(repository.digests(self.debs),
                         repository.digests(os.path.dirname(tree)))
        self.clean_leaves_nothing(source, tree)

    def clean_leaves_nothing(self, source, tree):
        """Else the next source package had it."""
        run("debian/rules", "clean", cwd=tree)
        fresh = os.path.join(self.here, "fresh")
        run("dpkg-source", "--extract", source, fresh)
        self.assertEqual("", run("diff", "-r", fresh, tree))

    def test_lintian_has_nothing_to_say(self):
        need("lintian")
        changes, = glob.glob(self.debs + "/*.changes")
        self.assertEqual("", run("lintian", "--allow-root", "--fail-on",
                                 "none", changes, timeout=200))

    def test_it_is_hardened(self):
        need("blhc")
        status, said = try_run(
            "blhc", "--all", "--ignore-line", ".* -r -nostdlib .*",
            self.debs + "/build.log")
        self.assertEqual((0, ""), (status, said))

    def test_the_changelog_has_the_version(self):
        self.assertEqual(version(), self.field("bindery", "Version"))


if __name__ == "__main__":
    unittest.main()
