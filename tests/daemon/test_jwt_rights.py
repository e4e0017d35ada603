# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard: what claims open, and what stands in the configuration."""

import os
import ssl

from lib import *
from lib.guard import *
from lib.tls import *
from lib.tokens import *


class Claims(GuardCase):
    def test_require(self):
        d, port = self.gate('''require = (
            { claim = "realm_access.roles"; has = [ "operator", "admin" ]; },
            { claim = "https://example.org/team"; has = "blue"; },
            { claim = "scope"; has = "db"; } );''')
        good = {"realm_access": {"roles": ["user", "operator"]},
                "https://example.org/team": "blue", "scope": "x db y"}
        self.passes(port, self.key.token(**good))
        for change in ({"realm_access": {"roles": ["user"]}},
                       {"realm_access": {"roles": "op"}},
                       {"realm_access": ["operator"]},
                       {"realm_access": None},
                       {"https://example.org/team": "blue green"},
                       {"https://example.org/team": {"blue": 1}},
                       {"scope": "dbx"}, {"scope": "DB"}, {"scope": ["d"]}):
            with self.subTest(change):
                self.refused(port, self.key.token(**{**good, **change}),
                             "forbidden", "claim '")
        for change in ({"realm_access": {"roles": "admin"}},
                       {"realm_access": None,
                        "realm_access.roles": "operator"},
                       {"scope": ["a", "db"]}):
            with self.subTest(change):
                self.passes(port, self.key.token(**{**good, **change}))

    def test_a_name_with_spaces_is_no_list(self):
        d, port = self.gate('require = ( { claim = "name"; has = "root"; });')
        self.refused(port, self.key.token(name="not root"), "forbidden")

    def test_routes(self):
        port_a = self.backend(lambda s: s.sendall(b"A")).port
        port_b = self.backend(lambda s: s.sendall(b"B")).port
        d, port = self.gate('''routes = (
            { claims = ( { claim = "role"; has = "a"; } ); exit = "a"; },
            { claims = ( { claim = "role"; has = "b"; },
                         { claim = "site"; has = "x"; } ); exit = "b"; },
            { claims = ( { claim = "role"; has = [ "b", "c" ]; } ); } );''',
            pipelines=f'''
            a = ( {{ type = "tcp-client"; connect = "127.0.0.1:{port_a}"; }} );
            b = ( {{ type = "tcp-client"; connect = "127.0.0.1:{port_b}"; }}
            );''')
        for claims, first in (({"role": "a"}, b"A"),
                              ({"role": ["b", "a"]}, b"A"),
                              ({"role": "b", "site": "x"}, b"B"),
                              ({"role": "b"}, b"p"), ({"role": "c"}, b"p")):
            s = self.present(port, self.key.token(**claims))
            self.assertEqual(first, exactly(s, 1), claims)
        self.refused(port, self.key.token(role="d"), "forbidden", "route")
        self.refused(port, self.key.token(), "forbidden", "route")

    def test_destination_chooses_the_route(self):
        d, port = self.gate('''routes = (
            { destination = "a:1"; exit = "a"; },
            { claims = ( { claim = "role"; has = "b"; } );
              destination = [ "b:1", "*.b:*" ]; } );''',
            pipelines='a = ( { type = "echo"; } );')
        for to, role, status in (("a:1", "x", 200), ("b:1", "x", 403),
                                 ("b:1", "b", 200), ("c.b:9", "b", 200),
                                 ("a:2", "b", 403), ("z:1", "b", 403)):
            s = self.connect(port)
            s.sendall(f"CONNECT {to} HTTP/1.1\r\nProxy-Authorization: Bearer "
                      f"{self.key.token(role=role)}\r\n\r\n".encode())
            self.assertEqual(f"HTTP/1.1 {status}".encode(), exactly(s, 12),
                             (to, role))
        self.refused(port, self.key.token(role="b"), "forbidden")

    def test_identity(self):
        d, port = self.gate('identity = "client.id"; '
                            'expose = [ "email", "groups" ];')
        s = self.passes(port, self.key.token(client={"id": "robot"}))
        self.assertEqual("robot", self.row_of(d, s)["identity"])
        self.refused(port, self.key.token(client={"id": 7}), "malformed")
        self.refused(port, self.key.token(client={"id": ""}), "malformed")
        self.refused(port, self.key.token(client={"id": "x" * 256}),
                     "malformed")

    def test_what_cannot_be_told_does_not_pass(self):
        """A backend would take half of the claims for all of them."""
        names = [f"c{i}" for i in range(70)]
        d, port = self.gate("expose = [ " + ", ".join(f'"{n}"' for n in names)
                            + " ];")
        self.passes(port, self.key.token(c1="x"))
        self.refused(port, self.key.token(**{n: "x" for n in names}),
                     "memory", "no room")

    def test_explain(self):
        d, port = self.gate('''require = ( { claim = "team"; has = "x"; } );
            routes = ( { claims = ( { claim = "role"; has = "db"; } );
                         exit = "db"; } );''',
            pipelines='db = ( { type = "echo"; } );')
        for claims, outcome in (({"team": "x", "role": "db"}, "taken by db/"),
                                ({"team": "x"}, "refused by gate/jwt-guard"),
                                ({"role": "db"}, "refused by gate/jwt-guard")):
            said = self.ask(d, "explain", pipeline="gate", claims=claims)
            self.assertIn(outcome, said["outcome"])


