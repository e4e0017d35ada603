# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The samples of etc/examples with tokens, as their heads say, and what the
README shows: keys and tokens by the scripts, stock clients."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import time

from lib import *
from lib.sshd import *
from lib.talk import *

EXAMPLES = os.path.join(ROOT, "etc/examples")


class Copied(Case):
    def setUp(self):
        """A copy of the samples, with certificates and keys."""
        self.etc = os.path.join(self.temporary(), "examples")
        shutil.copytree(EXAMPLES, self.etc, ignore=shutil.ignore_patterns(
            "tls", "jwt"))
        for script in ("make-certificates", "make-keys"):
            self.assertEqual("", self.sh(f"./{script}"))

    def sh(self, command, status=0):
        """What a command of a shell says; it must end with the status."""
        p = subprocess.run(["sh", "-c", command], cwd=self.etc,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True,
                           env=environment(), timeout=60 * SCALE)
        self.assertEqual(status, p.returncode, f"{command}: {p.stdout}")
        return p.stdout

class Examples(Copied):
    def serve(self, name):
        """The sample on a port of the test, and the commands of its head, with
        that port."""
        with open(os.path.join(self.etc, name)) as f:
            text = f.read()
        port = re.search(r'listen = "127\.0\.0\.1:(\d+)"', text)[1]
        text = text.replace(port, str(FreePort.get()))
        with open(os.path.join(self.etc, name), "w") as f:
            f.write('log = { format = "json"; };\n' + text)
        self.process = subprocess.Popen(
            [BINDERYD, "-p", PLUGINS, "-c", os.path.join(self.etc, name)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, env=environment())
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        while " serves " not in (line := self.process.stderr.readline()):
            self.assertTrue(line, "binderyd does not serve")
        head = text[:text.index("\npipelines")]
        head = re.sub(r"^# ?", "", head, flags=re.MULTILINE)
        return re.findall(r"^  (\S.*(?:\n   .*)*)", head, re.MULTILINE)

    def said_by(self, command):
        """hello, sent by a command that knows no end: what it says until
        that has come back, or it ends."""
        p = subprocess.Popen(["sh", "-c", command], cwd=self.etc,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env=environment(),
                             start_new_session=True)
        try:
            return listen(p, "hello", b"hello\n", 60 * SCALE)
        finally:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
            p.stdin.close()
            p.stdout.close()

    def test_guard(self):
        curl, openssl = self.serve("jwt-guard.conf")
        self.assertTrue(curl.startswith("curl "), curl)
        self.assertIn("hello", self.said_by(curl))
        expired = curl.replace("make-token", "make-token -l -100")
        self.assertIn("response 407", self.said_by(expired))
        other = curl.replace("echo:7", "db:5432")
        self.assertIn("response 403", self.said_by(other))
        self.assertIn("hello", self.said_by(openssl))

    def test_a_new_key(self):
        """Read without a reload; the old one's tokens are worth nothing."""
        curl, _ = self.serve("jwt-guard.conf")
        old = self.sh("./make-token alice").strip()
        self.sh("rm jwt/issuer.key && ./make-keys")
        self.eventually(lambda: "hello" in self.said_by(curl), "the new one")
        curl = curl.replace("$(./make-token alice)", old)
        self.assertIn("response 407", self.said_by(curl))

    def test_routes(self):
        curl, = self.serve("jwt-routes.conf")
        self.assertIn("hello", self.said_by(curl))
        for change in (("dba", "guest"), ("db:5432", "db:5433"),
                       ("db:5432", "ssh:22")):
            with self.subTest(change):
                self.assertIn("response 403",
                              self.said_by(curl.replace(*change)))
        stolen = re.sub(r"--proxy-(cert|key) \S+", "", curl)
        self.assertIn("response 407", self.said_by(stolen))


class Scripts(Copied):
    def claims(self, arguments):
        token = self.sh(f"./make-token {arguments}").strip()
        self.assertRegex(token, r"^[\w-]+\.[\w-]+\.[\w-]{86}$")
        part = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(part + "=" * 3))

    def test_claims(self):
        c = self.claims("-l 60 -i me -a you 'j\"o\\' 'a b=c=d' "
                        """n:='[1, -2.5e1, {"x y": [null, true]}, "\\\\n"]' """
                        "e= ")
        self.assertAlmostEqual(time.time() + 60, c["exp"], delta=30)
        self.assertEqual(60, c.pop("exp") - c.pop("iat"))
        self.assertEqual({"iss": "me", "aud": "you", "sub": 'j"o\\',
                          "a b": "c=d", "n": [1, -25.0,
                                              {"x y": [None, True]}, "\\n"],
                          "e": ""}, c)

    def test_wrong_arguments_are_said(self):
        for arguments, why in (
                ("", "SUBJECT is missing"), ("''", "SUBJECT is missing"),
                ("-l 5s a", "'5s' is not a number of seconds"),
                ("-k /none a", "there is no key in /none"),
                ("a role", "'role' is no NAME=TEXT"),
                ("a =x", "has no name"),
                ("a sub=b", "'sub' is set by an option"),
                ("a r=1 r=2", "'r' comes twice"),
                ("a x:=y", "'y' is no JSON"), ("a x:=[1,]", "is no JSON"),
                ("a x:=", "is no JSON"), ("a x:='1 2'", "is no JSON"),
                ("a x:='{\"a\":01}'", "is no JSON"),
                ("a 'x:=\"a\nb\"'", "control character"),
                ("'a\nb'", "control character"), ("-z", "usage: ")):
            with self.subTest(arguments):
                said = self.sh(f"./make-token {arguments}", 1)
                self.assertRegex(said, rf"(?m)^make-token: .*{re.escape(why)}"
                                 if why != "control character" else why)

    def test_a_key_is_not_overwritten(self):
        self.assertRegex(self.sh("./make-keys", 1), "is there already")
        mode = os.stat(os.path.join(self.etc, "jwt/issuer.key")).st_mode
        self.assertEqual(0o600, mode & 0o777)


