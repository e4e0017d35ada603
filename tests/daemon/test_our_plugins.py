# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Our own plugins keep the rules of the SDK: the conformance run over each of
them, with what its neighbours usually say."""

import os

from lib import *
from lib.build import PLUGINS, TEST_PLUGINS
from lib.conformance import Conformance, client_hello
from lib.tls import Authority
from lib.tokens import AUDIENCE, ISSUER, Key, key_set

LINES = b"payload of a client\n" * 40
SCRAPES = (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 3
           + b"GET /metrics HTTP/1.0\r\n\r\n")


def ours(name):
    return os.path.join(PLUGINS, name + ".so")


class OurPlugins(Conformance):
    def said(self, data):
        """Options that let the front say this."""
        return "--input", self.write(data, "input")

    def test_all_are_here(self):
        """A plugin that comes to our own needs a test here."""
        self.assertEqual(
            set(), {f[:-3] for f in os.listdir(PLUGINS)
                    if f.endswith(".so")}
            - {"delay", "echo", "fault", "jwt-guard", "limit", "metrics",
               "reflect", "tcp-client", "tcp-server", "tee", "tls", "trace",
               "trickle"})

    def test_example(self):
        self.holds(os.path.join(TEST_PLUGINS, "upper.so"), "-o",
                   "max_line = 4k")

    def test_echo(self):
        self.holds(ours("echo"))

    def test_tcp_server(self):
        self.holds(ours("tcp-server"), "-o", 'listen = "127.0.0.1:7"')

    def test_tcp_server_behind_a_proxy(self):
        self.holds(ours("tcp-server"), "-o", 'listen = "127.0.0.1:7"',
                   "-o", "accept_proxy = true", "-o",
                   'trusted = "127.0.0.0/8"',
                   *self.said(b"PROXY TCP4 192.0.2.1 192.0.2.2 1000 443\r\n"
                              + LINES))

    def test_tcp_client(self):
        backend = self.backend(lambda s: None)
        self.holds(ours("tcp-client"), "-o",
                   f'connect = "127.0.0.1:{backend.port}"', runs=48)

    def test_tcp_client_that_finds_nobody(self):
        port = FreePort.get()
        self.holds(ours("tcp-client"), "-o", f'connect = "127.0.0.1:{port}"',
                   runs=48)

    def test_metrics(self):
        self.holds(ours("metrics"))
        self.holds(ours("metrics"), *self.said(SCRAPES))

    def test_tls(self):
        pair = Authority(self.temporary()).issue("gate.example.org")
        options = ("-o", f'certificate = "{pair.crt}"', "-o",
                   f'key = "{pair.key}"')
        self.holds(ours("tls"), *options)
        rules = self.holds(ours("tls"), *options,
                           *self.said(client_hello()), runs=24)
        self.assertIn("number", rules["cuts"]["text"])

    def test_tls_that_only_looks(self):
        rules = self.holds(ours("tls"), "-o", "role = peek",
                           *self.said(client_hello() + LINES))
        self.assertIn("bytes came out at the back", rules["plain"]["text"])

    def test_tls_as_a_client(self):
        authority = Authority(self.temporary())
        alert = self.write(bytes([21, 3, 3, 0, 2, 2, 40]), "alert")
        self.holds(ours("tls"), "-o", "role = client", "-o",
                   "server_name = gate.example.org", "-o",
                   f'trust = "{authority.crt}"', "--input-back", alert,
                   runs=24)

    def test_reflect(self):
        """A member that says no more goes on to hear."""
        self.holds(ours("reflect"), "--stays")

    def test_those_to_test_others_with(self):
        copy = os.path.join(self.temporary(), "copy.pcapng")
        for name, option in (("trace", "bytes = 16"), ("delay", "time = 2ms"),
                             ("limit", "rate = 64k"),
                             ("trickle", "size = 100"),
                             ("fault", "fault = truncate"),
                             ("tee", f'file = "{copy}"')):
            with self.subTest(name):
                if os.path.exists(ours(name)):
                    self.holds(ours(name), "-o", option, runs=24)

    def guard(self):
        key = Key()
        keys = self.write(key_set(key), "keys.json")
        return key, ("-o", f'issuer = "{ISSUER}"', "-o",
                     f'audience = "{AUDIENCE}"', "-o", f'keys = "{keys}"',
                     "-o", "allow_cleartext_tokens = true")

    def test_jwt_guard(self):
        key, options = self.guard()
        token = key.token(lifetime=36000).encode()
        rules = self.holds(ours("jwt-guard"), *options,
                           *self.said(b"AUTH " + token + b"\r\n" + LINES))
        self.assertIn(f"{len(LINES)} bytes came out at the back",
                      rules["plain"]["text"])

    def test_jwt_guard_that_refuses(self):
        _, options = self.guard()
        token = Key().token(lifetime=36000).encode()
        self.holds(ours("jwt-guard"), *options,
                   *self.said(b"AUTH " + token + b"\r\n" + LINES))
        self.holds(ours("jwt-guard"), *options)


if __name__ == "__main__":
    main()
