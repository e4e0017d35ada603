# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""How binderyd starts, and how it ends."""

import os
import signal
import socket
import statistics
import time

from lib import *


class Ending(Case):
    def established(self, port):
        s = self.connect(port)
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))
        return s

    def refuses(self, port):
        try:
            self.connect(port).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            pass  # it was on its way in
        return False

    @thrice
    def test_nothing_to_drain(self):
        d, port = self.echo()
        self.established(port).close()
        d.closed("echo")
        began = time.monotonic()
        self.assertEqual(0, d.end())
        self.assertLess(time.monotonic() - began, 0.5 * SCALE)

    def test_drains(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            d, port = self.echo(shutdown="20s")
            s = self.established(port)
            d.signal(number)
            self.eventually(lambda: self.refuses(port), "no new connection")
            s.sendall(b"still here")
            self.assertEqual(b"still here", exactly(s, 10))
            self.assertTrue(d.is_alive())
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(b"", all_of(s))
            self.assertEqual(0, d.wait())
            self.assertEqual("done", d.closed("echo")["reason"])

    @thrice
    def test_cut_after_shutdown_timeout(self):
        d, port = self.echo(shutdown="500ms")
        s = self.established(port)
        began = time.monotonic()
        self.assertEqual(3, d.end())
        took = time.monotonic() - began
        self.assertGreater(took, 0.45)
        self.assertLess(took, 0.5 + 1 * SCALE)
        self.assertTrue(is_reset(s))
        self.assertEqual("shutdown", d.closed("echo")["reason"])

    def test_cut_by_the_second_signal(self):
        for first in (signal.SIGTERM, signal.SIGINT):
            for second in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(first=first, second=second):
                    self.cut_by_the_second(first, second)

    @thrice
    def cut_by_the_second(self, first, second):
        d, port = self.echo(shutdown="60s")
        s = self.established(port)
        d.signal(first)
        d.wait_record(lambda r: r["message"].startswith("ending"))
        began = time.monotonic()
        d.signal(second)
        self.assertEqual(3, d.wait())
        self.assertLess(time.monotonic() - began, 1 * SCALE)
        self.assertTrue(is_reset(s))

    def test_drains_bulk(self):
        size = 16 << 20
        b = self.backend(lambda s: send_pattern(s, size))
        d, port = self.proxy(b.port, shutdown="20s")
        s = self.connect(port, receive=65536)
        exactly(s, 1)
        d.signal()
        rest = exactly(s, size - 1)
        self.assertEqual(pattern(size)[1:], rest)
        s.close()
        self.assertEqual(0, d.wait())

    @thrice
    def test_kill_and_restart_on_the_port(self):
        d, port = self.echo(workers=2)
        times = []
        for _ in range(9):
            open_ones = [self.established(port) for _ in range(20)]
            d.kill()
            began = time.monotonic()
            d.status = None
            d.start()
            self.established(port)
            times.append(time.monotonic() - began)
            for s in open_ones:
                s.close()
        print(f"SIGKILL, then served again: median "
              f"{1000 * statistics.median(times):.1f} ms")
        self.assertLess(statistics.median(times), 0.1 * SCALE)

    @thrice
    def test_start_to_serving(self):
        d, port = self.echo()
        times = []
        for _ in range(9):
            self.assertEqual(0, d.end())
            d.status = None
            d.start(wait=False)
            while True:
                with socket.socket() as s:
                    if s.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.0005)
            times.append(time.monotonic() - d.began)
            d.wait_until_serving()
        print("start to serving: median "
              f"{1000 * statistics.median(times):.1f} ms")
        self.assertLess(statistics.median(times), 0.1 * SCALE)

    @thrice
    def test_idle_uses_no_cpu(self):
        d, port = self.echo(workers=2)
        self.established(port)
        used = cpu_seconds(d.pid)
        time.sleep(1)
        self.assertLessEqual(cpu_seconds(d.pid) - used, 0.02)


class Notify(Case):
    def listen(self):
        path = os.path.join(self.temporary(), "notify")
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        s.settimeout(10 * SCALE)
        s.bind(path)
        return s, path

    def test_ready_and_stopping(self):
        s, path = self.listen()
        port = FreePort.get()
        d = self.daemon(
            f'echo = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            ' }, { type = "echo"; } );', env={"NOTIFY_SOCKET": path},
            wait=False)
        self.assertIn("READY=1", s.recv(4096).decode().split("\n"))
        self.connect(port).close()  # it serves when it says so
        d.wait_until_serving()
        self.assertEqual(0, d.end())
        self.assertIn("STOPPING=1", s.recv(4096).decode().split("\n"))

    def test_nobody_listens(self):
        d, port = self.echo(env={"NOTIFY_SOCKET": "/nonexistent/notify"})
        self.assertEqual(0, d.end())


main()
