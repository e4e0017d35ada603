# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard and the PROXY protocol: tokens that come in a header, and
identities that go to the backend in one."""

import json
import os
import socket
import subprocess
import sys
import unittest

from lib import *
from lib.guard import *
from lib.proxies import *
from lib.tokens import *

ACCEPT = 'accept_proxy = true; trusted = "127.0.0.0/8";'


class TokenInHeader(GuardCase):
    def header(self, port, token, kind=0xE1, payload=b"ping", **more):
        s = self.connect(port)
        tlvs = tlv(kind, token.encode()) if token else b""
        s.sendall(v2(tlvs=tlvs, **more) + payload)
        return s

    def test_nothing_is_read_from_the_stream(self):
        d, port = self.gate('present = "proxy-tlv";', server=ACCEPT)
        s = self.header(port, self.key.token(), payload=b"AUTH nothing\r\n")
        self.assertEqual(b"AUTH nothing\r\n", exactly(s, 14))
        self.assertEqual("192.0.2.1:1111",
                         [r["peer"] for r in self.rows(d)][0])

    def test_refusals_are_silent(self):
        d, port = self.gate('present = "proxy-tlv";', server=ACCEPT)
        for token, kind, code in (
                (None, 0xE1, "missing"), (self.key.token(), 0xE0, "missing"),
                (self.key.token(lifetime=-99), 0xE1, "expired"),
                ("x", 0xE1, "malformed")):
            s = self.header(port, token, kind)
            self.assertEqual(b"", all_of(s))
            s.close()
            self.eventually(lambda: self.metric(
                d, "refused_total", reason=code) > 0, code)

    def test_another_type(self):
        d, port = self.gate('present = "proxy-tlv"; tlv_type = 0xEE;',
                            server=ACCEPT)
        s = self.header(port, self.key.token(), 0xEE)
        self.assertEqual(b"ping", exactly(s, 4))

    def test_beside_other_ways(self):
        d, port = self.gate('present = [ "line", "proxy-tlv" ];',
                            server=ACCEPT)
        s = self.header(port, self.key.token())
        self.assertEqual(b"ping", exactly(s, 4))
        line = b"AUTH " + self.key.token().encode() + b"\r\nping"
        s = self.header(port, None, payload=line)
        self.assertEqual(b"ping", exactly(s, 4))

    def test_a_proxy_on_this_machine_speaks_for_strangers(self):
        """Who is on the other end of the wire counts: nobody listens."""
        d, port = self.gate(server=ACCEPT)
        line = b"AUTH " + self.key.token().encode() + b"\r\nping"
        s = self.header(port, None, payload=line)
        self.assertEqual(b"ping", exactly(s, 4))


class Forward(GuardCase):
    def test_identity_and_claims_go_to_the_backend(self):
        found = []

        def serve(s):
            found.append(Header(s))
            s.sendall(exactly(s, 4))

        b = self.backend(serve)
        d, port = self.gate(
            'expose = [ "email", "realm.roles" ];',
            sink='{ type = "tcp-client"; connect = '
            f'"127.0.0.1:{b.port}"; forward = "proxy-v2"; }}')
        s = self.present(port, self.key.token(
            email="a@example.org", realm={"roles": ["x", "y"]}))
        self.assertEqual(b"ping", exactly(s, 4))
        header = found[0]
        self.assertEqual(s.getsockname(), header.source)
        self.assertEqual(b"alice", header.tlvs[0xE2])
        self.assertEqual({"email": "a@example.org",
                          "realm.roles": ["x", "y"]},
                         json.loads(header.tlvs[0xE3]))


INSIDE = "BINDERY_TEST_NETWORK"
NETWORK = ("ip link set lo up && ip address add 192.0.2.1/32 dev lo && "
           'exec "$@"')


class Network(unittest.TestCase):
    """Tokens need TLS over a network: in a namespace with one of its own."""

    @unittest.skipIf(INSIDE in os.environ, "in it already")
    def test_in_a_network_of_its_own(self):
        inside = ("unshare", "-rn", "sh", "-c", NETWORK, "sh")
        if subprocess.run([*inside, "true"], stderr=subprocess.PIPE).returncode:
            self.skipTest("no network namespace can be made here")
        p = subprocess.run(
            [*inside, sys.executable, __file__, "Inside"],
            env={**os.environ, INSIDE: "1"}, capture_output=True, text=True,
            timeout=100 * SCALE)
        self.assertEqual(0, p.returncode, p.stderr)
        self.assertIn("Ran 3 tests", p.stderr)
        self.assertNotIn("skipped", p.stderr)


@unittest.skipUnless(INSIDE in os.environ, "needs a network")
class Inside(GuardCase):
    def said(self, options, first, server=""):
        d, port = self.gate(options, server=server, address="192.0.2.1")
        s = self.connect(("192.0.2.1", port), source="192.0.2.1")
        s.sendall(first)
        s.shutdown(socket.SHUT_WR)
        return all_of(s)

    @property
    def line(self):
        return b"AUTH " + self.key.token().encode() + b"\r\nping"

    def setUp(self):
        self.key = Key()

    def test_cleartext_is_refused(self):
        self.assertRegex(self.said("", self.line), b'^ERR cleartext ".*TLS')
        self.assertEqual(b"ping", self.said("allow_cleartext_tokens = true;",
                                            self.line))

    def test_nobody_is_asked_for_a_token(self):
        said = self.said("", b"CONNECT db:1 HTTP/1.1\r\n\r\n")
        self.assertRegex(said, b"^HTTP/1.1 403 ")
        self.assertNotIn(b"Authenticate", said)
        for first in (b"\5\1\2", b"\5\1\2\1\1u\1x"):
            self.assertEqual(b"\5\xff", self.said(
                'present = "socks5";', first))

    def test_a_header_does_not_make_a_stranger_local(self):
        header = v2(("127.0.0.1", 1), ("127.0.0.1", 2))
        trusted = 'accept_proxy = true; trusted = "192.0.2.0/24";'
        self.assertRegex(self.said("", header + self.line, trusted),
                         b"^ERR cleartext")
        header = v2(tlvs=tlv(0xE1, self.key.token().encode()))
        self.assertEqual(b"", self.said('present = "proxy-tlv";', header,
                                        trusted))


if __name__ == "__main__":
    main()
