# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""tls as a server: certificates by name, certificates of clients, routes,
tickets, what a reload changes, what is wrong in a configuration."""

import os
import signal
import ssl
import tempfile

from lib import *
from lib.tls import *


def setUpModule():
    global directory, ca, other, server, wild, rsa, alice, expired, revoked
    global stranger, crl
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    other = Authority(directory.name, "other")
    server = ca.issue("a.example")
    wild = ca.issue("*.b.example")
    rsa = ca.issue("a.example", kind="rsa2048")
    alice = ca.client("alice")
    expired = ca.client("late", dates=['activation_date = "2019-01-01"',
                                       'expiration_date = "2020-01-01"'])
    revoked, stranger = ca.client("mallory"), other.client("stranger")
    crl = ca.revoke(revoked)


def tearDownModule():
    directory.cleanup()


def same(t, pair):
    """Was that certificate shown?"""
    shown = ssl.DER_cert_to_PEM_cert(t.object.getpeercert(binary_form=True))
    return "".join(shown.split()) in "".join(pair.load("crt").decode().split())


class PolicyCase(Case):
    def gate(self, tls, more="", sink='{ type = "echo"; }', **kw):
        port = FreePort.get()
        self.text = lambda inner: (
            f'gate = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {{ type = "tls"; {inner} }}{", " if sink else ""}{sink} );'
            + more)
        return self.daemon(self.text(tls), **kw), port

    def tls(self, port, context=None, name="a.example", **more):
        return Tls(self.connect(port), context or client_context(ca.crt),
                   name, **more).handshake()

    def echoes(self, t):
        t.sendall(b"hello")
        self.assertEqual(b"hello", exactly(t, 5))

    def alert(self, port, context, name="a.example", **more):
        """What the client hears, in or right behind the handshake."""
        t = Tls(self.connect(port), context, name, **more)
        with self.assertRaises(ssl.SSLError) as e:
            t.handshake()
            t.recv(1)
        t.close()
        return str(e.exception).lower()


class Names(PolicyCase):
    def test_certificate_by_name(self):
        d, port = self.gate(
            f'{server.options} certificates = ( {{ {wild.options} }},'
            f' {{ {rsa.options} names = [ "r.example",'
            ' "*.r.example" ]; } );')
        any_name = client_context(ca.crt)
        any_name.check_hostname = False
        for name, pair in (("a.example", server), ("A.EXAMPLE", server),
                           ("x.b.example", wild), ("X.B.Example", wild),
                           ("x.y.b.example", server), ("b.example", server),
                           ("r.example", rsa), ("s.r.example", rsa),
                           ("unknown.example", server), (None, server)):
            t = self.tls(port, any_name, name)
            self.assertTrue(same(t, pair), name)
            self.echoes(t)

    def test_key_by_what_the_client_knows(self):
        d, port = self.gate(f'certificates = ( {{ {rsa.options} }},'
                            f' {{ {server.options} }} );')
        for algorithm, kind in (("rsa_pss_rsae_sha256", "RSA-PSS"),
                                ("ecdsa_secp256r1_sha256", "ECDSA")):
            out = tool("openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                       "-servername", "a.example", "-sigalgs", algorithm,
                       "-CAfile", ca.crt, "-verify_return_error").decode()
            self.assertIn(f"Peer signature type: {kind}", out)

    def test_staple(self):
        staple = ca.staple(server)
        d, port = self.gate(f'{server.options} ocsp_response = "{staple}";')
        out = tool("openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                   "-status", "-CAfile", ca.crt).decode()
        self.assertIn("OCSP Response Status: successful", out)
        self.assertIn("Cert Status: good", out)


class Clients(PolicyCase):
    def test_required(self):
        for version in ("1.2", "1.3"):
            d, port = self.gate(f'{server.options} client_auth = "require";'
                                f' trust = "{ca.crt}"; crl = "{crl}";')
            seen = 0
            for pair, alert, why in (
                    (None, "required" if version == "1.3" else
                     "handshake failure", "has shown no certificate"),
                    (expired, "expired", "has expired"),
                    (revoked, "revoked", "is revoked"),
                    (stranger, "unknown ca", "is not trusted"),
                    (server, "unsupported certificate", "another purpose")):
                said = self.alert(port, client_context(ca.crt, version, pair))
                self.assertIn(alert, said.replace("_", " "))
                seen += 1
                r = d.closed("gate", seen)[-1] if seen > 1 else \
                    d.closed("gate")
                self.assertIn(why, r["why"])
                self.assertEqual("denied", r["reason"])
            self.echoes(self.tls(port, client_context(ca.crt, version,
                                                      alice)))

    def test_requested(self):
        d, port = self.gate(f'{server.options} client_auth = "request";'
                            f' trust = "{ca.crt}";')
        self.echoes(self.tls(port))
        self.echoes(self.tls(port, client_context(ca.crt, pair=alice)))
        self.assertIn("unknown ca", self.alert(
            port, client_context(ca.crt, pair=stranger)))

    def test_a_long_chain(self):
        by, chain = ca, b""
        for i in range(12):
            by = Authority(directory.name, f"deep{i}", by)
            chain = by.pair.load("crt") + chain
        leaf = by.client("deep")
        with open(leaf.crt, "ab") as f:
            f.write(chain)
        d, port = self.gate(f'{server.options} client_auth = "require";'
                            f' trust = "{ca.crt}";')
        self.alert(port, client_context(ca.crt, pair=leaf))
        self.assertEqual("gate", d.closed("gate")["pipeline"])
        self.echoes(self.tls(port, client_context(ca.crt, pair=alice)))

    def test_resumption_does_not_outlive_a_revocation(self):
        for version in ("1.2", "1.3"):
            listed = ca.revoke(revoked, name=f"later-{version}.pem")
            inner = (f'{server.options} client_auth = "require";'
                     f' trust = "{ca.crt}"; crl = "{listed}";')
            d, port = self.gate(inner)
            context = client_context(ca.crt, version, alice)
            t = self.tls(port, context)
            self.echoes(t)
            session = t.object.session
            t = self.tls(port, context, session=session)
            self.echoes(t)
            self.assertTrue(t.object.session_reused)
            # A reload that changes nothing keeps it.
            self.reload(d, inner)
            t = self.tls(port, context, session=session)
            self.echoes(t)
            self.assertTrue(t.object.session_reused)
            ca.revoke(revoked, alice, name=f"later-{version}.pem")
            self.reload(d, inner)
            self.assertIn("revoked", self.alert(port, context,
                                                session=session))

    def reload(self, d, inner):
        before = len([r for r in d.records
                      if "generation" in r.get("message", "")])
        d.configure(self.text(inner))
        d.signal(signal.SIGHUP)
        d.wait_record(lambda r: "generation" in r.get("message", "")
                      and "serves" in r.get("message", ""), count=1)
        self.eventually(lambda: len([r for r in d.records if "generation" in
                                     r.get("message", "")]) > before,
                        "the reload is over")


class Routes(PolicyCase):
    def exits(self, *names):
        text = ""
        for name in names:
            def say(s, name=name):
                s.sendall(name.encode())
                all_of(s)
            b = self.backend(say)
            text += (f' {name} = ( {{ type = "tcp-client"; connect ='
                     f' "127.0.0.1:{b.port}"; }} );')
        return text

    def said(self, t):
        return t.recv(100).decode()

    def test_by_name_protocol_and_issuer(self):
        d, port = self.gate(
            f'{server.options} alpn = [ "h2", "http/1.1" ];'
            f' client_auth = "request"; trust = "{ca.crt}"; routes = ('
            ' { server_name = "x.example"; exit = "x"; },'
            ' { server_name = [ "*.y.example", "y.example" ]; alpn = "h2";'
            ' exit = "y"; },'
            ' { client_issuer = "Test ca"; exit = "z"; },'
            ' { server_name = "stay.example"; } );',
            more=self.exits("x", "y", "z"))
        c = client_context()
        self.assertEqual("x", self.said(self.tls(port, c, "X.example")))
        h2 = client_context(alpn=["h2"])
        self.assertEqual("y", self.said(self.tls(port, h2, "a.y.example")))
        self.assertEqual("y", self.said(self.tls(port, h2, "y.example")))
        self.echoes(self.tls(port, c, "y.example"))
        self.echoes(self.tls(port, c, "stay.example"))
        self.assertEqual("z", self.said(self.tls(
            port, client_context(pair=alice), "q.example")))
        self.echoes(self.tls(port, c, "q.example"))

    def test_only_by_protocol(self):
        d, port = self.gate(
            f'{server.options} alpn = [ "h2", "y" ];'
            ' routes = ( { alpn = "h2"; exit = "x"; } );',
            more=self.exits("x"), sink="")
        for version in ("1.2", "1.3"):
            self.assertEqual("x", self.said(self.tls(
                port, client_context(version=version, alpn=["h2"]), None)))
            for alpn in (["y"], []):
                self.assertIn("unrecognized name", self.alert(
                    port, client_context(version=version, alpn=alpn)))

    def test_nowhere_to_go(self):
        d, port = self.gate(
            f'{server.options} routes = ( {{ server_name = "x.example";'
            ' exit = "x"; } );', more=self.exits("x"), sink="")
        self.assertEqual("x", self.said(self.tls(port, client_context(),
                                                 "x.example")))
        for version in ("1.2", "1.3"):
            self.assertIn("unrecognized name", self.alert(
                port, client_context(version=version), "other.example"))
            r = d.closed("gate")
            self.assertEqual("denied", r["reason"])
            self.assertIn("no route fits", r["why"])


class Files(PolicyCase):
    """What is wrong is found by -t, and refuses a reload."""

    def complaint(self, inner, sink='{ type = "echo"; }'):
        path = self.write(
            'pipelines: { gate = ( { type = "tcp-server"; listen ='
            f' "127.0.0.1:1"; }}, {{ type = "tls"; {inner} }}, {sink} ); }};')
        p = run("-t", "-c", path)
        self.assertEqual(78, p.returncode, p.stderr)
        return p.stderr

    def test_files(self):
        d = self.temporary()
        junk = self.write("junk", "junk.pem", d)
        empty = self.write("", "empty.pem", d)
        cut = self.write(server.load("key")[:100], "cut.pem", d)
        locked = os.path.join(d, "locked.pem")
        tool("openssl", "pkcs8", "-topk8", "-in", server.key, "-passout",
             "pass:x", "-out", locked)
        short = self.write("short", "ticket", d)
        foreign = other.revoke(stranger, name="foreign.pem")
        c, k = server.crt, server.key
        for inner, *words in (
                (f'certificate = "{junk}"; key = "{k}";', junk,
                 "no certificate"),
                (f'certificate = "{empty}"; key = "{k}";', empty, "empty"),
                (f'certificate = "{d}"; key = "{k}";', d, "directory"),
                (f'certificate = "{c}"; key = "{junk}";', junk,
                 "no private key"),
                (f'certificate = "{c}";', c, "no private key"),
                (f'certificate = "{c}"; key = "{cut}";', cut, "no private key"),
                (f'certificate = "{c}"; key = "{locked}";', locked,
                 "encrypted"),
                (f'certificate = "{c}"; key = "{locked}"; key_password = "y";',
                 locked, "encrypted"),
                ('key_password = "x"; certificates = ( '
                 f'{{ certificate = "{c}"; key = "{k}"; }} );',
                 "key_password", "has no effect without certificate"),
                (f'certificate = "{c}"; key = "{alice.key}";', alice.key,
                 "is not the key"),
                (f'{server.options} client_auth = "require"; trust ='
                 f' "{junk}";', junk, "nothing in PEM"),
                (f'{server.options} client_auth = "require"; trust ='
                 f' "{ca.crt}"; crl = "{junk}";', junk),
                (f'{server.options} client_auth = "require"; trust ='
                 f' "{ca.crt}"; crl = "{foreign}";', foreign),
                (f'{server.options} ocsp_response = "{junk}";', junk,
                 "not an OCSP response"),
                (f'{rsa.options} ocsp_response = "{ca.staple(server)}";',
                 "not about the certificate"),
                (f'{server.options} ticket_key = "{short}";', short,
                 "64 bytes"),
                (f'certificates = ( {{ certificate = "{c}"; key ='
                 f' "{rsa.key}"; }} );', rsa.key, "is not the key",
                 "option 'certificates', row 1, 'key': "),
                ('', "certificate", "missing"),
                (f'{server.options} client_auth = "require";', "trust",
                 "missing"),
                (f'{server.options} priority = "NORMAL:+NONSENSE";',
                 "'+NONSENSE'"),
                (f'{server.options} priority = "NORMAL:-VERS-ALL:'
                 '+VERS-TLS1.0";', "nothing to agree on"),
                (f'{server.options} verify = false;', "has no effect"),
                ('role = "peek"; alpn = "h2";', "has no effect"),
                ('role = "client"; routes = ( { } );', "has no effect"),
                (f'{server.options} routes = ( {{ alpn = "h2"; }} );',
                 "option 'routes', row 1, 'alpn': 'h2' is not in the"),
                (f'{server.options} certificates = ( {{ {rsa.options} names'
                 ' = [ "a b" ]; } );',
                 "row 1, 'names': 'a b' is not a server name")):
            said = self.complaint(inner)
            for word in words:
                self.assertIn(word, said)

    def test_key_in_the_file_of_the_certificate(self):
        both = self.write(server.load("crt") + server.load("key"), "both.pem")
        d, port = self.gate(f'certificate = "{both}";')
        self.echoes(self.tls(port))

    def test_encrypted_keys(self):
        d = self.temporary()
        locked = os.path.join(d, "locked.pem")
        tool("openssl", "pkcs8", "-topk8", "-in", server.key, "-passout",
             "pass:over the sea", "-out", locked)
        self.write("over the sea\n", "password", d)
        for password in "over the sea", f"@{d}/password":
            pair = (f'certificate = "{server.crt}"; key = "{locked}";'
                    f' key_password = "{password}";')
            for inner in pair, f"certificates = ( {{ {pair} }} );":
                with self.subTest(inner):
                    d2, port = self.gate(inner)
                    self.echoes(self.tls(port))
                    self.assertNotIn("over the sea", "".join(d2.said()))

    def test_ticket_key_of_two_hosts(self):
        key = self.write(os.urandom(64), "key")
        inner = f'{server.options} ticket_key = "{key}";'
        (_, one), (_, two) = self.gate(inner), self.gate(inner)
        context = client_context(ca.crt)
        t = self.tls(one, context)
        self.echoes(t)
        t = self.tls(two, context, session=t.object.session)
        self.echoes(t)
        self.assertTrue(t.object.session_reused)

    def test_without_tickets(self):
        d, port = self.gate(f"{server.options} session_tickets = false;")
        context = client_context(ca.crt)
        t = self.tls(port, context)
        self.echoes(t)
        t = self.tls(port, context, session=t.object.session)
        self.echoes(t)
        self.assertFalse(t.object.session_reused)

    def test_reload_of_a_certificate(self):
        """The new one for new connections; the old key leaves no trace."""
        d = self.temporary()

        def place(pair):
            for kind in ("crt", "key"):
                path = self.write(pair.load(kind), "new", d)
                os.rename(path, os.path.join(d, f"it.{kind}"))
        # Decoding PKCS #8 GnuTLS leaves a copy of its own behind.
        old, new = ca.issue("a.example"), ca.issue("a.example")
        for pair in (old, new):
            tool("openssl", "ec", "-in", pair.key, "-out", pair.key)
        place(old)
        b, port = self.gate(f'certificate = "{d}/it.crt"; key ='
                            f' "{d}/it.key";')
        t = self.tls(port)
        self.assertTrue(same(t, old))
        self.write("broken", "it.crt", d)
        b.signal(signal.SIGHUP)
        b.wait_record(lambda r: f"{d}/it.crt" in r.get("message", ""))
        self.assertTrue(self.shows(port, old))
        place(new)
        self.assertNotEqual(False, is_in_memory(b.pid, old))
        b.signal(signal.SIGHUP)
        self.eventually(lambda: self.shows(port, new), "it is served")
        self.echoes(t)
        t.end()
        t.close()
        self.eventually(lambda: not is_in_memory(b.pid, old),
                        "the old key is wiped")
        self.assertNotEqual(False, is_in_memory(b.pid, new))

    def shows(self, port, pair):
        t = self.tls(port)
        t.close()
        return same(t, pair)

    def test_expiry_is_a_warning(self):
        soon = ca.issue("a.example", days=5)
        d, _ = self.gate(soon.options)
        d.wait_record(lambda r: r.get("level") == "warn"
                      and "expires in" in r.get("message", "")
                      and soon.crt in r["message"])


def scalar_of(pair):
    """The private number of an EC key, as GnuTLS holds it in limbs."""
    text = tool("openssl", "ec", "-in", pair.key, "-noout",
                "-text").decode()
    hexes = text.partition("priv:")[2].partition("pub:")[0]
    number = int("".join(hexes.split()).replace(":", ""), 16)
    return number.to_bytes(32, "little"), number.to_bytes(32, "big")


def is_in_memory(pid, pair):
    """Is the private key, in either byte order, anywhere in the process?
    None: one cannot tell."""
    if IS_SANITIZED:  # its shadow takes hours to read
        return None
    wanted = scalar_of(pair)
    with open(f"/proc/{pid}/maps") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, mode, *rest = line.split()
            if not mode.startswith("rw") or rest[-1] in ("[vvar]", "[vdso]"):
                continue
            first, last = (int(x, 16) for x in span.split("-"))
            for at in range(first, last, 1 << 24):
                try:
                    memory.seek(at)
                    data = memory.read(min(last - at, (1 << 24) + 32))
                except OSError:
                    break
                if any(w in data for w in wanted):
                    return True
    return False


main()