class Bound(GuardCase):
    def setUp(self):
        directory = self.temporary()
        self.ca = Authority(directory)
        self.server = self.ca.issue("localhost")

    def open(self, port, token, pair=None):
        context = client_context(self.ca.crt, pair=pair)
        t = Tls(self.connect(port), context, "localhost").handshake()
        t.sendall(b"AUTH " + token.encode() + b"\r\nping")
        return t

    def test_token_is_good_with_its_certificate_only(self):
        alice, eve = self.ca.client("alice"), self.ca.client("eve")
        d, port = self.gate(
            front=f' {{ type = "tls"; {self.server.options} client_auth = '
            f'"request"; trust = "{self.ca.crt}"; }},')
        der = ssl.PEM_cert_to_DER_cert(alice.load("crt").decode())
        token = self.key.token(cnf=thumbprint(der))
        self.assertEqual(b"ping", exactly(self.open(port, token, alice), 4))
        for pair in (eve, None):
            t = self.open(port, token, pair)
            self.assertRegex(all_of(t), rb"^ERR unbound")
        self.assertEqual(b"ping", exactly(
            self.open(port, self.key.token(), eve), 4))
        for cnf in ({"jkt": "x"}, {}, "x", {"x5t#S256": 1}, {"x5t#S256": "x"},
                    {**thumbprint(der), "jkt": "x"}):
            t = self.open(port, self.key.token(cnf=cnf), alice)
            self.assertRegex(all_of(t), rb"^ERR unbound", cnf)

    def test_require_bound(self):
        alice = self.ca.client("alice")
        d, port = self.gate(
            "require_bound = true;",
            front=f' {{ type = "tls"; {self.server.options} client_auth = '
            f'"require"; trust = "{self.ca.crt}"; }},')
        self.assertRegex(all_of(self.open(port, self.key.token(), alice)),
                         rb"^ERR unbound")


class Configuration(GuardCase):
    def wrong(self, options, *sentences, usual=USUAL):
        keys = self.write(key_set(Key()), "keys.json")
        path = self.write(
            'pipelines: { g = ( { type = "tcp-server"; listen = '
            f'"127.0.0.1:1"; }}, {{ type = "jwt-guard"; {usual}\n'
            f'{options.replace("KEYS", keys)} }}, {{ type = "echo"; }} ); }};')
        p = run("-c", path, "-t")
        self.assertEqual(78, p.returncode, p.stderr)
        for sentence in sentences:
            self.assertRegex(p.stderr, sentence)

    def test_what_is_missing_or_contradicts(self):
        good = 'keys = "KEYS"; '
        for options, sentence in (
                ("", "nothing to verify"),
                (good + 'keys_url = "https://x.example/";', "choose one"),
                ('keys_url = "http://x.example/";', "https://"),
                (good + 'keys_trust = "KEYS";', "without keys_url"),
                (good + 'algorithms = "none";', "none"),
                (good + 'algorithms = [ ];', "no algorithm"),
                (good + 'present = "magic";', "magic"),
                (good + 'destinations = "db";', "no port"),
                (good + 'destinations = "d*b:1";', r"'\*'"),
                (good + 'destinations = "db:0";', "no port from 1"),
                (good + 'destinations = "[x]:1";', "no IPv6 address"),
                (good + 'require = ( { claim = "x"; } );', "has"),
                (good + 'require = ( { claim = "x"; has = [ ]; } );',
                 "must not be empty"),
                (good + 'routes = ( { exit = "nowhere"; } );', "nowhere"),
                (good + 'realm = "a\\"b";', "realm"),
                (good + 'max_token = "1m";', "max_token"),
                (good + 'tlv_type = 256;', "tlv_type"),
                (good + 'expose = "kid";', "expose"),
                (good + 'revoked = "/nonexistent";', "revoked"),
                (good + 'on_expiry = "ignore"; renew = "identity";',
                 "no effect"),
                ('keys = "/etc/passwd";', "cannot use /etc/passwd")):
            with self.subTest(options):
                self.wrong(options, sentence)

    def test_keys_that_are_of_no_use(self):
        for text, sentence in (
                ("", "JSON|empty"), ("[]", "."), ('{"keys":{}}', "."),
                ('{"keys":[]}', "no .*key"),
                (key_set(Key("RS256", bits=1024)), "1024|2048|no usable"),
                (key_set(Key("HS256", secret=b"short")), "no usable|bytes")):
            path = self.write(text, "bad.json")
            with self.subTest(text[:60]):
                self.wrong(f'keys = "{path}";', "bad.json.*" + sentence)

    def test_secrets_that_anybody_can_read(self):
        """It is said once, also of those that are read later."""
        self.key = Key("HS256")
        d, port = self.gate('algorithms = [ "HS256", "ES256" ];')

        def said():
            return [r for r in d.records
                    if "anybody can read the secrets" in r["message"]]
        self.assertEqual(1, len(said()))
        os.chmod(self.keys, 0o600)
        self.passes(port, self.key.token())
        d.wait_record(lambda r: r["message"].startswith("read "))
        self.replace(self.keys, key_set(Key("ES256", kid="k2")))
        d.wait_record(lambda r: r["message"].startswith("read "), count=2)
        self.assertEqual(1, len(said()))
        self.replace(self.keys, key_set(self.key))
        d.wait_record(lambda r: r["message"].startswith("read "), count=3)
        self.assertEqual(2, len(said()))


if __name__ == "__main__":
    main()
