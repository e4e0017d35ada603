# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""SIGHUP: one generation follows another, or nothing changes at all."""

import os
import random
import re
import selectors
import signal
import socket
import time

from lib import *
from lib.proc import PIPES_KEPT, fd_kinds


class Following(Reload):
    def test_old_connections_keep_their_options(self):
        d, port = self.echo()
        old = self.served(port)
        self.reload(d, server(port, 'idle_timeout = "200ms";'))
        self.assertTrue(self.is_cut(port))
        self.assertEqual("idle-timeout", d.closed("echo")["reason"])
        self.assert_served(old)

    def test_old_connections_keep_their_backend(self):
        one, two = (self.backend(greet(b)) for b in (b"1", b"2"))
        port = FreePort.get()
        d = self.daemon(server(port, rest=client_of(one.port)))
        old = self.connect(port)
        self.assertEqual(b"1", exactly(old, 1))
        self.reload(d, server(port, rest=client_of(two.port)))
        new = self.connect(port)
        self.assertEqual(b"2", exactly(new, 1))
        self.assert_served(old)
        self.assert_served(new)

    def test_bulk_goes_on(self):
        d, port = self.echo(workers=2)
        s = self.connect(port)
        size = 64 << 20
        t = self.thread(send_pattern, s, size)
        receive_pattern(s, size // 8)
        for _ in range(5):
            self.reload(d)
        # From where the first part ended, which the pattern divides.
        receive_pattern(s, size - size // 8)
        t.join()

    def test_many_signals_are_one_more_reload_at_least(self):
        d, port = self.echo()
        d.configure(server(port, 'idle_timeout = "200ms";'))
        for _ in range(50):
            d.signal(signal.SIGHUP)
        d.wait_record(lambda r: r.get("message", "").startswith("reloaded"))
        self.assertTrue(self.is_cut(port))

    def test_sigterm_drains_both_generations(self):
        d, port = self.echo(shutdown="20s")
        old = self.served(port)
        self.reload(d)
        new = self.served(port)
        d.signal()
        d.wait_record(lambda r: r.get("message", "").startswith("ending: 2 "))
        for s in (old, new):
            self.assert_served(s)
            s.close()
        self.assertEqual(0, d.wait())
        self.assertEqual(["done"] * 2, [
            r["reason"] for r in d.closed("echo", 2)])

    def test_sigterm_cuts_both_generations(self):
        d, port = self.echo(shutdown="300ms")
        old = self.served(port)
        self.reload(d, server(port), shutdown="300ms")
        new = self.served(port)
        d.signal()
        self.assertTrue(is_reset(old))
        self.assertTrue(is_reset(new))
        self.assertEqual(["shutdown"] * 2, [
            r["reason"] for r in d.closed("echo", 2)])
        self.assertEqual(3, d.wait())

    def test_no_reload_while_ending(self):
        d, port = self.echo(shutdown="20s")
        s = self.served(port)
        d.signal()
        d.wait_record(lambda r: r.get("message", "").startswith("ending: "))
        d.signal(signal.SIGHUP)
        d.wait_record(lambda r: "is not read again" in r.get("message", ""))
        self.assert_served(s)
        s.close()
        self.assertEqual(0, d.wait())


class Refusing(Reload):
    def test_a_broken_file_changes_nothing(self):
        d, port = self.echo()
        old = self.served(port)
        where = re.escape(d.config)
        self.refused(d, WRONG, why=f"^{where}:6: syntax error")
        self.refused(d, server(port, "colour = 1;"),
                     why=f"^{where}:6: .*'colour'")
        self.refused(d, server(port, rest='{ type = "eccho"; }'),
                     why=f"^{where}:6: .*did you mean 'echo'")
        os.rename(d.config, d.path("elsewhere"))
        self.refused(d, why=f"^{where}: .*No such file")
        self.assert_served(old)
        self.served(port)
        self.reload(d, server(port))
        self.assert_served(old)
        self.served(port)

    def test_everything_that_is_wrong_is_said_at_once(self):
        d, port = self.echo()
        d.configure(server(port, "colour = 1;\n taste = 2;"))
        d.signal(signal.SIGHUP)
        d.wait_record(lambda r: f"{d.config}:6: " in r.get("message", ""))
        d.wait_record(lambda r: f"{d.config}:7: " in r.get("message", ""))
        d.wait_record(lambda r: "reload refused" in r.get("message", ""))

    def test_what_belongs_to_the_process(self):
        d, port = self.echo()
        self.refused(d, server(port), workers=2, why=re.escape(
            f"{d.config}:1: option 'workers' cannot change from 1 to 2 while "
            "the host runs: restart it") + "$")
        self.served(port)

    def test_a_log_that_cannot_be_written(self):
        d, port = self.echo()
        d.configure(server(port))
        with open(d.config) as f:
            text = f.read()
        with open(d.path("new.conf"), "w") as f:
            f.write(text.replace('"json";',
                                 '"json"; target = "file:/nonexistent/x";'))
        os.rename(d.path("new.conf"), d.config)
        self.refused(d, why=re.escape(f"{d.config}:2: log.target "))
        self.served(port)


class Listening(Reload):
    def inodes(self, port):
        """Of the sockets that listen on a port."""
        with open("/proc/net/tcp") as f:
            rows = [line.split() for line in f][1:]
        return {row[9] for row in rows
                if row[3] == "0A" and row[1].endswith(f":{port:04X}")}

    def test_added_removed_kept(self):
        kept, gone, added = (FreePort.get() for _ in range(3))
        d = self.daemon(server(kept, name="a") + server(gone, name="b"),
                        workers=2)
        before = self.inodes(kept)
        self.assertEqual(2, len(before))
        old = self.served(gone)
        self.assert_closed(added)
        self.reload(d, server(kept, name="a") + server(added, name="c"),
                    workers=2)
        self.assert_closed(gone)
        self.served(added)
        self.served(kept)
        self.assert_served(old)
        self.assertEqual(before, self.inodes(kept))
        self.reload(d, server(gone, name="b"), workers=2)
        self.served(gone)
        self.assert_closed(kept)
        self.assert_closed(added)

    def test_what_waits_in_the_queue_is_served(self):
        """A full daemon does not accept: its queue is carried over, and the
        new limit lets it in."""
        port = FreePort.get()
        d = self.daemon(server(port),
                        settings="limits = { connections = 1; };")
        first = self.served(port)
        waiting = [self.connect(port) for _ in range(5)]
        for s in waiting:
            s.sendall(b"x")
        self.reload(d, server(port))
        for s in waiting:
            self.assertEqual(b"x", exactly(s, 1))
        self.assert_served(first)

    def test_an_address_of_another_process(self):
        d, port = self.echo()
        old = self.served(port)
        before = self.inodes(port)
        taken, free = FreePort.get(), FreePort.get()
        with socket.create_server(("127.0.0.1", taken)):
            pipelines = (server(port) + server(free, name="b")
                         + server(taken, name="c"))
            self.refused(d, pipelines, why=f"^{re.escape(d.config)}:6: .*"
                         f"127.0.0.1:{taken}: Address already in use$")
            self.assertEqual(before, self.inodes(port))
            self.assert_closed(free)
            self.assert_served(old)
            self.served(port)
        self.reload(d, pipelines)
        for p in (port, free, taken):
            self.served(p)
        self.assert_served(old)


class Draining(Reload):
    def endings(self, sockets, timeout):
        """When each of them ended, in order."""
        ended = []
        limit = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            for s in sockets:
                selector.register(s, selectors.EVENT_READ)
            while selector.get_map():
                left = limit - time.monotonic()
                self.assertGreater(left, 0, f"only {len(ended)} ended")
                for key, _ in selector.select(left):
                    ended.append(time.monotonic())
                    selector.unregister(key.fileobj)
        return ended

    @thrice
    def test_a_deadline_spreads_the_ends(self):
        self.setUp()
        count, deadline = 50, SCALE  # seconds
        port = FreePort.get()
        d = self.daemon(server(port), workers=2,
                        settings=f'drain_timeout = "{deadline}s";')
        old = [self.served(port) for _ in range(count)]
        began = time.monotonic()
        self.reload(d, server(port), workers=2)
        new = self.served(port)
        ended = self.endings(old, deadline + 10 * SCALE)
        self.assertGreaterEqual(ended[0] - began, deadline * 0.9)
        self.assertLess(ended[-1] - began, deadline + 1 * SCALE)
        self.assertGreater(ended[-1] - ended[0], 0.02)
        self.assertEqual({"drain-timeout"}, {
            r["reason"] for r in d.closed("echo", count)})
        self.assert_served(new)
        print(f"drain_timeout {deadline} s: {count} connections ended "
              f"{ended[0] - began:.3f} to {ended[-1] - began:.3f} s after "
              "the reload")

    def test_each_pipeline_has_its_own(self):
        one, two, port = (FreePort.get() for _ in range(3))
        pipelines = ''.join(
            f'{name} = {{ drain_timeout = "{drain}"; bindings = (' +
            server(p, name="x")[5:-1] + "; };"
            for name, drain, p in (("one", "300ms", one), ("two", "1h", two)))
        d = self.daemon(pipelines + server(port))
        streams = [self.served(p) for p in (one, two, port)]
        self.reload(d, server(one) + server(two, name="two"))
        self.assertTrue(is_reset(streams[0]))
        self.assertEqual("drain-timeout", d.closed("one")["reason"])
        for s in streams[1:]:
            self.assert_served(s)
        self.assert_closed(port)

    def test_the_operator_drains_one(self):
        one, two = FreePort.get(), FreePort.get()
        pipelines = server(one, name="one") + server(two, name="two")
        d = self.daemon(pipelines)
        old = self.served(one)
        said = answer(d, "drain", pipeline="one")
        self.assertEqual({"pipeline": "one", "listeners": 1,
                          "connections": 1}, said)
        self.assert_closed(one)
        self.assert_served(old)
        self.served(two)
        self.refused(d, WRONG)
        self.assert_closed(one)
        self.assertEqual(0, answer(d, "drain", pipeline="one")["listeners"])
        self.reload(d, pipelines)
        self.served(one)
        self.assert_served(old)


class Logging(Reload):
    def lines(self, path):
        with open(path) as f:
            return f.read()

    def wait_closed(self, port, path):
        """A connection whose end is logged there."""
        before = (self.lines(path).count("connection closed")
                  if os.path.exists(path) else 0)
        self.served(port).close()
        self.eventually(
            lambda: self.lines(path).count("connection closed") > before,
            f"{os.path.basename(path)} is written to")

    def test_log_files_are_reopened(self):
        """By signal and by the control socket; the old file is left alone."""
        folder = self.temporary()
        path = os.path.join(folder, "log")
        port = FreePort.get()
        d = self.daemon(server(port))
        with open(d.config) as f:
            text = f.read().replace(
                'format = "json";', f'target = "file:{path}";')
        self.write(text, "test.conf", d.directory.name)
        d.signal(signal.SIGHUP)
        self.eventually(lambda: os.path.exists(path)
                        and "generation 2 serves" in self.lines(path),
                        "the log is written there")
        for i, reopen in enumerate((lambda: d.signal(signal.SIGUSR1),
                                    lambda: answer(d, "reopen"))):
            os.rename(path, path + str(i))
            self.wait_closed(port, path + str(i))
            self.assertFalse(os.path.exists(path))
            reopen()
            self.eventually(lambda: os.path.exists(path), "reopened")
            answer(d, "status")  # it is not amidst of it any more
            size = len(self.lines(path + str(i)))
            self.wait_closed(port, path)
            self.assertEqual(size, len(self.lines(path + str(i))))


class Telling(Reload):
    def test_the_service_manager(self):
        path = os.path.join(self.temporary(), "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(10 * SCALE)

            def hear():
                return manager.recv(4096).decode().split("\n")
            d, port = self.echo(env={"NOTIFY_SOCKET": path})
            said = hear()
            self.assertEqual("READY=1", said[0])
            self.assertIn("generation 1", said[1])
            for is_good in (True, False, True):
                before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
                if is_good:
                    self.reload(d, server(port))
                else:
                    self.refused(d, WRONG)
                said = hear()
                self.assertEqual("RELOADING=1", said[0])
                at = re.fullmatch("MONOTONIC_USEC=([0-9]+)", said[1])
                # The clock of the loop counts milliseconds.
                self.assertGreaterEqual(int(at[1]) + 1000, before)
                said = hear()
                self.assertEqual("READY=1", said[0])
                self.assertRegex(said[1], f"generation {self.generation}"
                                 + ("$" if is_good else ", .* refused$"))
            d.signal()
            self.assertEqual("STOPPING=1", hear()[0])
            self.assertEqual(0, d.wait())


class Storm(Reload):
    RELOADS = 40
    THREADS = 4

    def connect_all_the_time(self, port, seed):
        choice = random.Random(seed)
        while not self.is_over:
            size = choice.choice((1, 100, 5000, 60000))
            with self.connect(port) as s:
                send_pattern(s, size)
                s.shutdown(socket.SHUT_WR)
                if all_of(s) != pattern(size):
                    raise ValueError(f"not all of {size} bytes came back")
            self.served_count[seed] += 1

    def pipeline(self, port, i):
        """It does not log its connections: they are more than a log takes."""
        return server(port, f'idle_timeout = "{50 + i}s";').replace(
            "echo = ", 'echo = { log = { level = "warning"; }; bindings = '
        ) + "};"

    def reload_once(self, d, port, i):
        if i % 3 == 2:
            self.refused(d, WRONG)
        else:
            self.reload(d, self.pipeline(port, i), workers=2)

    def run_storm(self, d, port, reloads):
        self.is_over = False
        self.served_count = [0] * self.THREADS
        threads = [self.thread(self.connect_all_the_time, port, i)
                   for i in range(self.THREADS)]
        try:
            for i in range(reloads):
                before = min(self.served_count)
                self.reload_once(d, port, i)
                self.eventually(
                    lambda: min(self.served_count) > before
                    or not all(t.is_alive() for t in threads),
                    "every client is served between two reloads")
        finally:
            self.is_over = True
        for t in threads:
            t.join()

    def test_nobody_notices(self):
        port = FreePort.get()
        d = self.daemon(self.pipeline(port, 0), workers=2)
        files, pipes = fd_kinds(d.pid)
        self.run_storm(d, port, 6)
        memory = rss(d.pid)
        self.run_storm(d, port, self.RELOADS)

        def are_back():
            now = fd_kinds(d.pid)
            return now[0] <= files and now[1] <= pipes + 2 * PIPES_KEPT
        self.eventually(are_back, "the descriptors are as many as before")
        if not IS_SANITIZED:  # which keeps what is freed
            self.assertLess(rss(d.pid) - memory, 3 << 20)


main()
