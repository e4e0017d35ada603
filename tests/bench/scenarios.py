# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What is measured, and the figures to reach."""

from dataclasses import dataclass

PASSES = (1, 4, 8)


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    kind: str               # load, idle, start, guard
    load: tuple = ()        # arguments for the load generator
    unit: str = ""          # of work: what a CPU second buys
    lane: str = "gate"      # which port of the targets
    baseline: str = "haproxy"
    workers: tuple = (1,)   # with how many it is measured unless told
    scale: float = 1.0      # of the unit

    @property
    def is_bulk(self):
        return self.load[:1] == ("bulk",)


BOTH = (1, 2)


def plural(connections):
    return f"{connections} connection" + ("s" if connections > 1 else "")


def pingpong(connections, name=None, where="", extra=(), **more):
    return Scenario(name or f"pp{connections}",
                    f"ping-pong 64 B, {plural(connections)}{where}", "load",
                    ("pingpong", "--connections", str(connections), *extra),
                    "round trips", **more)


def bulk(name, way, connections, **more):
    return Scenario(name, f"bulk {way}, {plural(connections)}", "load",
                    ("bulk", "--way", way, "--connections",
                     str(connections)), "GB", scale=1e-9, **more)


def room(members, depth=1):
    """Ten members speak, and go on when all have heard it."""
    each = f", {depth} lines at once" if depth > 1 else ""
    return Scenario(f"room{members}" + (f"x{depth}" if depth > 1 else ""),
                    f"room of {members}, lines of 64 B{each}", "load",
                    ("room", "--connections", str(members), "--depth",
                     str(depth)), "deliveries", lane="room",
                    baseline="room-ref", workers=BOTH if depth == 1 else (1,))


SCENARIOS = (
    pingpong(1),
    pingpong(50, workers=BOTH),
    pingpong(1000, workers=BOTH),
    bulk("bulk1", "down", 1),
    bulk("bulk8", "down", 8, workers=BOTH),
    bulk("up8", "up", 8, workers=BOTH),
    bulk("both1", "both", 1),
    Scenario("conn", "new connections, 32 in flight", "load",
             ("conn", "--connections", "32"), "connections", workers=BOTH),
    pingpong(50, name="echo50", where=", echo", lane="echo",
             extra=("--raw",), baseline="echo-ref"),
    pingpong(1000, name="echo1000", where=", echo", lane="echo",
             extra=("--raw",), baseline="echo-ref"),
    pingpong(50, name="stages", where=", through pass stages",
             lane="pass", baseline="no stage"),
    pingpong(50, name="tls50", where=", TLS 1.3", lane="tls",
             extra=("--tls", "full")),
    Scenario("tls-bulk4", "bulk down, TLS 1.3, 4 connections", "load",
             ("bulk", "--way", "down", "--connections", "4", "--tls",
              "full"), "GB", scale=1e-9, lane="tls"),
    Scenario("tls-full", "full TLS handshakes, ECDSA P-256, 16 in flight",
             "load", ("conn", "--connections", "16", "--tls", "full"),
             "handshakes", lane="tls"),
    Scenario("tls-resumed", "resumed TLS handshakes, 16 in flight", "load",
             ("conn", "--connections", "16", "--tls", "resume"),
             "handshakes", lane="tls"),
    Scenario("tls-idle", "user space of idle TLS connections", "idle",
             ("--tls", "full"), lane="tls"),
    Scenario("guard", "new connections with a token, 32 in flight", "guard",
             ("conn", "--connections", "32"), "connections", lane="guard",
             baseline="no guard"),
    Scenario("guard-bulk", "bulk down, 1 connection, behind a guard",
             "guard", ("bulk", "--way", "down", "--connections", "1"), "GB",
             lane="guard", scale=1e-9, baseline="no guard"),
    room(100),
    room(1000),
    room(100, depth=32),
    room(1000, depth=32),
    Scenario("idle", "user space of idle proxied connections", "idle"),
    Scenario("start", "start to serving", "start"),
)
NAMES = tuple(s.name for s in SCENARIOS)


@dataclass(frozen=True)
class Goal:
    """What binderyd is to reach, with one worker."""
    scenario: str
    value: float
    what: str
    baseline: str = ""      # ratio of work per CPU second to this target
    is_limit: bool = False  # at most, not at least


GOALS = (
    Goal("pp50", 1.08, "ratio to haproxy", "haproxy"),
    Goal("pp1000", 1.15, "ratio to haproxy", "haproxy"),
    Goal("bulk1", 2.7, "ratio to haproxy", "haproxy"),
    Goal("bulk8", 3.2, "ratio to haproxy", "haproxy"),
    Goal("up8", 3.2, "ratio to haproxy", "haproxy"),
    Goal("bulk1", 1.0, "ratio to haproxy-splice", "haproxy-splice"),
    Goal("bulk8", 1.0, "ratio to haproxy-splice", "haproxy-splice"),
    Goal("up8", 1.0, "ratio to haproxy-splice", "haproxy-splice"),
    Goal("conn", 1.05, "ratio to haproxy", "haproxy"),
    Goal("echo50", 0.95, "ratio to echo-ref", "echo-ref"),
    Goal("echo1000", 0.95, "ratio to echo-ref", "echo-ref"),
    Goal("room100", 0.9, "ratio to room-ref", "room-ref"),
    Goal("room1000", 0.9, "ratio to room-ref", "room-ref"),
    Goal("room100x32", 0.9, "ratio to room-ref", "room-ref"),
    Goal("room1000x32", 0.9, "ratio to room-ref", "room-ref"),
    Goal("tls50", 1.15, "ratio to haproxy", "haproxy"),
    Goal("tls-bulk4", 1.5, "ratio to haproxy", "haproxy"),
    Goal("tls-full", 1.4, "ratio to haproxy", "haproxy"),
    Goal("tls-resumed", 1.5, "ratio to haproxy", "haproxy"),
    Goal("tls-idle", 12.0, "KiB per idle TLS connection", is_limit=True),
    Goal("guard", 0.9, "returning tokens to no guard", "no guard"),
    Goal("guard-bulk", 1.0, "ratio to no guard", "no guard"),
    Goal("idle", 0.6, "KiB per idle connection", is_limit=True),
    Goal("idle", 5.0, "MiB of the empty process", is_limit=True),
    Goal("start", 20.0, "ms to serving", is_limit=True),
)
