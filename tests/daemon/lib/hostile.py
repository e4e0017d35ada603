# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Tokens that are wrong in every way we know of, and right ones that look odd.
Each family gives rows: a name, the token, and the codes of which one must be
the answer; None: it passes."""

import base64
import json
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from .tokens import (ALL, AUDIENCE, CURVES, EDS, ISSUER, Key, b64, b64_of,
                     key_set, usual)

ORDERS = {
    "ES256": int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2"
                 "fc632551", 16),
    "ES384": int("f" * 48 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
                 16),
    "ES512": int("01" + "f" * 64 + "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8"
                 "899c47aebb6fb71e91386409", 16)}
HMACS = ["HS256", "HS384", "HS512"]


class Ring:
    """One key for each algorithm, made once; and keys of strangers."""

    def __init__(self):
        self.rsa = Key("RS256", "rsa")       # for all that RSA can do
        self.rs256 = Key("RS256", "rs256")   # for one only
        self.es = {a: Key(a, a.lower()) for a in CURVES}
        self.other = Key("ES256", "other")
        self.ed = Key("EdDSA", "ed")
        self.hs = Key("HS256", "hs")
        self.enc = Key("ES256", "enc")
        self.wrap = Key("ES256", "wrap")
        self.bare = Key("ES384", None)
        self.stranger = Key("ES256", "stranger")
        self.strange_rsa = Key("RS256", "rsa")
        self.text = key_set(
            self.rsa.jwk(alg=None), self.rs256, *self.es.values(), self.other,
            self.ed, self.hs.jwk(alg=None), self.enc.jwk(use="enc"),
            self.wrap.jwk(use=None, key_ops=["wrapKey", "deriveBits"]))
        self.main = self.es["ES256"]
        self.h = {"alg": "ES256", "kid": "es256"}

    def signs(self):
        """(key, algorithm) of all that is right."""
        yield from ((self.rsa, a) for a in ALL[:6])
        yield self.rs256, "RS256"
        yield from ((k, a) for a, k in self.es.items())
        yield from ((self.ed, a) for a in EDS)
        yield from ((self.hs, a) for a in HMACS)


def ring():
    if not hasattr(ring, "made"):
        ring.made = Ring()
    return ring.made


def claims(**more):
    return json.dumps(usual(**more))


def signed(header, payload=None, key=None, alg=None):
    """With the main key, whatever it says."""
    return (key or ring().main).raw(header, payload or claims(), alg)


def with_member(text):
    """A header that says this, too."""
    return '{"alg":"ES256","kid":"es256",' + text + "}"


def with_claim(text):
    c = claims()
    return c[:-1] + "," + text + "}"


def broken(token, signature):
    return token[:token.rindex(".") + 1] + b64(signature)


def signature_of(token):
    s = token[token.rindex(".") + 1:]
    return bytes_of(s)


def bytes_of(s):
    return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))


# ---- families

def right():
    r = ring()
    for key, alg in r.signs():
        yield f"{alg} of {key.kid}", key.token(alg=alg), None
    for t in (None, "JWT", "jwt", "application/jwt", "at+jwt", "AT+JWT",
              "application/at+jwt"):
        yield f"typ {t}", r.main.token({"typ": t}), None
    for name, more in (
            ("aud in a list", {"aud": ["x", AUDIENCE]}),
            ("aud twice", {"aud": [AUDIENCE, AUDIENCE]}),
            ("exp with a fraction", {"exp": time.time() + 9.5}),
            ("exp far away", {"exp": 9000000000}),
            ("exp at the end of what counts", {"exp": 1 << 53}),
            ("exp within leeway", {"exp": int(time.time()) - 10}),
            ("nbf in the past", {"nbf": 0}), ("nbf below 0", {"nbf": -1}),
            ("nbf within leeway", {"nbf": int(time.time()) + 10}),
            ("iat within leeway", {"iat": int(time.time()) + 10}),
            ("no iat", {"iat": None}), ("no sub", {"sub": None}),
            ("jti", {"jti": "x" * 255}), ("sub", {"sub": "\u00e9" * 127}),
            ("other claims", {"a": [1, {"b": None}], "": "", "x.y": True})):
        yield name, r.main.token(**more), None
    for name, header in (
            ("a jwk that is not looked at", {"jwk": r.stranger.jwk()}),
            ("a jku", {"jku": "https://evil.example/keys"}),
            ("an x5u", {"x5u": "file:///etc/passwd"}),
            ("an x5c", {"x5c": ["AAAA"]}), ("an x5t", {"x5t": "AAAA"}),
            ("a cty of something else", {"cty": "json"}),
            ("other members", {"epk": {}, "": 1, "iv": "x"})):
        yield name, r.main.token(header), None
    yield "no kid, one key", r.ed.token({"kid": None}), None
    for name, header in (
            ("blanks", ' { "alg" : "ES256",\r\n\t"kid" : "es256" } '),
            ("escapes", '{"\\u0061lg":"ES\\u003256","k\\u0069d":"es256"}'),
            ("another order", '{"kid":"es256","alg":"ES256"}')):
        yield "header with " + name, signed(header), None
    yield "payload with blanks", signed(r.h, "\n" + claims() + "\n"), None
    yield "payload with escapes", signed(r.h, claims().replace(
        '"iss"', '"\\u0069ss"').replace("gate", "\\u0067ate")), None
    yield "exp as 1e10", signed(r.h, claims(exp=None)[:-1]
                                + ',"exp":1e10}'), None
    yield "as deep as it may be", signed(r.h, with_claim(
        '"a":' + "[" * 15 + "]" * 15)), None
    for a, key in r.es.items():
        t, size = key.token(), CURVES[a][2]
        s = signature_of(t)
        n = ORDERS[a] - int.from_bytes(s[size:], "big")
        yield f"{a}, the other s", broken(
            t, s[:size] + n.to_bytes(size, "big")), None


def algorithms():
    r = ring()
    for none in ("none", "None", "NONE", "nOnE", "none ", " none", "",
                 "none\\u0000", "n\\u006fne"):
        for kid in (',"kid":"es256"', ""):
            head = b64_of('{"alg":"%s"%s}' % (none, kid))
            body = head + "." + b64_of(claims()) + "."
            codes = "algorithm malformed"
            yield f"alg '{none}'{kid}, no signature", body, codes
            yield f"alg '{none}'{kid}", body + b64(b"\0"), codes
            yield (f"alg '{none}'{kid}, signed", signed(
                '{"alg":"%s"%s}' % (none, kid)), codes)
    for alg in ("es256", "Es256", "ES256 ", "ES256K", "HS1", "RS1", "ES257",
                "dir", "A128KW", "RSA-OAEP", "Ed25519", "EdDSA\\u0000",
                "ed25519", "ED25519", "Ed25519 ", "Ed25519\\u0000", "Ed448",
                "Ed25519ph", "Ed25519ctx", "ESP256", "X25519", "HS",
                "PBES2-HS256+A128KW", "ES256,none", "\U0001f511", "x" * 4000):
        yield (f"alg {alg[:20]}", signed('{"alg":"%s","kid":"es256"}' % alg),
               "algorithm malformed")
    for alg in ("null", "1", "true", '["ES256"]', '{"ES256":1}'):
        yield f"alg {alg}", signed('{"alg":%s,"kid":"es256"}' % alg), \
            "malformed"
    yield "no alg", signed({"kid": "es256"}), "malformed"
    # the key says another one
    for key, own in r.signs():
        for alg in [*ALL, *HMACS]:
            fits = (alg == own or (key is r.rsa and alg in ALL[:6])
                    or (key is r.hs and alg[:2] == "HS")
                    or (own in EDS and alg in EDS))
            if not fits and alg != own:
                yield (f"alg {alg} of {key.kid}", key.raw(
                    {"alg": alg, "kid": key.kid}, claims(), own),
                    "algorithm")
    # the signature is of another one than it says
    for says, does in (("RS256", "PS256"), ("PS256", "RS256"),
                       ("RS256", "RS384"), ("RS512", "RS256"),
                       ("PS384", "PS512"), ("PS256", "PS384")):
        yield f"{says} signed as {does}", r.rsa.raw(
            {"alg": says, "kid": "rsa"}, claims(), does), "signature"
    yield "HS256 signed as HS512", r.hs.raw(
        {"alg": "HS256", "kid": "hs"}, claims(), "HS512"), "signature"
    yield "a key to encrypt with", r.enc.token(), "unknown-key"
    yield "a key to wrap with", r.wrap.token(), "unknown-key"


def confusion():
    """What is public as the secret of an HMAC."""
    r = ring()
    for key in (r.rsa, r.rs256, r.main, r.ed):
        pub = key.private.public_key()
        der = pub.public_bytes(serialization.Encoding.DER,
                               serialization.PublicFormat.SubjectPublicKeyInfo)
        jwk = key.jwk()
        for name, secret in (
                ("PEM", key.pem()), ("PEM without its end",
                                     key.pem().rstrip(b"\n")),
                ("DER", der), ("JWK", json.dumps(jwk).encode()),
                ("compact JWK", json.dumps(
                    jwk, separators=(",", ":")).encode()),
                ("number", bytes_of(jwk.get("n") or jwk["x"])),
                ("text of it", (jwk.get("n") or jwk["x"]).encode()),
                ("kid", key.kid.encode()), ("nothing", b"\0")):
            fake = Key("HS256", key.kid, secret=secret)
            yield f"HS256, {name} of {key.kid}", fake.token(), "algorithm"
            fake.kid = "hs"
            yield (f"HS256, {name} of {key.kid}, kid of the secret",
                   fake.token(), "signature")
            fake.kid = None
            yield (f"HS256, {name} of {key.kid}, no kid", fake.token(),
                   "signature")


def kids():
    r = ring()
    yield "of another key", r.main.token({"kid": "other"}), "signature"
    yield "of another kind", r.main.token({"kid": "ed"}), "algorithm"
    yield "missing, many keys", r.main.token({"kid": None}), "unknown-key"
    yield "missing, many of RSA", r.rs256.token({"kid": None}), "unknown-key"
    yield "missing, another's signature", r.bare.token(), "signature"
    for kid in ("1", "0", "-1", "1.5", "null", "true", "[]", '["es256"]',
                "{}", '{"kid":"es256"}', '"es256\\u0000"', '"\\u0000"',
                '"es256\\u0000x"', '"\\ud800"', '"' + "k" * 4096 + '"',
                '"' + "k" * 1025 + '"'):
        yield f"kid {kid[:20]}", signed(
            '{"alg":"ES256","kid":%s}' % kid), "malformed"
    for kid in ("", " ", "es25", "es2566", "ES256", " es256", "es256 ",
                "es256\n", "es256/", "./es256", "../../../../dev/null",
                "/etc/passwd", "file:///dev/null", "/dev/zero",
                "es256' OR '1'='1", "x' UNION SELECT 'AAAA' --", "$(id)",
                "|id", "`id`", "%s%s%s%n", "%00", "\u00e9s256", "\U0001f511",
                "\x1b[31m", "\x7f", "\r\nset-cookie: a=b", "k" * 1024,
                "https://evil.example/jwk", "*", ".*", "?", "null", "0"):
        yield f"kid {kid[:20]!r}", r.main.token({"kid": kid}), "unknown-key"
    yield "stranger's own", r.stranger.token(), "unknown-key"
    yield "stranger's, with our kid", r.stranger.token(
        {"kid": "es256"}), "signature"
    yield "stranger's RSA, with our kid", r.strange_rsa.token(), "signature"


def headers():
    """Keys that a token brings along, and words that change all else."""
    r = ring()
    s = r.stranger
    for name, more in (
            ("jwk", {"jwk": s.jwk()}), ("jwk as our key", {
                "jwk": s.jwk(kid="es256"), "kid": "es256"}),
            ("jku", {"jku": "http://127.0.0.1:1/keys"}),
            ("x5u", {"x5u": "http://127.0.0.1:1/crt"}),
            ("x5c", {"x5c": [b64(s.pem())]}), ("jwk, no kid", {
                "jwk": s.jwk(), "kid": None})):
        yield "embedded " + name, s.token(more), "unknown-key signature"
    for text in ('"crit":[]', '"crit":["exp"]', '"crit":["b64"],"b64":true',
                 '"crit":["b64"],"b64":false', '"crit":"exp"', '"crit":null',
                 '"crit":["http://example.org/x"],"http://example.org/x":1',
                 '"crit":["alg"]', '"crit":[1]', '"crit":{}', '"b64":false',
                 '"b64":true', '"b64":"x"', '"zip":"DEF"', '"zip":null',
                 '"enc":"A128GCM"', '"cty":"JWT"', '"cty":"jwt"',
                 '"cty":"application/jwt"', '"cty":1', '"cty":null',
                 '"typ":1', '"typ":null', '"typ":[]', '"typ":["JWT"]'):
        yield "header with " + text, signed(with_member(text)), "malformed"
    for typ in ("", "JWS", "JWE", "JOSE", "JWT ", " JWT", "JWT;x=1",
                "secevent+jwt", "dpop+jwt", "logout+jwt", "id+jwt",
                "kb+jwt", "text/jwt", "application/", "application/jwt/x",
                "application/application/jwt", "x" * 3000, "J\u0174T"):
        yield f"typ {typ[:20]!r}", r.main.token({"typ": typ}), "type"
    # an unencoded payload, as RFC 7797 has it
    text = b64_of('{"alg":"ES256","kid":"es256","b64":false,"crit":["b64"]}')
    data = text + "." + claims()
    yield "RFC 7797", text + ".." + b64(r.main.sign(data.encode())), \
        "malformed"
    yield "a token in a token", signed(
        with_member('"cty":"JWT"'), r.main.token()), "malformed"
    yield "a token in a token, unsaid", signed(r.h, r.main.token()), \
        "malformed"


def flaws():
    """Texts that are no strict JSON object, in two places."""
    for member in ('"a":NaN', '"a":Infinity', '"a":-Infinity', '"a":01',
                   '"a":+1', '"a":.5', '"a":1.', '"a":0x10', '"a":1e999',
                   '"a":-1e999', '"a":99999999999999999999',
                   '"a":-9223372036854775809', '"a":1' + "0" * 400,
                   '"a":tru', '"a":True', '"a":undefined', "'a':1", "a:1",
                   '"a":1,', '"a" 1', '"a":1 // no', '"a":1 /* no */',
                   '"a":"\t"', '"a":"\\x41"', '"a":"\\u12"', '"a":"\\ud800"',
                   '"a":"\\udc00\\ud800"', '"a":"\\u0000"', '"\\u0000":1',
                   '"a\\u0000b":1', '"a":1,"a":1', '"a":1,"\\u0061":2',
                   '"a":{"b":1,"b":2}', '"a":[{"b":1,"b":1}]',
                   '"a":[1,]',
                   '"a":' + "[" * 16 + "]" * 16, '"a":' + "[" * 2000,
                   '"a":' + '{"a":' * 1000, '"a":' + "[" * 2000 + "]" * 2000,
                   '"a":]', '"a":}',
                   '"a":"', '"a":"\\', '"a":\x0b1', '"a":\xa01',
                   '"a":1\0', '"a":1.5\0', '"a":true\0', '"a":null\0'):
        yield member, with_member(member), with_claim(member)
    for name, change in (
            ("BOM", lambda t: "\ufeff".encode() + t),
            ("BOM of UTF-16", lambda t: t.decode().encode("utf-16")),
            ("UTF-16", lambda t: t.decode().encode("utf-16-le")),
            ("UTF-32", lambda t: t.decode().encode("utf-32-be")),
            ("a 0 at the end", lambda t: t + b"\0"),
            ("a 0 in front", lambda t: b"\0" + t),
            ("text behind", lambda t: t + b"x"),
            ("another object", lambda t: t + b"{}"),
            ("a comma", lambda t: t + b","),
            ("not its end", lambda t: t[:-1]),
            ("not its beginning", lambda t: t[1:]),
            ("Latin-1", lambda t: t[:-1] + b',"a":"\xe9"}'),
            ("an overlong form", lambda t: t[:-1] + b',"a":"\xc0\xaf"}'),
            ("a surrogate", lambda t: t[:-1] + b',"a":"\xed\xa0\x80"}'),
            ("beyond Unicode", lambda t: t[:-1] + b',"a":"\xf5\x80\x80\x80"}'),
            ("in an array", lambda t: b"[" + t + b"]"),
            ("as a string", lambda t: json.dumps(t.decode()).encode()),
            ("another dialect", lambda t: t.replace(b'"', b"'"))):
        yield (name, change(with_member('"x":1').encode()),
               change(claims().encode()))
    for text in ("null", "true", "0", '""', "[]", "[{}]", '"x"', " ", "\n",
                 "{", "}", "{{}}", "\0", "x", "<xml/>", "\xff"):
        yield repr(text), text, text


def syntax():
    for name, header, payload in flaws():
        yield "header: " + name[:30], signed(header), "malformed"
        yield "payload: " + name[:30], signed(ring().h, payload), "malformed"
    yield "header: nothing in it", signed("{}"), "malformed"
    yield "payload: nothing in it", signed(ring().h, "{}"), "malformed"
    one = '{"alg":"ES256","kid":"es256",'
    for more in ('"alg":"none"', '"alg":"ES256"', '"kid":"other"',
                 '"\\u0061lg":"HS256"', '"k\\u0069d":"es256"'):
        yield "twice: " + more, signed(one + more + "}"), "malformed"
    for more in ('"exp":9999999999', '"iss":"x"', '"aud":"gate"',
                 '"\\u0065xp":1', '"sub":"root"'):
        yield "twice: " + more, signed(
            ring().h, with_claim(more)), "malformed"


def times():
    r = ring()
    now = int(time.time())
    for name in ("exp", "nbf", "iat"):
        for value in (str(now), "", "x", True, False, [], [now], {}, "1e10",
                      "2030-01-01T00:00:00Z", 1e300, -1e300, (1 << 53) + 2,
                      -(1 << 53) - 2, (1 << 63) - 1, -(1 << 63)):
            yield f"{name} {value!r}", r.main.token(**{name: value}), \
                "malformed"
        yield f"{name} null", signed(r.h, claims(**{name: None})[:-1]
                                     + f',"{name}":null}}'), "malformed"
    for exp in (0, -0.0, -1, 1, now - 31, now - 3600, now - 10 ** 9,
                now - 30.5, -(1 << 53), 1e-300):
        yield f"exp {exp}", r.main.token(exp=exp), "expired"
    yield "exp in seconds of 32 bits", r.main.token(
        exp=(now + 600) & 0xffff), "expired"
    yield "no exp", r.main.token(exp=None), "malformed"
    for value in (now + 100, now + 100.5, now + 10 ** 9, 1 << 53,
                  now * 1000, (now + 60) * 10 ** 6):
        yield f"nbf {value}", r.main.token(nbf=value), "not-yet"
        yield f"iat {value}", r.main.token(iat=value), "not-yet"
    yield "expired, with a wrong signature", r.stranger.token(
        {"kid": "es256"}, exp=1), "signature"


def audiences():
    r = ring()
    yield "no iss", r.main.token(iss=None), "issuer"
    for iss in ("", "https://evil.example", ISSUER + "/", ISSUER.upper(),
                ISSUER[:-1], ISSUER + " ", " " + ISSUER, ISSUER + "\n",
                "http" + ISSUER[5:], ISSUER.replace("e", "\u0435"),
                "x" * 5000):
        yield f"iss {iss[:30]!r}", r.main.token(iss=iss), "issuer"
    for iss in (1, True, [ISSUER], {"iss": ISSUER}):
        yield f"iss {iss!r}", r.main.token(iss=iss), "malformed"
    yield "iss with a 0", signed(r.h, claims().replace(
        ISSUER, ISSUER + "\\u0000")), "malformed"
    yield "no aud", r.main.token(aud=None), "audience"
    for aud in ("", "other", "GATE", "gate ", " gate", "gate,other",
                "gate other", "gat", "gates", "*", [], ["other"], ["GATE"],
                ["", "gat"], "x" * 5000, ["x"] * 1000):
        yield f"aud {str(aud)[:30]}", r.main.token(aud=aud), "audience"
    for aud in (1, True, {}, {"aud": "gate"}, [1], ["gate", 1],
                ["gate", None], [["gate"]], ["gate", {}]):
        yield f"aud {aud!r}", r.main.token(aud=aud), "malformed"
    for name in ("sub", "jti"):
        for value in (1, 1.5, True, [], ["alice"], {}, "x" * 256):
            yield f"{name} {str(value)[:20]}", r.main.token(
                **{name: value}), "malformed"
        yield f"{name} null", signed(r.h, claims(**{name: None})[:-1]
                                     + f',"{name}":null}}'), "malformed"
        yield f"{name} with a 0", signed(r.h, claims(**{name: None})[:-1]
                                         + f',"{name}":"a\\u0000"}}'), \
            "malformed"
    yield "sub empty", r.main.token(sub=""), "malformed"


def signatures():
    r = ring()
    yield "of another token", broken(
        r.main.token(), signature_of(r.main.token(sub="bob"))), "signature"
    for key, alg in r.signs():
        t = key.token(alg=alg)
        s = signature_of(t)
        flipped = bytes([s[0] ^ 1]) + s[1:]
        for name, other in (
                ("cut by 1", s[:-1]), ("cut in half", s[:len(s) // 2]),
                ("of one byte", s[:1]), ("with a 0 behind", s + b"\0"),
                ("with a 0 in front", b"\0" + s), ("twice", s + s),
                ("of zeros", bytes(len(s))), ("of ones", b"\xff" * len(s)),
                ("flipped at first", flipped),
                ("flipped at last", s[:-1] + bytes([s[-1] ^ 1])),
                ("of 1 KB", s[:1] * 1024), ("backwards", s[::-1])):
            yield f"{alg} of {key.kid} {name}", broken(t, other), "signature"
        yield f"{alg} of {key.kid}, none", broken(t, b""), "malformed"
        head, body, _ = t.split(".")
        yield f"{alg} of {key.kid}, of the text alone", ".".join(
            (head, body, b64(key.sign(body.encode(), alg)))), "signature"
    yield from signatures_ecdsa()
    yield from signatures_rsa()
    t = r.ed.token()
    s = signature_of(t)
    order = (1 << 252) + 27742317777372353535851937790883648493
    n = int.from_bytes(s[32:], "little")
    for times_ in (1, 2, 8):
        yield f"Ed25519, s + {times_} orders", broken(t, s[:32] + (
            n + times_ * order).to_bytes(32, "little")), "signature"
    for point in (bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30
                  + b"\x7f", b"\xee" + b"\xff" * 30 + b"\x7f"):
        yield "Ed25519, r of small order", broken(
            t, point + bytes(32)), "signature"


def signatures_ecdsa():
    r = ring()
    for a, key in r.es.items():
        size, n, t = CURVES[a][2], ORDERS[a], key.token()
        s = signature_of(t)
        big = [0, 1, n - 1, n, n + 1, (1 << 8 * size) - 1]
        for x in big:
            for y in big:
                yield f"{a}, r and s {big.index(x)} {big.index(y)}", broken(
                    t, x.to_bytes(size, "big") + y.to_bytes(size, "big")), \
                    "signature"
        rr, ss = (int.from_bytes(p, "big") for p in (s[:size], s[size:]))
        for name, x, y in (("r + n", rr + n, ss), ("s + n", rr, ss + n),
                           ("s and r", ss, rr), ("n - r", n - rr, ss)):
            if max(x, y) < 1 << 8 * size:
                yield f"{a}, {name}", broken(
                    t, x.to_bytes(size, "big") + y.to_bytes(size, "big")), \
                    "signature"
        yield f"{a} in DER", broken(
            t, utils.encode_dss_signature(rr, ss)), "signature"
        yield f"{a} in hex", broken(t, s.hex().encode()), "signature"
        # right, but of the hash of another size
        h = hashes.SHA512() if a != "ES512" else hashes.SHA256()
        text = t[:t.rindex(".")].encode()
        x, y = utils.decode_dss_signature(
            key.private.sign(text, ec.ECDSA(h)))
        yield f"{a} with {h.name}", broken(
            t, x.to_bytes(size, "big") + y.to_bytes(size, "big")), "signature"


def signatures_rsa():
    r = ring()
    key = r.rsa.private
    numbers = key.private_numbers()
    n, d = numbers.public_numbers.n, numbers.d
    size = (n.bit_length() + 7) // 8

    def raw(block):
        return pow(int.from_bytes(block, "big"), d, n).to_bytes(size, "big")

    t = r.rsa.token()
    text = t[:t.rindex(".")].encode()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(text)
    digest = digest.finalize()
    info = bytes.fromhex("3031300d060960864801650304020105000420")
    bare = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20"
    for name, tail in (
            ("rubbish behind", info + digest + b"\x11" * 40),
            ("no parameters", bare + digest), ("no digest info", digest),
            ("a digest of zeros", info + bytes(32)),
            ("a short digest", info + digest[:16])):
        fill = size - len(tail) - 3
        if "rubbish" in name:
            fill = 8
            block = b"\0\1" + b"\xff" * fill + b"\0" + tail
            block += bytes(size - len(block))
        else:
            block = b"\0\1" + b"\xff" * fill + b"\0" + tail
        yield f"RSA, {name}", broken(t, raw(block)), "signature"
    block = b"\0\2" + b"\xff" * (size - 54) + b"\0" + info + digest
    yield "RSA, block of type 2", broken(t, raw(block)), "signature"
    yield "RSA, nothing padded", broken(t, raw(
        bytes(size - 51) + info + digest)), "signature"
    s = int.from_bytes(signature_of(t), "big")
    for name, x in (("0", 0), ("1", 1), ("n", n), ("n - 1", n - 1),
                    ("n - s", n - s), ("s + n", s + n)):
        if x < 1 << 8 * size:
            yield f"RSA, s of {name}", broken(
                t, x.to_bytes(size, "big")), "signature"
    t = r.rsa.token(alg="PS256")
    text = t[:t.rindex(".")].encode()
    for name, pad in (
            ("a salt of 0", padding.PSS(padding.MGF1(hashes.SHA256()), 0)),
            ("a salt of 20", padding.PSS(padding.MGF1(hashes.SHA256()), 20)),
            ("the longest salt", padding.PSS(padding.MGF1(hashes.SHA256()),
                                             padding.PSS.MAX_LENGTH)),
            ("MGF1 of SHA-1", padding.PSS(padding.MGF1(hashes.SHA1()), 32)),
            ("MGF1 of SHA-512", padding.PSS(
                padding.MGF1(hashes.SHA512()), 32))):
        yield f"PSS, {name}", broken(t, key.sign(
            text, pad, hashes.SHA256())), "signature"


def forms():
    """Texts that are no strict compact serialization."""
    r = ring()
    t = r.main.token()
    head, body, sig = t.split(".")
    for i in range(3):
        p = [head, body, sig]
        for name, change in (
                ("padded", lambda x: x + "=" * (-len(x) % 4 or 1)),
                ("padded too much", lambda x: x + "===="),
                ("with +", lambda x: "+" + x[1:]),
                ("with /", lambda x: x[:2] + "/" + x[3:]),
                ("with a *", lambda x: x[:-1] + "*"),
                ("with %2B", lambda x: "%2B" + x[3:]),
                ("with an é", lambda x: "\u00e9" + x[1:]),
                ("with a byte behind", lambda x: x + "A" * (
                    4 + (1 - len(x)) % 4)),
                ("empty", lambda x: "")):
            yield (f"part {i + 1} {name}",
                   ".".join(p[:i] + [change(p[i])] + p[i + 1:]),
                   "malformed")
        for c in "\t\0\x01\x7f\r":
            yield (f"part {i + 1} with {c!r}", ".".join(
                p[:i] + [p[i][:3] + c + p[i][3:]] + p[i + 1:]),
                "protocol malformed")
        yield (f"part {i + 1} with a blank", ".".join(
            p[:i] + [p[i][:3] + " " + p[i][3:]] + p[i + 1:]),
            "protocol malformed")
        yield (f"part {i + 1} with a newline", ".".join(
            p[:i] + [p[i][:3] + "\n" + p[i][3:]] + p[i + 1:]),
            "malformed signature")
    # bits that no byte has, with a signature that fits the text
    for i, more in ((0, ""), (0, "x"), (1, ""), (1, "x")):
        for pad in range(3):
            text = [b64_of({**r.h, "x": more + "x" * (pad if not i else 0)}),
                    b64_of(usual(x=more + "x" * (pad if i else 0)))]
            if len(text[i]) % 4 == 0:
                continue
            last = text[i][-1]
            letters = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                       "0123456789-_")
            text[i] = text[i][:-1] + letters[letters.index(last) | 1]
            data = ".".join(text)
            yield (f"part {i + 1} with bits behind its end", data + "."
                   + b64(r.main.sign(data.encode())), "malformed")
    yield "signature with bits behind its end", t[:-1] + chr(
        ord(t[-1]) + 1), "malformed"
    for name, text in (
            ("1 part", head), ("2 parts", head + "." + body),
            ("2 parts and a dot", head + "." + body + "."),
            ("4 parts", t + "." + sig), ("a dot behind", t + "."),
            ("a dot in front", "." + t), ("5 parts", t + "." + sig + "."
                                          + sig), ("dots", ".."),
            ("many dots", "." * 3000), ("one dot", "."), ("4 dots", "...."),
            ("a letter", "x"), ("words", "let.me.in"),
            ("parts that are swapped", ".".join((body, head, sig))),
            ("with quotes", f'"{t}"'), ("as hex", t.encode().hex()),
            ("encoded twice", b64_of(t)), ("in brackets", f"<{t}>"),
            ("JSON serialization", json.dumps(
                {"protected": head, "payload": body, "signature": sig},
                separators=(",", ":"))),
            ("an API key", "sk-0123456789abcdef"), ("a UUID",
             "0b1e5b1e-8f5b-4c39-a3f3-0f3c5ee0d2f7")):
        yield name, text, "malformed"
    yield "with a scheme in front", "Bearer " + t, None  # or so: AUTH user
    yield "with more behind", t + " x y", "protocol malformed"


def sizes():
    """The limit is one of bytes, to the byte."""
    r = ring()
    by_size = {}
    for pad in range(5800, 5990):
        for more in "", "x", "xx", "xxx":
            token = r.main.token({"x": more}, x="x" * pad)
            by_size.setdefault(len(token), token)
            if {8191, 8192, 8193}.issubset(by_size):
                break
    for size, codes in ((8191, None), (8192, None), (8193, "too-long")):
        if size in by_size:  # one of them cannot be
            yield f"{size} bytes", by_size[size], codes
    yield "12 KB", r.main.token(x="x" * 9000), "too-long"
    yield "10,000 deep", signed(r.h, with_claim(
        '"a":' + "[" * 10000 + "]" * 10000)), "too-long"
    yield "no token, 8 KB", "x" * 8192, "malformed"
    yield "dots, 8 KB", "." * 8192, "malformed"
    yield "1 MB", "x" * (1 << 20), "too-long"


def flips():
    """A short token with one bit changed, at every fifth place."""
    t = ring().main.raw({"alg": "ES256", "kid": "es256"},
                        usual(iat=None, aud="gate"))
    yield "as it is", t, None
    codes = ("malformed signature algorithm unknown-key type protocol "
             "missing")
    for at in range(0, len(t), 5):
        for bit in (1, 2, 4, 8, 16, 32, 64):
            c = chr(ord(t[at]) ^ bit)
            yield (f"bit {bit} of character {at}", t[:at] + c + t[at + 1:],
                   codes)


FAMILIES = (right, algorithms, confusion, kids, headers, syntax, times,
            audiences, signatures, forms, sizes, flips)


def rows_of(family):
    return [(f"{family.__name__}: {name}", token.encode(), codes)
            for name, token, codes in family()]


def table():
    """All of it, made once; but those that are good, or bad, for some seconds
    only are never older than five."""
    now = time.monotonic()
    if not hasattr(table, "made"):
        table.made = {f: rows_of(f) for f in FAMILIES}
        table.at = now
    if now - table.at > 5:
        table.made.update({f: rows_of(f) for f in (right, times)})
        table.at = now
    return [row for f in FAMILIES for row in table.made[f]]


__all__ = ["ALL", "FAMILIES", "HMACS", "claims", "ring", "signed", "table",
           "with_claim", "with_member"] + [f.__name__ for f in FAMILIES]
