# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Five thousand connections at once."""

import selectors

from lib import *

COUNT = 500 if IS_SANITIZED else 5000


class Many(Case):
    def test_many_at_once(self):
        if raise_files(2 * COUNT + 200) < 2 * COUNT + 200:
            self.skipTest("the hard limit of descriptors is too low")
        b = self.backend(None, backlog=4096)
        d, port = self.proxy(b.port, workers=2)
        before = rss(d.pid)
        clients = [self.connect(port) for _ in range(COUNT)]
        for _ in range(COUNT):
            self.assertTrue(b.accepted.acquire(timeout=20 * SCALE))
        idle = rss(d.pid) - before
        print(f"{COUNT} idle connections: {idle / COUNT / 1024:.2f} KiB each")
        for i, s in enumerate(clients):
            s.sendall(b"%08d" % i)
        seen = set()
        with selectors.DefaultSelector() as ready:
            for s, _ in b.connections:
                ready.register(s, selectors.EVENT_READ)
            while len(seen) < COUNT:
                events = ready.select(20 * SCALE)
                self.assertTrue(events, f"{len(seen)} of {COUNT} came")
                for key, _ in events:
                    name = exactly(key.fileobj, 8)
                    seen.add(name)
                    key.fileobj.sendall(name[::-1])
                    ready.unregister(key.fileobj)
        for i, s in enumerate(clients):
            self.assertEqual((b"%08d" % i)[::-1], exactly(s, 8))
        for s in clients:
            s.close()
        for s, _ in b.connections:
            s.close()
        for r in d.closed("proxy", COUNT, timeout=30):
            self.assertEqual((8, 8, "done"), (r["from_client"],
                                              r["to_client"], r["reason"]))
        self.eventually(lambda: fd_count(d.pid) < 60, "descriptors go back")


main()
