# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard and the tokens of lib/hostile.py, over many connections and in all
ways: each gets the answer that it should, and the backend hears of none but
the right ones."""

import collections
import re
import socket

from lib import *
from lib.guard import *
from lib.hostile import *
from lib.proxies import tlv, v2
from lib.tokens import forged

ALGORITHMS = ", ".join(f'"{a}"' for a in [*ALL, *HMACS])

# The code of each status that CONNECT has, and of each word of RESP.
STATUS = {"too-long": "431", "protocol": "400", "forbidden": "403"}
BEARER = {"malformed", "algorithm", "unknown-key", "signature", "expired",
          "not-yet", "issuer", "audience", "type"}


# ---- the ways

class Way:
    """How a token is presented, and what the answers are."""

    PAYLOAD = b"payload %05d\r\n"

    def fits(self, token):
        return True

    def is_passing(self, said):
        return said == b""


class Line(Way):
    def request(self, token):
        return b"AUTH " + token + b"\r\n"

    def is_right(self, said, codes):
        m = re.fullmatch(rb'ERR ([a-z-]+) ".+"\r\n', said, re.S)
        return m and m[1].decode() in codes.split()


class Connect(Way):
    TOKEN = re.compile(rb"[-A-Za-z0-9._~+/]+=*")

    def fits(self, token):
        return self.TOKEN.fullmatch(token)

    def request(self, token):
        return (b"CONNECT db:5432 HTTP/1.1\r\nHost: gw\r\n"
                b"Proxy-Connection: close\r\n"
                b"Proxy-Authorization: Bearer " + token + b"\r\n\r\n")

    def is_passing(self, said):
        return said == b"HTTP/1.1 200 Connection established\r\n\r\n"

    def is_right(self, said, codes):
        m = re.match(rb"HTTP/1.1 (\d{3}) (?:.|\s)*\r\n\r\n[ -~]+\n$", said)
        return m and m[1].decode() in [STATUS.get(c, "407")
                                       for c in codes.split()]


class Resp(Way):
    def request(self, token):
        return b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n" % (len(token), token)

    def is_passing(self, said):
        return said == b"+OK\r\n"

    def fits(self, token):
        return len(token) < 1 << 16 and b" " not in token \
            and b"\n" not in token

    def is_right(self, said, codes):
        m = re.fullmatch(rb"-([A-Z]+) [ -~]+\r\n", said)
        words = {"WRONGPASS" if c in BEARER else "ERR"
                 for c in codes.split()}
        if "missing" in codes:
            words.add("NOAUTH")
        return m and m[1].decode() in words


class Socks(Way):
    """All of the conversation at once; only the shortest have room."""

    def fits(self, token):
        return 0 < len(token) < 255  # with 255 it could have been cut

    def request(self, token):
        return (b"\5\1\2" + b"\1\1x" + bytes([len(token)]) + token
                + b"\5\1\0\3\2db" + (5432).to_bytes(2, "big"))

    def is_passing(self, said):
        return said == b"\5\2" + b"\1\0" + b"\5\0\0\1" + bytes(6)

    def is_right(self, said, codes):
        return said == b"\5\2" + b"\1\1"


class Tlv(Way):
    """In a PROXY header: whoever is refused hears nothing."""

    def fits(self, token):
        return len(token) < 30000

    def request(self, token):
        return v2(tlvs=tlv(4, b"pad") + tlv(0xE1, token))

    def is_right(self, said, codes):
        return said in (b"", b"reset")


class HostileCase(GuardCase):
    MORE = f'algorithms = [ {ALGORITHMS} ]; destinations = "db:5432";'

    def setUp(self):
        self.heard = []
        self.count = 0

    def gate_of_backend(self, **more):
        backend = self.backend(lambda s: self.heard.append(all_of(s)))
        self.key = ring().main
        return self.gate(self.MORE, keys=ring().text, sink='{ type = '
                         f'"tcp-client"; connect = "127.0.0.1:{backend.port}"'
                         '; }', **more), backend

    def begin(self, port, way, token):
        """Token and payload in one piece, and the end: its socket."""
        self.count += 1
        payload = way.PAYLOAD % self.count
        s = socket.create_connection(("127.0.0.1", port), 20 * SCALE)
        try:
            s.sendall(way.request(token) + payload)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has heard enough
        return s, payload

    def hear(self, s):
        with s:
            try:
                return all_of(s)
            except ConnectionResetError:
                return b"reset"

    def present_all(self, port, way, rows, wrong):
        """Present them, some at a time; the payloads of those that pass."""
        passed = []
        rows = [r for r in rows if way.fits(r[1])]
        for at in range(0, len(rows), 16):
            part = rows[at:at + 16]
            began = [self.begin(port, way, token) for _, token, _ in part]
            for (name, token, codes), (s, payload) in zip(part, began):
                said = self.hear(s)
                if codes is None:
                    passed.append(payload)
                if not (way.is_right(said, codes) if codes
                        else way.is_passing(said)):
                    wrong.append(f"{type(way).__name__}, {name}: "
                                 f"{said[:150]!r}, not {codes or 'passing'}")
        return passed

    def verify(self, families, ways=(Line(),)):
        (d, port), backend = self.gate_of_backend()
        rows = [(name, token.encode(), codes)
                for f in families for name, token, codes in f()]
        passed, wrong = [], []
        for way in ways:
            passed += self.present_all(port, way, rows, wrong)
        self.assertEqual([], wrong)
        self.eventually(lambda: len(self.heard) >= len(passed), "payloads")
        self.assertEqual(sorted(passed), sorted(self.heard))
        self.assertEqual(len(passed), len(backend.connections))
        self.assertEqual(len(passed), self.metric(d, "admitted_total"))


class Families(HostileCase):
    def test_right(self):
        self.verify([right], [Line(), Connect(), Resp()])

    def test_algorithms(self):
        self.verify([algorithms, confusion])

    def test_keys(self):
        self.verify([kids])

    def test_headers(self):
        self.verify([headers])

    def test_syntax(self):
        self.verify([syntax])

    def test_claims(self):
        self.verify([times, audiences])

    def test_signatures(self):
        self.verify([signatures])

    def test_forms(self):
        self.verify([forms, flips])

    def test_sizes(self):
        self.verify([sizes], [Line(), Resp()])


class Short(HostileCase):
    MORE = HostileCase.MORE + 'present = [ "line", "socks5" ];'

    def test_socks5(self):
        self.verify([flips, forms, kids], [Socks()])
        self.assertTrue(self.heard)


class Whole(HostileCase):
    """All of them, again and again, in every way."""

    ROUNDS = 3

    def test_nothing_grows(self):
        (d, port), backend = self.gate_of_backend(workers=2)
        ways = [Line(), Connect(), Resp()]

        def rows():
            return [r for r in table() if len(r[1]) < 20000]
        passed, wrong = [], []
        passed += self.present_all(port, ways[0], rows(), wrong)
        before = rss(d.pid), fd_count(d.pid)
        for i in range(self.ROUNDS):
            for k, way in enumerate(ways):
                passed += self.present_all(
                    port, way, rows()[(i + k) % 3::3], wrong)
        self.assertEqual([], wrong)
        if not IS_SANITIZED and not IS_COVERAGE:
            self.assertLess(rss(d.pid) - before[0], 3 << 20)
        self.eventually(lambda: len(self.heard) >= len(passed), "payloads")
        self.assertEqual(sorted(passed), sorted(self.heard))
        self.assertEqual(len(passed), len(backend.connections))
        self.eventually(lambda: fd_count(d.pid) <= before[1], "closed")
        self.eventually(lambda: not self.rows(d), "all of them are gone")


class Silent(HostileCase):
    MORE = HostileCase.MORE + 'present = "proxy-tlv";'

    def test_in_proxy_headers(self):
        """Here a token may hold any bytes, and only the metrics tell."""
        (d, port), backend = self.gate_of_backend(
            server='accept_proxy = true; trusted = "127.0.0.1";')
        rows = [(name, token, codes) for name, token, codes in table()[::2]
                if Tlv().fits(token) and not name.startswith("forms: with")]
        rows += [("bytes", bytes(range(256)) * n, "malformed")
                 for n in (1, 10)]
        rows += [("more bytes", bytes(8193), "too-long"),
                 ("dots and more", b".\0." + bytes(9), "malformed")]
        wrong = []
        passed = self.present_all(port, Tlv(), rows, wrong)
        self.assertEqual([], wrong)
        self.eventually(lambda: len(self.heard) >= len(passed), "payloads")
        self.assertEqual(sorted(passed), sorted(self.heard))
        self.assertEqual(len(passed), len(backend.connections))
        self.assertEqual(len(passed), self.metric(d, "admitted_total"))
        least = collections.Counter(codes for _, _, codes in rows
                                    if codes and " " not in codes)
        counts = {code: self.metric(d, "refused_total", reason=code)
                  for code in least}
        for code, count in least.items():
            self.assertGreaterEqual(counts[code], count, code)


class Edges(HostileCase):
    def test_deep(self):
        """As deep as the longest token can be."""
        self.key = ring().main
        d, port = self.gate('max_token = "16k";', keys=ring().text)
        for inner in ("[" * 5000 + "]" * 5000, "[" * 10000,
                      '{"a":' * 1900 + "1" + "}" * 1900):
            self.refused(port, signed(ring().h, with_claim('"a":' + inner)),
                         "malformed", "nested deeper")
            self.refused(port, signed(with_member('"a":' + inner)),
                         "malformed", "nested deeper")
        many = '"a":[' + "[]," * 1021 + "[]]"
        self.passes(port, signed(ring().h, with_claim(many)))
        for inner in (many[:-1] + ",{}]", '"a":[{' + '},{' * 1100 + "}]"):
            self.refused(port, signed(ring().h, with_claim(inner)),
                         "malformed", "more than 1024")
        self.refused(port, self.key.token(x="x" * 13000), "too-long")

    def test_endless(self):
        """A megabyte, or whoever does not stop: answered, and cut."""
        (d, port), backend = self.gate_of_backend()
        for head, answer in (
                (b"AUTH ", rb'ERR too-long "'),
                (b"x" * 31, rb'ERR protocol "'),
                (b"*2\r\n$4\r\nAUTH\r\n$99999\r\n", rb"-ERR "),
                (b"CONNECT db:5432 HTTP/1.1\r\nProxy-Authorization: Bearer ",
                 rb"HTTP/1.1 431 "),
                (b"CONNECT db:5432 HTTP/1.1\r\n" + b"a: b\r\n" * 200
                 + b"x: ", rb"HTTP/1.1 431 ")):
            with self.subTest(head[:20]):
                s = self.connect(port)
                sender = self.thread(self.send_much, s, head)
                self.assertRegex(self.first_of(s), rb"^(" + answer + rb"|$)")
                sender.join()
        self.assertEqual([], backend.connections)

    def send_much(self, s, head):
        try:
            s.sendall(head + b"A" * (1 << 20))
        except OSError:
            pass

    def first_of(self, s):
        try:
            return s.recv(4096)
        except ConnectionResetError:
            return b""

    def test_default_algorithms(self):
        """HS* only when named, whatever keys there are."""
        self.key = ring().main
        d, port = self.gate(keys=ring().text)
        for alg in ("HS256", "HS384", "HS512"):
            self.refused(port, ring().hs.token(alg=alg), "algorithm", alg)
        for key, alg in ring().signs():
            if key is not ring().hs:
                self.passes(port, key.token(alg=alg)).close()

    def test_cache_knows_the_whole_token(self):
        d, port = self.gate_of_backend()[0]
        token = self.key.token()
        for _ in range(2):
            s, _ = self.begin(port, Line(), token.encode())
            self.assertEqual(b"", self.hear(s))
        self.assertEqual(1.0, self.metric(d, "cached_total"))
        for other in (forged(token), token + "A", token[:-1],
                      token.replace(".", "..", 1), "A" + token[1:]):
            s, _ = self.begin(port, Line(), other.encode())
            self.assertRegex(self.hear(s), rb"^ERR (signature|malformed) ")


if __name__ == "__main__":
    main()
