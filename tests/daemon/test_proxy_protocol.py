# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Headers of the PROXY protocol in front of what clients say: tcp-server reads
them, of whom it trusts, before anything else happens."""

import os
import re
import socket
import struct
import time

from lib import *
from lib.proxies import *

MIB = 1 << 20
HEADER_MAX = 32768
LOCAL_HEADER = v2(command=LOCAL, family=UNSPEC, body=b"")


class Gate(Case):
    def gate(self, server="", sink='{ type = "echo"; }', listen=None,
             trusted='trusted = "127.0.0.1";', **more):
        """A daemon that wants headers, and its port."""
        port = FreePort.get()
        self.pipelines = (
            f'gate = ( {{ type = "tcp-server"; accept_proxy = true;'
            f' listen = "{listen or f"127.0.0.1:{port}"}"; {trusted}'
            f' {server} }}, {sink} );')
        return self.daemon(self.pipelines, **more), port

    def greet(self, to, header, **more):
        """A client of the echo whose word has come back."""
        s = self.connect(to, **more)
        s.sendall(header + b"hello")
        self.assertEqual(b"hello", exactly(s, 5))
        return s

    def facts(self, d, count=1):
        found = answer(d, "connections")["connections"]
        self.assertEqual(count, len(found), found)
        return {k: v for k, v in found[0]["facts"].items()}

    def why(self, d):
        r = d.closed("gate")
        return (r["reason"], r["why"])

    def metric(self, d, name):
        text = answer(d, "metrics")["text"]
        found = re.findall(rf"^bindery_tcp_server_{name}\{{.*\}} (\d+)$",
                           text, re.MULTILINE)
        self.assertEqual(1, len(found), name)
        return int(found[0])


class Reads(Gate):
    def test_version_1(self):
        d, port = self.gate()
        s = self.greet(port, v1())
        facts = self.facts(d)
        own = "127.0.0.1:%d" % s.getsockname()[1]
        self.assertEqual({"peer": "192.0.2.1:1111", "proxy.from": own,
                          "local": "198.51.100.2:2222"}, facts)
        s.close()
        r = d.closed("gate")
        self.assertEqual(("192.0.2.1:1111", own), (r["peer"], r["via"]))

    def test_version_1_of_ipv6(self):
        d, port = self.gate()
        self.greet(port, v1(("2001:db8::1", 1), ("2001:db8::2", 65535)))
        facts = self.facts(d)
        self.assertEqual("[2001:db8::1]:1", facts["peer"])
        self.assertEqual("[2001:db8::2]:65535", facts["local"])

    def real(self, d, s):
        """The addresses are those of the socket."""
        own = "127.0.0.1:%d" % s.getsockname()[1]
        facts = self.facts(d)
        self.assertEqual(own, facts["proxy.from"])
        self.assertEqual(own, facts.get("peer", own))
        self.assertNotIn("198.51.100.2", facts.get("local", ""))

    def test_headers_without_addresses(self):
        d, port = self.gate()
        for header in (b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN a b c d\r\n",
                       LOCAL_HEADER, v2(family=UNSPEC, body=b""),
                       v2(command=LOCAL, tlvs=b"\1\xff\xff")):
            with self.subTest(header=header):
                s = self.greet(port, header)
                self.real(d, s)
                s.close()
                d.closed("gate")
                self.eventually(
                    lambda: not answer(d, "connections")["connections"],
                    "the end of it")

    def test_version_2_with_all_it_can_say(self):
        d, port = self.gate()
        about_tls = struct.pack(">BI", 7, 0) + tlv(
            SSL_VERSION, b"TLSv1.3") + tlv(SSL_CN, "zoë".encode()) + tlv(
            SSL_CIPHER, b"TLS_AES_128_GCM_SHA256")
        self.greet(port, v2(("2001:db8::1", 7), ("::1", 9), tlvs=tlv(
            ALPN, b"h2") + tlv(AUTHORITY, b"a.example") + tlv(
            UNIQUE_ID, b"\0\1") + tlv(NOOP, bytes(9)) + tlv(
            SSL, about_tls) + tlv(0xe1, b"secret") + tlv(0xe1, b"other"),
            crc=True))
        facts = self.facts(d)
        facts.pop("proxy.from")
        self.assertEqual({
            "peer": "[2001:db8::1]:7", "local": "[::1]:9",
            "proxy.alpn": "h2", "proxy.authority": "a.example",
            "proxy.tls.version": "TLSv1.3", "proxy.tls.cn": "zoë",
            "proxy.tls.cipher": "TLS_AES_128_GCM_SHA256",
            "proxy.tls.verified": "yes"}, facts)

    def test_text_that_cannot_be_shown_is_no_fact(self):
        d, port = self.gate()
        self.greet(port, v2(tlvs=tlv(ALPN, b"h2\n") + tlv(
            AUTHORITY, b"\xff") + tlv(SSL, b"\1\0\0\0\0" + tlv(
                SSL_CN, b"a\0b"))))
        facts = self.facts(d)
        self.assertEqual({"peer", "local", "proxy.from",
                          "proxy.tls.verified"}, set(facts))
        self.assertEqual("no", facts["proxy.tls.verified"])

    def test_without_tls_nothing_is_said_of_it(self):
        d, port = self.gate()
        self.greet(port, v2(tlvs=tlv(SSL, b"\6\0\0\0\0" + tlv(
            SSL_CN, b"mallory"))))
        self.assertFalse([k for k in self.facts(d) if "tls." in k])

    def test_unix_addresses(self):
        d, port = self.gate()
        self.greet(port, v2(family=UNIX, body=b"/run/a".ljust(108, b"\0")
                            + b"/run/b".ljust(108, b"\0")))
        facts = self.facts(d)
        self.assertEqual(("unix", "unix"), (facts["peer"], facts["local"]))


class Segments(Gate):
    HEADERS = (v1(), v1(("2001:db8::1", 1), ("2001:db8::2", 2)),
               v2(tlvs=tlv(0xe1, b"token"), crc=True), LOCAL_HEADER)

    def setUp(self):
        self.d, self.port = self.gate()

    def test_byte_by_byte(self):
        for header in self.HEADERS:
            s = self.connect(self.port)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in header + b"hello":
                s.sendall(bytes([byte]))
                time.sleep(0.001)
            self.assertEqual(b"hello", exactly(s, 5))

    def test_in_two(self):
        """At every place, all of them at once."""
        for header in self.HEADERS:
            whole = header + b"hello"
            clients = [self.connect(self.port) for _ in range(1, len(whole))]
            for i, s in enumerate(clients, 1):
                s.sendall(whole[:i])
            time.sleep(0.05)
            for i, s in enumerate(clients, 1):
                s.sendall(whole[i:])
            for s in clients:
                self.assertEqual(b"hello", exactly(s, 5))
                s.close()

    def test_much_behind_it(self):
        for header in self.HEADERS:
            s = self.connect(self.port)
            first = header + pattern(50000)
            sender = self.thread(
                lambda: (s.sendall(first),
                         s.sendall(pattern(4 * MIB - 50000, 50000)),
                         s.shutdown(socket.SHUT_WR)))
            receive_pattern(s, 4 * MIB)
            self.assertEqual(b"", s.recv(1))
            sender.join()

    def test_an_end_right_behind_it(self):
        for header in self.HEADERS:
            s = self.connect(self.port)
            s.sendall(header + b"x")
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(b"x", all_of(s))
            s = self.connect(self.port)
            s.sendall(header)
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(b"", all_of(s))

    def test_the_longest(self):
        room = HEADER_MAX - 16 - 12 - 3
        header = v2(tlvs=tlv(0xe1, pattern(room)))
        self.assertEqual(HEADER_MAX, len(header))
        for step in (len(header), 1460, 7000):
            s = self.connect(self.port)
            for at in range(0, len(header), step):
                s.sendall(header[at:at + step])
                time.sleep(0.002)
            s.sendall(b"hello")
            self.assertEqual(b"hello", exactly(s, 5))


class Refuses(Gate):
    def setUp(self):
        super().setUp()
        self.b = self.backend(give_back)

    def gate_to_backend(self, server="", **more):
        return self.gate(server, sink=f'{{ type = "tcp-client"; connect = '
                         f'"127.0.0.1:{self.b.port}"; }}', **more)

    def test_what_is_no_header(self):
        d, port = self.gate_to_backend()
        good = v2(tlvs=tlv(0xe1, b"token"), crc=True)
        cases = {
            "is missing": (b"GET / HTTP/1.1\r\n\r\n", b"\x16\3\1\0\0", b"P ",
                           SIGNATURE[:11] + b"x"),
            "is of no protocol that is known": (b"PROXY TCP5 a b\r\n",),
            "has no sound addresses and ports": (
                b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",),
            "is a line of more than 107 bytes": (
                b"PROXY UNKNOWN " + b"x" * 93,),
            "does not end in CR LF": (b"PROXY UNKNOWN\n",),
            "has a wrong checksum": (
                good[:-1] + bytes([good[-1] ^ 1]),
                good.replace(b"token", b"tokem")),
            "has a TLV that does not fit": (v2(tlvs=b"\xe1\0\2x"),
                                            v2(tlvs=b"\xe1")),
            "is longer than 32768 bytes": (
                SIGNATURE + b"\x21\x11\x7f\xf1", SIGNATURE + b"\x20\0\xff\xff"
            ),
            "speaks of datagrams, not of a stream": (v2(family=0x12),),
            "is of no family that is known": (v2(family=0x41),),
            "is too short for its addresses": (v2(body=bytes(11)),),
            "has a command that is not known": (v2(command=0x22),),
            "is of a version that is not known": (v2(command=0x11),),
        }
        count = 0
        for why, headers in cases.items():
            for header in headers:
                s = self.connect(port)
                s.sendall(header)
                self.assertTrue(is_reset(s))
                count += 1
                r = d.closed("gate", count)
                r = r[-1] if count > 1 else r
                self.assertEqual(("protocol", "PROXY header " + why, "host"),
                                 (r["reason"], r["why"], r["by"]))
        self.assertFalse(self.b.connections)
        self.assertEqual((0, count), (
            self.metric(d, "proxy_headers_total"),
            self.metric(d, "proxy_header_errors_total")))

    def test_what_ends_early(self):
        d, port = self.gate_to_backend()
        for n, header in enumerate((b"", b"PROXY TCP4", v2()[:27]), 1):
            s = self.connect(port)
            s.sendall(header)
            s.shutdown(socket.SHUT_WR)
            self.assertTrue(is_reset(s))
            d.closed("gate", n)
        r = d.closed("gate", 3)[-1]
        self.assertEqual("PROXY header ends before it is whole", r["why"])
        self.assertFalse(self.b.connections)

    def test_more_than_can_be_kept(self):
        d, port = self.gate_to_backend()
        s = self.connect(port)
        s.sendall(v2(tlvs=b"".join(tlv(i, b"x") for i in range(0x40, 0x90))))
        self.assertTrue(is_reset(s))
        self.assertEqual(
            "PROXY header says more than a connection can keep",
            d.closed("gate")["why"])
        self.assertFalse(self.b.connections)

    @thrice
    def test_silence(self):
        d, port = self.gate_to_backend('proxy_timeout = "400ms";')
        silent, slow = self.connect(port), self.connect(port)
        began = time.monotonic()
        try:
            for byte in v1() * 100:
                slow.sendall(bytes([byte]))
                time.sleep(0.05)
                if time.monotonic() - began > 0.6 * SCALE:
                    break
        except OSError:
            pass
        self.assertTrue(is_reset(silent))
        self.assertLess(time.monotonic() - began, 0.4 + 2 * SCALE)
        for r in d.closed("gate", 2):
            self.assertEqual(("stage-timeout",
                              "PROXY header did not come in time"),
                             (r["reason"], r["why"]))
        self.assertFalse(self.b.connections)

    def test_a_stranger(self):
        d, port = self.gate_to_backend()
        self.assertTrue(self.is_cut(port, source="127.0.0.2"))
        self.assertEqual(1, self.metric(d, "untrusted_total"))
        self.assertEqual(0, self.metric(d, "denied_total"))
        self.greet(port, v1())
        self.assertEqual(1, self.metric(d, "proxy_headers_total"))

    def test_clients_by_the_address_in_the_header(self):
        d, port = self.gate_to_backend(
            'allow = [ "192.0.2.0/24", "127.0.0.1" ]; deny = "192.0.2.9";')
        for n, (source, why) in enumerate((
                ("192.0.2.9", "deny lists the source"),
                ("198.51.100.1", "allow does not list the source")), 1):
            s = self.connect(port)
            s.sendall(v1((source, 1)))
            self.assertTrue(is_reset(s))
            r = d.closed("gate", n)
            r = r[-1] if n > 1 else r
            self.assertEqual(("denied", why, f"{source}:1"),
                             (r["reason"], r["why"], r["peer"]))
        self.assertFalse(self.b.connections)
        self.assertEqual(2, self.metric(d, "denied_total"))
        for header in (v1(), v2(), LOCAL_HEADER):
            self.greet(port, header)

    def test_sources_by_the_address_in_the_header(self):
        d, port = self.gate_to_backend("max_per_source = 2;")
        kept = [self.greet(port, v2((f"192.0.2.{i}", 1)))
                for i in (1, 1, 2, 2, 3)]
        s = self.connect(port)
        s.sendall(v1(("192.0.2.1", 9)))
        self.assertTrue(is_reset(s))
        self.assertEqual(("limit", "source has too many connections"),
                         self.why(d))
        kept[0].close()
        d.closed("gate", 2)
        self.greet(port, v1(("192.0.2.1", 9)))

    def test_who_has_said_nothing_counts(self):
        d, port = self.gate_to_backend("max_connections = 3;")
        silent = [self.connect(port) for _ in range(3)]
        self.eventually(
            lambda: len(answer(d, "connections")["connections"]) == 3,
            "three that wait")
        shown = str(answer(d, "connections"))
        self.assertIn("the PROXY header, 0 bytes so far", shown)
        self.assertTrue(self.is_cut(port))
        silent[0].sendall(v1() + b"hello")
        self.assertEqual(b"hello", exactly(silent[0], 5))


class Around(Gate):
    def test_a_unix_socket_needs_no_list(self):
        path = os.path.join(self.temporary(), "s")
        d, _ = self.gate(listen="unix:" + path, trusted="")
        self.greet(path, v2())
        facts = self.facts(d)
        self.assertEqual(("unix", "192.0.2.1:1111"),
                         (facts["proxy.from"], facts["peer"]))

    def test_a_reload_meanwhile(self):
        d, port = self.gate()
        before, half = self.connect(port), self.connect(port)
        half.sendall(v2()[:20])
        self.eventually(
            lambda: len(answer(d, "connections")["connections"]) == 2,
            "two that wait")
        answer(d, "reload")
        before.sendall(v1() + b"hello")
        half.sendall(v2()[20:] + b"hello")
        for s in (before, half, self.greet(port, v1())):
            if s in (before, half):
                self.assertEqual(b"hello", exactly(s, 5))

    def test_the_end_while_it_is_awaited(self):
        d, port = self.gate('proxy_timeout = "2s";', shutdown="30s")
        s = self.connect(port)
        s.sendall(b"PROXY")
        self.eventually(lambda: answer(d, "connections")["connections"],
                        "one that waits")
        self.assertEqual(0, d.end())

    def check(self, server):
        p = run("-t", "-c", self.write(
            f'pipelines: {{ a = ( {{ type = "tcp-server"; {server} }},'
            f' {{ type = "echo"; }} ); }};'))
        return p.returncode, p.stderr

    def test_options_that_do_not_fit(self):
        listen = 'listen = "127.0.0.1:7000";'
        for server, why in (
                (f'{listen} accept_proxy = true;', "needs 'trusted'"),
                ('listen = "systemd:x"; accept_proxy = true;',
                 "needs 'trusted'"),
                (f'{listen} trusted = "::/0";',
                 "has no effect without accept_proxy = true"),
                (f'{listen} proxy_timeout = "0";', "proxy_timeout")):
            status, said = self.check(server)
            self.assertNotEqual(0, status)
            self.assertIn(why, said)
        status, said = self.check(
            'listen = "unix:/tmp/x"; accept_proxy = true;')
        self.assertEqual(0, status, said)

    def test_a_server_that_leads_nowhere(self):
        p = run("-t", "-c", self.write(
            'pipelines: { a = ( { type = "tcp-server"; listen = '
            '"127.0.0.1:7000"; } ); };'))
        self.assertNotEqual(0, p.returncode)
        self.assertIn("leads nowhere", p.stderr)

    def test_explains(self):
        d, _ = self.gate('allow = "192.0.2.0/24";')
        said = str(answer(d, "explain", pipeline="gate", source="192.0.2.1"))
        self.assertIn("a trusted proxy's header names", said)
        said = str(answer(d, "explain", pipeline="gate", source="127.0.0.1"))
        self.assertIn("allow does not list the source", said)


main()
