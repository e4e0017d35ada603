# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The tutorial does what it says: each of its commands is executed, in one
shell, and says what the page shows.

    BINDERY_TUTORIAL=show python3 tests/tutorial/test_tutorial.py

prints what each has really said.
"""

import glob
import os
import re
import selectors
import shutil
import socket
import subprocess
import time
import unittest

from installed import DEBHELPER, ROOT, Installed

PAGE = os.path.join(ROOT, "docs/tutorial.md")
BLOCK = re.compile(r"^```(console|diff)(?: (\S+))?\n(.*?)^```$",
                   re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
DEADLINE = 120  # seconds that a command may take
SHOWS = os.environ.get("BINDERY_TUTORIAL") == "show"


def steps(text):
    """(heading, "diff", (name, text)) and (heading, command, output)."""
    for block in BLOCK.finditer(text):
        headings = [h[1] for h in HEADING.finditer(text[:block.start()])]
        kind, name, content = block.groups()
        if kind == "diff":
            yield headings[-1], "diff", (name, content)
            continue
        for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield headings[-1], command, output


def as_pattern(output):
    """A line "..." stands for any lines, "..." in a line for the rest of it,
    and figures for others."""
    pattern = ""
    for line in output.splitlines():
        if line == "...":
            pattern += r"(?:.*\n)*?"
            continue
        line = re.escape(line).replace(r"\.\.\.", ".*")
        line = re.sub(r"(?:\\ )+", r" +", line)
        pattern += re.sub(r"[0-9]+(?:\\\.[0-9]+)?( \+(?:ms|sec)\b)",
                          r"[0-9.]+\1", line) + r"\n"
    return pattern


class Shell:
    """A bash that is told one command after another."""

    def __init__(self, installed):
        self.process = subprocess.Popen(
            installed.command("bash", "--norc"), cwd=installed.home,
            env=installed.environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.count, self.home = 0, installed.home

    def finish(self):
        self.process.stdin.write(b"\nkill $(jobs -p) 2>/dev/null; exit\n")
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def logs(self):
        """The ends of what was written to files."""
        text = ""
        for path in glob.glob(os.path.join(self.home, "*/*.log")):
            with open(path, errors="replace") as f:
                text += f"{path}:\n{f.read()[-1000:]}\n"
        return text

    def tell(self, command):
        """The status and the output of a command."""
        self.count += 1
        mark = f"<<{self.count}>>"
        self.process.stdin.write(
            f"{command}\nprintf '%s%d\\n' '{mark}' $?\n".encode())
        self.process.stdin.flush()
        said, end = b"", time.monotonic() + DEADLINE
        pattern = re.compile(re.escape(mark).encode() + rb"(\d+)\n$")
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not (found := pattern.search(said)):
                if not selector.select(end - time.monotonic()):
                    raise AssertionError(f"{command}: does not end\n"
                                         f"{said}\n{self.logs()}")
                more = self.process.stdout.read()
                if not more:
                    raise AssertionError(f"{command}: the shell has left")
                said += more
        text = said[:found.start()].decode(errors="replace")
        return int(found[1]), text.replace("\r", "")


class Tutorial(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        began = time.monotonic()
        cls.installed = Installed()
        cls.addClassCleanup(cls.installed.finish)
        print(f"installed after {time.monotonic() - began:.0f} s")

    def leaves_out(self, heading):
        """Why what stands under this heading cannot be tried here."""
        if heading == "Package it":
            if not self.installed.is_in_usr:
                return "this system has no name spaces for us"
            if not os.path.isdir(DEBHELPER) or not shutil.which("dh"):
                return "debhelper or dh_bindery is not here"
        return None

    def free_port(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return str(s.getsockname()[1])

    def test_tutorial(self):
        with open(PAGE) as f:
            page = f.read()
        port, directory = self.free_port(), self.installed.temporary.name
        # What other tests on this machine could be using; and bindery-dev is
        # here, but not as a package.
        changes = [("7500", port), ("/tmp/", directory + "/"),
                   ("dpkg-buildpackage ", "dpkg-buildpackage -d ")]
        shell = Shell(self.installed)
        self.addCleanup(shell.finish)
        began, count, left_out = time.monotonic(), 0, {}

        if "--debug" not in self.installed.run("binderyd -h")[1]:
            page = re.sub(r"^\$ grep .* trace.log\n(?:bnd_.*\n)*", "", page,
                          flags=re.MULTILINE).replace("-d plugin -p", "-p")
        for heading, command, output in steps(page):
            if reason := self.leaves_out(heading):
                left_out[heading] = reason
                continue
            if command == "diff":
                name, text = output
                shell.tell(f"cat >{name} <<'=END='\n{text}=END=")
                continue
            for one, other in changes:
                command = command.replace(one, other)
                output = output.replace(one, other)
            status, said = shell.tell(command)
            count += 1
            if SHOWS:
                print(f"$ {command}\n{said}", end="")
            elif not re.fullmatch(as_pattern(output), said):
                self.assertEqual(output, said, f"{heading}: $ {command}")
            if " new-plugin " in f" {command} ":
                for one, other in changes:
                    shell.tell(f"sed -i 's,{one},{other},g' shout/*.conf")
        print(f"{count} commands in {time.monotonic() - began:.0f} s")
        self.assertGreater(count, 30)
        for heading, reason in left_out.items():
            print(f"not tried: '{heading}': {reason}")


if __name__ == "__main__":
    unittest.main()
