# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The option tables of the plugins and their pages say the same; every
plugin, tool and sample is documented and works."""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tree import LEFT_OUT, ROOT, bindery, binderyd, files, text

PLUGINS = sorted(os.path.basename(os.path.dirname(page))
                 for page in glob.glob(os.path.join(ROOT, "plugins/*/*.7"))
                 if page.split("/")[-2] not in LEFT_OUT)

# What mdoc spells in another way than the table.
MDOC = ((r"\(dq", '"'), (r"\-", "-"), (r"\&", ""))


def options_of_table(name):
    """As "binderyd -l" prints them: "listen: endpoints, required"."""
    out = binderyd("-l", name).stdout.split("\nMetrics:\n")[0]
    return re.findall(r"^  (\w+: .+)$", out, re.MULTILINE)


def options_of_page(name):
    """As the page heads them: ".It Ic listen : No endpoints, required"."""
    page = text(f"plugins/{name}/bindery-{name}.7")
    found = []
    for key, rest in re.findall(r"^\.It Ic (\w+) : No (.+)$", page,
                                re.MULTILINE):
        for mdoc, plain in MDOC:
            rest = rest.replace(mdoc, plain)
        found.append(f"{key}: {rest}")
    return found


class Pages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        """The samples, with what some of them need."""
        directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
        cls.addClassCleanup(directory.cleanup)
        cls.etc = os.path.join(directory.name, "etc")
        shutil.copytree(os.path.join(ROOT, "etc"), cls.etc,
                        ignore=shutil.ignore_patterns("tls", "jwt"))
        cls.tls = os.path.join(cls.etc, "examples/tls")
        cls.jwt = os.path.join(cls.etc, "examples/jwt")
        for script in ("make-certificates", "make-keys"):
            subprocess.run([os.path.join(cls.etc, "examples", script)],
                           check=True, stdin=subprocess.DEVNULL, timeout=60)
        with open(os.path.join(cls.jwt, "revoked"), "w"):
            pass

    def test_there_are_plugins(self):
        self.assertLessEqual({"echo", "jwt-guard", "metrics", "reflect",
                              "tcp-client", "tcp-server", "tls"},
                             set(PLUGINS))

    def test_each_plugin_has_code_page_and_build_of_its_name(self):
        for path in files("plugins", suffixes=["CMakeLists.txt"]):
            if path.count("/") != 2:  # of all, or of a part of one
                continue
            name = os.path.basename(os.path.dirname(path))
            with self.subTest(name):
                for file in (f"{name}.c", f"bindery-{name}.7"):
                    self.assertTrue(os.path.exists(os.path.join(
                        ROOT, "plugins", name, file)), file)

    def test_options_of_pages_and_tables_are_the_same(self):
        for name in PLUGINS:
            with self.subTest(name):
                self.assertEqual(options_of_table(name),
                                 options_of_page(name))

    def test_command_line_and_page_are_the_same(self):
        page = text("docs/binderyd.8")
        letters = re.findall(r"^  -(\w), --(\w+)", binderyd("-h").stdout,
                             re.MULTILINE)
        self.assertTrue(letters)
        for letter, name in letters:
            self.assertRegex(page, rf"(?m)^\.It Fl {letter}\b")

    def words(self, *command):
        out = bindery("help", "--words", *command).stdout
        self.assertTrue(out)
        return out.splitlines()

    def test_commands_of_the_tool_and_page_are_the_same(self):
        page = text("docs/bindery.8")
        commands = [w for w in self.words() if not w.startswith("-")]
        for command in commands:
            with self.subTest(command):
                self.assertRegex(page, rf"(?m)^\.(It )?Cm {command}\b")
                for option in self.words(command):
                    if m := re.match(r"--(\S+)", option):
                        self.assertRegex(page, rf"\bFl Fl {m[1]}(?![\w-])")
        described = set(re.findall(r"^\.(?:It )?Cm ([\w-]+)", page,
                                   re.MULTILINE))
        self.assertEqual(set(), described - set(commands))
        known = {o.split()[0] for c in [()] + [(c,) for c in commands]
                 for o in self.words(*c)}
        for option in re.findall(r"\bFl Fl ([\w-]+)", page):
            self.assertIn(f"--{option}", known)

    def test_protocol_of_the_tool_and_page_are_the_same(self):
        page = text("docs/bindery-control.7")
        table = text("server/tool/commands.c") + text("server/tool/kill.c") \
            + text("server/tool/top-frame.c")
        asked = set(re.findall(r'ASKS\("([\w-]+)"', table)
                    + re.findall(r'ask(?:_well)?\(t, "([\w-]+)"', table))
        self.assertEqual(asked, set(re.findall(r"^\.It Cm ([\w-]+)", page,
                                               re.MULTILINE)))
        for member in re.findall(r'SENT\("[^)]*ARGUMENT_\w+, "(\w+)"', table):
            self.assertRegex(page, rf"(?m)^\.It Cm .*Ar {member}\b")

    def test_rules_of_the_conformance_run_and_page_are_the_same(self):
        page = text("docs/bindery.8")
        found = re.findall(r'\{ "([a-z-]+)", rule_', text("sdk/check/rules.c"))
        self.assertGreater(len(found), 15)
        for path in files("sdk/check", "sdk/kit", suffixes=[".c"]):
            found += re.findall(
                r'(?:broken|found|kit_wrong)\((?:[^,"]*,)?\s*"([a-z-]+)"',
                text(path))
        found += re.findall(r'return "([a-z]+)";',
                            text("sdk/kit/kit-pages.c"))
        self.assertLessEqual({"stale", "dead", "hang"}, set(found))
        for rule in set(found) - {"expect"}:  # of the kit alone
            self.assertRegex(page, rf"(?m)^\.It Ql {rule}$")

    def test_everything_of_the_header_is_in_its_page(self):
        """Each function and callback has an item of its own; every member and
        constant is mentioned."""
        page = text("docs/bindery-plugin.3")
        header = re.sub(r"/\*.*?\*/", "", text("sdk/include/bindery/plugin.h"),
                        flags=re.DOTALL)
        items = re.findall(r"^\.It .*\bFn (\w+)", page, re.MULTILINE)
        self.assertEqual(len(items), len(set(items)))
        structs = dict(re.findall(r"^struct (bnd_\w+) \{([^}]*)\};", header,
                                  re.MULTILINE))
        functions = set(re.findall(r"^(?:BND_PRINTF\(.*?\) )?static inline "
                                   r"[^(;{]*?(\bbnd_\w+)\(", header,
                                   re.MULTILINE))
        callbacks = set(re.findall(r"\(\*(\w+)\)", structs["bnd_type"]))
        self.assertGreater(len(functions), 50)
        self.assertGreater(len(callbacks), 15)
        self.assertEqual(set(), (functions | callbacks) - set(items))

        members = set()
        for name, body in structs.items():
            body = re.sub(r"\(\*\w+\)\(.*?\);", "", body, flags=re.DOTALL)
            for line in body.split(";"):
                members |= set(re.findall(r"(\w+)\s*(?=,|$)", line.strip()))
        members = {m for m in members if not m.endswith("_")}
        constants = set(re.findall(r"\b(BND_\w*[A-Z0-9])\b", header))
        constants -= {"BND_NOTE", "BND_TEXT", "BND_ABI_TEXT"}
        self.assertGreater(len(members), 50)
        self.assertGreater(len(constants), 50)
        self.assertEqual([], sorted(
            word for word in members | constants | set(structs)
            if not re.search(rf"(?<![\w]){word}(?![\w])", page)))

    def test_functions_of_the_kit_and_page_are_the_same(self):
        page = text("docs/bindery-kit.3")
        header = text("sdk/kit/include/bindery/kit.h")
        names = set(re.findall(r"\b(bndk_\w*[a-z])\(", header))
        names.remove("bndk_failed_fn")
        self.assertGreater(len(names), 40)
        listed = re.findall(r"\b(bndk_\w+)", "\n".join(
            re.findall(r"^\.It (.+)", page, re.MULTILINE)))
        self.assertEqual(sorted(names), sorted(listed))

    def test_reasons_and_page_are_the_same(self):
        reasons = re.findall(r'\[REASON_\w+\] = \{ "([\w-]+)"',
                             text("server/stream/reason.c"))
        page = text("docs/binderyd.8").replace(r"\-", "-")
        self.assertGreater(len(reasons), 10)
        for reason in reasons:
            self.assertRegex(page, rf"(?m)^\.It .*\b{reason}\b")

    def test_examples_of_pages_are_good(self):
        """Every whole configuration that a page shows passes -t."""
        count = 0
        for path in files("plugins", "docs", suffixes=[".7", ".5", ".8"]):
            if path.split("/")[-2] in LEFT_OUT:
                continue
            for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed",
                                    text(path), re.MULTILINE | re.DOTALL):
                if not re.search(r"^\s*pipelines\b", block, re.MULTILINE) \
                        or " ... " in block:
                    continue
                block = block.replace("\\&", "").replace("\\e", "\\")
                block = block.replace("/etc/bindery/tls", self.tls)
                block = block.replace("/etc/bindery/jwt", self.jwt)
                with self.subTest(f"{path}: {block}"):
                    self.check(block)
                count += 1
        self.assertGreater(count, 3)

    def test_examples_of_the_readme_are_good(self):
        """Blocks of four blanks with a group of pipelines."""
        count = 0
        for block in re.findall(r"(?:^(?:    .*)?\n)+", text("README.md"),
                                re.MULTILINE):
            block = re.sub(r"^    ", "", block, flags=re.MULTILINE)
            if not re.search(r"^pipelines\b", block, re.MULTILINE):
                continue
            with self.subTest(block):
                block = block.replace("/etc/bindery/tls", self.tls)
                block = block.replace('"tls/', f'"{self.tls}/')
                self.check(block.replace('"jwt/', f'"{self.jwt}/'))
            count += 1
        self.assertEqual(3, count)

    def check(self, block):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
            f.write(block)
            f.flush()
            p = binderyd("-t", "-c", f.name)
            self.assertEqual(0, p.returncode, p.stderr)

    def test_samples_are_good(self):
        samples = glob.glob(os.path.join(self.etc, "**/*.conf"),
                            recursive=True)
        self.assertGreaterEqual(len(samples), 8)
        for path in samples:
            if LEFT_OUT and path.endswith("/bad-network.conf"):
                continue
            with self.subTest(path):
                p = binderyd("-t", "-c", path)
                self.assertEqual((0, f"{path}: the configuration is good\n"),
                                 (p.returncode, p.stderr))


if __name__ == "__main__":
    unittest.main()
