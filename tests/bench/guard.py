# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Keys and tokens for the guarded pipeline of the benchmark."""

import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "daemon", "lib"))

try:
    import tokens
except ImportError:  # python3-cryptography is not there
    tokens = None

ALGORITHMS = ("ES256", "RS256", "EdDSA")
# So many that none is still known when its turn comes again.
DIFFERENT = 6000


class Guard:
    """Files in a directory: a key set, and for each algorithm tokens."""

    def __init__(self, directory):
        self.directory = directory
        self.keys = {alg: tokens.Key(alg, kid=alg) for alg in ALGORITHMS}
        self.key_set = self.write("keys.json",
                                  tokens.key_set(*self.keys.values()))
        self.files = {}

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def lines(self, alg, count):
        """A file of so many different tokens, as clients say them."""
        if (alg, count) not in self.files:
            self.files[alg, count] = self.write(
                f"tokens-{alg}-{count}", "".join(
                    f"AUTH {self.keys[alg].token(lifetime=86400, jti=str(i))}"
                    "\r\n" for i in range(count)))
        return self.files[alg, count]

    def options(self):
        return (f'issuer = "{tokens.ISSUER}"; audience = "{tokens.AUDIENCE}";'
                f' keys = "{self.key_set}"; max_per_identity = 0;')
