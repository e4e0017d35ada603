# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""PROXY headers in and out on a system that moves fewer bytes than it could,
or has no memory: whatever fails, a backend reads our header first, or
nothing.  See tests/lib/shim.c."""

import socket
import unittest

from lib import *
from lib.proxies import *

TOKEN = pattern(3000, 77)
SENT = v2(tlvs=tlv(ALPN, b"h2") + tlv(SSL, b"\7\0\0\0\0" + tlv(
    SSL_CN, b"alice")) + tlv(0xe1, TOKEN), crc=True)


@unittest.skipIf(IS_SANITIZED, "the sanitizers want to be the first library")
class Shim(Case):
    def way(self, **more):
        """A proxy's header comes in, ours goes out."""
        self.wrong = []
        b = self.backend(self.behind)
        port = FreePort.get()
        return self.daemon(
            f'way = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' accept_proxy = true; trusted = "127.0.0.1"; }},'
            f' {{ type = "tcp-client"; connect = "127.0.0.1:{b.port}";'
            f' forward = "proxy-v2"; forward_tlvs = ( {{ type = 0xE2;'
            f' fact = "proxy.tlv.e1"; }} ); }} );', **more), port

    def behind(self, s):
        try:
            h = Header(s)
        except EOFError:
            return  # what came of it was ours
        except ValueError as e:
            self.wrong.append(str(e))
            return
        if (h.source, h.tlvs.get(0xe2), h.tlvs.get(ALPN)) != (
                ("192.0.2.1", 1111), TOKEN, b"h2"):
            self.wrong.append(f"{h.source} {h.order}")
        give_back(s)

    def attempt(self, port, size=20000):
        try:
            s = self.connect(port)
            s.sendall(SENT + pattern(size))
            s.shutdown(socket.SHUT_WR)
            return all_of(s) == pattern(size)
        except OSError:
            return False

    def test_cut(self):
        for cut, size in (("random", 300000), ("few", 3000)):
            d, port = self.way(env=shim(cut=cut))
            for _ in range(10):
                self.assertTrue(self.attempt(port, size))
            self.assertFalse(self.wrong)

    def test_no_memory(self):
        switch = self.write("0")
        d, port = self.way(env=shim(malloc=20, switch=switch), workers=2)
        self.assertTrue(self.attempt(port))
        with open(switch, "r+b") as f:
            f.write(b"1")
        served = sum(self.attempt(port) for _ in range(300))
        with open(switch, "r+b") as f:
            f.write(b"0")
        print(f"1 allocation of 20 fails: {served} of 300 served")
        self.assertTrue(d.is_alive(), d.said())
        self.assertLess(served, 300)
        self.assertTrue(self.attempt(port))
        self.assertFalse(self.wrong)


main()
