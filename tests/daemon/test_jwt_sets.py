# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard and sets of keys: as providers publish them, and as nobody should.
What can be used is used, what is left out is said, and what makes no sense as
a whole is an error of the configuration."""

import base64
import json
import os
import random

from lib import *
from lib.guard import *
from lib.tokens import *
from lib.tokens import number

EX_CONFIG = 78
P256 = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
B256 = int("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
           16)
P25519 = (1 << 255) - 19
Y_OF_ORDER_8 = int.from_bytes(bytes.fromhex(
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "little")
NOISE = base64.b64encode(random.Random(7).randbytes(1100)).decode()
THUMB = b64(bytes(range(20)))


def keys():
    """Made once: keys of some kinds."""
    if not hasattr(keys, "made"):
        keys.made = {k: Key(alg, k) for k, alg in (
            ("rsa", "RS256"), ("rsa2", "RS256"), ("es", "ES256"),
            ("es2", "ES256"), ("es384", "ES384"), ("ed", "EdDSA"))}
    return keys.made


def change(jwk, member, function):
    """Another number in it."""
    text = jwk[member]
    return {**jwk, member: b64(function(base64.urlsafe_b64decode(
        text + "=" * (-len(text) % 4))))}


def flip(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def modulus(bits):
    return random.Random(bits).getrandbits(bits) | 1 << (bits - 1) | 1


def point_beyond():
    """A point of P-256 whose x is written as x + p."""
    for x in range(1, 100):
        square = (x ** 3 - 3 * x + B256) % P256
        y = pow(square, (P256 + 1) // 4, P256)
        if y * y % P256 == square:
            return {"x": number(x + P256, 32), "y": number(y, 32)}


def small_order():
    """The points of Ed25519 whose order is 8 or less, also as nobody should
    write them."""
    for y in (0, 1, P25519 - 1, P25519, P25519 + 1, Y_OF_ORDER_8,
              P25519 - Y_OF_ORDER_8):
        for sign in (0, 1 << 255):
            yield b64((y | sign).to_bytes(32, "little"))


class SetCase(GuardCase):
    def check(self, text, more=""):
        """binderyd -t with the set, or the path of one."""
        path = text if text[:1] == "/" else self.write(text, "keys.json")
        conf = self.write(
            'pipelines: { gate = ( { type = "tcp-server"; listen = '
            f'"127.0.0.1:1"; }}, {{ type = "jwt-guard"; {USUAL} {more} '
            f'keys = "{path}"; }}, {{ type = "echo"; }} ); }};')
        return run("-t", "-c", conf)

    def is_good(self, text, *patterns, more=""):
        p = self.check(text, more)
        self.assertEqual(0, p.returncode, p.stderr)
        for pattern in patterns:
            self.assertRegex(p.stderr, pattern)
        return p.stderr

    def is_wrong(self, text, pattern):
        p = self.check(text)
        self.assertEqual(EX_CONFIG, p.returncode, text[:200] + p.stderr)
        self.assertRegex(p.stderr, pattern)

    def admits(self, text, good, bad=(), more=""):
        """A daemon with the set lets these tokens pass, and not those."""
        d, port = self.gate(more, keys=text)
        for token in good:
            self.passes(port, token).close()
        for token in bad:
            self.refused(port, token, "(unknown-key|algorithm|signature)")
        return d, port


class Providers(SetCase):
    """Shapes of what is really published; nothing of it may be said to be
    wrong."""

    def publishes(self, *jwks, good, bad=(), **more):
        text = json.dumps({"keys": list(jwks), **more}, indent=2)
        said = self.is_good(text)
        self.assertNotIn("left out", said)
        self.admits(text, good, bad)

    def test_google(self):
        a, b = keys()["rsa"], keys()["rsa2"]
        self.publishes(a.jwk(), b.jwk(), good=[a.token(), b.token()])

    def test_azure(self):
        a, b = keys()["rsa"], keys()["rsa2"]
        more = {"alg": None, "x5t": THUMB, "x5c": [NOISE],
                "cloud_instance_name": "example.org",
                "issuer": "https://login.example.org/{tenantid}/v2.0"}
        self.publishes(a.jwk(**more), b.jwk(**more), a.jwk(**more),
                       good=[a.token(), b.token(), a.token(alg="RS512")])

    def test_auth0(self):
        a = keys()["rsa"]
        self.publishes(a.jwk(x5c=[NOISE], x5t=THUMB), good=[a.token()])

    def test_keycloak(self):
        k = keys()
        more = {"x5c": [NOISE], "x5t": THUMB, "x5t#S256": THUMB}
        self.publishes(
            k["rsa2"].jwk(alg="RSA-OAEP", use="enc", **more),
            k["rsa"].jwk(**more), k["es"].jwk(**more), k["ed"].jwk(),
            k["es2"].jwk(alg="ECDH-ES+A256KW", use="enc"),
            {"kid": "x", "kty": "OKP", "crv": "Ed448", "alg": "EdDSA",
             "use": "sig", "x": b64(bytes(57))},
            {"kid": "y", "kty": "OKP", "crv": "X25519", "use": "enc",
             "x": b64(bytes(32))},
            good=[k["rsa"].token(), k["es"].token(), k["ed"].token()],
            bad=[k["rsa2"].token(), k["es2"].token()])

    def test_others(self):
        k = keys()
        self.publishes(
            k["rsa"].jwk(use=None, key_ops=["verify"], ext=True, iat=1,
                         exp=2, nbf=1),
            k["es"].jwk(use=None, alg=None, oth=None),
            {"kty": "EC", "crv": "secp256k1", "kid": "k", "use": "sig",
             "alg": "ES256K", "x": b64(bytes(32)), "y": b64(bytes(32))},
            {"kty": "AKP", "alg": "ML-DSA-44", "kid": "pq",
             "pub": b64(bytes(1312))},
            good=[k["rsa"].token(), k["es"].token()], issuer="x",
            expires=1)

    def test_ed25519_by_either_name(self):
        """The algorithm is one; which of its names a token may have says
        `algorithms`, and the key does not."""
        ed, other = keys()["ed"], Key("Ed25519", "ed2")
        tokens = {a: [k.token(alg=a) for k in (ed, other)] for a in EDS}
        both = key_set(ed, other)
        self.publishes(ed.jwk(), other.jwk(), good=sum(tokens.values(), []),
                       bad=[ed.token({"kid": "ed2"}, alg="Ed25519"),
                            other.token({"alg": "Ed448"}),
                            other.token({"kid": None})])
        for mine, others in (EDS, EDS[::-1]):
            self.admits(both, tokens[mine], tokens[others],
                        f'algorithms = "{mine}";')
        self.admits(key_set(other.jwk(alg=None, kid=None)),
                    [other.token({"kid": None}, alg=a) for a in EDS])

    def test_one_key_and_no_kid(self):
        k = keys()
        jwk = json.dumps(k["es"].jwk(kid=None))
        self.is_good(jwk)
        self.admits(jwk, [k["es"].token({"kid": None})],
                    [k["es"].token()])


class LeftOut(SetCase):
    def rows(self):
        """A key with a flaw, and what is said of it; None: nothing."""
        rsa, es, ed = (keys()[k].jwk(kid="bad") for k in ("rsa", "es", "ed"))
        yield {}, "it has no 'kty'"
        for odd in (None, 1, "x", [], [es]):
            yield odd, "it is not an object"
        for member in ("kty", "kid", "use", "alg", "crv", "x", "y"):
            for value in (1, None, [], {}):
                yield {**es, member: value}, f"'{member}' is not a string"
        yield {**es, "kid": "k" * 1025}, "'kid' is longer than 1024 bytes"
        for kty in ("ec", "EC ", "DSA", "", "x" * 3000):
            yield {**es, "kty": kty}, None
        yield {**es, "use": "enc"}, None
        yield {**es, "use": "tls"}, None
        yield {**es, "key_ops": ["sign"]}, None
        yield {**es, "key_ops": []}, None
        yield {**es, "key_ops": "verify"}, "'key_ops' is not an array"
        yield {**es, "key_ops": [1]}, "'key_ops' holds what is no string"
        yield {**es, "key_ops": ["verify", "verify"]}, "says a thing twice"
        yield {**es, "alg": "none"}, "its algorithm 'none' is not known"
        yield {**es, "alg": "x\x1b[m" * 9}, r"algorithm 'x\?\[m.*' is not"
        yield {**es, "alg": "ES384"}, "does not fit a key of kind EC P-256"
        yield {**es, "alg": "HS256"}, "does not fit a key of kind EC P-256"
        yield {**rsa, "alg": "ES256"}, "does not fit a key of kind RSA"
        yield {**ed, "alg": "ES256"}, "does not fit a key of kind Ed25519"
        for jwk, names in ((rsa, "ne"), (es, "xy"), (ed, "x")):
            for name in names:
                rest = {k: v for k, v in jwk.items() if k != name}
                yield rest, f"it has no '{name}'"
                yield {**jwk, name: ""}, f"'{name}' is empty"
                for text in ("*", jwk[name] + "=", jwk[name][:-1] + "+",
                             " " + jwk[name]):
                    yield {**jwk, name: text}, "is not strict base64url"
                if name != "e":
                    yield {**jwk, "x5c": [NOISE], name: "AAAA"}, "."
        # RSA
        for bits in (512, 1024, 2047):
            yield {**rsa, "n": number(modulus(bits))}, \
                f"its modulus has {bits} bits, not 2048 to 8192"
        yield {**rsa, "n": number(modulus(16384))}, "16384 bits"
        yield {**rsa, "n": number(modulus(2048) - 1)}, "modulus is even"
        yield {**rsa, "e": b64(b"\1")}, "exponent is even, below 3 or above"
        yield {**rsa, "e": b64(b"\4")}, "exponent is even"
        yield {**rsa, "e": number((1 << 32) + 1)}, "above 32 bits"
        yield {**rsa, "e": rsa["n"]}, "above 32 bits"
        for name in "ne":
            yield change(rsa, name, lambda x: b"\0" + x), \
                "begins with a zero byte"
        # points
        yield change(es, "x", lambda x: x[1:]), "'x' has 31 bytes, not 32"
        yield change(es, "y", lambda x: b"\0" + x), "'y' has 33 bytes"
        yield change(es, "x", flip), "it is no valid key"
        yield change(es, "y", flip), "it is no valid key"
        yield {**es, "crv": "P-384", "alg": "ES384"}, "'x' has 32 bytes, not 48"
        yield {**es, **point_beyond()}, "it is no valid key"
        for x, y in ((0, 0), (0, 1), (P256, P256), (P256 - 1, 0)):
            yield {**es, "x": number(x, 32), "y": number(y, 32)}, \
                "it is no valid key"
        yield change(ed, "x", lambda x: x[:-1]), "'x' has 31 bytes, not 32"
        yield change(ed, "x", lambda x: x + b"\0"), "'x' has 33 bytes"
        yield {**ed, "crv": "P-256", "kty": "EC"}, "."
        # secrets
        for n in (1, 16, 31):
            yield {"kty": "oct", "kid": "bad", "k": b64(bytes(n))}, \
                f"secret of {n} bytes is too short for HS256, which needs 32"
        yield {"kty": "oct", "kid": "bad", "k": b64(bytes(32)),
               "alg": "HS512"}, "too short for its algorithm"

    def test_each(self):
        """One bad key between good ones; all of them in some sets."""
        good = keys()["es384"].jwk()
        rows = list(self.rows())
        for at in range(0, len(rows), 60):
            part = rows[at:at + 60]
            jwks = [jwk for jwk, _ in part]
            said = self.is_good(json.dumps({"keys": jwks + [good]}))
            self.assertNotIn(f"key {len(jwks) + 1} ", said)
            lines = said.splitlines()
            for i, (jwk, pattern) in enumerate(part):
                of_it = [x for x in lines
                         if f"key {i + 1} is left out:" in x
                         or f"key {i + 1} (kid 'bad') is left out:" in x]
                with self.subTest(str(jwk)[:300]):
                    self.assertEqual(pattern is not None, bool(of_it), of_it)
                    if pattern:
                        self.assertRegex(of_it[0], pattern)
            for line in lines:
                self.assertRegex(line, r"\A[ -~]*\Z")

    def test_the_others_serve(self):
        good = keys()["es384"]
        text = json.dumps({"keys": [jwk for jwk, _ in self.rows()][:127]
                           + [good.jwk()]})
        bad = [keys()[k].token({"kid": "bad"}) for k in ("rsa", "es", "ed")]
        self.admits(text, [good.token()], bad)

    def test_nothing_is_left(self):
        rows = list(self.rows())
        for jwk, _ in random.Random(3).sample(rows, 12):
            self.is_wrong(json.dumps({"keys": [jwk]}),
                          "has no key that can verify")

    def test_small_order(self):
        """Anybody could sign for such a key."""
        ed = keys()["ed"].jwk()
        for x in small_order():
            with self.subTest(x):
                self.is_wrong(json.dumps({**ed, "x": x}),
                              "can verify.*it is no valid key: ")

    def test_sizes_that_are_right(self):
        rsa = keys()["rsa"].jwk()
        for bits in (2048, 2049, 4096, 8192):
            self.is_good(json.dumps({**rsa, "n": number(modulus(bits))}))
        for e in (3, 17, 65537, 0xffffffff):
            self.is_good(json.dumps({**rsa, "e": number(e)}))
        three = Key("RS256", "three", exponent=3)
        secret = Key("HS384", "s", secret=os.urandom(48))
        self.admits(key_set(three, secret.jwk(alg=None)),
                    [three.token(), secret.token()],
                    [secret.token(alg="HS512")],
                    more='algorithms = [ "RS256", "HS384", "HS512" ];')

    def test_private_parts(self):
        es, ed = keys()["es"], keys()["ed"]
        d = b64(os.urandom(32))
        text = json.dumps({"keys": [es.jwk(d=d), ed.jwk(d=d)]})
        flaw = ".*has too much: its private part lies open"
        said = self.is_good(text, "key 1 " + flaw, "key 2 " + flaw)
        self.assertNotIn("left out", said)
        self.assertNotIn(d, said)
        daemon, _ = self.admits(text, [es.token(), ed.token()])
        self.assertNotIn(d, str(self.ask(
            daemon, "tell", pipeline="gate", binding="jwt-guard",
            words=["keys"])) + daemon.said())


class Sets(SetCase):
    def test_same_kid(self):
        es, es2, rsa, ed = (keys()[k] for k in ("es", "es2", "rsa", "ed"))
        self.is_wrong(key_set(es.jwk(kid="a"), es2.jwk(kid="a")),
                      "two different keys of kind EC P-256 have the kid 'a'")
        self.is_good(key_set(es, es, es.jwk(alg=None)))
        # of different kinds, the algorithm tells
        same = [k.jwk(kid="a") for k in (es, rsa, ed)]
        self.admits(key_set(*same), [k.token({"kid": "a"})
                                     for k in (es, rsa, ed)],
                    [es2.token({"kid": "a"})])
        # the same numbers for two algorithms
        self.admits(key_set(rsa.jwk(), rsa.jwk(alg="PS256")),
                    [rsa.token(), rsa.token(alg="PS256")],
                    [rsa.token(alg="RS384")])

    def test_no_kid(self):
        es, es2 = keys()["es"], keys()["es2"]
        text = key_set(es.jwk(kid=None), es2.jwk(kid=None),
                       keys()["ed"].jwk())
        self.admits(text, [keys()["ed"].token({"kid": None})],
                    [es.token({"kid": None}), es.token()])

    def test_many(self):
        """128 keys, and not one more."""
        es = keys()["es"]
        many = [es.jwk(kid=f"k{i}") for i in range(127)]
        self.admits(key_set(*many, keys()["ed"]),
                    [es.token({"kid": "k0"}), es.token({"kid": "k126"}),
                     keys()["ed"].token()], [es.token({"kid": "k127"})])
        self.is_wrong(key_set(*many, es, keys()["ed"]),
                      "129 keys, more than 128")

    def test_large(self):
        es = keys()["es"]
        text = key_set(es.jwk(x5c=[NOISE] * 600))
        text += " " * ((1 << 20) - len(text))
        self.admits(text, [es.token()])
        self.is_wrong(text + " ", "1048576|too large")
        self.is_wrong('{"keys":[' + "{}," * 300000, "1048576|too many|than")

    def test_no_sets(self):
        es = keys()["es"]
        good = key_set(es)
        for text, pattern in (
                ("", "strict JSON"), (" ", "strict JSON"),
                ("{}", "neither an array 'keys' nor a 'kty'"),
                ("[]", "no set of keys"), ("null", "."), ("1", "."),
                (f"[{good}]", "no set of keys"),
                ('{"keys":null}', "no set of keys"),
                ('{"keys":{}}', "no set of keys"),
                ('{"keys":"x"}', "no set of keys"),
                ('{"Keys":[]}', "no set of keys"),
                ('{"keys":[]}', "no key that can verify"),
                ('{"keys":[[]]}', "no key that can verify"),
                (good[:-1], "ends too early"),
                (good + good, "something follows its end"),
                (good + "\0", "strict JSON"),
                ("\ufeff" + good, "strict JSON"),
                (good.replace('"kid"', '"kty": "EC", "kid"'), "twice"),
                (good[:-1] + ', "keys": []}', "twice"),
                (good[:-1] + ', "x": NaN}', "strict JSON"),
                (good[:-1] + ', "x": 1e999}', "too large"),
                (good[:-1] + ', "x": "\\u0000"}', "NUL"),
                (good[:-1] + ', "x": ' + "[" * 100000, "nested deeper"),
                (good[:-1] + ', "x": [' + "[]," * 5000 + "1]}", "1024"),
                (es.pem().decode(), "strict JSON"),
                (json.dumps({"k1": es.pem().decode()}), "no set of keys"),
                (json.dumps({"issuer": ISSUER, "jwks_uri": "https://x/"}),
                 "no set of keys"),
                ("<html><body>login</body></html>", "strict JSON")):
            with self.subTest(text[:100]):
                self.is_wrong(text, r"cannot use /\S*keys.json: .*" + pattern)

    def test_no_files(self):
        directory = self.temporary()
        fifo = os.path.join(directory, "fifo")
        os.mkfifo(fifo)
        for path in (directory, fifo, "/dev/zero", "/dev/null",
                     "/proc/self/mem", directory + "/none"):
            with self.subTest(path):
                self.is_wrong(path, "keys")

    def test_blanks(self):
        """What a set may look like besides."""
        es = keys()["es"]
        text = key_set(es)
        for t in ("\n\n " + text + "\r\n\t", json.dumps(
                json.loads(text), indent=8), text.replace(
                '"kty"', '"k\\u0074y"'), text[:-1] + ', "x": {"y": [1]}}'):
            self.is_good(t)


if __name__ == "__main__":
    main()
