# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard whose keys come from a provider, by bindery-jwks-fetch: when they
change, and when the provider is slow, gone, wrong or hangs."""

import os
import statistics
import tempfile
import threading
import time
import unittest

from lib import *
from lib.build import JWKS_FETCH
from lib.control import Refused
from lib.guard import *
from lib.tls import *
from lib.tokens import *

EX_CONFIG = 78
ENVIRONMENT = {"BINDERY_JWKS_FETCH": JWKS_FETCH or "", "no_proxy": "*"}


def setUpModule():
    global directory, ca, pair
    if not JWKS_FETCH:
        raise unittest.SkipTest("built without libcurl")
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    pair = ca.issue("localhost")


def tearDownModule():
    if JWKS_FETCH:
        directory.cleanup()


def response(body, status="200 OK"):
    body = body if isinstance(body, bytes) else body.encode()
    return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n"
            "\r\n").encode() + body


class UrlCase(GuardCase):
    def setUp(self):
        self.key = Key()
        self.requests = 0
        self.held = threading.Event()  # set: answers are given
        self.held.set()
        self.answer = response(key_set(self.key))
        self.addCleanup(self.held.set)

    def handle(self, s):
        data = b""
        while b"\r\n\r\n" not in data:
            more = s.recv(65536)
            if not more:
                return
            data += more
        self.requests += 1
        self.held.wait(60)
        answer = self.answer
        s.sendall(answer(data.split()[1].decode()) if callable(answer)
                  else answer)

    def provider(self):
        self.server = self.backend(
            with_tls(server_context(pair), self.quietly))
        return f"https://localhost:{self.server.port}/keys"

    def quietly(self, s):
        try:
            self.handle(s)
        except OSError:
            pass  # a fetch that was ended

    def gate(self, more="", url=None, trust=None, env=None, **daemon):
        """A guard of the provider: it and the port."""
        self.more = (f'keys_url = "{url or self.provider()}"; keys_trust = '
                     f'"{trust or ca.crt}"; {more}')
        if "token_timeout" not in more:  # a fetch may take some seconds
            self.more += ' token_timeout = "60s";'
        return super().gate(self.more, env={**ENVIRONMENT, **(env or {})},
                            **daemon)

    def ready(self, d):
        self.eventually(lambda: self.metric(d, "keys") > 0, "keys")

    def tell(self, d, *words):
        return self.ask(d, "tell", pipeline="gate", binding="jwt-guard",
                        words=list(words))

    def failures(self, d):
        return self.metric(d, "keys_failures_total")


class First(UrlCase):
    def test_clients_wait_for_the_first_keys(self):
        for workers in (1, 3):
            with self.subTest(workers=workers):
                self.requests = 0
                self.held.clear()
                d, port = self.gate(workers=workers)
                began = [self.present(port, self.key.token())
                         for _ in range(6)]
                self.eventually(lambda: self.requests, "a fetch")
                self.assertEqual(0.0, self.metric(d, "keys"))
                self.held.set()
                for s in began:
                    self.assertEqual(b"ping", self.first(s, 4))
                    s.close()
                self.assertEqual(1, self.requests)
                self.assertEqual(1.0, self.metric(d, "keys"))
                at = self.metric(d, "keys_read_timestamp_seconds")
                self.assertLess(abs(time.time() - at), 3 * SCALE)

    @thrice
    def test_but_not_forever(self):
        self.held.clear()
        d, port = self.gate('token_timeout = "600ms"; destinations = "*:*";')
        begin = time.monotonic()
        s = self.connect(port)
        s.sendall(b"CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Bearer "
                  + self.key.token().encode() + b"\r\n\r\n")
        self.refused(port, self.key.token(), "no-keys", "in time")
        self.assertRegex(all_of(s), rb"^HTTP/1.1 503 (.|\s)*Retry-After: ")
        self.assertLess(time.monotonic() - begin, 2 * SCALE)

    def test_half_closed_and_gone_clients(self):
        self.held.clear()
        d, port = self.gate(workers=2)
        half = self.present(port, self.key.token(), b"last words")
        half.shutdown(1)
        gone = [self.present(port, self.key.token()) for _ in range(8)]
        self.eventually(lambda: self.requests, "a fetch")
        for s in gone[:4]:
            s.close()
        for s in gone[4:]:
            reset(s)
        self.held.set()
        self.assertEqual(b"last words", all_of(half))
        self.eventually(lambda: not self.rows(d), "the others are gone")

    def test_untrusted_provider(self):
        other = Authority(self.temporary())
        d, port = self.gate('token_timeout = "600ms";', trust=other.crt)
        d.wait_record(lambda r: "cannot trust the server"
                      in r.get("message", ""))
        self.refused(port, self.key.token(), "no-keys")
        self.assertEqual(0, self.requests)

    def test_other_algorithms_need_no_fetch(self):
        """What no key could make right asks nobody."""
        d, port = self.gate()
        self.ready(d)
        for token in (self.key.token({"alg": "none"}), "x.y.z",
                      self.key.token({"crit": ["x"], "kid": "new"}),
                      self.key.token({"alg": "RS256"})):
            self.assertRegex(all_of(self.present(port, token)), rb"^ERR ")
        self.assertEqual(1, self.requests)


class Rotation(UrlCase):
    def test_new_keys_pass_at_once(self):
        d, port = self.gate(workers=3)
        self.passes(port, self.key.token())
        new = Key(kid="k2")
        self.answer = response(key_set(self.key, new))
        began = [self.present(port, new.token(sub=str(i)))
                 for i in range(12)]
        for s in began:
            self.assertEqual(b"ping", self.first(s, 4))
        self.assertLessEqual(self.requests, 3)
        self.passes(port, self.key.token())
        self.assertEqual(2.0, self.metric(d, "keys"))

    def test_keys_that_change_while_others_are_fetched(self):
        """Who comes during a fetch that brings the old ones has another."""
        d, port = self.gate()
        self.passes(port, self.key.token())
        new = Key(kid="k2")
        answers = [self.answer, response(key_set(self.key, new))]
        self.answer = lambda path: answers.pop(0)
        self.held.clear()
        self.eventually(lambda: self.fetches(d), "a fetch")
        s = self.present(port, new.token())
        self.eventually(lambda: "waits for keys" in str(self.rows(d)), "it")
        self.held.set()
        self.assertEqual(b"ping", self.first(s, 4))
        self.assertEqual([], answers)

    def fetches(self, d):
        """The first may still be under way, after all have its keys."""
        try:
            self.tell(d, "fetch")
        except Refused:
            return False
        return True

    def test_old_keys_pass_no_more(self):
        d, port = self.gate()
        token = self.key.token()
        live = self.passes(port, token)
        new = Key(kid="k2")
        self.answer = response(key_set(new))
        self.passes(port, new.token())
        self.refused(port, token, "unknown-key")
        self.echoes(live)

    def test_refresh(self):
        d, port = self.gate('keys_refresh = "1s";', workers=2)
        self.passes(port, self.key.token())
        self.answer = response(key_set(Key(kid="k2")))
        self.eventually(lambda: self.requests >= 2, "a refresh")
        self.answer = response(key_set(self.key))
        self.eventually(lambda: self.requests >= 3, "another")

    def test_flood_of_unknown_keys(self):
        d, port = self.gate(workers=2)
        self.passes(port, self.key.token())
        stranger = Key(kid="s")
        begin = time.monotonic()
        count = 0
        while count < 300:
            began = [self.present(port, stranger.token({"kid": f"x{i}"}))
                     for i in range(count, count + 20)]
            count += 20
            for s in began:
                self.assertRegex(all_of(s), rb"^ERR unknown-key ")
        self.passes(port, self.key.token(jti="after"))
        allowed = 1 + 4 + int((time.monotonic() - begin) / 10)
        self.assertGreater(self.requests, 1)
        self.assertLessEqual(self.requests, allowed)

    def test_hanging_provider_delays_nobody_else(self):
        d, port = self.gate(workers=2)
        self.passes(port, self.key.token())
        self.held.clear()
        new = Key(kid="k2")
        waiting = [self.present(port, new.token(jti=str(i)))
                   for i in range(6)]
        self.eventually(lambda: self.requests == 2, "a fetch")
        times = []
        for i in range(20):
            begin = time.monotonic()
            self.passes(port, self.key.token(jti=str(i))).close()
            times.append(time.monotonic() - begin)
        self.assertLess(statistics.median(times), 0.05 * SCALE)
        self.eventually(lambda: 6 == sum("waits for keys" in str(r)
                                         for r in self.rows(d)), "waiting")
        self.answer = response(key_set(self.key, new))
        self.held.set()
        for s in waiting:
            self.assertEqual(b"ping", self.first(s, 4))


class Trouble(UrlCase):
    GARBAGE = (
        response("<html>maintenance</html>"), response("{}"), response("[]"),
        response('{"keys":[]}'), response('{"keys":{}}'),
        response('{"keys":[{"kty":"EC"}]}'), response(""), b"",
        response(key_set(Key(kid="evil"))[:-3]), b"HTTP/1.1 200 OK\r\n",
        response(key_set(Key(kid="evil")), "500 Internal Server Error"),
        response(key_set(Key(kid="evil")), "404 Not Found"),
        response(b'{"keys":[' + b" " * (1 << 20) + b"]}"),
        response("[" * 100000), response(b"\0" * 1000),
        response('{"keys":[{"kty":"oct","k":"AAAA"}]}'),
        response(key_set(Key(kid="a"), Key(kid="a"))))

    def test_down_and_back(self):
        d, port = self.gate('keys_refresh = "1s";', workers=2)
        self.passes(port, self.key.token())
        self.answer = response("", "503 Busy")
        self.eventually(lambda: self.failures(d) >= 1, "a failure")
        read = self.metric(d, "keys_read_timestamp_seconds")
        self.eventually(lambda: self.failures(d) >= 2, "failures")
        self.passes(port, self.key.token(jti="down"))
        self.assertEqual(read, self.metric(d, "keys_read_timestamp_seconds"))
        said = d.wait_record(lambda r: "cannot fetch keys" in
                             r.get("message", ""))["message"]
        self.assertRegex(said, "503.*; those that were fetched before stay "
                         "in use$")
        new = Key(kid="k2")
        self.answer = response(key_set(new))
        self.eventually(lambda: self.metric(
            d, "keys_read_timestamp_seconds") > read, "it is back")
        self.passes(port, new.token())
        self.refused(port, self.key.token(), "unknown-key")

    def test_a_wanted_fetch_that_failed_is_tried_again(self):
        """Whichever worker it was that wanted it."""
        d, port = self.gate(workers=4)
        self.ready(d)
        self.answer = response("", "503 Busy")
        self.refused(port, Key(kid="k2").token(), "unknown-key")
        self.eventually(lambda: self.failures(d) >= 2, "another")

    def test_garbage_changes_nothing(self):
        """One guard for each kind, which has had good keys before."""
        good, seen = self.answer, {}

        def answer(path):
            seen[path] = seen.get(path, 0) + 1
            return (good if seen[path] == 1
                    else self.GARBAGE[int(path.rpartition("/")[2])])

        self.answer = answer
        url = self.provider()
        ports = [FreePort.get() for _ in self.GARBAGE]
        d = self.daemon("\n".join(
            f'g{i} = ( {{ type = "tcp-server"; listen = "127.0.0.1:{p}"; }},'
            f' {{ type = "jwt-guard"; {USUAL} keys_url = "{url}/{i}"; '
            f'keys_trust = "{ca.crt}"; keys_refresh = "1s"; '
            'token_timeout = "60s"; },'
            f' {{ type = "echo"; }} );' for i, p in enumerate(ports)),
            workers=2, env=ENVIRONMENT)
        for i in range(len(ports)):
            self.eventually(lambda: self.metric(
                d, "keys_failures_total", pipeline=f"g{i}"),
                f"a failure of {self.GARBAGE[i][:200]}")
        stranger = Key(kid="evil")
        for port in ports:
            self.passes(port, self.key.token())
            self.refused(port, stranger.token(), "unknown-key")
        for r in d.records:
            self.assertNotIn("<html>", r.get("message", ""))

    @thrice
    def test_hanging_fetch_does_not_hold_the_end(self):
        self.held.clear()
        self.requests = 0
        d, port = self.gate(workers=2, shutdown="10s")
        self.eventually(lambda: self.requests, "a fetch")
        begin = time.monotonic()
        self.assertEqual(0, d.end())
        self.assertLess(time.monotonic() - begin, 1 * SCALE)

    @thrice
    def test_nor_does_a_client_that_waits(self):
        self.held.clear()
        self.requests = 0
        d, port = self.gate(workers=2, shutdown="10s")
        began = [self.present(port, self.key.token()) for _ in range(4)]
        self.eventually(lambda: self.requests, "a fetch")
        self.eventually(lambda: len(self.rows(d)) == 4, "clients")
        begin = time.monotonic()
        d.signal()
        for s in began:
            self.assertRegex(all_of(s), rb"^ERR no-keys ")
            s.close()
        self.assertEqual(0, d.wait())
        self.assertLess(time.monotonic() - begin, 1 * SCALE)


class Reloads(UrlCase):
    def test_keys_survive_without_a_fetch(self):
        d, port = self.gate(workers=2)
        live = self.passes(port, self.key.token())
        at = self.metric(d, "keys_read_timestamp_seconds")
        self.held.clear()
        for i in range(3):
            self.ask(d, "reload")
            self.passes(port, self.key.token(jti=str(i))).close()
        self.assertEqual(1, self.requests)
        self.assertEqual(at, self.metric(d, "keys_read_timestamp_seconds"))
        self.echoes(live)

    def test_those_who_wait_are_not_lost(self):
        self.held.clear()
        d, port = self.gate(workers=2)
        began = [self.present(port, self.key.token(jti=str(i)))
                 for i in range(4)]
        self.eventually(lambda: len(self.rows(d)) == 4, "clients")
        self.eventually(lambda: self.requests, "a fetch")
        self.ask(d, "reload")
        time.sleep(0.3)  # as long as it takes to give a fetch up
        began += [self.present(port, self.key.token(jti=str(i)))
                  for i in range(4, 8)]
        self.held.set()
        for s in began:
            self.assertEqual(b"ping", self.first(s, 4))

    def test_another_url_is_another_set(self):
        d, port = self.gate()
        self.passes(port, self.key.token())
        first = self.server.port
        other = Key(kid="k2")
        url = self.provider()
        self.answer = response(key_set(other))
        with open(d.config) as f:
            text = f.read()
        self.replace(d.config, text.replace(f":{first}/",
                                            f":{self.server.port}/"))
        self.ask(d, "reload")
        self.passes(port, other.token())
        self.refused(port, self.key.token(), "unknown-key")
        self.assertIn(str(self.server.port), url)


class Questions(UrlCase):
    def test_tell(self):
        d, port = self.gate()
        self.ready(d)
        self.assertIn("EC P-256 kid 'k1' alg ES256",
                      str(self.tell(d, "keys")))
        self.answer = response(key_set(self.key, Key("EdDSA", "k2")))
        self.assertIn("https://localhost", str(self.tell(d, "fetch")))
        self.eventually(lambda: self.metric(d, "keys") == 2.0, "two keys")
        self.assertIn("Ed25519 kid 'k2' alg EdDSA",
                      str(self.tell(d, "keys")))
        self.held.clear()
        self.tell(d, "fetch")
        self.refused_by_tool(d, "under way", "fetch")
        self.held.set()

    def refused_by_tool(self, d, pattern, *words):
        self.assertRaisesRegex(Exception, pattern, self.tell, d, *words)

    def test_show(self):
        d, port = self.gate()
        self.ready(d)
        said = str(self.ask(d, "show", pipeline="gate",
                            binding="jwt-guard"))
        self.assertIn("https://localhost", said)
        self.assertIn("keys read seconds ago", said)

    def check(self, env, url="https://localhost:1/", more=""):
        conf = self.write(
            'pipelines: { gate = ( { type = "tcp-server"; listen = '
            f'"127.0.0.1:1"; }}, {{ type = "jwt-guard"; {USUAL} '
            f'keys_url = "{url}"; {more} }}, {{ type = "echo"; }} ); }};')
        return [run(*args, "-c", conf, env=env) for args in (["-t"], [])]

    def test_program_must_be_there(self):
        missing = os.path.join(self.temporary(), "bindery-jwks-fetch")
        for path, pattern in (
                (missing, r"keys_url.* is not installed \(package "
                          r"bindery-jwks-fetch\)"),
                (self.temporary(), "must be an executable file"),
                (self.write("x"), "must be an executable file"),
                ("bin/fetch", "must be an absolute path"),
                ("/" + "x" * 5000, "too long")):
            for p in self.check({"BINDERY_JWKS_FETCH": path}):
                self.assertEqual(EX_CONFIG, p.returncode, p.stderr)
                self.assertRegex(p.stderr, pattern)

    def test_urls(self):
        for url, pattern in (
                ("http://localhost/", "must begin with https://"),
                ("localhost", "must begin with https://"),
                ("https://u:p@localhost/", "must not have a user"),
                ("https:///keys", "must have a host"),
                ("https://a b/", "must not have spaces"),
                ("https://localhost/" + "x" * 2000, "2000 bytes")):
            for p in self.check({"BINDERY_JWKS_FETCH": JWKS_FETCH}, url):
                self.assertEqual(EX_CONFIG, p.returncode, p.stderr)
                self.assertRegex(p.stderr, pattern)


class Programs(UrlCase):
    """What stands in the program's place may do anything."""

    def script(self, text):
        path = self.write("#!/bin/sh\n" + text, "fetch")
        os.chmod(path, 0o755)
        return path

    def test_odd_ends(self):
        for text, pattern in (
                ("kill -9 $$", "ended by signal 9"),
                ("exit 3", "status 3 and said nothing"),
                ("exit 0", "printed nothing"),
                ("echo 'a\033[31mb' >&2; exit 1", r"a\?\[31mb"),
                ("head -c 3000000 /dev/zero", "more than the 1048576 bytes"),
                ("head -c 3000000 /dev/zero >&2", "printed more than"),
                ("echo '{\"keys\":[]}'", "no key that can verify")):
            with self.subTest(text):
                d, port = self.gate(env={"BINDERY_JWKS_FETCH":
                                         self.script(text)})
                said = d.wait_record(lambda r: "cannot fetch keys" in
                                     r.get("message", ""))["message"]
                self.assertRegex(said, pattern)
                d.end()

    def test_it_gets_nothing_that_is_open(self):
        d, port = self.gate(env={"BINDERY_JWKS_FETCH": self.script(
            "ls -l /proc/self/fd >&2; exit 1")})
        said = d.wait_record(lambda r: "cannot fetch keys" in
                             r.get("message", ""))
        self.assertNotIn("socket:", str(said))


if __name__ == "__main__":
    main()
