# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Keys and tokens of our own making, right and wrong ones, made with another
library than the one that is tested."""

import base64
import hashlib
import hmac
import json
import os
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, \
    rsa, utils

ISSUER, AUDIENCE = "https://id.example.org", "gate"

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = {"ES256": (ec.SECP256R1, "P-256", 32),
          "ES384": (ec.SECP384R1, "P-384", 48),
          "ES512": (ec.SECP521R1, "P-521", 66)}
ALL = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
       "ES384", "ES512", "EdDSA", "Ed25519"]
EDS = ("EdDSA", "Ed25519")  # of a key on that curve the same


def b64(data):
    """base64url of bytes, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_of(value):
    """base64url of a JSON value, or of a text that may be none."""
    text = value if isinstance(value, (str, bytes)) else json.dumps(
        value, separators=(",", ":"))
    return b64(text if isinstance(text, bytes) else text.encode())


def number(n, size=None):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, "big"))


class Key:
    """A private key for one algorithm, its JWK, and what it signs."""

    def __init__(self, alg="ES256", kid="k1", bits=2048, secret=None,
                 exponent=65537):
        self.alg, self.kid = alg, kid
        if alg[:2] in ("RS", "PS"):
            self.private = rsa.generate_private_key(exponent, bits)
        elif alg in CURVES:
            self.private = ec.generate_private_key(CURVES[alg][0]())
        elif alg in EDS:
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = secret or os.urandom(64)

    def jwk(self, **more):
        j = {"kid": self.kid, "alg": self.alg, "use": "sig"}
        if self.kid is None:
            del j["kid"]
        if self.alg[:2] == "HS":
            j.update(kty="oct", k=b64(self.private))
        elif self.alg in EDS:
            j.update(kty="OKP", crv="Ed25519",
                     x=b64(self.private.public_key().public_bytes(
                         serialization.Encoding.Raw,
                         serialization.PublicFormat.Raw)))
        elif self.alg in CURVES:
            p = self.private.public_key().public_numbers()
            _, crv, size = CURVES[self.alg]
            j.update(kty="EC", crv=crv, x=number(p.x, size),
                     y=number(p.y, size))
        else:
            p = self.private.public_key().public_numbers()
            j.update(kty="RSA", n=number(p.n), e=number(p.e))
        j.update(more)
        return {k: v for k, v in j.items() if v is not None}

    def pem(self):
        """The public key, which attackers know too."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data, alg=None):
        alg = alg or self.alg
        if alg[:2] == "HS":
            return hmac.new(self.private, data,
                            "sha" + alg[2:]).digest()
        if alg in EDS:
            return self.private.sign(data)
        h = HASHES[alg[2:]]()
        if alg in CURVES:
            r, s = utils.decode_dss_signature(
                self.private.sign(data, ec.ECDSA(h)))
            size = CURVES[alg][2]
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        pad = (padding.PKCS1v15() if alg[0] == "R" else
               padding.PSS(padding.MGF1(h), h.digest_size))
        return self.private.sign(data, pad, h)

    def token(self, header=None, alg=None, **claims):
        """A token; header and claims add to the usual ones, and None takes
        one away."""
        return self.raw({"alg": alg or self.alg, "kid": self.kid,
                         "typ": "JWT", **(header or {})},
                        usual(**claims), alg)

    def raw(self, header, payload, alg=None):
        """Signed whatever it says."""
        if isinstance(header, dict):
            header = {k: v for k, v in header.items() if v is not None}
        text = b64_of(header) + "." + b64_of(payload)
        return text + "." + b64(self.sign(text.encode(), alg))


def forged(token):
    """With another signature, which is as long: never by chance the same."""
    at = len(token) - 40
    other = "A" if token[at] != "A" else "B"
    return token[:at] + other + token[at + 1:]


def usual(lifetime=600, **claims):
    now = int(time.time())
    all_ = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now,
            "exp": now + lifetime, **claims}
    return {k: v for k, v in all_.items() if v is not None}


def key_set(*keys):
    """The JWKS of keys, or of JWKs, as text."""
    return json.dumps({"keys": [k if isinstance(k, dict) else k.jwk()
                                for k in keys]})


def thumbprint(der):
    """cnf for the certificate, RFC 8705."""
    return {"x5t#S256": b64(hashlib.sha256(der).digest())}
