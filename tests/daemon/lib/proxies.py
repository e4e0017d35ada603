# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The PROXY protocol: headers to send, and what a backend was sent."""

import socket
import struct

from .peers import exactly

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
UNSPEC, TCP4, TCP6, UNIX = 0x00, 0x11, 0x21, 0x31
ALPN, AUTHORITY, CRC32C, NOOP, UNIQUE_ID, SSL = 1, 2, 3, 4, 5, 0x20
SSL_VERSION, SSL_CN, SSL_CIPHER, SSL_CERTIFICATE = 0x21, 0x22, 0x23, 0x28


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def tlv(kind, value):
    return struct.pack(">BH", kind, len(value)) + value


def addresses(source, destination):
    """Two (host, port) as they stand in a header."""
    family = socket.AF_INET6 if ":" in source[0] else socket.AF_INET
    return (socket.inet_pton(family, source[0])
            + socket.inet_pton(family, destination[0])
            + struct.pack(">HH", source[1], destination[1]))


def v1(source=("192.0.2.1", 1111), destination=("198.51.100.2", 2222)):
    return (f"PROXY TCP{6 if ':' in source[0] else 4} {source[0]} "
            f"{destination[0]} {source[1]} {destination[1]}\r\n").encode()


def v2(source=("192.0.2.1", 1111), destination=("198.51.100.2", 2222),
       tlvs=b"", command=PROXY, family=None, body=None, crc=False):
    if body is None:
        body = addresses(source, destination)
    if family is None:
        family = TCP6 if ":" in source[0] else TCP4
    body += tlvs
    if crc:
        body += tlv(CRC32C, bytes(4))
    header = SIGNATURE + struct.pack(">BBH", command, family, len(body)) + body
    if crc:
        header = header[:-4] + struct.pack(">I", crc32c(header))
    return header


class Header:
    """What a stream begins with, taken apart: source and destination are
    (host, port), paths, or None; tlvs and ssl by type."""

    def __init__(self, s):
        first = exactly(s, 16)
        self.command, self.family, size = struct.unpack(">BBH", first[12:])
        if first[:12] != SIGNATURE:
            raise ValueError(f"no header: {first!r}")
        body = exactly(s, size)
        self.source = self.destination = None
        at = self._addresses(body)
        self.order = []
        self.tlvs = self._tlvs(body[at:], self.order)
        if CRC32C in self.tlvs:
            if self.order[-1] != CRC32C:
                raise ValueError("the checksum is not the last TLV")
            sent = struct.unpack(">I", self.tlvs[CRC32C])[0]
            if crc32c(first + body[:-4] + bytes(4)) != sent:
                raise ValueError("the checksum is wrong")
        self.ssl = None
        if SSL in self.tlvs:
            self.client, self.verify = struct.unpack(">BI", self.tlvs[SSL][:5])
            self.ssl = self._tlvs(self.tlvs[SSL][5:], [])

    def _addresses(self, body):
        if self.family in (TCP4, TCP6):
            size, family = ((4, socket.AF_INET) if self.family == TCP4 else
                            (16, socket.AF_INET6))
            hosts = [socket.inet_ntop(family, body[i * size:(i + 1) * size])
                     for i in range(2)]
            ports = struct.unpack(">HH", body[2 * size:2 * size + 4])
            self.source, self.destination = zip(hosts, ports)
            return 2 * size + 4
        if self.family == UNIX:
            self.source, self.destination = body[:108], body[108:216]
            return 216
        return 0

    @staticmethod
    def _tlvs(data, order):
        found = {}
        while data:
            kind, size = struct.unpack(">BH", data[:3])
            if size > len(data) - 3 or kind in found:
                raise ValueError("TLVs do not fit, or come twice")
            found[kind] = data[3:3 + size]
            order.append(kind)
            data = data[3 + size:]
        return found


__all__ = [n for n in dir() if not n.startswith("_")
           and n not in ("socket", "struct", "exactly")]
