# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What the binding metrics answers: figures that are those of the traffic, and
go on over reloads; HTTP that is strict, and harms nobody."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

from lib import *
from lib.fake import bindery
from lib.prometheus import Metrics

MIB = 1 << 20
GET = b"GET /metrics HTTP/1.1\r\nHost: a\r\n"


def server(name, port, more, rest):
    return (f'{name} = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' {more} }}, {rest} );\n')


class Answer:
    """One answer of HTTP, read from a stream."""

    def __init__(self, stream, is_head=False):
        line = stream.readline()
        if not line:
            raise EOFError
        self.version, code, _ = line.decode().split(" ", 2)
        self.status = int(code)
        self.fields = {}
        while (line := stream.readline()) != b"\r\n":
            name, value = line.decode().rstrip("\r\n").split(": ", 1)
            assert name not in self.fields, name
            self.fields[name] = value
        self.length = int(self.fields["Content-Length"])
        self.body = b"" if is_head else stream.read(self.length)


class MetricsCase(Case):
    def serve(self, options="", more="", **rest):
        """A daemon with an echo, a proxy to it, and metrics."""
        self.echo_port, self.proxy_port, self.port = (
            FreePort.get() for _ in range(3))
        self.pipelines = (
            server("echo", self.echo_port, 'deny = "127.0.0.9";',
                   '{ type = "echo"; }')
            + server("proxy", self.proxy_port, "",
                     '{ type = "tcp-client"; '
                     f'connect = "127.0.0.1:{self.echo_port}"; }}'))
        self.scraped = server("metrics", self.port, more,
                              f'{{ type = "metrics"; {options} }}')
        self.d = self.daemon(self.pipelines + self.scraped, workers=2, **rest)
        return self.d

    def scrape(self):
        s = self.connect(self.port)
        s.sendall(GET + b"Connection: close\r\n\r\n")
        with s.makefile("rb") as stream:
            a = Answer(stream)
            self.assertEqual((200, "close", b""), (
                a.status, a.fields["Connection"], stream.read()))
        s.close()
        self.assertEqual("text/plain; version=0.0.4; charset=utf-8",
                         a.fields["Content-Type"])
        return Metrics(a.body.decode())

    def row(self, pipeline):
        """Its figures, without a scrape that would count as well."""
        row, = (p for p in answer(self.d, "pipelines")["pipelines"]
                if p["name"] == pipeline)
        return row

    def wait_counted(self, pipeline, *ways, size):
        """Who has bytes already has them a moment before they are counted as
        sent."""
        self.eventually(lambda: all(self.row(pipeline)[way] == size
                                    for way in ways),
                        f"{size} bytes are counted in {pipeline}")

    def reload(self, pipelines=None, good=True, **more):
        self.d.configure(self.pipelines + self.scraped
                         if pipelines is None else pipelines, workers=2,
                         **more)
        before = len(self.d.records)
        self.d.signal(signal.SIGHUP)
        what = "reloaded: " if good else "reload refused: "
        self.eventually(lambda: any(
            r.get("message", "").startswith(what)
            for r in self.d.records[before:]), what)

    def through(self, port, size):
        s = self.connect(port)
        t = self.thread(receive_pattern, s, size)
        send_pattern(s, size)
        s.shutdown(socket.SHUT_WR)
        t.join()
        self.assertEqual(b"", s.recv(1))
        s.close()


