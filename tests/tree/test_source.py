# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Rules that hold for the whole tree: who may include whom, how long things
may be, what stands at the head of a file."""

import os
import re
import unittest

from tree import ROOT, TOP_LEVEL, files, text

CODE = ("server", "sdk", "plugins", "tests")
FUNCTION_MOST, FILE_MOST, LINE_MOST = 100, 800, 80

# "FILE:FUNCTION" or "FILE", and the reason why it may be longer.
EXCEPTIONS = {}

# Files that have no room for a comment, or are data.
NO_HEAD = (".json", ".md", ".in", ".map", "LICENSE", ".pem", ".so")


def is_data(path):
    return path.startswith("tests/fuzz/corpus/") or path.endswith(NO_HEAD)


def width(line):
    return len(line.expandtabs(8))


def functions(path):
    """(name, lines) of each definition: its name stands in column 0 behind a
    line with the type, its body between braces in column 0."""
    lines = text(path).split("\n")
    name = start = None
    for number, line in enumerate(lines):
        if m := re.match(r"(\w+)\(", line):
            name = m[1]
        if line == "{" and name:
            start = number
        elif line.startswith("}") and start is not None:
            yield name, number - start + 1
            name = start = None


class Tree(unittest.TestCase):
    maxDiff = None

    def none(self, found, message):
        self.assertFalse(found, message + ":\n" + "\n".join(map(str, found)))

    def test_top_level(self):
        there = {n for n in os.listdir(ROOT)
                 if not n.startswith(".") and not n.startswith("build")}
        self.assertEqual(TOP_LEVEL, there)

    def test_heads(self):
        wrong = []
        for path in files():
            if is_data(path) or os.path.getsize(os.path.join(ROOT,
                                                             path)) == 0:
                continue
            head = "\n".join(text(path).split("\n")[:4])
            if path.endswith((".c", ".h")) and not head.startswith(
                    "/* SPDX-License-Identifier: MIT */\n"
                    "/* Copyright (c) 2026 The Bindery authors */\n"):
                wrong.append(path)
            elif path.endswith((".py", ".7", ".8", ".5", ".3")) and \
                    "SPDX-License-Identifier: MIT" not in head:
                wrong.append(path)
            elif head.startswith("#!") and \
                    "SPDX-License-Identifier: MIT" not in head:
                wrong.append(path)
        self.none(wrong, "files without the two lines at their head")

    def test_licence(self):
        self.assertTrue(text("LICENSE").startswith("MIT License"))

    def test_files_are_short(self):
        long = []
        for path in files(*CODE, suffixes=[".c", ".h", ".py"]):
            n = text(path).count("\n")
            if n > FILE_MOST and path not in EXCEPTIONS:
                long.append(f"{path}: {n} lines")
        self.none(long, f"files of more than {FILE_MOST} lines")

    def test_functions_are_short(self):
        long, sizes = [], []
        for path in files(*CODE, suffixes=[".c"]):
            for name, n in functions(path):
                sizes.append(n)
                if n > FUNCTION_MOST and f"{path}:{name}" not in EXCEPTIONS:
                    long.append(f"{path}:{name}: {n} lines")
        self.assertGreater(len(sizes), 500)
        self.none(long, f"functions of more than {FUNCTION_MOST} lines")
        sizes.sort()
        print(f"{len(sizes)} functions: median {sizes[len(sizes) // 2]} "
              f"lines, 90 % up to {sizes[len(sizes) * 9 // 10]}, the longest "
              f"{sizes[-1]}")
        self.assertLessEqual(sizes[len(sizes) // 2], 17)

    def test_exceptions_are_needed(self):
        for what, reason in EXCEPTIONS.items():
            self.assertTrue(reason)
            path, _, name = what.partition(":")
            if name:
                self.assertGreater(dict(functions(path))[name], FUNCTION_MOST)
            else:
                self.assertGreater(text(path).count("\n"), FILE_MOST, path)

    def test_lines_are_short(self):
        long = []
        for path in files(*CODE, suffixes=[".c", ".h", ".py"]):
            fenced = False  # tables are aligned by hand
            for n, line in enumerate(text(path).split("\n"), 1):
                if "clang-format off" in line:
                    fenced = True
                if "clang-format on" in line:
                    fenced = False
                if width(line) > LINE_MOST and not fenced:
                    long.append(f"{path}:{n}")
        self.none(long, f"lines of more than {LINE_MOST} columns")

    def test_text_is_clean(self):
        wrong = []
        for path in files():
            if is_data(path) and not path.endswith(".md"):
                continue
            content = text(path)
            if content and not content.endswith("\n"):
                wrong.append(f"{path}: no newline at its end")
            if re.search(r"[ \t]$", content, re.MULTILINE):
                wrong.append(f"{path}: blanks at the end of a line")
            if "\r" in content:
                wrong.append(f"{path}: carriage returns")
        self.none(wrong, "files that are not clean")

    def includes(self, *folders):
        for path in files(*folders, suffixes=[".c", ".h"]):
            for name in re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]',
                                   text(path), re.MULTILINE):
                yield path, name

    def test_one_file_knows_libconfig(self):
        users = [p for p, name in self.includes("server", "sdk", "plugins")
                 if name == "libconfig.h"]
        self.assertEqual(1, len(users), users)

    def test_the_tool_knows_base_only(self):
        wrong = [(path, name) for path, name in self.includes("server/tool")
                 if os.path.exists(os.path.join(ROOT, "server", name))
                 and not name.startswith(("base/", "tool/"))]
        self.none(wrong, "includes of the host's other rooms")
        wrong = [(path, name) for path, name in self.includes("server")
                 if name.startswith("tool/")
                 and not path.startswith("server/tool/")]
        self.none(wrong, "includes of server/tool/")

    def test_few_know_gnutls(self):
        wrong = [(path, name) for path, name in self.includes("server", "sdk",
                                                              "plugins")
                 if name.startswith("gnutls/")
                 and not path.startswith(("plugins/tls/",
                                          "plugins/jwt-guard/"))]
        self.none(wrong, "includes of GnuTLS")

    def test_plugins_and_sdk_know_nothing_of_the_host(self):
        wrong = [
            (path, name) for path, name in self.includes("plugins", "sdk")
            if not path.startswith(("sdk/kit/", "sdk/check/"))
            and (name.startswith("server/") or "/server/" in name
                 or os.path.exists(os.path.join(ROOT, "server", name)))]
        self.none(wrong, "includes of server/")

    def test_kit_knows_the_loader_only(self):
        wrong = [(path, name) for path, name in self.includes("sdk/kit",
                                                              "sdk/check")
                 if os.path.exists(os.path.join(ROOT, "server", name))
                 and not name.startswith(("base/", "config/", "plugins/"))]
        self.none(wrong, "includes of the host's other rooms")

    def test_host_knows_no_plugin(self):
        wrong = [(path, name) for path, name in self.includes("server")
                 if "plugins/" in name and not os.path.exists(
                     os.path.join(ROOT, "server", name))]
        self.none(wrong, "includes of plugins/")

    def test_sdk_needs_nothing_but_libc(self):
        for path, name in self.includes("sdk/include", "sdk/kit/include"):
            self.assertIn(os.path.dirname(name), ("", "sys", "bindery"), path)

    def test_no_path_of_a_machine(self):
        pattern = re.compile(r"/(work|root|home/\w+|tmp/\w+/build)/")
        wrong = [path for path in files()
                 if path != "tests/tree/test_source.py"
                 and not path.startswith("tests/fuzz/corpus/")
                 and pattern.search(text(path))]
        self.none(wrong, "files that name a path of one machine")

    def test_public_names(self):
        """bnd_ and BND_ are the SDK's; the host defines none."""
        wrong = []
        for path in files("server", suffixes=[".h"]):
            wrong += [f"{path}: {name}" for name in re.findall(
                r"^#define (BND_\w+)|^(?:int|void|bool) (bnd_\w+)\(",
                text(path), re.MULTILINE)]
        self.none(wrong, "public names that the host defines")


if __name__ == "__main__":
    unittest.main()
