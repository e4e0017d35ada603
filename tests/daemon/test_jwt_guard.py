# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard: who passes, who does not, and what either is told."""

import base64
import socket
import time
import unittest

from lib import *
from lib.guard import *
from lib.tokens import *


def recorded(s):
    """A backend that keeps what it hears."""
    heard.append(all_of(s))


heard = []


class Ways(GuardCase):
    def test_first_line(self):
        d, port = self.gate()
        token = self.key.token()
        for line in (f"AUTH {token}\r\n", f"AUTH {token}\n",
                     f"auth {token}\r\n", f"AUTH alice {token}\r\n"):
            with self.subTest(line[:12]):
                s = self.connect(port)
                s.sendall(line.encode() + b"hello")
                self.assertEqual(b"hello", exactly(s, 5))
                self.echoes(s)

    def test_first_line_is_acknowledged_if_asked(self):
        d, port = self.gate("ack = true;")
        s = self.connect(port)
        s.sendall(b"AUTH " + self.key.token().encode() + b"\r\nhello")
        self.assertEqual(b"OK\r\nhello", exactly(s, 9))

    def test_resp(self):
        d, port = self.gate()
        token = self.key.token()
        s = self.connect(port)
        s.sendall(f"*2\r\n$4\r\nAUTH\r\n${len(token)}\r\n{token}\r\n"
                  "*1\r\n$4\r\nPING\r\n".encode())
        self.assertEqual(b"+OK\r\n*1\r\n$4\r\nPING\r\n", exactly(s, 19))
        s = self.connect(port)
        bad = forged(token)
        s.sendall(f"*2\r\n$4\r\nAUTH\r\n${len(bad)}\r\n{bad}\r\n".encode())
        self.assertRegex(all_of(s), rb"^-WRONGPASS .*\r\n$")

    def connect_request(self, credentials, to="db:5432", version="1.1"):
        return (f"CONNECT {to} HTTP/{version}\r\nHost: gw\r\n" +
                (f"Proxy-Authorization: {credentials}\r\n" if credentials
                 else "") + "\r\n").encode()

    def test_connect(self):
        d, port = self.gate('destinations = [ "db:5432" ];')
        token = self.key.token()
        basic = base64.b64encode(f"jwt:{token}".encode()).decode()
        for credentials in (f"Bearer {token}", f"bearer {token}",
                            f"Basic {basic}"):
            s = self.connect(port)
            s.sendall(self.connect_request(credentials) + b"early")
            said = exactly(s, 44)
            self.assertEqual(
                b"HTTP/1.1 200 Connection established\r\n\r\nearly", said)
            self.echoes(s)

    def test_connect_without_credentials_may_try_again(self):
        d, port = self.gate('destinations = [ "*:5432" ];')
        s = self.connect(port)
        s.sendall(self.connect_request(None))
        head = b""
        while b"\r\n\r\n" not in head:
            head += s.recv(1)
        self.assertRegex(head, rb"^HTTP/1.1 407 ")
        self.assertIn(b"\r\nProxy-Authenticate: Bearer ", head)
        self.assertIn(b"\r\nProxy-Authenticate: Basic ", head)
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
        exactly(s, size)
        s.sendall(self.connect_request("Bearer " + self.key.token()))
        self.assertRegex(exactly(s, 12), rb"^HTTP/1.1 200")

    def test_who_does_not_try_again_has_one_answer(self):
        d, port = self.gate()
        s = self.connect(port)
        s.sendall(b"CONNECT echo:7 HTTP/1.1\r\n\r\n")
        s.shutdown(1)
        self.assertEqual(1, all_of(s).count(b"HTTP/1.1 "))
        self.assertRegex(d.closed("gate")["why"], "^missing: ")

    def test_connect_elsewhere_is_forbidden(self):
        d, port = self.gate('destinations = [ "db:5432", "*.a.example:*" ];')
        for to, status in (("db:5432", 200), ("x.a.example:1", 200),
                           ("DB:5432", 200), ("db:5433", 403),
                           ("a.example:1", 403), ("xa.example:1", 403),
                           ("evil.example:25", 403)):
            s = self.connect(port)
            s.sendall(self.connect_request("Bearer " + self.key.token(), to))
            self.assertEqual(f"HTTP/1.1 {status}".encode(), exactly(s, 12),
                             to)

    def test_never_an_open_proxy(self):
        d, port = self.gate()
        s = self.connect(port)
        s.sendall(self.connect_request("Bearer " + self.key.token()))
        self.assertRegex(all_of(s), rb"^HTTP/1.1 403 (.|\s)*db:5432")

    def test_statuses_of_backends(self):
        closed = FreePort.get()
        port = FreePort.get()
        self.gate('routes = ( { exit = "away"; } );', pipelines=f'away = ( '
                  f'{{ type = "tcp-client"; connect = "127.0.0.1:{closed}"; '
                  f'}} );', sink="")
        # as a newcomer reads it: the way is told only when it is open
        d = self.daemon(
            f'g = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}"; }},'
            f' {{ type = "jwt-guard"; {USUAL} keys = "{self.keys}";'
            f' destinations = "*:*"; }},'
            f' {{ type = "tcp-client"; connect = "127.0.0.1:{closed}"; }} );')
        s = self.connect(port)
        s.sendall(self.connect_request("Bearer " + self.key.token()))
        self.assertRegex(all_of(s), rb"^HTTP/1.1 502 ")
        s = self.connect(port)
        s.sendall(b"AUTH " + self.key.token().encode() + b"\r\n")
        self.assertRegex(all_of(s), rb'^ERR backend ".*refused')

    def asked(self, port):
        """What a client with a token is told, in a line and over HTTP."""
        s, h = self.present(port, self.key.token()), self.connect(port)
        h.sendall(self.connect_request("Bearer " + self.key.token()))
        return all_of(s), all_of(h)

    def test_backend_that_does_not_answer(self):
        d, port = self.gate(
            'destinations = "*:*";', sink='{ type = "tcp-client"; connect = '
            f'"127.0.0.1:{self.full()}"; connect_timeout = "300ms"; }}')
        line, http = self.asked(port)
        self.assertRegex(line, b'^ERR backend-timeout "')
        self.assertRegex(http, b"^HTTP/1.1 504 ")

    def test_backend_that_is_not_there(self):
        """Whatever is missing, it is no file of the client's."""
        d, port = self.gate(
            'destinations = "*:*";', sink='{ type = "tcp-client"; connect = '
            f'"unix:{self.temporary()}/none"; }}')
        line, http = self.asked(port)
        self.assertEqual(b'ERR backend "the backend is not found"\r\n', line)
        self.assertRegex(http, b"^HTTP/1.1 502 .*: the backend is not found")

    def test_other_methods_and_garbage(self):
        d, port = self.gate()
        for said, answer in (
                (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", rb"^HTTP/1.1 405 "),
                (b"CONNECT x HTTP/1.1\r\n\r\n", rb"^HTTP/1.1 400 "),
                (b"hello there\r\n", rb'^ERR protocol "')):
            s = self.connect(port)
            s.sendall(said)
            self.assertRegex(all_of(s), answer)

    def socks(self, port, token, to=b"\x03\x02db\x15\x38"):
        s = self.connect(port)
        s.sendall(b"\x05\x01\x02")
        self.assertEqual(b"\x05\x02", exactly(s, 2))
        token = token.encode()
        s.sendall(b"\x01\x01x" + bytes([len(token)]) + token)
        return s, b"\x05\x01\x00" + to

    def test_socks5(self):
        d, port = self.gate('present = "socks5"; destinations = "db:5432";')
        small = self.key.raw({"alg": "ES256", "kid": "k1"}, usual(iat=None))
        self.assertLess(len(small), 256)
        s, request = self.socks(port, small)
        self.assertEqual(b"\x01\x00", exactly(s, 2))
        s.sendall(request)
        self.assertEqual(b"\x05\x00\x00\x01\0\0\0\0\0\0", exactly(s, 10))
        self.echoes(s)
        s, request = self.socks(port, small, b"\x03\x02xx\x15\x38")
        self.assertEqual(b"\x01\x00", exactly(s, 2))
        s.sendall(request)
        self.assertEqual(b"\x05\x02", all_of(s)[:2])
        s.close()
        s, _ = self.socks(port, self.key.token(jti="x" * 100)[:255])
        self.assertEqual(b"\x01\x01", all_of(s)[:2])
        s.close()
        d.wait_record(lambda r: "255 bytes" in r.get("why", ""))

    def test_ways_that_are_not_listed(self):
        d, port = self.gate('present = "connect"; destinations = "*:*";')
        s = self.connect(port)
        s.sendall(b"AUTH " + self.key.token().encode() + b"\r\n")
        self.assertNotIn(b"OK", all_of(s))


class Bytes(GuardCase):
    def setUp(self):
        heard.clear()

    def gate_of_backend(self, more=""):
        b = self.backend(recorded)
        return self.gate(more, sink='{ type = "tcp-client"; connect = '
                         f'"127.0.0.1:{b.port}"; }}')

    def test_backend_sees_nothing_before_the_verdict(self):
        d, port = self.gate_of_backend()
        token = self.key.token(aud="other")
        for i in range(3):
            self.refused(port, token, "audience", "audience")
        s = self.present(port, self.key.token(), b"payload")
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", all_of(s))
        self.assertEqual([b"payload"], heard)

    def test_payload_of_any_size_arrives_whole(self):
        d, port = self.gate()
        s = self.connect(port)
        line = b"AUTH " + self.key.token().encode() + b"\r\n"
        size = 3 << 20
        sender = self.thread(lambda: (s.sendall(line),
                                      send_pattern(s, size)))
        receive_pattern(s, size)
        sender.join()

    def test_token_byte_by_byte(self):
        d, port = self.gate("ack = true;")
        s = self.connect(port)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for b in b"AUTH " + self.key.token().encode() + b"\nxyz":
            s.sendall(bytes([b]))
        self.assertEqual(b"OK\r\nxyz", exactly(s, 7))

    @thrice
    def test_silence_and_dripping_end(self):
        d, port = self.gate('token_timeout = "700ms";')
        begin = time.monotonic()
        silent, dripping = self.connect(port), self.connect(port)
        for b in b"AUTH eyJ":
            dripping.sendall(bytes([b]))
            time.sleep(0.01)
        for s in (silent, dripping):
            self.assertRegex(all_of(s), rb"^(ERR timeout .*)?")
        self.assertLess(time.monotonic() - begin, 1.7 * SCALE)
        self.comes_to(2.0, d, "refused_total", reason="timeout")

    def test_too_long(self):
        d, port = self.gate('max_token = "1k";')
        s = self.connect(port)
        s.sendall(b"AUTH " + b"x" * 3000)
        self.assertRegex(all_of(s), rb'^ERR too-long "')

    def test_half_close(self):
        d, port = self.gate()
        s = self.present(port, self.key.token(), b"last words")
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"last words", all_of(s))


