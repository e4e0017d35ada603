# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""bindery-jwks-fetch against servers that are good, bad and worse: whatever
they send, it ends in time, with a status and one sentence that fit."""

import gzip
import os
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from lib import *
from lib.build import JWKS_FETCH
from lib.tls import *

OK, USAGE, DATAERR, NOINPUT = 0, 64, 65, 66
UNAVAILABLE, OSERR, IOERR, TEMPFAIL, PROTOCOL = 69, 71, 74, 75, 76

KEYS = b'{"keys":[{"kty":"oct","k":"AA"}]}'


def setUpModule():
    global directory, ca, server
    if not JWKS_FETCH:
        raise unittest.SkipTest("built without libcurl")
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    server = ca.issue("localhost", "127.0.0.1", "::1")


def tearDownModule():
    if JWKS_FETCH:
        directory.cleanup()


def head(status="200 OK", *headers, version="HTTP/1.1"):
    return "\r\n".join([f"{version} {status}", *headers, "", ""]).encode(
        "latin-1")


def whole(body=KEYS, status="200 OK", *headers):
    return head(status, f"Content-Length: {len(body)}", *headers) + body


def endlessly(s, data, first=b""):
    """Send until the client has had enough; at most 256 MB."""
    s.sendall(first)
    for _ in range((256 << 20) // len(data)):
        s.sendall(data)
    raise AssertionError("the client takes everything")


class FetchCase(Case):
    def serve(self, answer, pair=None, raw=False, **more):
        """A server that sends the answer to every request: bytes, or what a
        function of the connection and the request does."""
        self.requests = []

        def handle(s):
            data = b""
            while b"\r\n\r\n" not in data:
                more = s.recv(65536)
                if not more:
                    return
                data += more
            self.requests.append(data.decode("latin-1"))
            if callable(answer):
                answer(s, self.requests[-1])
            else:
                s.sendall(answer)

        if not raw:
            handle = with_tls(server_context(pair or server), handle)
        return self.backend(handle, **more)

    def run_it(self, *args, env=(), **more):
        """Its process, ended; what it says is always one printable line."""
        clean = {k: v for k, v in os.environ.items()
                 if not k.lower().endswith("_proxy")}
        more.setdefault("stdout", subprocess.PIPE)
        begin = time.monotonic()
        p = subprocess.run([JWKS_FETCH, *args], stdin=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, timeout=60 * SCALE,
                           env=dict(clean, **dict(env)), **more)
        self.took = time.monotonic() - begin
        self.said = p.stderr.decode()
        if p.returncode == OK:
            self.assertEqual("", self.said)
        else:
            self.assertRegex(self.said,
                             r"\Abindery-jwks-fetch: [ -~]+\n\Z")
            self.assertIn(p.stdout, (b"", None))
        return p

    def fetch(self, backend, *args, path="/keys", host="localhost",
              trust=None, **more):
        return self.run_it("-c", (trust or ca).crt, *args,
                           f"https://{host}:{backend.port}{path}", **more)

    def gets(self, answer, body=KEYS, *args, **more):
        p = self.fetch(self.serve(answer), *args, **more)
        self.assertEqual((OK, body), (p.returncode, p.stdout), self.said)

    def fails(self, status, answer, *args, saying="", **more):
        p = self.fetch(self.serve(answer), *args, **more)
        self.assertEqual(status, p.returncode, self.said)
        self.assertIn(saying, self.said)


class Answers(FetchCase):
    def test_document(self):
        self.gets(whole())

    def test_every_form_of_an_answer(self):
        for answer in (
                head("200 OK", "Connection: close") + KEYS,
                head("200 OK", version="HTTP/1.0") + KEYS,
                head("200") + KEYS,
                head("100 Continue") + head("103 Early Hints") + whole(),
                head("200 OK", "Transfer-Encoding: chunked")
                + b"5;x=y\r\n" + KEYS[:5] + b"\r\n"
                + b"%x\r\n" % (len(KEYS) - 5) + KEYS[5:] + b"\r\n"
                + b"0\r\nTrailer: x\r\n\r\n"):
            with self.subTest(answer):
                self.gets(answer)

    def test_a_byte_at_a_time(self):
        def drip(s, request):
            for b in whole():
                s.sendall(bytes([b]))
        self.gets(drip)

    def test_a_large_one(self):
        body = pattern(1 << 20)
        self.gets(whole(body), body)
        self.gets(whole(body * 4), body * 4, "-m", "4194304")

    def test_request(self):
        home = self.temporary()
        self.write("machine localhost login me password secret\n", ".netrc",
                   home)
        self.gets(whole(), path="/a/b.json?c=d#e", env={"HOME": home})
        lines = self.requests[0].lower().split("\r\n")
        self.assertEqual("get /a/b.json?c=d http/1.1", lines[0])
        names = {line.partition(":")[0] for line in lines[1:] if line}
        self.assertEqual({"host", "user-agent", "accept"}, names)
        self.assertRegex(self.requests[0],
                         r"(?m)^User-Agent: bindery/[\d.]+\r$")

    def test_it_decompresses_nothing(self):
        packed = gzip.compress(KEYS)
        self.gets(whole(packed, "200 OK", "Content-Encoding: gzip"), packed)

    def test_shorter_than_what_is_sent(self):
        self.gets(whole(KEYS) + b"more")

    @unittest.skipUnless(has_ipv6(), "no IPv6 here")
    def test_ipv6(self):
        b = self.serve(whole(), address=("::1", FreePort.get()),
                       family=socket.AF_INET6)
        for host in ("[::1]", "localhost"):
            p = self.fetch(b, host=host)
            self.assertEqual((OK, KEYS), (p.returncode, p.stdout), self.said)


class BadAnswers(FetchCase):
    def test_statuses(self):
        for status in ("204 No Content", "206 Partial Content",
                       "300 Multiple Choices", "302 Found",
                       "304 Not Modified", "401 Unauthorized",
                       "404 Not Found"):
            body = b"" if status[:3] in ("204", "304") else KEYS
            with self.subTest(status):
                self.fails(DATAERR, whole(body, status),
                           saying=f"status {status[:3]}\n")
        for status in ("429 Too Many Requests", "500 Oops", "503 Later"):
            with self.subTest(status):
                self.fails(TEMPFAIL, whole(KEYS, status),
                           saying=f"status {status[:3]}\n")

    def test_an_error_page_without_end(self):
        def page(s, request):
            endlessly(s, bytes(65536), head("404 Not Found"))
        self.fails(DATAERR, page, saying="status 404\n")

    def test_nothing(self):
        self.fails(DATAERR, whole(b""), saying="empty")
        self.fails(DATAERR, head("200 OK", "Connection: close"),
                   saying="empty")
        self.fails(DATAERR, b"")

    def test_cut_short(self):
        for answer in (head("200 OK", "Content-Length: 100") + KEYS,
                       head("200 OK", "Transfer-Encoding: chunked")
                       + b"100\r\n" + KEYS,
                       head("200 OK", "Transfer-Encoding: chunked")
                       + b"zz\r\n" + KEYS,
                       b"HTTP/1.1 200 OK\r\nContent-Le"):
            with self.subTest(answer):
                self.fails(DATAERR, answer)

    def test_an_end_that_an_attacker_might_have_made(self):
        def cut(s, request):  # no close_notify
            s.sendall(head("200 OK", version="HTTP/1.0") + KEYS)
            s.socket.shutdown(socket.SHUT_RDWR)
        self.fails(DATAERR, cut, saying="cut short")

    def test_garbage(self):
        for answer in (b"\0" * 100, KEYS, b"SSH-2.0-x\r\n", b"HTTP/1.1\r\n",
                       b"HTTP/9.9 200 OK\r\n\r\n" + KEYS,
                       head("200 OK", "Content-Length: -1") + KEYS,
                       head("200 OK", "Content-Length: 9" + "9" * 30)
                       + KEYS):
            with self.subTest(answer):
                self.fails(DATAERR, answer)

    def test_too_large(self):
        limit = ("-m", str(len(KEYS)))
        self.gets(whole(), KEYS, *limit)
        for answer in (whole(KEYS + b" "),
                       head("200 OK", "Content-Length: 999999999999") + KEYS,
                       head("200 OK", version="HTTP/1.0") + KEYS + b" "):
            with self.subTest(answer):
                self.fails(DATAERR, answer, *limit,
                           saying=f"more than {len(KEYS)} bytes")

    def test_without_end(self):
        chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
        line = b"X-Much: " + b"x" * 1000 + b"\r\n"
        for first, more in (
                (head("200 OK"), bytes(65536)),
                (head("200 OK", "Transfer-Encoding: chunked"), chunk),
                (b"HTTP/1.1 200 OK\r\n", line * 60),
                (b"", head("100 Continue") * 1000),
                (head("200 OK", "Transfer-Encoding: chunked")
                 + b"1\r\nx\r\n0\r\n", line * 60)):
            with self.subTest(first + more[:40]):
                self.fails(DATAERR, lambda s, request:
                           endlessly(s, more, first))

    def test_a_line_without_end(self):
        p = self.fetch(self.serve(lambda s, request: endlessly(
            s, b"x" * 65536, b"HTTP/1.1 200 OK\r\nX: ")))
        self.assertIn(p.returncode, (DATAERR, OSERR), self.said)

    def test_what_would_steer_a_terminal(self):
        for text in ("\x1b[2J", "\x07", "\x9b2J", "\xe4"):
            self.fails(DATAERR, whole(KEYS, f"302 {text}",
                                      f"Location: http://{text}/"))
            self.fails(DATAERR, whole(KEYS, f"404 {text}"))


class Slowness(FetchCase):
    def is_in_time(self, answer, **more):
        self.fails(TEMPFAIL, answer, "-t", "700", saying="too long", **more)
        self.assertGreaterEqual(self.took, 0.3)
        self.assertLess(self.took, 10 * SCALE)

    def hold(self, s, request=None):
        while s.recv(65536):
            pass

    def test_no_answer(self):
        self.is_in_time(self.hold)

    def test_one_that_stops(self):
        def stop(s, request):
            s.sendall(whole()[:-1])
            self.hold(s)
        self.is_in_time(stop)

    def test_drip(self):
        over = threading.Event()
        self.addCleanup(over.set)

        def drip(s, request):
            s.sendall(head("200 OK"))
            while not over.wait(0.05):
                s.sendall(b" ")
        self.is_in_time(drip)

    def test_no_handshake(self):
        b = self.backend(self.hold)
        p = self.fetch(b, "-t", "700")
        self.assertEqual(TEMPFAIL, p.returncode, self.said)

    def test_redirects_share_the_time(self):
        def slow(s, request):
            time.sleep(0.25)
            s.sendall(whole(b"", "302 Found", "Location: /again"))
        self.is_in_time(slow)

    @unittest.skipIf(IS_SANITIZED, "a preloaded library comes before ASan")
    def test_a_resolver_that_hangs(self):
        source = self.write("#include <unistd.h>\nint getaddrinfo(void);\n"
                            "int getaddrinfo(void) { sleep(600); return 0; }",
                            "slow.c")
        tool("cc", "-shared", "-fPIC", "-o", source + ".so", source)
        p = self.run_it("-t", "300", "https://id.example/",
                        env={"LD_PRELOAD": source + ".so"})
        self.assertEqual(TEMPFAIL, p.returncode, self.said)
        self.assertIn("too long", self.said)
        self.assertLess(self.took, 10 * SCALE)


class Redirects(FetchCase):
    def counting(self, n, **more):
        def answer(s, request):
            at = int(request.split()[1].strip("/"))
            s.sendall(whole() if at == n else whole(
                b"not this", "302 Found", f"Location: {at + 1}",
                "Set-Cookie: a=b"))
        return answer

    def test_three_and_no_more(self):
        self.gets(self.counting(3), path="/0")
        self.assertEqual(4, len(self.requests))
        self.assertNotIn("cookie", "".join(self.requests).lower())
        self.fails(DATAERR, self.counting(4), path="/0", saying="redirects")
        self.fails(DATAERR, self.counting(-1), path="/0",
                   saying="redirects")
        self.assertEqual(4, len(self.requests))

    def test_to_another_host(self):
        there = self.serve(whole())
        where = f"Location: https://127.0.0.1:{there.port}/"
        p = self.fetch(self.serve(whole(b"", "307 Go", where)))
        self.assertEqual((OK, KEYS), (p.returncode, p.stdout), self.said)

    def test_with_a_body_without_end(self):
        def answer(s, request):
            if "/there" in request:
                s.sendall(whole())
            else:
                endlessly(s, bytes(65536), head("302 Found",
                                                "Location: /there"))
        p = self.fetch(self.serve(answer), "-t", "1000")
        self.assertIn(p.returncode, (OK, DATAERR, TEMPFAIL), self.said)
        self.assertLess(self.took, 10 * SCALE)

    def test_to_where_nothing_is_asked(self):
        plain = self.serve(whole(), raw=True)
        for url in (f"http://127.0.0.1:{plain.port}/", "file:///etc/passwd",
                    "ftp://127.0.0.1/", "gopher://127.0.0.1/x",
                    f"https://u:p@localhost:{plain.port}/", "https://",
                    "https://[/"):
            with self.subTest(url):
                self.fails(DATAERR,
                           whole(KEYS, "302 Found", f"Location: {url}"))
        self.assertEqual([], plain.connections)

    def test_to_one_whom_nobody_trusts(self):
        there = self.serve(whole(), pair=Authority(
            self.temporary()).issue("localhost"))
        self.fails(PROTOCOL, whole(
            b"", "302 Found", f"Location: https://localhost:{there.port}/"))


class Trust(FetchCase):
    def untrusted(self, pair, **more):
        p = self.fetch(self.serve(whole(), pair=pair), **more)
        self.assertEqual(PROTOCOL, p.returncode, self.said)
        self.assertIn("cannot trust the server", self.said)
        self.assertEqual([], self.requests)

    def test_another_authority(self):
        self.untrusted(Authority(self.temporary()).issue("localhost"))

    def test_none_given(self):
        b = self.serve(whole())
        p = self.run_it(f"https://localhost:{b.port}/")
        self.assertEqual(PROTOCOL, p.returncode, self.said)

    def test_another_name(self):
        self.untrusted(ca.issue("other.example"))
        self.untrusted(ca.issue("localhost"), host="127.0.0.1")

    def test_another_time(self):
        self.untrusted(ca.issue("localhost", dates=[
            'activation_date = "2001-01-01"',
            'expiration_date = "2002-01-01"']))

    def test_no_authorities(self):
        b = self.serve(whole())
        for path in ("/nonexistent.pem", self.write("nothing")):
            p = self.run_it("-c", path, f"https://localhost:{b.port}/")
            self.assertIn(p.returncode, (NOINPUT, PROTOCOL), self.said)
        self.assertEqual([], self.requests)

    def test_no_tls(self):
        p = self.fetch(self.backend(lambda s: s.sendall(b"HTTP/1.1 400\r\n")))
        self.assertEqual(PROTOCOL, p.returncode, self.said)


class Ways(FetchCase):
    def test_nobody_there(self):
        port = FreePort.get()
        p = self.run_it(f"https://localhost:{port}/")
        self.assertEqual(UNAVAILABLE, p.returncode)
        self.assertIn("cannot connect", self.said)

    def test_no_such_host(self):
        p = self.run_it("https://nobody.invalid/")
        self.assertIn(p.returncode, (UNAVAILABLE, TEMPFAIL), self.said)

    def proxy_to(self, backend, status="200 OK"):
        def handle(s):
            self.asked = s.recv(65536).decode()
            s.sendall(head(status))
            if not status.startswith("200"):
                return
            with socket.create_connection(("127.0.0.1", backend.port)) as t:
                threading.Thread(target=pump, args=(t, s),
                                 daemon=True).start()
                pump(s, t)

        def pump(a, b):
            try:
                while data := a.recv(65536):
                    b.sendall(data)
                b.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        return f"http://127.0.0.1:{self.backend(handle).port}"

    def test_proxy(self):
        b = self.serve(whole())
        for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            with self.subTest(name):
                self.asked = ""
                p = self.fetch(b, env={name: self.proxy_to(b)})
                self.assertEqual((OK, KEYS), (p.returncode, p.stdout),
                                 self.said)
                self.assertTrue(self.asked.startswith(
                    f"CONNECT localhost:{b.port} "), self.asked)
        self.asked = ""
        p = self.fetch(b, env={"https_proxy": self.proxy_to(b),
                               "no_proxy": "localhost"})
        self.assertEqual((OK, ""), (p.returncode, self.asked), self.said)

    def test_proxy_that_refuses(self):
        b = self.serve(whole())
        p = self.fetch(b, env={"https_proxy": self.proxy_to(b, "403 No")})
        self.assertNotEqual(OK, p.returncode)
        self.assertIn("403", self.said)
        self.assertEqual([], b.connections)


class CommandLine(FetchCase):
    def test_usage(self):
        url = "https://localhost/"
        for args in ([], [url, url], ["-x", url], ["-m", url], ["-m"],
                     ["-m", "0", url], ["-m", "67108865", url],
                     ["-m", "1k", url], ["-t", "-1", url],
                     ["-t", "600001", url], ["-t", "", url],
                     ["-t", "9" * 30, url], [""]):
            with self.subTest(args):
                p = self.run_it(*args)
                self.assertEqual(USAGE, p.returncode, self.said)

    def test_urls(self):
        for url in ("http://localhost/", "file:///etc/passwd", "localhost",
                    "https://", "https:///", "https://u:p@localhost/",
                    "https://u@localhost/", "https://localhost:99999/",
                    "https://local host/", "https://localhost/\n",
                    "https://[::1/"):
            with self.subTest(url):
                p = self.run_it("--", url)
                self.assertEqual(USAGE, p.returncode, self.said)
                self.assertIn("URL must", self.said)

    def test_a_reader_that_takes_nothing(self):
        b = self.serve(whole())
        with open("/dev/full", "wb") as full:
            p = self.fetch(b, stdout=full)
        self.assertEqual(IOERR, p.returncode)
        self.assertIn("No space left", self.said)
        end, other = os.pipe()
        os.close(end)
        try:
            p = self.fetch(b, stdout=other)
        finally:
            os.close(other)
        self.assertEqual(IOERR, p.returncode)


main()
