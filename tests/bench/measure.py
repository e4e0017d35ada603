# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Measuring: one scenario after the other, and within each the targets in
turns, round by round, so that what drifts on the machine drifts for all."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace

from guard import ALGORITHMS, DIFFERENT
from scenarios import PASSES
from targets import ALL, PROXIES, Backend, Binderyd, EchoRef, Failed

LOAD_LIMIT_S = 60  # beside what it measures


def say(text):
    print(text, file=sys.stderr, flush=True)


def layout(workers):
    """CPUs of gateway, load and backend, and that in words."""
    cpus = sorted(os.sched_getaffinity(0))
    n = len(cpus)
    if n > workers:
        gateway = set(cpus[:workers])
        load = {cpus[workers]}
        backend = {cpus[min(workers + 1, n - 1)]}
    else:
        gateway = load = backend = set(cpus)
    if gateway == load:
        words = f"gateway, load and backend share {names(gateway)}"
    elif load == backend:
        words = (f"gateway on {names(gateway)}, load and backend on "
                 f"{names(load)}")
    else:
        words = (f"gateway on {names(gateway)}, load on {names(load)}, "
                 f"backend on {names(backend)}")
    return gateway, load, backend, words


def names(cpus):
    return ("CPU " if len(cpus) == 1 else "CPUs ") + \
        ", ".join(map(str, sorted(cpus)))


def pinned(cpus):
    return lambda: os.sched_setaffinity(0, cpus)


