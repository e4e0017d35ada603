# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard: keys_url, with a program in place of bindery-jwks-fetch that hands
out what the test has put down, after as long as the test wants."""

import os
import time

from lib import *
from lib.guard import *
from lib.tokens import *

PROGRAM = '''#!/bin/sh
for url; do :; done
cd "$(dirname "$0")"
echo "$url" >> runs
sleep "$(cat delay)"
case $url in *absent*) echo "bindery-jwks-fetch: no answer" >&2; exit 69;; esac
cat keys.json
'''


class KeysUrl(GuardCase):
    def setUp(self):
        self.folder = self.temporary()
        self.program = self.write(PROGRAM, "fetch", self.folder)
        os.chmod(self.program, 0o755)
        self.key, self.other = Key(kid="a"), Key(kid="b")
        self.publish(self.key)
        self.delay(0)
        self.port = FreePort.get()

    def publish(self, *keys):
        self.replace(os.path.join(self.folder, "keys.json"), key_set(*keys))

    def delay(self, seconds):
        self.write(str(seconds), "delay", self.folder)

    def runs(self):
        with open(os.path.join(self.folder, "runs")) as f:
            return len(f.readlines())

    def pipelines(self, url="https://id.example.org/keys", more=""):
        return (f'gate = ( {{ type = "tcp-server"; listen = '
                f'"127.0.0.1:{self.port}"; }}, {{ type = "jwt-guard"; {USUAL} '
                f'keys_url = "{url}"; token_timeout = "60s"; {more} }}, '
                '{ type = "echo"; } );')

    def begin(self, **more):
        d = self.daemon(self.pipelines(**more), workers=2,
                        env={"BINDERY_JWKS_FETCH": self.program})
        with self.passes(self.port, self.key.token()) as s:
            self.echoes(s)
        return d

    def reload(self, d, **more):
        d.configure(self.pipelines(**more), workers=2)
        self.ask(d, "reload")

    def test_unknown_key_is_asked_for_but_not_for_ever(self):
        d = self.begin()
        self.publish(self.other)
        self.echoes(self.passes(self.port, self.other.token()))
        before = self.runs()
        for _ in range(20):
            self.refused(self.port, self.key.token(), "unknown-key")
        self.assertLess(self.runs() - before, 5)
        self.echoes(self.passes(self.port, self.other.token()))

    def test_reload_disturbs_nobody_who_waits(self):
        d = self.begin()
        self.delay(1)
        self.publish(self.other)
        before = self.runs()
        early = [self.present(self.port, self.other.token())
                 for _ in range(4)]
        self.eventually(lambda: self.runs() > before, "it is asked for")
        self.reload(d)
        late = [self.present(self.port, self.other.token())
                for _ in range(4)]
        for s in early + late:
            self.assertEqual(b"ping", self.first(s, 4))
            self.echoes(s)

    def test_fetch_that_nobody_waits_for_ends_with_its_generation(self):
        d = self.begin()
        before = self.runs()
        self.delay(60)
        self.ask(d, "tell", pipeline="gate", binding="jwt-guard",
                 words=["fetch"])
        self.eventually(lambda: self.runs() > before, "it began")
        self.reload(d)
        begin = time.monotonic()
        self.eventually(lambda: not self.generation_before(d), "it ended")
        self.assertLess(time.monotonic() - begin, 5 * SCALE)

    def generation_before(self, d):
        return len(self.ask(d, "generations")["generations"]) > 1

    def test_what_was_fetched_outlives_a_reload(self):
        d = self.begin()
        self.delay(60)
        self.reload(d)
        self.echoes(self.passes(self.port, self.key.token()))

    def test_other_trust_begins_with_nothing(self):
        d = self.begin()
        trust = self.write("none", "ca.pem")
        self.publish(self.other)
        self.reload(d, more=f'keys_trust = "{trust}";')
        self.refused(self.port, self.key.token(), "unknown-key")
        self.echoes(self.passes(self.port, self.other.token()))

    def test_server_that_does_not_answer(self):
        d = self.begin()
        live = self.passes(self.port, self.key.token())
        self.reload(d, url="https://absent.example.org/")
        self.refused(self.port, self.key.token(), "no-keys")
        self.echoes(live)
        r = d.wait_record(
            lambda r: "cannot fetch keys" in r.get("message", ""))
        self.assertIn("no answer", r["message"])
        self.reload(d)
        self.echoes(self.passes(self.port, self.key.token()))


if __name__ == "__main__":
    main()
