# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""A strict reader of the files that tee writes."""

import shutil
import socket
import struct
import subprocess

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def blocks(data):
    """(type, body) of each block; whatever is not whole is an error."""
    while data:
        kind, size = struct.unpack_from("<II", data)
        if size % 4 or size > len(data) or \
                struct.unpack_from("<I", data, size - 4)[0] != size:
            raise ValueError(f"a block of type {kind} and size {size}, of "
                             f"{len(data)} bytes")
        yield kind, data[8:size - 4]
        data = data[size:]


def options(data):
    found = {}
    while data:
        code, size = struct.unpack_from("<HH", data)
        if code == 0:
            return found
        found[code] = data[4:4 + size]
        data = data[4 + (size + 3) // 4 * 4:]
    raise ValueError("options without an end")


class Packet:
    def __init__(self, body):
        _, high, low, kept, self.size = struct.unpack_from("<5I", body)
        self.time = (high << 32 | low) / 1e9
        self.options = options(body[20 + (kept + 3) // 4 * 4:])
        self.comment = self.options.get(1, b"").decode()
        self.is_reply = self.options[2] == b"\2\0\0\0"
        p = body[20:20 + kept]
        if p[0] >> 4 == 4:
            family, addresses, tcp = socket.AF_INET, p[12:20], p[20:]
            self.length = struct.unpack_from("!H", p, 2)[0]
        else:
            family, addresses, tcp = socket.AF_INET6, p[8:40], p[40:]
            self.length = 40 + struct.unpack_from("!H", p, 4)[0]
        half = len(addresses) // 2
        ports = struct.unpack_from("!HH", tcp)
        self.source = (socket.inet_ntop(family, addresses[:half]), ports[0])
        self.target = (socket.inet_ntop(family, addresses[half:]), ports[1])
        self.seq, self.ack = struct.unpack_from("!II", tcp, 4)
        self.flags = tcp[13]
        self.data = tcp[(tcp[12] >> 4) * 4:]


class Talk:
    """One connection: bytes of both ways, with their sequence numbers
    checked.  Packets may be missing only where some were dropped."""

    def __init__(self, packets, may_have_gaps):
        self.packets = packets
        self.has_gaps = False
        first = packets[0]
        self.client, self.server = first.source, first.target
        if first.is_reply:  # what came before is missing
            self.client, self.server = self.server, self.client
            self.has_gaps = True
        self.comment = first.comment
        self.data = {False: bytearray(), True: bytearray()}
        self.flags = {False: 0, True: 0}
        next_seq = {False: 0, True: 0}
        for p in packets:
            way = p.is_reply
            assert (p.source == self.server) == way or \
                self.client == self.server
            self.has_gaps |= p.seq != next_seq[way]
            if p.flags & ACK and p.ack != next_seq[not way]:
                self.has_gaps = True
            assert may_have_gaps or not self.has_gaps, (p.seq, p.ack, next_seq)
            self.flags[way] |= p.flags
            self.data[way] += p.data
            next_seq[way] = (p.seq + p.length - headers(p)
                             + bool(p.flags & (SYN | FIN))) % 2**32
        self.request, self.reply = map(bytes, (self.data[False],
                                               self.data[True]))


def headers(p):
    ip = 40 if ":" in p.source[0] else 20
    return ip + (24 if p.flags & SYN else 20)


class Capture:
    def __init__(self, path):
        with open(path, "rb") as f:
            found = list(blocks(f.read()))
        assert found[0][0] == 0x0a0d0d0a and found[1][0] == 1
        assert [k for k, _ in found].count(1) == 1
        linktype, _, self.snaplen = struct.unpack_from("<HHI", found[1][1])
        assert linktype == 101
        self.name = options(found[1][1][8:])[2].decode()
        self.packets = [Packet(b) for k, b in found if k == 6]
        stats = [options(b[12:]) for k, b in found if k == 5]
        self.received, self.dropped = (
            struct.unpack("<Q", stats[0][k])[0] for k in (4, 5)) \
            if stats else (None, None)
        times = [p.time for p in self.packets]
        assert times == sorted(times)
        talks = {}
        for p in self.packets:
            key = frozenset((p.source, p.target))
            talks.setdefault(key, []).append(p)
        self.talks = [Talk(t, self.dropped != 0) for t in talks.values()]


def tshark(path, *args):
    """What tshark says of it; None: it is not here."""
    if not shutil.which("tshark"):
        return None
    p = subprocess.run(["tshark", "-r", path, *args], timeout=120,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
    if p.returncode:
        raise AssertionError(p.stderr)
    return p.stdout