class Session:
    """All measurements with one number of workers."""

    def __init__(self, options, tools, targets, workers):
        self.options = options
        self.tools = tools
        self.classes = targets
        self.workers = workers
        self.gateway, self.load, self.backend_cpus, self.words = \
            layout(workers)
        self.backend = None
        self.running = {}
        self.broken = set()  # they are reported once, then left out
        self.results = {}  # scenario: lane: list of records, one per round
        self.failures = []
        self.count = 0

    def __enter__(self):
        self.backend = Backend(self.tools, self.new_directory("backend"), 1)
        self.backend.start(0, self.backend_cpus)
        return self

    def __exit__(self, *_):
        for target in list(self.running.values()) + [self.backend]:
            target.stop()

    @property
    def backend_port(self):
        return self.backend.ports["backend"]

    def new_directory(self, name):
        self.count += 1
        return os.path.join(self.tools.directory,
                            f"{self.workers}-{self.count}-{name}")

    def new_target(self, cls, lanes=None):
        return cls(self.tools, self.new_directory(cls.name), self.workers,
                   lanes)

    def fail(self, where, why):
        self.failures.append(f"{where}: {why}")
        say(f"FAILED {where}: {why}")

    def run(self, scenario):
        say(f"{scenario.name}, {self.workers} worker"
            + ("s" if self.workers > 1 else ""))
        measure = {"load": self.run_load, "idle": self.run_idle,
                   "start": self.run_start,
                   "guard": self.run_guard}[scenario.kind]
        try:
            measure(scenario, self.results.setdefault(scenario.name, {}))
        except Failed as e:
            self.fail(scenario.name, e)

    # -- traffic

    def lanes(self, scenario):
        """(name, target, port) of all that the scenario compares."""
        if scenario.lane == "pass":
            target = self.target(Binderyd)
            found = [("no stage", "gate")] + [
                (f"{n} stage" + ("s" if n > 1 else ""), f"pass{n}")
                for n in PASSES if f"pass{n}" in target.ports]
            return [(name, target, target.ports[lane])
                    for name, lane in found]
        classes = [c for c in self.classes if scenario.lane in c.lanes]
        found = []
        for cls in classes:
            if cls.name in self.broken:
                continue
            try:
                target = self.target(cls)
            except Failed as e:
                self.broken.add(cls.name)
                self.fail(scenario.name, e)
                continue
            found.append((cls.name, target, target.ports[scenario.lane]))
        return found

    def target(self, cls):
        """Started when it is first needed, or has ended by itself; it runs
        until the session ends."""
        running = self.running.get(cls.name)
        if running is None or running.has_ended:
            lanes = None
            if cls is Binderyd:
                lanes = list(cls.lanes)
                if self.tools.guard:
                    lanes.append("guard")
                if self.tools.has_pass:
                    lanes += [f"pass{n}" for n in PASSES]
            target = self.new_target(cls, lanes)
            target.start(self.backend_port, self.gateway)
            self.running[cls.name] = target
        return self.running[cls.name]

    def run_load(self, scenario, results):
        lanes = self.lanes(scenario)
        for turn in range(self.options.rounds):
            # Another one begins each round.
            first = turn % len(lanes) if lanes else 0
            for name, target, port in lanes[first:] + lanes[:first]:
                record = None
                try:
                    record = self.load_once(scenario, target, port)
                except Failed as e:
                    self.fail(f"{scenario.name}, {name}", e)
                results.setdefault(name, []).append(record)

    def load_once(self, scenario, target, port):
        said = self.call_load(
            *scenario.load, *target.load_options, "--to", str(port),
            "--pids", ",".join(map(str, target.pids())),
            "--warm-up", str(self.options.warm_up),
            "--seconds", str(self.options.seconds))
        amount = (said["bytes"] if scenario.is_bulk else said["units"]) \
            * scenario.scale
        if amount <= 0 or said["cpu_seconds"] <= 0:
            raise Failed("nothing was done")
        return {"work": amount / said["cpu_seconds"],
                "rate": amount / said["seconds"],
                "cpu_share": said["cpu_seconds"] / said["seconds"],
                "latency_us": said["latency_us"]}

    def call_load(self, mode, *arguments):
        argv = [self.tools.load, mode, *arguments]
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, preexec_fn=pinned(self.load),
                timeout=LOAD_LIMIT_S + self.options.seconds)
        except subprocess.TimeoutExpired:
            raise Failed("the load generator hangs") from None
        if done.returncode != 0:
            raise Failed(done.stderr.strip()
                         or f"load ended with {done.returncode}")
        time.sleep(0.03)  # the closing is not the next one's work
        return json.loads(done.stdout.splitlines()[-1])

    # -- a guard, beside the same pipeline without it

    def run_guard(self, scenario, results):
        target = self.target(Binderyd)
        for name, lane, lines in self.guard_lanes(scenario) \
                * self.options.rounds:
            more = ("--tokens", lines) if lines else ()
            record = None
            try:
                if lane:
                    record = self.load_once(replace(
                        scenario, load=scenario.load + more), target,
                        target.ports[lane])
                else:
                    record = self.verify_once(name.split()[-1])
            except Failed as e:
                self.fail(f"{scenario.name}, {name}", e)
            results.setdefault(name, []).append(record)

    def guard_lanes(self, scenario):
        """(name, lane, tokens): a lane of None is the library alone."""
        guard = self.tools.guard
        returning = ("returning", "guard", guard.lines("ES256", 1))
        if scenario.is_bulk:
            return [("no guard", "gate", None), returning]
        found = [("no guard", "gate", None), returning]
        for alg in ALGORITHMS:
            found += [(f"new {alg}", "guard", guard.lines(alg, DIFFERENT)),
                      (f"the library alone, {alg}", None, None)]
        return found

    def verify_once(self, alg):
        done = subprocess.run(
            [os.path.join(os.path.dirname(self.tools.load), "verify"), alg,
             str(self.options.seconds / 2)], capture_output=True, text=True,
            preexec_fn=pinned(self.gateway), timeout=LOAD_LIMIT_S)
        if done.returncode:
            raise Failed(f"verify ended with {done.returncode}")
        return {"work": float(done.stdout)}

    # -- memory

    def run_idle(self, scenario, results):
        for turn in range(min(self.options.rounds, 3)):
            for cls in (c for c in self.classes
                        if scenario.lane in c.lanes):
                target = self.new_target(cls, [scenario.lane])
                try:
                    target.start(self.backend_port, self.gateway)
                    record = self.idle_once(scenario, target)
                except Failed as e:
                    self.fail(f"{scenario.name}, {cls.name}", e)
                    record = None
                finally:
                    target.stop()
                results.setdefault(cls.name, []).append(record)

    def idle_once(self, scenario, target):
        """What each further connection takes: first some, so that what is
        taken once is taken, then many more."""
        few, many = self.options.idle
        empty = target.private_bytes()
        with Idle(self, scenario, target, few):
            before = target.private_bytes()
            with Idle(self, scenario, target, many):
                after = target.private_bytes()
        return {"empty_mib": empty / 2**20,
                "kib_per_connection": (after - before) / many / 1024}

    # -- starting

    def run_start(self, scenario, results):
        for turn in range(self.options.rounds):
            for cls in (c for c in self.classes if c in PROXIES):
                target = self.new_target(cls, ["gate"])
                try:
                    said = self.call_load(
                        "start", "--to", str(target.ports["gate"]),
                        "--cpu", str(min(self.gateway)), "--",
                        *target.command(self.backend_port))
                    record = {"connect_ms": said["connect_ms"],
                              "answer_ms": said["answer_ms"]}
                except Failed as e:
                    self.fail(f"{scenario.name}, {cls.name}", e)
                    record = None
                results.setdefault(cls.name, []).append(record)


class Idle:
    """Connections that have done one round trip and now say nothing."""

    def __init__(self, session, scenario, target, count):
        self.process = subprocess.Popen(
            [session.tools.load, "idle", *scenario.load, "--to",
             str(target.ports[scenario.lane]), "--connections", str(count),
             "--warm-up", "0.3", "--seconds", "30"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            preexec_fn=pinned(session.load))

    def __enter__(self):
        if "ready" not in self.process.stdout.readline():
            why = self.process.communicate()[1].strip()
            raise Failed(why or "idle connections could not be opened")
        return self

    def __exit__(self, *_):
        why = self.process.communicate()[1].strip()
        if self.process.returncode != 0:
            raise Failed(why or "an idle connection was lost")


def choose_targets(wanted, tools):
    """The classes to measure; says which are left out, and why."""
    chosen = []
    for name in wanted:
        why = ALL[name].missing(tools)
        if why:
            say(f"skipped: {name}: {why}")
        else:
            chosen.append(ALL[name])
    return chosen


def clean(directory):
    shutil.rmtree(directory, ignore_errors=True)
