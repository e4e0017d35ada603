# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard: what happens to connections while they live, and to keys."""

import time

from lib import *
from lib.control import Control
from lib.guard import *
from lib.tokens import *

ROUTES = '''routes = (
    { claims = ( { claim = "scope"; has = "db"; } ); exit = "db"; },
    { claims = ( { claim = "scope"; has = "echo"; } ); } );'''
DB = 'db = ( { type = "echo"; } );'


def ended(s):
    """Has it been closed, one way or another?"""
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


class Expiry(GuardCase):
    @thrice
    def test_live_connection_is_cut(self):
        d, port = self.gate('leeway = "500ms";')
        begin = time.time()
        s = self.passes(port, self.key.token(exp=begin + 0.4))
        self.echoes(s)
        self.assertTrue(ended(s))
        self.assertGreaterEqual(time.time(), begin + 0.89)
        self.assertLess(time.time(), begin + 0.9 + SCALE)
        self.assertIn("expired", d.closed("gate")["why"])
        self.comes_to(1.0, d, "cut_total", reason="expired")

    @thrice
    def test_it_may_be_ignored(self):
        d, port = self.gate('leeway = "0s"; on_expiry = "ignore";')
        token = self.key.token(exp=time.time() + 1)
        s = self.passes(port, token)
        self.eventually(lambda: self.refuses(port, token), "expiry")
        time.sleep(0.1)  # nothing must come of it
        self.echoes(s)

    def refuses(self, port, token):
        s = self.present(port, token)
        s.shutdown(1)
        return all_of(s).startswith(b"ERR expired")

    def test_tokens_without_exp(self):
        d, port = self.gate()
        self.refused(port, self.key.token(exp=None), ".*", "exp")
        d, port = self.gate("require_expiry = false;")
        self.echoes(self.passes(port, self.key.token(exp=None)))

    def test_far_future(self):
        d, port = self.gate()
        self.echoes(self.passes(port, self.key.token(exp=9000000000)))


class Renewal(GuardCase):
    OPTIONS = 'renew = "identity"; leeway = "0s"; '

    def gate(self, *args, **more):
        self.end = None  # that of another try is over
        return super().gate(*args, **more)

    def soon(self, **claims):
        """Tokens that all expire at the same moment, soon."""
        if not self.end:
            self.end = time.time() + 1 + SCALE / 2
        return self.key.token(exp=self.end, **claims)

    def renew(self, workers):
        d, port = self.gate(self.OPTIONS, workers=workers)
        old = [self.passes(port, self.soon()) for _ in range(4)]
        other = self.passes(port, self.soon(sub="bob"))
        self.passes(port, self.key.token())
        self.assertTrue(ended(other))
        for s in old:
            self.echoes(s)
        self.comes_to(4.0, d, "renewed_total")

    @thrice
    def test_of_the_same_identity(self):
        self.renew(1)

    @thrice
    def test_on_all_workers(self):
        self.renew(3)

    @thrice
    def test_not_of_another_issuer(self):
        d, port = self.gate(self.OPTIONS, usual=f'audience = "{AUDIENCE}";')
        s = self.passes(port, self.soon())
        self.passes(port, self.key.token(iss="https://other.example"))
        self.assertTrue(ended(s))

    @thrice
    def test_not_by_default(self):
        d, port = self.gate('leeway = "0s";')
        s = self.passes(port, self.soon())
        self.passes(port, self.key.token())
        self.assertTrue(ended(s))

    @thrice
    def test_over_a_reload(self):
        d, port = self.gate(self.OPTIONS)
        s = self.passes(port, self.soon())
        witness = self.passes(port, self.soon(sub="bob"))
        self.ask(d, "reload")
        self.passes(port, self.key.token())
        self.assertTrue(ended(witness))
        self.echoes(s)

    @thrice
    def test_rights_are_decided_anew(self):
        d, port = self.gate(self.OPTIONS + ROUTES, pipelines=DB)
        db = self.passes(port, self.soon(scope="db echo"))
        echo = self.passes(port, self.soon(scope="echo"))
        # leads elsewhere, or nowhere: either way the old right is gone
        self.passes(port, self.key.token(scope="echo"))
        self.assertTrue(ended(db))
        self.echoes(echo)
        self.refused(port, self.key.token(lifetime=900, scope="none"),
                     "forbidden")
        self.assertTrue(ended(echo))
        self.comes_to(3.0, d, "cut_total", reason="rights")

    def test_an_older_token_changes_nothing(self):
        d, port = self.gate(self.OPTIONS + ROUTES, pipelines=DB)
        s = self.passes(port, self.key.token(scope="db"))
        self.refused(port, self.key.token(lifetime=300, scope="none"),
                     "forbidden")
        self.echoes(s)

    @thrice
    def test_by_the_tool(self):
        d, port = self.gate(self.OPTIONS)
        s = self.passes(port, self.soon())
        witness = self.passes(port, self.soon(sub="bob"))
        said = self.ask(d, "tell", pipeline="gate", binding="jwt-guard",
                        words=["renew", self.key.token()])
        self.assertIn("alice", str(said))
        self.assertTrue(ended(witness))
        self.echoes(s)
        # not as an argument, which all users of the machine could see
        p = bindery("-s", d.path("control.sock"), "tell", "gate/jwt-guard",
                    "renew", "-", input=self.key.token().encode() + b"\n")
        self.assertEqual(0, p.returncode, p.stderr)
        self.assertIn("alice", p.stdout)
        self.refused_by_tool(d, "signature", "renew",
                             forged(self.key.token()))
        self.refused_by_tool(d, "say: ", "dance")

    def refused_by_tool(self, d, pattern, *words):
        Control.refused(self, d, pattern, "tell", pipeline="gate",
                        binding="jwt-guard", words=list(words))


