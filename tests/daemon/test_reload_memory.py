# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Reloads while allocations fail: each is a whole one or none at all."""

import os
import unittest

from lib import *


@unittest.skipIf(IS_SANITIZED, "the sanitizers have a malloc of their own")
class NoMemory(Reload):
    RELOADS = 60

    def test_reloads_while_memory_is_short(self):
        for one_in in (10, 40, 150, 600, 2500):
            with self.subTest(one_in=one_in):
                self.run_short(one_in)

    def text(self, port, i):
        return server(port, f'idle_timeout = "{60 + i}s";') + (
            server(port + 1, name="more") if i % 2 else "")

    def ask_reload(self, d):
        """How it went; None: there was no memory to say so."""
        try:
            said = ask(d, "reload")
        except OSError:
            return None
        if said is None or said.get("error") == "out of memory":
            return None
        return said["ok"]

    def flip(self, switch, value):
        with open(switch, "r+b") as f:
            f.write(value)

    def run_short(self, one_in):
        switch = self.write("0")
        port = FreePort.get(2)
        d = self.daemon(self.text(port, 0), workers=2, env=shim(
            malloc=one_in, switch=switch, seed=one_in))
        old = self.served(port)
        files = fd_count(d.pid)
        said = {True: 0, False: 0, None: 0}
        for i in range(self.RELOADS):
            d.configure(self.text(port, i), workers=2)
            os.utime(d.config, (1, 1))
            self.flip(switch, b"1")
            said[self.ask_reload(d)] += 1
            self.flip(switch, b"0")
            self.assert_served(old)
            self.served(port).close()
        print(f"1 allocation of {one_in} fails: {said[True]} good reloads, "
              f"{said[False]} refused, {said[None]} without an answer")
        self.assertTrue(answer(d, "reload")["generation"] > 1)
        self.assert_served(old)
        old.close()
        self.eventually(
            lambda: answer(d, "status")["generations"] == 1
            and fd_count(d.pid) <= files + 2,  # the other listener
            "generations and descriptors go")


main()