class Readme(Case):
    """The section is done line by line; figures in what is said may differ."""

    def setUp(self):
        with open(os.path.join(ROOT, "README.md")) as f:
            text = f.read()
        section = text.split("\n## Guard a port with tokens\n")[1]
        section = section.split("\n## ")[0]
        lines = re.findall(r"^    (.*)$", section, re.MULTILINE)
        at = next(i for i, line in enumerate(lines) if line[0] == "$")
        self.conf = "\n".join(lines[:at]) + "\n"
        self.steps = []  # (command, what it says)
        for line in lines[at:]:
            if line.startswith("$ "):
                self.steps.append([line[2:], ""])
            elif self.steps[-1][0][-1] in "\\|":
                self.steps[-1][0] += "\n" + line
            else:
                self.steps[-1][1] += line + "\n"

    def place(self):
        """A tree in which the commands can run, and ssh that reaches a server
        of the test."""
        there = self.temporary()
        os.symlink(os.path.join(ROOT, "etc"), os.path.join(there, "etc"))
        os.symlink(BUILD, os.path.join(there, "build"))
        port = str(FreePort.get())
        self.steps = [(c.replace("7103", port), s) for c, s in self.steps]
        conf = self.conf.replace("7103", port)
        self.sshd = Sshd.of(self)
        if self.sshd:
            # with its quote: the gate's port may begin with 22 as well
            conf = conf.replace('127.0.0.1:22"',
                                f'127.0.0.1:{self.sshd.port}"')
            self.write('#!/bin/sh\nexec ' + " ".join(
                [find("ssh"), *self.sshd.options, '"$@"']) + "\n", "ssh",
                there)
            os.chmod(os.path.join(there, "ssh"), 0o755)
        self.write(conf, "guard.conf", there)
        return there

    def test_section(self):
        there = self.place()
        shell = subprocess.Popen(
            ["sh"], cwd=there, stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**environment(), "PATH": f"{there}:{os.environ['PATH']}"})
        self.addCleanup(shell.stdout.close)
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        script, wanted = "", []
        for command, says in self.steps:
            if command.startswith("ssh ") and not (
                    self.sshd and find("proxytunnel")) \
                    or " socat " in command and not find("socat"):
                continue
            # cat would read the rest of this script
            command = command.replace("; cat)", f"; sleep {3 * SCALE})")
            script += f"{command}\necho ---\n"
            wanted.append(says)
            if command.endswith("&"):
                script += ("for i in $(seq 200); do grep -q ' serves ' "
                           "guard.log && break; sleep 0.1; done\n")
        said = shell.communicate(script, timeout=120 * SCALE)[0]
        with open(os.path.join(there, "guard.log"), errors="replace") as f:
            log = f.read()
        self.assertEqual(*(re.sub(r"\d+", "N", text) for text in (
            "".join(w + "---\n" for w in wanted), said)), log)


if __name__ == "__main__":
    main()