class Revocation(GuardCase):
    @thrice
    def test_live_connections_are_closed_within_a_second(self):
        path = self.write("# none yet\n", "revoked")
        d, port = self.gate(f'revoked = "{path}";', workers=2)
        by_jti = self.passes(port, self.key.token(jti="j-1"))
        by_name = self.passes(port, self.key.token(sub="bob"))
        stays = self.passes(port, self.key.token(jti="j-2"))
        self.replace(path, "j-1\nidentity:bob\njti:alice\n")
        begin = time.monotonic()
        self.assertTrue(ended(by_jti))
        self.assertTrue(ended(by_name))
        self.assertLess(time.monotonic() - begin, 1 * SCALE)
        self.echoes(stays)
        self.refused(port, self.key.token(jti="j-1"), "revoked")
        self.refused(port, self.key.token(sub="bob"), "revoked")
        self.comes_to(2.0, d, "cut_total", reason="revoked")
        # what cannot be read changes nothing, and is said once
        self.replace(path, "j-1\0")
        d.wait_record(lambda r: "zero byte" in r.get("message", ""))
        self.refused(port, self.key.token(jti="j-1"), "revoked")
        self.replace(path, "")
        self.eventually(lambda: all_of(self.half(port, "j-1")) == b"ping",
                        "the list is empty")

    def half(self, port, jti):
        s = self.present(port, self.key.token(jti=jti))
        s.shutdown(1)
        return s

    def test_in_place_and_of_other_generations(self):
        path = self.write("", "revoked")
        d, port = self.gate(f'revoked = "{path}";')
        old = self.passes(port, self.key.token())
        self.ask(d, "reload")
        with open(path, "a") as f:
            f.write("  alice  \r\n")
        self.assertTrue(ended(old))


class Keys(GuardCase):
    def test_file_is_read_again(self):
        d, port = self.gate()
        token = self.key.token()
        live = self.passes(port, token)
        new = Key(kid="k2")
        self.replace(self.keys, key_set(new))
        self.eventually(lambda: self.refuses(port, token, b"unknown-key"),
                        "the old key is gone")
        self.passes(port, new.token())
        self.echoes(live)

    def refuses(self, port, token, code):
        s = self.present(port, token)
        s.shutdown(1)
        return all_of(s).startswith(b"ERR " + code)

    def test_last_good_set_is_kept(self):
        d, port = self.gate()
        for wrong in ("{", '{"keys":[]}', "", key_set(self.key)[:-2]):
            self.replace(self.keys, wrong)
            d.wait_record(lambda r: "stays in use" in r.get("message", ""))
            d.records.clear()
            self.passes(port, self.key.token())
        self.replace(self.keys, key_set(Key(kid="k3")))
        self.eventually(lambda: self.refuses(port, self.key.token(),
                                             b"unknown-key"), "mended")

    def test_limit_of_an_identity(self):
        d, port = self.gate("max_per_identity = 2;")
        token = self.key.token()
        one, two = self.passes(port, token), self.passes(port, token)
        self.refused(port, token, "limit", "2 connections")
        self.passes(port, self.key.token(sub="bob"))
        one.close()
        d.closed("gate", 2)
        self.passes(port, token)


if __name__ == "__main__":
    main()
