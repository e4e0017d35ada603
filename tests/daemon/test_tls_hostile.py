# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""tls and peers who mean ill: messages without end, names that pretend to be
others, options that would let anybody in."""

import os
import socket
import ssl
import struct
import tempfile
import time

from lib import *
from lib.build import SCALE
from lib.control import ask
from lib.tls import *


def setUpModule():
    global directory, ca, server
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    server = ca.issue("a.example")


def tearDownModule():
    directory.cleanup()


def record(data, kind=22):
    return struct.pack(">BHH", kind, 0x303, len(data)) + data


def hello(*protocols):
    """A ClientHello that offers protocols."""
    offer = b"".join(bytes([len(p)]) + p for p in protocols)
    extension = struct.pack(">HHH", 16, len(offer) + 2, len(offer)) + offer
    body = (b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\xc0\x2b" + b"\x01\0"
            + struct.pack(">H", len(extension)) + extension)
    return record(b"\x01" + struct.pack(">I", len(body))[1:] + body)


class HostileCase(Case):
    def gate(self, tls="", sink='{ type = "echo"; }', **more):
        port = FreePort.get()
        return self.daemon(
            f'gate = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {{ type = "tls"; {server.options} {tls} }}, {sink} );',
            **more), port

    def complaint(self, inner):
        path = self.write(
            'pipelines: { gate = ( { type = "tcp-server"; listen ='
            f' "127.0.0.1:1"; }}, {{ type = "tls"; {inner} }},'
            ' { type = "tcp-client"; connect = "127.0.0.1:2"; } ); };')
        p = run("-t", "-c", path)
        self.assertEqual(78, p.returncode, p.stderr)
        return p.stderr


class Bytes(HostileCase):
    def test_a_message_without_end(self):
        for tls in ("", f'client_auth = "require"; trust = "{ca.crt}";'):
            d, port = self.gate(tls)
            s = self.connect(port)
            with self.assertRaises(OSError):
                s.sendall(record(b"\x01\xff\xff\xff" + bytes(16380)))
                for _ in range(1000):
                    s.sendall(record(bytes(16384)))
            self.assertIn("messages are too long", d.closed("gate")["why"])

    def test_an_end_within_a_record(self):
        for version in ("1.2", "1.3"):
            ends = []

            def listen(s):
                s.sendall(b"!")
                ends.append(is_reset(s))
            to = self.backend(listen).port
            d, port = self.gate(sink='{ type = "tcp-client"; connect ='
                                     f' "127.0.0.1:{to}"; }}')
            t = Tls(self.connect(port), client_context(ca.crt, version),
                    "a.example").handshake()
            self.assertEqual(b"!", exactly(t, 1))
            t.send_raw(record(b"x" * 64, 23)[:20])
            t.socket.shutdown(socket.SHUT_WR)
            self.assertIn("without close_notify", d.closed("gate")["why"])
            self.eventually(lambda: ends, "the backend has seen an end")
            self.assertEqual([True], ends)

    def test_a_protocol_with_a_zero_byte_is_another(self):
        port = FreePort.get()
        d = self.daemon(
            f'door = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            ' }, { type = "tls"; role = "peek"; routes = ( { alpn = "h2";'
            ' exit = "on"; } ); } ); on = ( { type = "echo"; } );')
        s = self.connect(port)
        s.sendall(hello(b"x", b"h2"))
        self.assertEqual(hello(b"x", b"h2"), exactly(
            s, len(hello(b"x", b"h2"))))
        s = self.connect(port)
        s.sendall(hello(b"h2\0x"))
        self.assertEqual(b"\x15\x03\x03\0\x02\x02\x70", exactly(s, 7))


    def test_too_many_hellos_to_look_at(self):
        port = FreePort.get()
        d = self.daemon(
            f'door = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            ' }, { type = "tls"; role = "peek"; max_handshakes = 2; },'
            ' { type = "echo"; } );')
        whole = hello(b"h2")
        begun = [self.connect(port) for _ in range(2)]
        for s in begun:
            s.sendall(whole[:9])
        self.eventually(lambda: self.under_way(d) == 2, "both have begun")
        self.assertTrue(self.is_cut_off(port, whole[:9]))
        self.assertIn("too many", d.closed("door")["why"])
        for s in begun:
            s.sendall(whole[9:])
            self.assertEqual(whole, exactly(s, len(whole)))
        s = self.connect(port)  # what goes on counts no more
        s.sendall(whole)
        self.assertEqual(whole, exactly(s, len(whole)))

    def is_cut_off(self, port, data):
        """It may be so early that not all of it can be sent."""
        try:
            s = self.connect(port)
            s.sendall(data)
            return is_reset(s)
        except (ConnectionResetError, BrokenPipeError):
            return True

    def under_way(self, d):
        text = ask(d.path("control.sock"), "metrics")["text"]
        return sum(int(line.split()[-1]) for line in text.splitlines()
                   if line.startswith("bindery_tls_handshakes{"))


class Certificates(HostileCase):
    def test_names_stay_apart(self):
        odd = ca.issue(cn="odd", usage='tls_www_client\n'
                       'uri = "urn:x,dns:admin.example"\n' + "\n".join(
                           f'dns_name = "{i}.{"p" * 60}.example"'
                           for i in range(20)))
        d, port = self.gate(f'client_auth = "require"; trust = "{ca.crt}";')
        t = Tls(self.connect(port), client_context(ca.crt, pair=odd),
                "a.example").handshake()
        t.sendall(b"x")
        exactly(t, 1)
        found = ask(d.path("control.sock"), "connections")["connections"]
        names = found[0]["facts"]["tls.peer.names"].split(",")
        self.assertIn("uri:urn:x\\2cdns:admin.example", names)
        for name in names:  # those that do not fit are left out whole
            self.assertTrue(name.endswith(".example"), name)

    @thrice
    def test_a_list_that_expires_while_we_run(self):
        alice = ca.client("alice")
        path = os.path.join(directory.name, "short.pem")
        until = time.time() + 2 + 2 * SCALE
        with open(path + ".template", "w") as f:
            f.write("crl_number = 1\ncrl_next_update_date = " + time.strftime(
                '"%Y-%m-%d %H:%M:%S UTC"\n', time.gmtime(until)))
        tool("certtool", "--generate-crl", "--load-ca-certificate", ca.crt,
             "--load-ca-privkey", ca.key, "--template", path + ".template",
             "--outfile", path)
        tls = f'client_auth = "require"; trust = "{ca.crt}"; crl = "{path}";'
        d, port = self.gate(tls)
        context = client_context(ca.crt, pair=alice)
        t = Tls(self.connect(port), context, "a.example").handshake()
        t.sendall(b"x")
        self.assertEqual(b"x", exactly(t, 1))
        session = t.object.session
        time.sleep(max(0, until + 1.1 - time.time()))
        for resumed in (None, session):
            t = Tls(self.connect(port), context, "a.example", session=resumed)
            with self.assertRaises(ssl.SSLError):
                t.handshake()
                t.recv(1)
            t.close()
        for r in d.closed("gate", 2):
            self.assertIn("the list of revoked ones has expired", r["why"])
        self.assertIn("has a list that has expired",
                      self.complaint(f"{server.options} {tls}"))

    def test_a_short_key(self):
        short = ca.client("short", kind="rsa1024")
        for priority in ("", 'priority = "NORMAL";'):
            d, port = self.gate(f'client_auth = "require"; trust ='
                                f' "{ca.crt}"; {priority}')
            context = client_context(ca.crt)
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            context.load_cert_chain(short.crt, short.key)
            t = Tls(self.connect(port), context, "a.example")
            with self.assertRaises(ssl.SSLError):
                t.handshake()
                t.recv(1)
            t.close()
            self.assertIn("too weak", d.closed("gate")["why"])

    def test_name_of_a_backend(self):
        by_name = ca.issue("b.example")
        for pair, name, is_good in (
                (by_name, "b.example.", True),  # the dot is not of the name
                (by_name, "B.Example", True),
                (ca.issue(cn="b.example"), "b.example", False),
                (ca.issue("127.0.0.1", cn="b.example"), "b.example", False),
                (ca.issue(cn="127.0.0.1"), "127.0.0.1", False)):
            asked = []
            context = server_context(pair)
            context.sni_callback = lambda _o, n, _c: asked.append(n)
            b = self.backend(with_tls(context, echo_and_end))
            port = FreePort.get()
            d = self.daemon(
                f'gate = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}'
                f'"; }}, {{ type = "tls"; role = "client"; server_name ='
                f' "{name}"; trust = "{ca.crt}"; }}, {{ type = "tcp-client";'
                f' connect = "127.0.0.1:{b.port}"; }} );')
            if is_good:
                s = self.connect(port)
                s.sendall(b"x")
                self.assertEqual(b"x", exactly(s, 1))
                self.assertEqual([name.rstrip(".")], asked)
                continue
            self.assertTrue(self.is_cut(port))
            self.assertIn("is for another name", d.closed("gate")["why"])


class Options(HostileCase):
    def test_a_server_name_that_no_certificate_is_for(self):
        for name in ("", "a b", "*.a.example", "a:1", "x" * 300):
            self.assertIn("neither a host name nor an address",
                          self.complaint('role = "client"; server_name ='
                                         f' "{name}";'))

    def test_priority_has_a_floor(self):
        for priority, why in (
                ("NORMAL:%VERIFY_ALLOW_SIGN_WITH_SHA1", "not allowed"),
                ("NORMAL:%verify_allow_broken", "not allowed"),
                ("NORMAL:%VERIFY_DISABLE_CRL_CHECKS", "not allowed"),
                ("NORMAL:%UNSAFE_RENEGOTIATION", "not allowed"),
                ("NORMAL:%PROFILE_LOW", "not allowed"),
                ("NORMAL:%COMPAT", "not allowed"),
                ("NORMAL:+GOST-ALL", "too weak"),
                ("NORMAL:+ECDHE-PSK", "too weak")):
            self.assertIn(why, self.complaint(
                f'{server.options} priority = "{priority}";'))
        for priority in ("NORMAL:%SERVER_PRECEDENCE:%PROFILE_HIGH",
                         "SECURE192", "PERFORMANCE:+CIPHER-ALL:+SIGN-ALL"):
            self.gate(f'priority = "{priority}";')


    def test_a_ticket_key_that_anybody_can_read(self):
        key = self.write(bytes(range(64)), "tickets")
        os.chmod(key, 0o644)
        d, _ = self.gate(f'ticket_key = "{key}";')
        d.wait_record(lambda r: r.get("level") == "warn"
                      and "anybody can read the ticket_key" in r["message"])


main()
