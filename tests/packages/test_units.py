# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The units and what else systemd reads, as the build made them; how they do
on a machine that booted with them is test_life's."""

import glob
import os
import re
import shutil
import tempfile
import unittest

from tools import need, path, run, text

BUILD = os.environ.get("BINDERY_BUILD", path("build"))
UNITS = ("binderyd.service", "binderyd@.service")
EXPOSURE_MOST = 19  # tenths


def read(unit):
    """Its settings: name to list of values."""
    found = {}
    with open(os.path.join(BUILD, "packaging", unit)) as f:
        for name, value in re.findall(r"^(\w+)=(.*)$", f.read(), re.M):
            found.setdefault(name, []).append(value)
    return found


class Units(unittest.TestCase):
    def test_exposure_is_small(self):
        need("systemd-analyze")
        for unit in UNITS:
            said = run("systemd-analyze", "security", "--no-pager",
                       "--offline=yes", f"--threshold={EXPOSURE_MOST}",
                       os.path.join(BUILD, "packaging", unit))
            print(said.strip().splitlines()[-1])

    def test_they_are_sound(self):
        """With the example of a socket.  The programs need not be installed
        where this runs."""
        need("systemd-analyze")
        with tempfile.TemporaryDirectory() as directory:
            shutil.copy(path("packaging/systemd/binderyd.socket"), directory)
            for unit in UNITS:
                with open(os.path.join(BUILD, "packaging", unit)) as f:
                    content = re.sub(r"^(Exec\w+)=\S+", r"\1=/bin/true",
                                     f.read(), flags=re.M)
                with open(os.path.join(directory, unit.replace(
                        "@", "@x")), "w") as f:
                    f.write(content)
            said = run("systemd-analyze", "verify", "--man=no",
                       *glob.glob(directory + "/*"))
        self.assertNotIn("binderyd", said)

    def test_the_life_of_a_service(self):
        for unit in UNITS:
            u = read(unit)
            self.assertEqual(["notify"], u["Type"])
            self.assertEqual(["all"], u["NotifyAccess"])
            self.assertEqual(["78"], u["RestartPreventExitStatus"])
            self.assertEqual(["3"], u["SuccessExitStatus"])
            self.assertRegex(u["ExecReload"][0], r"/bindery reload$")
            self.assertEqual(["CAP_NET_BIND_SERVICE"],
                             u["CapabilityBoundingSet"])

    def test_it_is_stopped_later_than_the_daemon_needs(self):
        last = re.search(r'"shutdown_timeout",\s*\.def = "(\d+)s"',
                         text("server/config/settings.c"))
        for unit in UNITS:
            self.assertGreater(int(read(unit)["TimeoutStopSec"][0]),
                               int(last[1]))

    def test_daemons_share_nothing(self):
        one, many = map(read, UNITS)
        for name in ("RuntimeDirectory", "StateDirectory", "LogsDirectory",
                     "Environment", "ExecStart"):
            self.assertNotEqual(one[name], many[name])
            self.assertIn("%i", many[name][0])
        for u in (one, many):
            self.assertEqual(
                f"BINDERY_SOCKET=/run/{u['RuntimeDirectory'][0]}/control.sock",
                u["Environment"][0])

    def test_the_catalog_knows_the_lines_that_have_an_id(self):
        ids = re.findall(r'^#define LOG_ID_\w+ +"(\w+)"',
                         text("server/log/log.h"), re.M)
        self.assertEqual(set(ids), set(re.findall(
            r"^-- (\w+)$", text("packaging/systemd/bindery.catalog"), re.M)))
        self.assertTrue(ids)

    def test_the_account_is_that_of_the_units(self):
        name = re.search(r"^u (\w+) ", text(
            "packaging/systemd/bindery.sysusers"), re.M)[1]
        for unit in UNITS:
            self.assertEqual([[name], [name]],
                             [read(unit)["User"], read(unit)["Group"]])
        for line in re.findall(r"^d .*", text(
                "packaging/systemd/bindery.tmpfiles"), re.M):
            self.assertEqual([name, name], line.split()[3:5])


if __name__ == "__main__":
    unittest.main()
