# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Two workers, and clients from several threads: what TSan is to look at."""

import socket

from lib import *


class Threads(Case):
    def client(self, port, rounds):
        for i in range(rounds):
            size = 1 + 7919 * i % 100_000
            with socket.create_connection(("127.0.0.1", port), 60) as s:
                s.sendall(pattern(size))
                s.shutdown(socket.SHUT_WR)
                self.assertEqual(pattern(size), all_of(s))
                if i % 5 == 0:
                    continue
            try:
                with socket.create_connection(("127.0.0.1", port), 60) as s:
                    s.sendall(b"gone")
                    reset(s)
            except ConnectionResetError:
                pass

    def test_mixed(self):
        ports = [FreePort.get() for _ in range(4)]
        self.daemon(f'''
            gate = ( {{ type = "tcp-server"; max_connections = 100;
                  max_per_source = 50;
                  listen = [ "127.0.0.1:{ports[0]}",
                             "127.0.0.1:{ports[1]}" ]; }},
                {{ type = "tcp-client"; connect = "localhost:{ports[2]}"; }} );
            echo = ( {{ type = "tcp-server"; idle_timeout = "5s";
                  listen = "127.0.0.1:{ports[2]}"; }},
                {{ type = "pass"; }}, {{ type = "echo"; }} );
            dead = ( {{ type = "tcp-server";
                  listen = "127.0.0.1:{ports[3]}"; }},
                {{ type = "tcp-client";
                  connect = "127.0.0.1:{FreePort.get()}"; }} );''', workers=2)
        threads = [self.thread(self.client, ports[i % 3], 40)
                   for i in range(6)]
        for _ in range(40):
            self.assertTrue(self.is_cut(ports[3]))
        for t in threads:
            t.join()

    def test_end_in_the_middle(self):
        for _ in range(3):
            d, port = self.echo(workers=2, shutdown="100ms", allowed=(0, 3))
            clients = [self.connect(port) for _ in range(30)]
            for s in clients:
                s.sendall(b"x")
                exactly(s, 1)
                s.sendall(pattern(50_000))
            self.assertIn(d.end(), (0, 3))


main()
