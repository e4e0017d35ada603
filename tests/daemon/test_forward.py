# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What tcp-client tells a backend about the client, in a PROXY header: alone,
and with another binderyd that reads it."""

import os
import socket
import ssl
import tempfile

from lib import *
from lib.proxies import *
from lib.tls import *

MIB = 1 << 20


def setUpModule():
    global directory, ca, server, alice
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    server = ca.issue("a.example", "localhost")
    alice = ca.client("alice")


def tearDownModule():
    directory.cleanup()


class Told(Case):
    """A backend that reads a header, and then echoes."""

    def told(self):
        self.headers = []

        def handle(s):
            if not s.recv(1, socket.MSG_PEEK):
                return  # not a byte came
            self.headers.append(Header(s))
            s.sendall(b"!")
            give_back(s)
        return self.backend(handle)

    def way(self, server="", client="", middle="", listen=None, to=None,
            **more):
        port = FreePort.get()
        to = to or f"127.0.0.1:{self.told().port}"
        return self.daemon(
            f'way = ( {{ type = "tcp-server";'
            f' listen = "{listen or f"127.0.0.1:{port}"}"; {server} }},'
            f' {middle} {{ type = "tcp-client"; connect = "{to}";'
            f' forward = "proxy-v2"; {client} }} );', **more), port

    def greet(self, to, header=b""):
        """A client that has spoken with the backend, and the header that
        the backend read."""
        s = to if not isinstance(to, (int, str, tuple)) else self.connect(to)
        s.sendall(header + b"hello")
        self.assertEqual(b"!hello", exactly(s, 6))
        return s, self.headers[-1]


class Alone(Told):
    def test_addresses(self):
        d, port = self.way()
        s, h = self.greet(port)
        self.assertEqual((PROXY, TCP4), (h.command, h.family))
        self.assertEqual(s.getsockname(), h.source)
        self.assertEqual(("127.0.0.1", port), h.destination)
        self.assertEqual([UNIQUE_ID, CRC32C], h.order)

    def test_addresses_of_ipv6(self):
        if not has_ipv6():
            self.skipTest("there is no IPv6")
        port = FreePort.get()
        d, _ = self.way(listen=f"[::]:{port}")
        s, h = self.greet(("::1", port))
        self.assertEqual(TCP6, h.family)
        self.assertEqual(s.getsockname()[:2], h.source)
        self.assertEqual(("::1", port), h.destination)
        s, h = self.greet(port)  # of a socket that serves both
        self.assertEqual(TCP4, h.family)
        self.assertEqual(s.getsockname(), h.source)

    def test_addresses_of_a_unix_socket(self):
        path = os.path.join(self.temporary(), "s")
        d, _ = self.way(listen="unix:" + path)
        s, h = self.greet(path)
        self.assertEqual(UNIX, h.family)
        self.assertEqual(bytes(108), h.source)
        self.assertEqual(path.encode(), h.destination.rstrip(b"\0"))

    def test_a_number_for_each(self):
        d, port = self.way(workers=2)
        ids = set()
        for _ in range(20):
            s, h = self.greet(port)
            self.assertRegex(h.tlvs[UNIQUE_ID], rb"^[0-9a-f]{16}-[0-9]+$")
            ids.add(h.tlvs[UNIQUE_ID])
            s.close()
        closed = d.closed("way", 20)
        self.assertEqual({str(r["conn"]).encode() for r in closed},
                         {i.partition(b"-")[2] for i in ids})
        self.assertEqual(1, len({i.partition(b"-")[0] for i in ids}))

    def test_a_backend_that_speaks_first(self):
        d, port = self.way()
        s = self.connect(port)
        self.assertEqual(b"!", exactly(s, 1))

    def test_what_the_client_has_said_already(self):
        d, port = self.way()
        s = self.connect(port)
        s.sendall(pattern(300000))
        self.assertEqual(b"!", exactly(s, 1))
        receive_pattern(s, 300000)
        send_pattern(s, 2 * MIB)
        s.shutdown(socket.SHUT_WR)
        receive_pattern(s, 2 * MIB)
        self.assertEqual(b"", s.recv(1))

    def test_nothing_where_it_is_off(self):
        b = self.backend(give_back)
        d, port = self.proxy(b.port, client='forward = "none";')
        s = self.connect(port)
        s.sendall(b"hello")
        self.assertEqual(b"hello", exactly(s, 5))

    def test_many_at_once(self):
        d, port = self.way(workers=2)
        clients = [self.connect(port) for _ in range(200)]
        for s in clients:
            s.sendall(b"hello")
        for s in clients:
            self.assertEqual(b"!hello", exactly(s, 6))
        self.assertEqual({s.getsockname() for s in clients},
                         {h.source for h in self.headers})


class WithTls(Told):
    def way_with_tls(self, client="", more=""):
        return self.way(client=client, middle=f'{{ type = "tls"; '
                        f'{server.options} alpn = "x/1";'
                        f' client_auth = "request"; trust = "{ca.crt}";'
                        f' {more} }},')

    def tell(self, port, pair=None, version="1.3", session=None):
        context = client_context(ca.crt, version, pair, alpn=["x/1"])
        t = Tls(self.connect(port), context, "a.example",
                session=session).handshake()
        return self.greet(t)

    def test_of_a_client_with_a_certificate(self):
        for version in ("1.2", "1.3"):
            d, port = self.way_with_tls()
            _, h = self.tell(port, alice, version)
            self.assertEqual([ALPN, AUTHORITY, UNIQUE_ID, SSL, 0xe2, CRC32C],
                             h.order)
            self.assertEqual((b"x/1", b"a.example", b"CN=alice"), (
                h.tlvs[ALPN], h.tlvs[AUTHORITY], h.tlvs[0xe2]))
            self.assertEqual((7, 0), (h.client, h.verify))
            self.assertEqual(b"TLSv" + version.encode(), h.ssl[SSL_VERSION])
            self.assertEqual(b"alice", h.ssl[SSL_CN])
            self.assertIn(b"AES", h.ssl[SSL_CIPHER])
            self.assertNotIn(SSL_CERTIFICATE, h.ssl)

    def test_of_a_client_without_one(self):
        d, port = self.way_with_tls()
        _, h = self.tell(port)
        self.assertEqual((1, 1), (h.client, h.verify))
        self.assertEqual({SSL_VERSION, SSL_CIPHER}, set(h.ssl))
        self.assertNotIn(0xe2, h.tlvs)

    def test_the_certificate_itself(self):
        d, port = self.way_with_tls("forward_certificate = true;")
        _, h = self.tell(port, alice)
        self.assertEqual(
            ssl.PEM_cert_to_DER_cert(alice.load("crt").decode()),
            h.ssl[SSL_CERTIFICATE])

    def test_facts_that_the_operator_names(self):
        d, port = self.way_with_tls(
            'forward_tlvs = ( { type = 0xE5; fact = "tls.peer.der"; },'
            ' { type = 0xE6; fact = "peer"; },'
            ' { type = 0xE7; fact = "not.there"; },'
            ' { type = 2; fact = "tls.peer.subject"; } );')
        s, h = self.tell(port, alice)
        self.assertEqual([ALPN, UNIQUE_ID, SSL, 0xe5, 0xe6, 2, CRC32C],
                         h.order)
        self.assertEqual("%s:%d" % h.source, h.tlvs[0xe6].decode())
        self.assertEqual(b"CN=alice", h.tlvs[2])
        self.assertEqual(
            ssl.PEM_cert_to_DER_cert(alice.load("crt").decode()),
            h.tlvs[0xe5])


ACCEPT = 'accept_proxy = true; trusted = "127.0.0.1";'


class Chained(Told):
    def test_a_proxy_in_front_and_one_behind(self):
        d, port = self.way(ACCEPT, 'forward_tlvs = ( { type = 0xE2; '
                           'fact = "proxy.tlv.e2"; }, { type = 0x20; '
                           'fact = "proxy.tlv.20"; }, { type = 0xE8; '
                           'fact = "proxy.from"; } );')
        about_tls = b"\7\0\0\0\0" + tlv(SSL_CN, b"bob")
        s, h = self.greet(port, v2(
            ("2001:db8::1", 1), ("2001:db8::2", 2), tlvs=tlv(
                ALPN, b"h2") + tlv(AUTHORITY, b"b.example") + tlv(
                UNIQUE_ID, b"\0id") + tlv(SSL, about_tls) + tlv(
                0xe2, b"bob\0"), crc=True))
        self.assertEqual((("2001:db8::1", 1), ("2001:db8::2", 2)),
                         (h.source, h.destination))
        self.assertEqual(
            {ALPN: b"h2", AUTHORITY: b"b.example", UNIQUE_ID: b"\0id",
             SSL: about_tls, 0xe2: b"bob\0",
             0xe8: b"127.0.0.1:%d" % s.getsockname()[1]},
            {k: v for k, v in h.tlvs.items() if k != CRC32C})

    def test_the_identity_reaches_the_last(self):
        inner = FreePort.get()
        d, _ = self.way(ACCEPT, 'forward_tlvs = ( { type = 0xE2; '
                        'fact = "proxy.tlv.e2"; } );',
                        listen=f"127.0.0.1:{inner}")
        outer = FreePort.get()
        self.daemon(
            f'outer = ( {{ type = "tcp-server"; '
            f'listen = "127.0.0.1:{outer}"; }}, {{ type = "tls";'
            f' {server.options} client_auth = "require";'
            f' trust = "{ca.crt}"; }}, {{ type = "tcp-client"; '
            f'connect = "127.0.0.1:{inner}"; forward = "proxy-v2"; }} );')
        t = Tls(self.connect(outer), client_context(ca.crt, None, alice),
                "a.example").handshake()
        _, h = self.greet(t)
        self.assertEqual(b"CN=alice", h.tlvs[0xe2])
        self.assertEqual(t.socket.getsockname(), h.source)
        facts = answer(d, "connections")["connections"][0]["facts"]
        self.assertEqual(("TLSv1.3", "alice", "yes"), (
            facts["proxy.tls.version"], facts["proxy.tls.cn"],
            facts["proxy.tls.verified"]))

    def test_tls_behind_a_header(self):
        d, port = self.way(ACCEPT, middle=f'{{ type = "tls"; '
                           f'{server.options} }},')
        s = self.connect(port)
        t = Tls(s, client_context(ca.crt, "1.3"), "a.example")
        t.send_raw = lambda data: (s.sendall(v2() + data),
                                   delattr(t, "send_raw"))
        _, h = self.greet(t.handshake())
        self.assertEqual(("192.0.2.1", 1111), h.source)
        self.assertEqual(b"TLSv1.3", h.ssl[SSL_VERSION])

    def rows(self, count):
        return "forward_tlvs = (" + ",".join(
            f'{{ type = {0xe0 + i}; fact = "proxy.tlv.e1"; }}'
            for i in range(count)) + ");"

    def test_much_to_tell(self):
        d, port = self.way(ACCEPT, self.rows(2))
        s, h = self.greet(port, v2(tlvs=tlv(0xe1, pattern(32000))))
        self.assertEqual((pattern(32000),) * 2, (h.tlvs[0xe0], h.tlvs[0xe1]))

    def test_more_than_can_be_told(self):
        d, port = self.way(ACCEPT, self.rows(3))
        s = self.connect(port)
        s.sendall(v2(tlvs=tlv(0xe1, pattern(32000))))
        self.assertTrue(is_reset(s))
        self.assertEqual("make the PROXY header: it would be longer than "
                         "65535 bytes", d.closed("way")["why"])
        self.assertFalse(self.headers)


class Options(Case):
    def check(self, client):
        p = run("-t", "-c", self.write(
            'pipelines: { a = ( { type = "tcp-server"; listen = '
            f'"127.0.0.1:7000"; }}, {{ type = "tcp-client"; connect = '
            f'"127.0.0.1:1"; {client} }} ); }};'))
        return p.returncode, p.stderr

    def test_options_that_do_not_fit(self):
        rows = 'forward_tlvs = ( { type = 0xE2; fact = "identity"; } );'
        on = 'forward = "proxy-v2";'
        for client, why in (
                (rows, 'has no effect without forward = "proxy-v2"'),
                ("forward_certificate = true;", "has no effect without"),
                (on + rows.replace("0xE2", "3"),
                 "row 1, 'type': 0x03 is not for facts"),
                (on + rows.replace("0xE2", "4"), "is not for facts"),
                (on + rows.replace("0xE2", "0"), "type"),
                (on + rows.replace("0xE2", "256"), "type"),
                (on + rows.replace(" );", ', { type = 226; fact = "x"; });'),
                 "row 2, 'type': 0xE2 is that of row 1 too"),
                ('forward = "proxy-v1";', "proxy-v1")):
            status, said = self.check(client)
            self.assertNotEqual(0, status, client)
            self.assertIn(why, said)
        status, said = self.check(on + rows)
        self.assertEqual(0, status, said)


main()
