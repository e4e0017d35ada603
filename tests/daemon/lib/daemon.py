# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""binderyd as a process of a test."""

import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import threading
import time

from .build import BINDERYD, HOLD, PLUGINS, SCALE, SHIM, TEST_PLUGINS

REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer"
                    r"|runtime error:")
PATHS = ("-p", PLUGINS, "-p", TEST_PLUGINS)
# Long enough for connections that are ending, on a machine that is busy.
SHUTDOWN = "10s"


def environment(extra=None):
    env = {k: v for k, v in os.environ.items()
           if k not in ("NOTIFY_SOCKET", "LD_PRELOAD", "JOURNAL_STREAM")}
    env.update(extra or {})
    return env


def run(*args, paths=PATHS, timeout=20, env=None, launcher=(), **more):
    """binderyd with arguments, to its end; stdout and stderr are text.  It
    must not die of a signal, nor displease a sanitizer."""
    p = subprocess.run([*launcher, BINDERYD, *paths, *args],
                       stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=timeout * SCALE, env=environment(env),
                       errors="surrogateescape", **more)
    if p.returncode < 0 or REPORT.search(p.stderr):
        raise AssertionError(f"binderyd {' '.join(args)}: status "
                             f"{p.returncode}\n{p.stderr}")
    return p


def preloaded(library):
    if not os.path.exists(library):
        raise AssertionError(f"{library} does not exist: build it")
    return {"LD_PRELOAD": library,
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")
            + ":verify_asan_link_order=0"}


def shim(**settings):
    """The environment with the shim in it; settings as tests/lib/shim.c has
    them."""
    return preloaded(SHIM) | {"SHIM_" + k.upper(): str(v)
                              for k, v in settings.items()}


def hold(path):
    """The environment in which the configuration is not read as long as the
    file begins with another byte than 0."""
    return preloaded(HOLD) | {"HOLD": path}


class Daemon:
    """A running binderyd.  pipelines is the inside of that group; settings
    stand before it; log is the inside of that group; command runs it."""

    def __init__(self, pipelines, settings="", workers=1, env=None, args=(),
                 files=None, shutdown=SHUTDOWN, wait=True, paths=PATHS,
                 log='format = "json";', program=BINDERYD, launcher=(),
                 pass_fds=()):
        self.log = log
        self.directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
        self.config = self.path("test.conf")
        self.configure(pipelines, settings, workers, shutdown)
        self.args = [*launcher, program, *paths, "-c", self.config, *args]
        self.pass_fds = pass_fds
        self.env = environment(env)
        self.files = files
        self.status = None
        self.start(wait)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def configure(self, pipelines, settings="", workers=1, shutdown=SHUTDOWN):
        """Put a configuration in place, at once and whole.  The settings
        begin in line 4, the pipelines two lines below them."""
        control = f'control = {{ socket = "{self.path("control.sock")}"; }};'
        with open(self.path("new.conf"), "w") as f:
            f.write(f'workers = {workers};\n'
                    f'log = {{ {self.log} }}; {control}\n'
                    f'shutdown_timeout = "{shutdown}";\n'
                    f'{settings}\npipelines: {{\n{pipelines}\n}};\n')
        os.rename(self.path("new.conf"), self.config)

    # ---- the process

    def _limit(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))

    def start(self, wait=True):
        self.lines = []   # of its log, as text
        self.records = []  # the same, parsed
        self.odd = []     # lines that are no JSON
        self.more = threading.Condition()
        self.has_ended = False
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            self.args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=self.env, pass_fds=self.pass_fds,
            preexec_fn=self._limit if self.files else None)
        self.pid = self.process.pid
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if wait:
            try:
                self.wait_until_serving()
            except AssertionError:
                self.kill()
                raise

    def _read(self):
        with self.process.stderr as stream:
            for line in stream:
                self._take(line.decode(errors="surrogateescape"))
        with self.more:
            self.has_ended = True
            self.more.notify_all()

    def _take(self, line):
        with self.more:
            self.lines.append(line)
            try:
                self.records.append(json.loads(line))
            except ValueError:
                self.odd.append(line)
            self.more.notify_all()

    def said(self):
        return "".join(self.lines[-60:])

    def wait_until_serving(self, timeout=15):
        self.wait_record(lambda r: " serves " in r.get("message", ""),
                         timeout)
        self.serving_after = time.monotonic() - self.began

    def is_alive(self):
        return self.process.poll() is None

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, timeout=20):
        """For its end: the exit status."""
        try:
            self.status = self.process.wait(timeout * SCALE)
        except subprocess.TimeoutExpired:
            raise AssertionError("binderyd does not end\n"
                                 + self.said()) from None
        self.reader.join(10)
        return self.status

    def end(self, timeout=20):
        """SIGTERM: the exit status."""
        self.signal()
        return self.wait(timeout)

    def kill(self):
        self.process.kill()
        self.wait()

    def finish(self, allowed=(0,)):
        """At the end of a test: it still ran, and ends as it should."""
        try:
            if self.status is None and self.is_alive():
                self.end()
                if self.status not in allowed:
                    raise AssertionError(f"binderyd ended with status "
                                         f"{self.status}\n{self.said()}")
            elif self.status is None:
                raise AssertionError(f"binderyd died: status {self.wait()}\n"
                                     + self.said())
            if any(map(REPORT.search, self.odd)):
                raise AssertionError("".join(self.odd[:200]))
        finally:
            if self.is_alive():
                self.process.kill()
                self.process.wait()
            self.directory.cleanup()

    # ---- its log

    def wait_record(self, test, timeout=10, count=1):
        """Until count records of the log pass the test: these."""
        end = time.monotonic() + timeout * SCALE
        with self.more:
            seen, found = 0, []
            while True:
                found += filter(test, self.records[seen:])
                seen = len(self.records)
                if len(found) >= count:
                    return found[:count] if count > 1 else found[0]
                left = end - time.monotonic()
                if self.has_ended or left <= 0:
                    raise AssertionError(
                        f"{len(found)} of {count} records are in the log "
                        f"after {timeout * SCALE} s\n{self.said()}")
                self.more.wait(left)

    def closed(self, pipeline, count=1, timeout=10):
        """The records of the connections that ended there: one, or a list of
        count."""
        return self.wait_record(
            lambda r: r.get("message") == "connection closed"
            and r.get("pipeline") == pipeline, timeout, count)
