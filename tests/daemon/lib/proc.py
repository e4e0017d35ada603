# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What the kernel says of a process."""

import os
import resource

PIPES_KEPT = 2 * 16  # ends, at most, by a worker
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def rss(pid):
    """Resident bytes."""
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * PAGE


def cpu_seconds(pid):
    """Used so far, by all threads."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def fd_kinds(pid):
    """How many descriptors are no pipes, and how many are ends of pipes: of
    those each worker keeps some, as many as it once had use for."""
    kinds = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            kinds.append(os.readlink(f"/proc/{pid}/fd/{fd}")[:5] == "pipe:")
        except FileNotFoundError:
            pass
    return kinds.count(False), kinds.count(True)


def fd_count(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def kernel_most():
    """Bytes that two sockets and the sender's may hold."""
    most = 0
    for name, times in (("rmem", 1), ("wmem", 2)):
        with open(f"/proc/sys/net/ipv4/tcp_{name}") as f:
            most += int(f.read().split()[2]) * times
    return most


def raise_files(wanted):
    """The number of descriptors that this process may have, at least wanted
    if the system lets us."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard > wanted:
        hard = wanted
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (
            hard, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