class Words(GuardCase):
    def test_token_is_never_told(self):
        d, port = self.gate(log='level = "debug"; format = "json";')
        good, bad = self.key.token(jti="j-1"), self.key.token(aud="x")
        self.passes(port, good).close()
        self.refused(port, bad, "audience")
        self.refused(port, forged(good), "signature")
        d.closed("gate", 3)
        said = "\n".join(str(r) for r in d.records) + str(
            self.ask(d, "connections")) + str(self.ask(d, "show"))
        for token in (good, bad):
            for part in token.split("."):
                self.assertNotIn(part, said)

    def test_reasons_are_logged_and_counted(self):
        d, port = self.gate()
        self.refused(port, self.key.token(lifetime=-100, jti="j-7"),
                     "expired", "ago")
        why = d.closed("gate")
        self.assertEqual("denied", why["reason"])
        for part in ("expired", ISSUER, "alice", "k1", "j-7"):
            self.assertIn(part, why["why"])
        self.assertEqual(1.0, self.metric(d, "refused_total",
                                          reason="expired"))
        s = self.passes(port, self.key.token())
        self.assertEqual("alice", self.row_of(d, s)["identity"])
        self.assertEqual(1.0, self.metric(d, "admitted_total"))
        self.assertEqual(1.0, self.metric(d, "connections"))
        s.close()
        d.closed("gate", 2)
        self.comes_to(0.0, d, "connections")

    def test_returning_token_is_not_verified_again(self):
        d, port = self.gate()
        token = self.key.token()
        for _ in range(3):
            self.passes(port, token).close()
        self.assertEqual(2.0, self.metric(d, "cached_total"))
        self.assertEqual(1.0, self.metric(d, "verify_duration_us_count"))

    def test_no_token_is_remembered(self):
        d, port = self.gate("cache = 0;")
        token = self.key.token()
        for _ in range(3):
            self.passes(port, token).close()
        self.assertEqual(0.0, self.metric(d, "cached_total"))
        self.assertEqual(3.0, self.metric(d, "verify_duration_us_count"))

    @unittest.skipIf(IS_SANITIZED, "the sanitizers keep what was freed")
    def test_memory_for_tokens(self):
        """Of tokens that are small as text and large in memory; those of
        generations that live on are forgotten."""
        self.key = Key("HS256")
        d, port = self.gate('algorithms = "HS256"; cache = "6m";')
        held = [self.passes(port, self.key.token())]
        before = rss(d.pid)
        for generation in range(5):
            for i in range(100):
                self.passes(port, self.key.token(
                    jti=f"{generation}.{i}", x=[[]] * 900)).close()
            held.append(self.passes(port, self.key.token()))
            self.ask(d, "reload")
        self.assertLess(rss(d.pid) - before, 14 << 20)
        for s in held:
            s.close()


class Cleartext(GuardCase):
    """Only loopback may speak without TLS; a header may say otherwise."""

    def test_loopback_and_unix(self):
        d, port = self.gate()
        self.passes(port, self.key.token())

    def test_names_in_the_configuration(self):
        self.gate("allow_cleartext_tokens = true;")


if __name__ == "__main__":
    main()
