# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Plugins whose files are replaced: new connections have the new code, old
ones their own."""

import os
import re

from lib import *
from lib.daemon import PATHS


class Plugins(Reload):
    def install(self, directory, data, name="echo.so"):
        """Put in place by renaming, as package managers do."""
        path = self.write(data, name + ".new", directory)
        os.chmod(path, 0o755)
        os.rename(path, os.path.join(directory, name))

    def install_from(self, directory, source, name):
        with open(source, "rb") as f:
            self.install(directory, f.read(), name)

    def images(self, d, directory):
        """How many files of it are mapped as code."""
        with open(f"/proc/{d.pid}/maps") as f:
            rows = [line.split(None, 5) for line in f]
        return len({r[4] for r in rows
                    if "x" in r[1] and r[4] != "0" and directory in r[-1]})


class Replaced(Plugins):
    def test_the_same_again_and_broken_ones(self):
        directory = self.temporary()
        with open(os.path.join(PLUGINS, "echo.so"), "rb") as f:
            good = f.read()
        self.install(directory, good)
        port = FreePort.get()
        d = self.daemon(server(port), paths=("-p", directory, *PATHS))
        streams = [self.served(port)]
        self.assertEqual(1, self.images(d, directory))
        self.reload(d)  # the same file is the same image
        self.assertEqual(1, self.images(d, directory))
        for broken in (b"no plugin", good[:len(good) // 3], b""):
            self.install(directory, broken)
            self.refused(d, why=f"^{re.escape(d.config)}:6: plugin '"
                         f"{re.escape(directory)}/echo.so' ")
            self.assert_served(streams[0])
            streams.append(self.served(port))
        self.assertEqual(1, self.images(d, directory))
        self.install(directory, good)
        self.reload(d)
        self.assertEqual(2, self.images(d, directory))
        streams.append(self.served(port))
        for s in streams:
            self.assert_served(s)


class Editions(Plugins):
    """tests/plugins/edition.c says which code runs."""

    def setUp(self):
        super().setUp()
        self.directory = self.temporary()
        self.port = FreePort.get()
        self.edition(1)
        self.d = self.daemon(
            server(self.port, rest='{ type = "edition"; }'),
            paths=("-p", self.directory, *PATHS))

    def edition(self, number, folder=""):
        name = f"edition{number}" if isinstance(number, int) else number
        self.install_from(self.directory, os.path.join(
            TEST_PLUGINS, name + ".so"), "edition.so")

    def greeted(self):
        """A client, and what it was told: edition, all opens, the worker's."""
        s = self.connect(self.port)
        line = b""
        while not line.endswith(b"\n"):
            line += exactly(s, 1)
        return s, [int(word) for word in line.split()]

    def assert_edition(self, s, number, size=100_000):
        t = self.thread(s.sendall, b"x" * size)
        self.assertEqual({ord("0") + number}, set(exactly(s, size)))
        t.join()

    def test_new_code_beside_the_old(self):
        clients = [self.greeted()[0]]
        for number in (2, 3, 1):
            self.edition(number)
            # Nothing changes before the reload.
            s, said = self.greeted()
            self.assertEqual(len(clients), said[0])
            s.close()
            self.reload(self.d)
            s, said = self.greeted()
            self.assertEqual(number, said[0])
            clients.append(s)
            for s, edition in zip(clients, (1, 2, 3, 1)):
                self.assert_edition(s, edition)
        threads = [self.thread(self.assert_edition, s, edition, 4 << 20)
                   for s, edition in zip(clients, (1, 2, 3, 1))]
        for t in threads:
            t.join()
        self.assertEqual(4, self.images(self.d, self.directory))

    def test_what_is_kept(self):
        first = self.greeted()
        self.assertEqual([1, 1, 1], first[1])
        self.reload(self.d)
        self.assertEqual([1, 2, 2], self.greeted()[1])
        self.edition(2)  # other code, the same layout
        self.reload(self.d)
        self.assertEqual([2, 3, 3], self.greeted()[1])
        self.edition(3)  # another layout
        self.reload(self.d)
        self.assertEqual([3, 1, 1], self.greeted()[1])
        self.edition(2)  # back again; the first still keeps it
        self.reload(self.d)
        self.assertEqual([2, 4, 4], self.greeted()[1])

    def test_what_nobody_keeps_any_more_is_gone(self):
        self.greeted()[0].close()
        self.edition(3)
        self.reload(self.d)
        self.eventually(lambda: answer(self.d, "status")["generations"] == 1,
                        "the first generation leaves")
        self.edition(2)
        self.reload(self.d)
        self.assertEqual([2, 1, 1], self.greeted()[1])

    def test_a_name_of_its_own_keeps_its_own(self):
        self.greeted()
        self.reload(self.d, server(
            self.port, rest='{ type = "edition"; name = "another"; }'))
        self.assertEqual([1, 1, 1], self.greeted()[1])

    def test_another_abi_is_refused(self):
        old = self.greeted()[0]
        for name, why in (("wrong-major", "wants SDK ABI 2.0, this"),
                          ("newer-minor", "wants SDK ABI 1.999, this"),
                          ("other-draft", "wants SDK ABI 1.0-draft999, this"),
                          ("no-note", "has no bindery ABI note"),
                          ("unresolved", "undefined symbol")):
            self.edition(name)
            self.refused(self.d, why=f"^{re.escape(self.d.config)}:6: plugin "
                         f"'{re.escape(self.directory)}/edition.so' .*{why}")
            self.assert_edition(old, 1)
            self.assertEqual(1, self.greeted()[1][0])
        os.unlink(os.path.join(self.directory, "edition.so"))
        self.refused(self.d, why="plugin 'edition' not found in ")
        self.assertEqual(1, self.greeted()[1][0])
        self.edition(2)
        self.reload(self.d)
        self.assertEqual(2, self.greeted()[1][0])
        self.assert_edition(old, 1)


class Package(Plugins):
    """All of a package's plugins are replaced, and nobody notices."""

    NAMES = ("tcp-server.so", "tcp-client.so", "echo.so")
    UPGRADES = 4 if IS_SANITIZED else 10

    def test_upgraded_under_traffic(self):
        directory = self.temporary()
        echo, proxy, to = (FreePort.get() for _ in range(3))
        backend = EchoServer(to)
        self.addCleanup(backend.process.kill)
        self.eventually(lambda: backend.count.value, "the backend listens")

        def install():
            for name in self.NAMES:
                self.install_from(directory, os.path.join(PLUGINS, name),
                                  name)
        install()
        quiet = '{ log = { level = "warning"; }; bindings = '
        text = (server(echo, name="echo")
                + server(proxy, name="proxy", rest=client_of(to)))
        text = text.replace("= (", "= " + quiet + "(").replace(");", "); };")
        self.d = self.daemon(text, workers=2, paths=("-p", directory))
        addresses = [("127.0.0.1", echo), ("127.0.0.1", proxy)]
        traffic = [Visitors(addresses, 1), Visitors(addresses, 2),
                   Streams(addresses, 10, 0.1)]
        for t in traffic:
            self.addCleanup(t.process.kill)
        for _ in range(self.UPGRADES):
            before = [t.count.value for t in traffic[:2]]
            install()
            self.reload(self.d)
            self.eventually(lambda: all(
                t.count.value > n + 20 or not t.process.is_alive()
                for t, n in zip(traffic, before)), "everybody is served")
        self.assertEqual(len(self.NAMES) * (1 + self.UPGRADES),
                         self.images(self.d, directory))
        for t in traffic:
            t.stop(60 * SCALE)


main()