class Figures(MetricsCase):
    def test_they_are_those_of_the_traffic(self):
        self.serve()
        self.through(self.proxy_port, 20 * MIB)
        self.through(self.proxy_port, 1)
        self.through(self.echo_port, 1000)
        self.assertTrue(self.is_cut(self.echo_port, source="127.0.0.9"))
        held = self.connect(self.proxy_port)
        held.sendall(b"12345")
        self.assertEqual(b"12345", exactly(held, 5))
        reset(self.connect(self.echo_port))
        self.d.closed("echo", 4)
        self.d.closed("proxy", 2)
        bytes_proxy, bytes_echo = 20 * MIB + 6, 20 * MIB + 1006
        self.wait_counted("proxy", "to_client", "to_backend",
                          size=bytes_proxy)
        self.wait_counted("echo", "to_client", size=bytes_echo)
        m = self.scrape()
        for pipeline, peer, n in (("proxy", "client", bytes_proxy),
                                  ("proxy", "backend", bytes_proxy),
                                  ("echo", "client", bytes_echo),
                                  ("echo", "backend", 0)):
            for way in ("received", "sent"):
                self.assertEqual(n, m(
                    f"bindery_pipeline_{way}_bytes_total", pipeline=pipeline,
                    peer=peer), (pipeline, peer, way))
        for pipeline, now, accepted, done in (
                ("proxy", 1, 3, 2), ("echo", 1, 5, 3), ("metrics", 1, 1, 0)):
            self.assertEqual(now, m("bindery_pipeline_connections",
                                    pipeline=pipeline))
            self.assertEqual(accepted, m("bindery_pipeline_accepted_total",
                                         pipeline=pipeline))
            self.assertEqual(done, m("bindery_pipeline_ended_total",
                                     pipeline=pipeline, reason="done"))
        self.assertEqual(4, m.sum("bindery_pipeline_ended_total",
                                  pipeline="echo"))
        self.assertEqual(1, m("bindery_pipeline_ended_total", pipeline="echo",
                              reason="client-reset"))
        self.assertEqual(1, m("bindery_tcp_server_denied_total",
                              pipeline="echo", binding="tcp-server"))
        self.assertEqual(3, m("bindery_pipeline_connect_seconds_count",
                              pipeline="proxy"))
        self.assertEqual(0, m("bindery_pipeline_connect_seconds_count",
                              pipeline="echo"))
        self.assertEqual(2, m("bindery_pipeline_lifetime_seconds_count",
                              pipeline="proxy"))
        self.assertEqual(3, m.sum("bindery_worker_connections"))

    def test_bytes_are_counted_while_they_flow(self):
        self.serve()
        s = self.connect(self.proxy_port)
        for n in (1, 2):
            t = self.thread(receive_pattern, s, 4 * MIB)
            send_pattern(s, 4 * MIB)
            t.join()
            self.wait_counted("proxy", "to_client", "to_backend",
                              size=n * 4 * MIB)
            m = self.scrape()
            for peer in ("client", "backend"):
                self.assertEqual(n * 4 * MIB, m(
                    "bindery_pipeline_sent_bytes_total", pipeline="proxy",
                    peer=peer))

    def test_a_reader_that_stalls(self):
        self.serve()
        s = self.connect(self.echo_port, receive=4096)
        s.setblocking(False)

        def has_stalled():
            try:
                s.send(b"x" * MIB)
            except BlockingIOError:
                pass
            return self.scrape()("bindery_pipeline_stalls_total",
                                 pipeline="echo", peer="client") > 0
        self.eventually(has_stalled, "a stall")
        reset(s)
        self.d.closed("echo")

    def test_the_process(self):
        self.serve()
        m = self.scrape()
        self.assertAlmostEqual(time.time(), m(
            "bindery_process_start_time_seconds"), delta=60)
        self.assertAlmostEqual(fd_count(self.d.pid), m(
            "bindery_process_open_fds"), delta=4)
        self.assertGreater(m("bindery_process_resident_memory_bytes"), 10**6)
        self.assertGreaterEqual(m("bindery_process_threads"), 4)
        self.assertGreater(m("bindery_process_max_fds"), 100)
        self.assertEqual(4, m("bindery_plugin_images"))
        self.assertEqual(0, m("bindery_log_lines_lost_total"))
        for worker in "01":
            self.assertGreater(m("bindery_worker_turn_seconds_count",
                                 worker=worker), 0)
        version = run("-V").stdout.split()[1]
        self.assertEqual(1, m.sum("bindery_build_info", version=version))

    def test_every_family_is_in_the_page(self):
        self.serve()
        with open(os.path.join(ROOT, "docs/binderyd.8")) as f:
            heads = re.findall(r"^\.It Dv (bindery_.*)$", f.read(),
                               re.MULTILINE)
        page = set(re.findall(r"bindery_\w+", " ".join(heads)))
        text = self.scrape().text
        types = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
        ours = {t for t in types if not t.startswith(
            ("bindery_metrics_", "bindery_tcp_"))}
        self.assertEqual(page, ours)
        for plugin in ("metrics", "tcp-server"):
            with open(os.path.join(ROOT, f"plugins/{plugin}/bindery-"
                                   f"{plugin}.7")) as f:
                page = f.read()
            prefix = f"bindery_{plugin.replace('-', '_')}_"
            names = {t for t in types if t.startswith(prefix)}
            self.assertTrue(names)
            for name in names:
                self.assertIn(name, page)

    def test_the_control_socket_says_the_same(self):
        path = self.serve().path("control.sock")
        self.through(self.proxy_port, 1000)
        self.d.closed("proxy")

        def asked(command):
            p = bindery("-s", path, "--json", command)
            self.assertEqual(0, p.returncode, p.stderr)
            return json.loads(p.stdout)
        m = Metrics(asked("metrics")["text"])
        self.assertEqual(set(self.scrape().families), set(m.families))
        self.assertEqual(1000, m("bindery_pipeline_sent_bytes_total",
                                 pipeline="proxy", peer="client"))
        pipeline = {p["name"]: p for p in asked("list")["pipelines"]}
        self.assertEqual(
            (0, 1, 1000, 1000, 1000, 1000, {"done": 1}),
            tuple(pipeline["proxy"][key] for key in (
                "connections", "accepted", "from_client", "to_client",
                "from_backend", "to_backend", "reasons")))
        status = asked("status")
        self.assertEqual(2 + 1, status["accepted"])
        self.assertGreater(status["memory"], 10**6)
        self.assertAlmostEqual(fd_count(self.d.pid),
                               status["descriptors"]["used"], delta=4)

    def test_promtool_has_nothing_to_say(self):
        tool = shutil.which("promtool")
        if not tool:
            self.skipTest("promtool is not installed")
        self.serve()
        p = subprocess.run([tool, "check", "metrics"], text=True,
                           input=self.scrape().text, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
        self.assertEqual((0, ""), (p.returncode, p.stdout))


@unittest.skipIf(IS_SANITIZED, "the sanitizers want to be the first library")
class Order(MetricsCase):
    def test_what_the_log_tells_has_been_counted(self):
        """Even if a worker is held up as soon as the line is out."""
        self.serve(env=shim(pause=300))
        self.through(self.echo_port, 1000)
        self.d.closed("echo")
        row = self.row("echo")
        self.assertEqual((0, 1, {"done": 1}), tuple(
            row[key] for key in ("connections", "accepted", "reasons")))
        m = Metrics(answer(self.d, "metrics")["text"])
        self.assertEqual(1, m("bindery_pipeline_lifetime_seconds_count",
                              pipeline="echo"))


class Reloads(MetricsCase):
    def test_counters_go_on(self):
        self.serve()
        self.through(self.proxy_port, 1000)
        held = self.connect(self.proxy_port)
        held.sendall(b"12")
        exactly(held, 2)
        self.d.closed("proxy")
        for n in range(1, 4):
            self.reload()
            self.through(self.proxy_port, 1000)
            held.sendall(b"12")  # an old connection counts on, too
            exactly(held, 2)
            self.d.closed("proxy", n + 1)
            m = self.scrape()
            self.assertEqual(1000 * (n + 1) + 2 * (n + 1), m(
                "bindery_pipeline_received_bytes_total", pipeline="proxy",
                peer="client"))
            self.assertEqual(n + 2, m("bindery_pipeline_accepted_total",
                                      pipeline="proxy"))
            self.assertEqual(1, m("bindery_pipeline_connections",
                                  pipeline="proxy"))
            self.assertEqual(n, m("bindery_reloads_total", result="good"))
            self.assertEqual(n + 1, m("bindery_generation"))
            self.eventually(lambda: self.scrape()("bindery_generations")
                            == 2, "the end of those that nothing pins")
            self.assertGreaterEqual(m("bindery_metrics_answers_total",
                                      pipeline="metrics",
                                      binding="metrics", code="200"), n - 1)
        held.close()
        self.d.closed("proxy", 5)
        self.eventually(lambda: self.scrape()("bindery_generations") == 1,
                        "one generation")

    def test_a_refused_one_changes_nothing(self):
        self.serve()
        self.through(self.echo_port, 10)
        self.d.closed("echo")
        before = self.scrape()
        self.reload(self.pipelines + self.scraped + server(
            "new", FreePort.get(), "", '{ type = "nonsense"; }'), good=False)
        after = self.scrape()
        self.assertEqual(0, after("bindery_reload_last_ok"))
        self.assertEqual(1, after("bindery_reloads_total", result="refused"))
        self.assertGreater(after("bindery_reload_last_time_seconds"), 0)
        for m in (before, after):
            self.assertEqual(1, m("bindery_generation"))
            self.assertEqual(10, m("bindery_pipeline_received_bytes_total",
                                   pipeline="echo", peer="client"))
            self.assertIsNone(m("bindery_pipeline_connections",
                                pipeline="new"))

    def test_a_pipeline_that_is_gone_is_shown_until_its_end(self):
        self.serve()
        held = self.connect(self.proxy_port)
        held.sendall(b"x")
        exactly(held, 1)
        self.reload(self.scraped)
        self.assertEqual(1, self.scrape()("bindery_pipeline_connections",
                                          pipeline="proxy"))
        held.close()
        self.d.closed("proxy")
        self.eventually(lambda: self.scrape()(
            "bindery_pipeline_connections", pipeline="proxy") is None,
            "the pipeline's end")
        self.reload()
        self.assertEqual(1, self.scrape()("bindery_pipeline_accepted_total",
                                          pipeline="proxy"))

    def test_a_replaced_plugin_is_a_retired_image(self):
        directory = self.temporary()

        def put(n):
            new = os.path.join(directory, "new")
            shutil.copyfile(os.path.join(TEST_PLUGINS, f"swap{n}.so"), new)
            os.chmod(new, 0o755)
            os.rename(new, os.path.join(directory, "swap.so"))
        put(1)
        self.serve(paths=("-p", PLUGINS, "-p", directory))
        swap = server("swap", FreePort.get(), "",
                      '{ type = "swap"; }, { type = "echo"; }')
        self.reload(self.pipelines + self.scraped + swap)
        m = self.scrape()
        self.assertEqual((5, 0), (m("bindery_plugin_images"),
                                  m("bindery_plugin_images_retired")))
        put(2)
        self.reload(self.pipelines + self.scraped + swap)
        self.eventually(lambda: self.scrape()(
            "bindery_plugin_images_retired") == 1, "one retired image")


class Http(MetricsCase):
    def setUp(self):
        self.serve()

    def ask(self, data, count=1, is_head=False, end=False):
        """Send it: the answers."""
        s = self.connect(self.port)
        s.sendall(data)
        if end:
            s.shutdown(socket.SHUT_WR)
        with s.makefile("rb") as stream:
            return [Answer(stream, is_head) for _ in range(count)]

    def refused(self, data, status, reason="protocol", **more):
        """Answered, and then it is over."""
        s = self.connect(self.port)
        s.sendall(data)
        with s.makefile("rb") as stream:
            a = Answer(stream, **more)
            self.assertEqual((status, "close"),
                             (a.status, a.fields["Connection"]), data)
            self.assertEqual(b"", stream.read())
        s.close()
        self.assertEqual(reason, self.d.closed("metrics")["reason"])
        self.d.records.clear()
        return a

    def test_curl(self):
        url = f"http://127.0.0.1:{self.port}"
        p = subprocess.run(
            ["curl", "-sS", "--max-time", "20", "-w", "%{http_code} "
             "%{num_connects}\n", "-o", os.devnull, f"{url}/metrics",
             "-o", os.devnull, f"{url}/metrics?x=y", "-o", os.devnull, url,
             "-o", os.devnull, f"{url}/nothing"],
            stdout=subprocess.PIPE, text=True, check=True)
        self.assertEqual("200 1\n200 0\n200 0\n404 0\n", p.stdout)
        p = subprocess.run(["curl", "-sSI", "--http1.0", "--max-time", "20",
                            f"{url}/metrics"], stdout=subprocess.PIPE,
                           text=True, check=True)
        self.assertIn(" 200 OK", p.stdout)

    def test_head_has_the_length_and_no_body(self):
        a, = self.ask(b"HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
                      is_head=True)
        self.assertEqual(200, a.status)
        self.assertGreater(a.length, 5000)
        # What follows is the next answer, not a body.
        for a in self.ask(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" * 2, 2,
                          is_head=True):
            self.assertEqual((200, "text/html; charset=utf-8"),
                             (a.status, a.fields["Content-Type"]))

    def test_the_first_page_names_the_path(self):
        a, = self.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIn(b'<a href="/metrics">', a.body)

    def test_requests_one_after_another(self):
        s = self.connect(self.port)
        with s.makefile("rb") as stream:
            for _ in range(20):
                s.sendall(GET + b"\r\n")
                a = Answer(stream)
                self.assertEqual(200, a.status)
                Metrics(a.body.decode())

    def test_requests_in_one_heap(self):
        """Answered in order, however many; a reader that is slow at first
        gets them all."""
        one = (GET + b"\r\n" + b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
               + b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n"
               b"GET / H")
        s = self.connect(self.port, receive=8192)
        t = self.thread(s.sendall, one * 200)
        time.sleep(0.3)
        with s.makefile("rb") as stream:
            for i in range(200):
                for status in (200, 404, 405):
                    a = Answer(stream)
                    self.assertEqual(status, a.status, i)
                    if status == 405:
                        self.assertEqual("GET, HEAD", a.fields["Allow"])
        t.join()

    def test_byte_by_byte(self):
        s = self.connect(self.port)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for c in GET + b"Content-Length: 3\r\n\r\nabc":
            s.sendall(bytes([c]))
            time.sleep(0.001)
        with s.makefile("rb") as stream:
            self.assertEqual(200, Answer(stream).status)

    def test_http_1_0(self):
        get = b"GET /metrics HTTP/1.0\r\n"
        s = self.connect(self.port)
        s.sendall(get + b"\r\n")
        with s.makefile("rb") as stream:
            a = Answer(stream)
            self.assertEqual((200, "close", b""), (
                a.status, a.fields["Connection"], stream.read()))
        a, b = self.ask((get + b"Connection: keep-alive\r\n\r\n") * 2, 2)
        self.assertEqual(["keep-alive"] * 2, [a.fields["Connection"],
                                              b.fields["Connection"]])

    def test_an_end_behind_the_request(self):
        a, = self.ask(GET + b"\r\n", end=True)
        self.assertEqual(200, a.status)
        self.assertEqual("done", self.d.closed("metrics")["reason"])

    def test_who_waits_for_a_word_before_the_body(self):
        s = self.connect(self.port)
        s.sendall(GET + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        with s.makefile("rb") as stream:
            a = Answer(stream)
            self.assertEqual((200, "close", b""), (
                a.status, a.fields["Connection"], stream.read()))

    def test_what_is_refused(self):
        chunked = b"Transfer-Encoding: chunked\r\n"
        for status, data in (
                (400, b"hello\r\n"), (400, b"GET / HTTP/1.1\r\n\r\n"),
                (400, b"\x16\x03\x01\x02\x00\n"),
                (400, GET + b"Host: b\r\n\r\n"),
                (400, GET + b"A: \0\r\n"),
                (400, GET + b"Content-Length: 3\r\n" + chunked + b"\r\n"),
                (501, GET + chunked + b"\r\n"),
                (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                (417, GET + b"Expect: tea\r\n")):
            self.refused(data, status)
        for status, data in (
                (413, GET + b"Content-Length: 70000\r\n\r\n"),
                (414, b"GET /" + b"x" * 9000),
                (414, b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\n"),
                (431, GET + b"A: " + b"x" * 9000),
                (431, GET + b"A: b\r\n" * 2000)):
            self.refused(data, status, "protocol")
        m = self.scrape()
        for code, n in (("400", 6), ("414", 2), ("431", 2), ("413", 1),
                        ("417", 1), ("501", 1), ("505", 1)):
            self.assertEqual(n, m("bindery_metrics_answers_total",
                                  pipeline="metrics", binding="metrics",
                                  code=code), code)

    def test_half_a_request_and_an_end(self):
        for data in (GET, GET + b"Content-Length: 3\r\n\r\nab"):
            a, = self.ask(data, end=True)
            self.assertEqual(400, a.status)

    def test_who_resets_harms_nobody(self):
        for _ in range(50):
            s = self.connect(self.port)
            s.sendall(GET + b"\r\n" + GET)
            reset(s)
        self.d.closed("metrics", 50)
        self.scrape()


class Times(MetricsCase):
    @thrice
    def test_a_request_has_to_come_in_time(self):
        self.serve('request_timeout = "300ms";')
        for data, again in ((b"", b""), (b"GET ", b"/"),
                            (GET + b"Content-Length: 9\r\n\r\nabc", b"d")):
            s = self.connect(self.port)
            began = time.monotonic()
            s.sendall(data)
            time.sleep(0.1)
            s.sendall(again)  # a little more does not help
            with s.makefile("rb") as stream:
                self.assertEqual(408, Answer(stream).status)
                self.assertEqual(b"", stream.read())
            self.assertLess(time.monotonic() - began, 3 * SCALE)
            s.close()
        for r in self.d.closed("metrics", 3):
            self.assertEqual("stage-timeout", r["reason"])

    @thrice
    def test_between_requests_there_is_more_time(self):
        self.serve('request_timeout = "400ms"; keepalive_timeout = "2s";')
        s = self.connect(self.port)
        with s.makefile("rb") as stream:
            for _ in range(2):
                s.sendall(GET + b"\r\n")
                self.assertEqual(200, Answer(stream).status)
                time.sleep(0.8)
        self.assertTrue(is_reset(s))
        self.assertEqual("idle-timeout", self.d.closed("metrics")["reason"])

    def test_who_does_not_read_is_left(self):
        self.serve('keepalive_timeout = "500ms";')
        s = self.connect(self.port, receive=4096)
        self.thread(self.send_until_cut, s)
        self.assertEqual("idle-timeout", self.d.closed("metrics",
                                                       timeout=20)["reason"])

    @staticmethod
    def send_until_cut(s):
        try:
            while True:
                s.sendall((GET + b"\r\n") * 100)
        except OSError:
            pass


class Options(MetricsCase):
    def test_another_path(self):
        self.serve('path = "/a/b";')
        s = self.connect(self.port)
        with s.makefile("rb") as stream:
            for path, status in ((b"/a/b", 200), (b"/metrics", 404),
                                 (b"/a/b/", 404), (b"/", 200)):
                s.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
                a = Answer(stream)
                self.assertEqual(status, a.status, path)
        self.assertIn(b'href="/a/b"', a.body)

    def test_paths_that_are_none(self):
        for path in ("metrics", "", "/a b", '/a\\"', "/ä", "/" + "x" * 300):
            conf = self.write("pipelines: { "
                              + server("m", 7001, "", '{ type = "metrics"; '
                                       f'path = "{path}"; }}') + " };")
            p = run("-t", "-c", conf)
            self.assertEqual(78, p.returncode, path)
            self.assertIn("option 'path': ", p.stderr)

    def test_behind_a_unix_socket(self):
        path = os.path.join(self.temporary(), "m.sock")
        d = self.daemon(
            f'm = ( {{ type = "tcp-server"; listen = "unix:{path}"; }}, '
            '{ type = "metrics"; } );')
        p = subprocess.run(
            ["curl", "-sS", "--max-time", "20", "--unix-socket", path,
             "http://localhost/metrics"], stdout=subprocess.PIPE, text=True,
            check=True)
        self.assertEqual(1, Metrics(p.stdout)(
            "bindery_pipeline_connections", pipeline="m"))
        self.assertTrue(d.is_alive())


if __name__ == "__main__":
    main()
