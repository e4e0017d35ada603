# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The control tool as a process, and a daemon that only knows its lines."""

import codecs
import json
import os
import pty
import select
import socket
import struct
import subprocess
import termios
import threading
import time
from fcntl import ioctl

from .build import BUILD, SCALE
from .daemon import REPORT, environment

BINDERY = os.path.join(BUILD, "server/bindery")


def bindery(*args, env=None, timeout=30, path=BINDERY, **more):
    """The tool with arguments, to its end: it must not die of a signal, nor
    displease a sanitizer."""
    stdin = {} if "input" in more else {"stdin": subprocess.DEVNULL}
    p = subprocess.run([path, *args], **stdin,
                       stdout=more.pop("stdout", subprocess.PIPE),
                       stderr=subprocess.PIPE, timeout=timeout * SCALE,
                       env=environment(dict({"LC_ALL": "C.UTF-8"},
                                            **(env or {}))), **more)
    p.stdout = (p.stdout or b"").decode(errors="surrogateescape")
    p.stderr = p.stderr.decode(errors="surrogateescape")
    if p.returncode < 0 or REPORT.search(p.stderr):
        raise AssertionError(f"bindery {' '.join(args)}: status "
                             f"{p.returncode}\n{p.stderr}")
    return p


def good(answer):
    return {"bindery": 1, "host": "0.1.0", "ok": True, "answer": answer}


def bad(error, *errors):
    refusal = {"bindery": 1, "host": "0.1.0", "ok": False, "error": error}
    return dict(refusal, errors=list(errors)) if errors else refusal


class FakeDaemon:
    """Serves a control socket in a directory.  answer is what every request
    gets: an object, bytes to send as they are, or a function of the request
    that returns one of these, or None for silence."""

    def __init__(self, directory, answer):
        self.path = os.path.join(directory, "control.sock")
        self.answer = answer
        self.requests = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(16)
        self.is_closing = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        self.is_closing.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(30 * SCALE)
        self.socket.close()

    def _serve(self):
        while not self.is_closing.is_set():
            try:
                s, _ = self.socket.accept()
            except OSError:
                return
            with s:
                try:
                    self._one(s)
                except (OSError, ValueError):
                    pass  # a tool that had enough, or says nonsense

    def _one(self, s):
        s.settimeout(20 * SCALE)
        line = b""
        while not line.endswith(b"\n"):
            more = s.recv(65536)
            if not more:
                return
            line += more
        request = json.loads(line)
        self.requests.append(request)
        answer = self.answer
        if callable(answer):
            answer = answer(request)
        if answer is None:
            self.is_closing.wait(20 * SCALE)
            return
        if not isinstance(answer, bytes):
            answer = json.dumps(answer).encode() + b"\n"
        s.sendall(answer)


class Terminal:
    """The tool on a terminal of its own; with_errors: they go there too."""

    def __init__(self, *args, columns=80, rows=24, env=None,
                 with_errors=False):
        self.master, slave = pty.openpty()
        self.slave = slave  # kept: to see what the terminal is set to
        self.before = termios.tcgetattr(slave)
        self.resize(columns, rows)
        self.text = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.process = subprocess.Popen(
            [BINDERY, *args], stdin=slave, stdout=slave,
            stderr=slave if with_errors else subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: ioctl(slave, termios.TIOCSCTTY, 0),
            env=environment(dict({"LC_ALL": "C.UTF-8", "TERM": "xterm"},
                                 **(env or {}))))

    def resize(self, columns, rows):
        ioctl(self.master, termios.TIOCSWINSZ,
              struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, test, timeout=20):
        """Read until test() holds of the text."""
        end = time.monotonic() + timeout * SCALE
        while not test(self.text):
            if time.monotonic() > end:
                raise AssertionError(f"not to be seen in {self.text!r}")
            self.read()

    def read(self):
        if select.select([self.master], [], [], 0.1)[0]:
            # What is read may end within a character.
            self.text += self.decoder.decode(os.read(self.master, 65536))

    def type(self, text):
        os.write(self.master, text.encode())

    def finish(self, timeout=20):
        """Its status, when it has ended and all was read."""
        end = time.monotonic() + timeout * SCALE
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise AssertionError(f"does not end: {self.text!r}")
            self.read()
        self.mark(end)
        return self.process.returncode

    def mark(self, end):
        """Read what was written.  It may come a moment after its writer has
        ended, but not behind what is written later."""
        os.write(self.slave, b"\0")
        while "\0" not in self.text:
            if time.monotonic() > end:
                raise AssertionError(f"is not all there: {self.text!r}")
            self.read()
        self.text = self.text.replace("\0", "")

    def is_as_before(self):
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()
        os.close(self.slave)
        os.close(self.master)
