# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard: tokens that come, end or are taken back at odd moments: what must
not follow from them."""

import contextlib
import socket
import ssl
import time

from lib import *
from lib.guard import *
from lib.tls import *
from lib.tokens import *

OPTIONS = 'renew = "identity"; leeway = "0s"; '


def ended(s):
    """Has it been closed, one way or another?"""
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


class OfOthers(GuardCase):
    """Tokens that are good, but not for the connection that is there."""

    def setUp(self):
        self.ca = Authority(self.temporary())
        self.server = self.ca.issue("localhost")

    def open(self, port, token, pair):
        context = client_context(self.ca.crt, pair=pair)
        t = Tls(self.connect(port), context, "localhost").handshake()
        t.sendall(b"AUTH " + token.encode() + b"\r\nping")
        self.assertEqual(b"ping", exactly(t, 4))
        return t

    def bound(self, pair, **more):
        der = ssl.PEM_cert_to_DER_cert(pair.load("crt").decode())
        return self.key.token(cnf=thumbprint(der), **more)

    @thrice
    def test_token_of_another_device_neither_renews_nor_cuts(self):
        phone, laptop = self.ca.client("phone"), self.ca.client("laptop")
        d, port = self.gate(OPTIONS, front=f' {{ type = "tls"; '
                            f'{self.server.options} client_auth = "request"; '
                            f'trust = "{self.ca.crt}"; }},')
        end = time.time() + 2 * SCALE
        first = self.open(port, self.bound(phone, exp=end), phone)
        self.open(port, self.bound(laptop), laptop)
        first.sendall(b"more")
        self.assertEqual(b"more", exactly(first, 4))
        self.assertEqual(0.0, self.metric(d, "cut_total", reason="rights"))
        self.assertTrue(ended(first))
        self.assertGreaterEqual(time.time(), end - 0.01)
        self.comes_to(1.0, d, "cut_total", reason="expired")
        self.assertEqual(0.0, self.metric(d, "renewed_total"))


class OfOtherGenerations(GuardCase):
    @thrice
    def test_keys_that_were_taken_away_renew_nothing(self):
        """Who has begun before the reload may end what it has begun, but has
        no say about what came later."""
        port = FreePort.get()
        old, new = Key(), Key()
        files = [self.write(key_set(k), "keys.json") for k in (old, new)]

        def pipelines(keys):
            return (f'gate = ( {{ type = "tcp-server"; listen = '
                    f'"127.0.0.1:{port}"; }}, {{ type = "jwt-guard"; {USUAL} '
                    f'keys = "{keys}"; {OPTIONS} token_timeout = "60s"; }}, '
                    '{ type = "echo"; } );')

        d = self.daemon(pipelines(files[0]), workers=2)
        late = [self.connect(port) for _ in range(4)]
        self.eventually(lambda: self.heard(d) == 4, "they are there")
        before = self.passes(port, old.token(exp=time.time() + 2 * SCALE))
        d.configure(pipelines(files[1]), workers=2)
        self.ask(d, "reload")
        end = time.time() + 2 * SCALE
        after = [self.passes(port, new.token(exp=end)) for _ in range(4)]
        for s in late:
            s.sendall(b"AUTH " + old.token().encode() + b"\r\nping")
            self.assertEqual(b"ping", exactly(s, 4))
        self.eventually(
            lambda: self.metric(d, "renewed_total") >= 1, "the older one")
        self.refused(port, old.token(), "signature")
        for s in after:
            self.assertTrue(ended(s))
        self.assertLess(time.time(), end + 2 * SCALE)
        self.echoes(before)

    def heard(self, d):
        return len(self.ask(d, "connections")["connections"])


class Revocation(GuardCase):
    def test_first_token_stays_the_reason_to_be_here(self):
        """A stolen token does not become clean because its owner has shown
        another one."""
        path = self.write("", "revoked")
        d, port = self.gate(OPTIONS + f'revoked = "{path}";', workers=2)
        end = time.time() + 300
        thief = self.passes(port, self.key.token(jti="stolen", exp=end))
        for jti in ("second", "third"):
            end += 100
            owner = self.passes(port, self.key.token(jti=jti, exp=end))
        self.eventually(lambda: self.metric(d, "renewed_total") >= 3,
                        "it was renewed")
        self.replace(path, "jti:stolen\n")
        self.assertTrue(ended(thief))
        self.echoes(owner)
        self.replace(path, "jti:third\n")
        self.assertTrue(ended(owner))
        self.comes_to(3.0, d, "cut_total", reason="revoked")


class Opening(GuardCase):
    """The way behind the guard takes its time."""

    def setUp(self):
        """A listener with whom no connection comes about any more."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            s = socket.socket()
            self.addCleanup(s.close)
            s.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                s.connect(listener.getsockname())
        self.sink = ('{ type = "tcp-client"; connect = "127.0.0.1:'
                     f'{listener.getsockname()[1]}"; }}')

    def connect_with(self, port, token):
        s = self.connect(port)
        s.sendall(b"CONNECT db:1 HTTP/1.1\r\nProxy-Authorization: Bearer "
                  + token.encode() + b"\r\n\r\n")
        return s

    def test_token_that_ends_meanwhile(self):
        d, port = self.gate('leeway = "0s"; destinations = "db:1";',
                            sink=self.sink)
        token = self.key.token(exp=time.time() + 0.5 * SCALE)
        s = self.connect_with(port, token)
        said = all_of(s)
        self.assertTrue(said.startswith(b"HTTP/1.1 407 "), said)
        self.assertIn(b"token expired", said)
        self.assertIn("expired", d.closed("gate")["why"])
        self.comes_to(0.0, d, "connections")

    def test_token_that_is_taken_back_meanwhile(self):
        path = self.write("", "revoked")
        d, port = self.gate(f'revoked = "{path}"; destinations = "db:1";',
                            sink=self.sink)
        s = self.connect_with(port, self.key.token())
        self.eventually(lambda: self.metric(d, "connections") == 1, "it opens")
        self.replace(path, "identity:alice\n")
        said = all_of(s)
        self.assertTrue(said.startswith(b"HTTP/1.1 407 "), said)
        self.assertIn(b"revoked", said)
        self.comes_to(0.0, d, "connections")


if __name__ == "__main__":
    main()
