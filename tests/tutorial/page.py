# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A page whose commands are executed, and the places where they are: a place
has a home and an environment, and says how a command gets there."""

import contextlib
import glob
import os
import re
import selectors
import subprocess
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
TUTORIAL = os.path.join(ROOT, "docs/tutorial.md")
BLOCK = re.compile(r"^```(console|diff)(?: (\S+))?\n(.*?)^```$",
                   re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
DEADLINE = 120  # seconds that a command may take
SHOWS = os.environ.get("BINDERY_TUTORIAL") == "show"


class Place:
    """What commands are executed in; its home as this process sees it."""

    home = None

    def command(self, *command):
        return [*command]

    def environment(self):
        return dict(os.environ)

    def run(self, script, cwd=None, timeout=DEADLINE):
        """A script of bash: the status, and what it said."""
        p = subprocess.run(self.command("bash", "-c", script),
                           cwd=cwd or self.home, env=self.environment(),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True,
                           timeout=timeout)
        return p.returncode, p.stdout


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

    def __init__(self, place):
        self.process = subprocess.Popen(
            place.command("bash", "--norc"), cwd=place.home,
            env=place.environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.count, self.home = 0, place.home

    def finish(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(
                b"\nkill $(jobs -p) 2>/dev/null; exit\n")
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
        for path in [p for pattern in ("*.log", "*/*.log") for p in
                     glob.glob(os.path.join(self.home, pattern))]:
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
                    raise AssertionError(f"{command}: the shell has left\n"
                                         f"{said}")
                said += more
        text = said[:found.start()].decode(errors="replace")
        return int(found[1]), text.replace("\r", "")


class Tutorial:
    """The tutorial as a test case follows it, in a place; changes: pairs of
    what stands there, and what is done instead."""

    def __init__(self, case, place, changes=()):
        with open(TUTORIAL) as f:
            self.page = f.read()
        self.case, self.changes = case, changes
        self.shell, self.count = Shell(place), 0
        case.addCleanup(self.shell.finish)

    def changed(self, text):
        for one, other in self.changes:
            text = text.replace(one, other)
        return text

    def follow(self, leaves_out=lambda heading: None):
        """All of it; leaves_out(heading): why what stands under a heading
        cannot be tried, or None.  What was not, with its reason."""
        began, left_out = time.monotonic(), {}
        for heading, command, output in steps(self.page):
            if reason := leaves_out(heading):
                left_out[heading] = reason
            elif command == "diff":
                name, text = output
                self.shell.tell(f"cat >{name} <<'=END='\n{text}=END=")
            else:
                self.obey(heading, self.changed(command),
                          self.changed(output))
        print(f"{self.count} commands in {time.monotonic() - began:.0f} s")
        for heading, reason in left_out.items():
            print(f"not tried: '{heading}': {reason}")
        return left_out

    def obey(self, heading, command, output):
        _, said = self.shell.tell(command)
        self.count += 1
        if SHOWS:
            print(f"$ {command}\n{said}", end="")
        elif not re.fullmatch(as_pattern(output), said):
            self.case.assertEqual(output, said,
                                  f"{heading}: $ {command}\n"
                                  + self.shell.logs())
        if " new-plugin " in f" {command} ":
            for one, other in self.changes:
                self.shell.tell(f"sed -i 's,{one},{other},g' shout/*.conf")
