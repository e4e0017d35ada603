# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The conformance run: plugins that break one rule each are caught by it."""

import os
import socket
import subprocess
import threading
import time
import unittest

from lib import *
from lib.build import BUILD, IS_SANITIZED, PLUGINS, TEST_PLUGINS
from lib.conformance import Conformance

MISDEED = os.path.join(TEST_PLUGINS, "misdeed.so")
STRAY = os.path.join(TEST_PLUGINS, "stray.so")

# What is done, the rule that tries it, and the one that is broken.
MISDEEDS = {
    "cuts": ("cuts", "cuts"),
    "hang": ("plain", "hang"),
    "ends": ("ends", "ends"),
    "spurious": ("spurious", "spurious"),
    "busy": ("plain", "busy"),
    "block": ("plain", "block"),
    "endless": ("plain", "hang"),
    "stale": ("plain", "stale"),
    "overrun": ("plain", "overrun"),
    "readonly": ("plain", "readonly"),
    "commit": ("plain", "commit"),
    "buffer": ("plain", "buffer"),
    "changed": ("plain", "buffer"),
    "errno": ("plain", "errno"),
    "value": ("plain", "value"),
    "fds": ("leak", "fds"),
    "watch": ("plain", "watch"),
    "faults": ("faults", "crash"),
    "start-faults": ("start-faults", "crash"),
    "process": ("start", "process"),
    "aborts": ("aborts", "crash"),
    "late": ("late", "crash"),
    "dead": ("late", "dead"),
    "thread": ("plain", "thread"),
    "crowd": ("crowd", "dead"),
    "timers": ("timers", "crash"),
    "reload": ("reload", "reload"),
    "questions": ("questions", "crash"),
    "ways": ("ways", "hang"),
    "aged": ("ends", "crash"),
    "exit": ("plain", "crash"),
}

# These need a malloc() that counts.
IN_MEMORY = {
    "leak": ("leak", "leak"),
    "memory": ("memory", "crash"),
    "start-leak": ("start", "leak"),
    "start-memory": ("start-memory", "crash"),
}


