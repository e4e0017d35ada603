# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Plugins in the conformance run, "bindery check-plugin"."""

import json
import os
import ssl
import subprocess

from .build import BUILD
from .case import Case


def client_hello(name="gate.example.org"):
    """The first bytes that a TLS client says."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    says = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), says,
                         server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return says.read()


class Conformance(Case):
    def conformance(self, plugin, *args, runs=96, seconds=2):
        """The answer of "check-plugin --json"."""
        p = subprocess.run(
            [os.path.join(BUILD, "server/bindery"), "--json", "check-plugin",
             plugin, "--runs", str(runs), "--seconds", str(seconds),
             *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=200)
        self.assertIn(p.returncode, (0, 1), p.stderr)
        said = json.loads(p.stdout)
        self.assertEqual(p.returncode == 0, said["ok"])
        return said

    def holds(self, plugin, *args, **more):
        """All rules hold, and each that can be tried was."""
        said = self.conformance(plugin, *args, seconds=1, **more)
        self.assertEqual([], [r for r in said["rules"]
                              if r["result"] == "failed"], plugin)
        self.assertGreater(len(said["rules"]), 15)
        return {r["name"]: r for r in said["rules"]}


__all__ = ["Conformance", "client_hello"]
