# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The command line: -t -T -V -h -l, and how a wrong one is answered."""

import glob
import json
import os
import re

from lib import *

CONFIG = '''
workers = 1;
limits = { connections = 1000; };
log = { level = "notice"; };
pipelines: {
  front = (
    { type = "tcp-server"; listen = [ "127.0.0.1:9", "unix:/tmp/x y" ];
      allow = [ "10.0.0.0/8", "::1" ]; deny = "10.9.9.9"; mode = "0600";
      idle_timeout = "90s"; nodelay = false; },
    { type = "pass"; name = "first"; },
    { type = "tcp-client"; connect = "localhost:5432"; }
  );
  echo = { drain_timeout = "1m";
    bindings = ( { type = "tcp-server"; listen = "[::1]:9"; },
                 { type = "echo"; } ); };
};
'''


class Options(Case):
    def test_check(self):
        path = self.write(CONFIG)
        for option in ("-t", "--test"):
            p = run(option, "-c", path)
            self.assertEqual((0, "", f"{path}: the configuration is good\n"),
                             (p.returncode, p.stdout, p.stderr))

    def test_check_quietly(self):
        path = self.write(CONFIG)
        p = run("-qtc", path)
        self.assertEqual((0, "", ""), (p.returncode, p.stdout, p.stderr))

    def test_check_needs_no_address(self):
        """-t neither listens nor connects."""
        b = self.backend(give_back)
        p = run("-t", "-c", self.write(f'''pipelines: {{ e = (
            {{ type = "tcp-server"; listen = "127.0.0.1:{b.port}"; }},
            {{ type = "echo"; }} ); }};'''))
        self.assertEqual(0, p.returncode, p.stderr)

    def dump(self, path):
        p = run("-T", "-c", path)
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        return p.stdout

    def values(self, dump):
        """Without the places where they stand."""
        return re.sub(r"\s+#.*", "", dump)

    def test_dump_is_a_configuration_with_the_same_meaning(self):
        first = self.dump(self.write(CONFIG))
        again = self.dump(self.write(first, "again.conf"))
        self.assertEqual(self.values(first), self.values(again))

    def test_dump_says_where_values_come_from(self):
        path = self.write(CONFIG)
        text = self.dump(path)
        self.assertRegex(text, r"(?m)^workers = 1;\s+# .*test\.conf:2$")
        self.assertRegex(text, r'(?m)^\s+idle_timeout = "90s";\s+# .*:9$')
        self.assertRegex(text, r'(?m)^\s+lifetime = "1d";\s+# default$')
        self.assertRegex(text, r"(?m)^\s+# user_timeout is not set$")

    def test_dump_of_the_samples(self):
        for path in glob.glob(os.path.join(ROOT, "etc/*.conf")):
            text = self.dump(path)
            again = self.dump(self.write(text))
            self.assertEqual(self.values(text), self.values(again), path)

    def test_version(self):
        p = run("-V")
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertRegex(p.stdout, r"^binderyd \d+\.\d+\.\d+\n"
                         r"plugin ABI: \d+\.\d+(-draft\d+)?\n"
                         r"plugins: /.*\nconfiguration: /.*\n$")

    def test_help_names_every_option(self):
        p = run("-h")
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertRegex(p.stdout, "^usage: binderyd ")
        for name in "cptTljqvfVh":
            self.assertRegex(p.stdout, rf"(?m)^  -{name}, --\w+")
        self.assertEqual(p.stdout, run("--help").stdout)

    def test_list(self):
        for name in ("echo", "tcp-server", "tcp-client"):
            p = run("-l", name)
            self.assertEqual((0, ""), (p.returncode, p.stderr))
            self.assertRegex(p.stdout, rf"^{name} ")
        self.assertIn("  listen: endpoints, required\n",
                      run("-l", "tcp-server").stdout)

    def test_list_as_json(self):
        for name in ("echo", "tcp-server", "tcp-client"):
            p = run("-jl", name)
            self.assertEqual((0, ""), (p.returncode, p.stderr))
            said = json.loads(p.stdout)
            self.assertEqual(name, said["name"])
            # Option by option what -l says to people.
            self.assertEqual(
                re.findall(r"^  (?!bindery_)(\w+): ", run("-l", name).stdout,
                           re.M),
                [o["name"] for o in said["options"]])
        listen = [o for o in json.loads(run("-jl", "tcp-server").stdout)
                  ["options"] if o["name"] == "listen"]
        self.assertEqual(["endpoints", True], [listen[0]["kind"],
                                               listen[0]["required"]])

    def test_list_has_the_names_that_a_scrape_shows(self):
        text = run("-l", "tls").stdout
        self.assertIn("\nMetrics:\n", text)
        self.assertIn("  bindery_tls_handshakes_total: counter\n", text)
        self.assertRegex(text, r"(?m)^      with reason=\"[\w-]+\"$")
        said = json.loads(run("-jl", "tls").stdout)["metrics"]
        self.assertEqual(
            re.findall(r"^  (bindery_\w+): ", text, re.M),
            [m["name"] for m in said])
        self.assertNotIn("Metrics", run("-l", "echo").stdout)
        self.assertEqual([], json.loads(run("-jl", "echo").stdout)["metrics"])

    def test_list_of_what_is_not_there(self):
        p = run("-l", "tcp-sever")
        self.assertEqual((78, ""), (p.returncode, p.stdout))
        self.assertRegex(p.stderr, r"^plugin 'tcp-sever' not found in .*: "
                         r"did you mean 'tcp-server'\?\n$")

    def test_usage(self):
        for args in (["-x"], ["--no-such"], ["-c"], ["-p"], ["-l"], ["word"],
                     ["-t", "-T"], ["-T", "-l", "echo"], ["-t", "word"], ["-j"],
                     ["-t", "-j"], ["-p", "/"] * 40):
            p = run(*args)
            self.assertEqual((64, ""), (p.returncode, p.stdout), args)
            self.assertRegex(p.stderr, r"^\S*binderyd: .+\n", args)
            self.assertLessEqual(p.stderr.count("\n"), 2, args)


main()