class CheckPlugin(Conformance):
    def caught(self, plugin, rule, broken, *args):
        # It ends when something is found; a busy machine may need some time.
        said = self.conformance(plugin, "--rule", rule, *args, seconds=20)
        self.assertEqual(1, len(said["rules"]))
        self.assertEqual(("failed", broken),
                         (said["rules"][0]["result"],
                          said["rules"][0].get("broken")), said)
        return said["rules"][0]

    def test_each_misdeed_is_caught(self):
        deeds = MISDEEDS if IS_SANITIZED else {**MISDEEDS, **IN_MEMORY}
        for deed, (rule, broken) in deeds.items():
            with self.subTest(deed):
                self.caught(MISDEED, rule, broken, "-o", f"misdeed={deed}")

    def test_a_sink_that_goes_astray_is_caught(self):
        for option, rule, broken in (("then=leave", "plain", "leave"),
                                     ("above=check", "load", "errno"),
                                     ("above=start", "start", "errno"),
                                     ("above=worker_start", "start", "errno"),
                                     ("above=open", "plain", "errno"),
                                     ("above=command", "questions", "errno"),
                                     ("then=abort", "plain", "errno"),
                                     ("then=refuse", "plain", "errno")):
            with self.subTest(option):
                self.caught(STRAY, rule, broken, "-o", option, "-o", "err=1")

    def test_a_good_end_is_good(self):
        rules = self.holds(STRAY, "-o", "then=refuse", "-o", "err=0", runs=24)
        self.assertIn("it ended; 3 bytes", rules["plain"]["text"])

    def test_what_it_prints_is_no_part_of_the_answer(self):
        self.holds(MISDEED, "-o", "misdeed=print", runs=8)

    def test_facts(self):
        """Who comes, and what is known of whom, can be chosen."""
        facts = ("--peer", "192.0.2.1:40000", "--fact", "local=[::1]:443",
                 "--fact", "identity=alice=bob")
        for key, size in (("peer", 15), ("local", 9), ("identity", 9),
                          ("other", 0)):
            with self.subTest(key):
                rules = self.holds(STRAY, "-o", "then=refuse", "-o", "err=0",
                                   "-o", f"tell={key}", *facts, runs=16)
                self.assertIn(f"it ended; {3 + size} bytes",
                              rules["plain"]["text"])

    def test_facts_are_replayed(self):
        p = subprocess.run(
            [os.path.join(BUILD, "server/bindery"), "check-plugin", STRAY,
             "--rule", "plain", "-o", "then=abort", "-o", "err=0", "--fact",
             "a=b c", "--peer", "192.0.2.1"], stdout=subprocess.PIPE,
            text=True, timeout=60)
        self.assertEqual(1, p.returncode)
        self.assertIn(" --fact 'a=b c'", p.stdout)
        self.assertIn(" --fact peer=192.0.2.1 ", p.stdout)

    def test_ways_are_told_in_words(self):
        rule = self.caught(MISDEED, "cuts", "cuts", "-o", "exit=elsewhere",
                           "-o", "misdeed=ways-differ")
        self.assertEqual("it took the exit 'elsewhere', and in one piece it "
                         "went on to the next binding", rule["text"])
        self.holds(MISDEED, "-o", "misdeed=ways-same", runs=24)

    def test_time_waits_for_a_busy_server(self):
        """A unix socket whose backlog is full is asked again by a timer, and
        has not timed out because the kit's clock runs."""
        path = os.path.join(self.temporary(), "server")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen(0)
        server.settimeout(0.1)
        is_over = threading.Event()

        def serve():
            while not is_over.is_set():
                try:
                    server.accept()[0].close()
                except socket.timeout:
                    pass
                time.sleep(0.01)
        t = self.thread(serve)
        self.addCleanup(t.join)
        self.addCleanup(is_over.set)
        for rule in ("cuts", "ends"):
            said = self.conformance(
                os.path.join(PLUGINS, "tcp-client.so"), "--rule", rule, "-o",
                f'connect = "unix:{path}"', runs=48, seconds=5)
            self.assertTrue(said["ok"], said)
            self.assertGreater(said["rules"][0]["runs"], 20)

    def test_what_was_found_is_found_again(self):
        """The seed that is named shows it at once."""
        for deed in ("cuts", "ends", "spurious", "aborts", "faults"):
            with self.subTest(deed):
                options = ("-o", f"misdeed={deed}")
                rule, broken = MISDEEDS[deed]
                first = self.caught(MISDEED, rule, broken, *options)
                again = self.caught(MISDEED, rule, broken, *options,
                                    "--seed", str(first["seed"]))
                self.assertEqual((1, first["text"]),
                                 (again["runs"], again["text"]))

    def replayed(self, rule, deed):
        """What it says when it is found, and the command that replays it,
        which must say the same."""
        bindery = os.path.join(BUILD, "server/bindery")
        p = subprocess.run([bindery, "check-plugin", MISDEED, "--rule",
                            rule, "-o", f"misdeed = \"{deed}\""],
                           stdout=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(1, p.returncode)
        command = p.stdout.partition("replay: ")[2].split("\n")[0]
        again = subprocess.run(
            command, shell=True, stdout=subprocess.PIPE, text=True,
            timeout=60, env={**os.environ, "PATH": os.path.dirname(bindery)
                             + ":" + os.environ["PATH"]})
        self.assertEqual((p.returncode, p.stdout.splitlines()[0]),
                         (again.returncode, again.stdout.splitlines()[0]))
        return p.stdout, command

    def test_replay_is_a_command(self):
        for deed in ("cuts", "fds"):
            with self.subTest(deed):
                _, command = self.replayed(MISDEEDS[deed][0], deed)
                self.assertRegex(
                    command, "^bindery check-plugin .* --seed [0-9]+$")

    @unittest.skipIf(IS_SANITIZED, "memory is not counted")
    def test_a_leak_is_replayed(self):
        self.replayed("leak", "leak")

    def test_what_takes_many_connections_is_replayed_with_all(self):
        said, command = self.replayed("ends", "aged")
        self.assertRegex(said, "seed [0-9]+ shows it after those before it")
        self.assertRegex(command, " --rule ends --runs 1000 --seconds 20$")

    def test_what_cannot_be_loaded_is_said(self):
        broken = os.path.join(TEST_PLUGINS, "no-note.so")
        rule = self.caught(broken, "load", "load")
        self.assertIn("no bindery ABI note", rule["text"])
        rule = self.caught(MISDEED, "load", "load", "-o", "misdeed=nonsense")
        self.assertIn("nonsense", rule["text"])

    def test_words_of_others_stay_words(self):
        rule = self.caught("/no/such/gr\u00fcn.so", "load", "load")
        self.assertIn("/no/such/gr\u00fcn.so", rule["text"])

    def test_without_the_plugin_nothing_is_tried(self):
        said = self.conformance(os.path.join(TEST_PLUGINS, "no-symbol.so"))
        self.assertEqual(["load"], [r["name"] for r in said["rules"]])

    def test_descriptions(self):
        rule = self.caught(os.path.join(TEST_PLUGINS, "undocumented.so"),
                           "describe", "describe")
        self.assertIn("option 'number'", rule["text"])

    def test_exports(self):
        rule = self.caught(os.path.join(TEST_PLUGINS, "exporting.so"),
                           "exports", "exports")
        self.assertIn("'undocumented_count'", rule["text"])

    @thrice
    def test_a_good_one_passes(self):
        rules = self.holds(MISDEED)
        self.assertGreater(rules["cuts"]["runs"], 1)

    def test_wrong_words(self):
        for args in (["--rule", "no-such"], ["--seed", "x", "--rule", "cuts"],
                     ["--seed", "1"], ["--runs", "many"],
                     ["--peer", "somebody"], ["--fact", "peer=somebody"],
                     ["--fact", "identity"], ["--fact", "=alice"],
                     ["--fact", "k" * 300 + "=long"]):
            p = subprocess.run(
                [os.path.join(BUILD, "server/bindery"), "check-plugin",
                 MISDEED, *args], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, timeout=60)
            self.assertEqual((64, b""), (p.returncode, p.stdout), args)


if __name__ == "__main__":
    main()
