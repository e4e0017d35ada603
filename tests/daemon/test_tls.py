# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""tls as a server: real peers, both ends of a stream, what is refused."""

import socket
import ssl
import subprocess
import tempfile
import threading

from lib import *
from lib.tls import *

MIB = 1 << 20


def setUpModule():
    global directory, ca, server
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    server = ca.issue("a.example", "127.0.0.1")


def tearDownModule():
    directory.cleanup()


class TlsCase(Case):
    def gate(self, sink='{ type = "echo"; }', tls="", more="", **kw):
        """A daemon that terminates TLS: it and its port."""
        port = FreePort.get()
        if isinstance(sink, int):
            sink = f'{{ type = "tcp-client"; connect = "127.0.0.1:{sink}"; }}'
        d = self.daemon(
            f'gate = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {{ type = "tls"; {server.options} {tls} }}, {sink} );'
            + more, **kw)
        return d, port

    def tls(self, port, context=None, name="a.example", shake=True, **more):
        t = Tls(self.connect(port), context or client_context(ca.crt), name,
                **more)
        return t.handshake() if shake else t

    def refused(self, d, port, context, alert, why, reason, **more):
        """A client hears the alert, in or right behind the handshake."""
        t = self.tls(port, context, shake=False, **more)
        with self.assertRaises((ssl.SSLError, ConnectionResetError)) as e:
            t.handshake()
            t.recv(1)
        t.close()
        if alert:
            self.assertIn(alert, str(e.exception))
        r = d.closed("gate")
        self.assertIn(why, r["why"], r)
        self.assertEqual(reason, r["reason"], r)


class Versions(TlsCase):
    """What must hold for TLS 1.2 and 1.3 alike."""

    version = "1.3"

    def context(self, **more):
        return client_context(ca.crt, self.version, **more)

    def test_round_trips_of_all_sizes(self):
        d, port = self.gate()
        t = self.tls(port, self.context())
        self.assertEqual("TLSv" + self.version, t.object.version())
        for size in (1, 2, 100, 16383, 16384, 16385, 65536, 200001):
            done = self.thread(t.sendall, pattern(size))
            self.assertEqual(pattern(size), exactly(t, size))
            done.join()
        t.end()
        self.assertEqual(b"", t.recv(1))
        t.close()
        self.assertEqual("done", d.closed("gate")["reason"])

    def test_client_ends_then_a_long_answer(self):
        def answer(s):
            s.sendall(b"%d" % len(all_of(s)))
            send_pattern(s, 8 * MIB)
        d, port = self.gate(self.backend(answer).port)
        t = self.tls(port, self.context())
        t.sendall(b"question")
        t.end()
        self.assertEqual(b"8", exactly(t, 1))
        receive_pattern(t, 8 * MIB)
        self.assertEqual(b"", t.recv(1))
        t.close()
        self.assertEqual("done", d.closed("gate")["reason"])

    def test_backend_ends_then_a_long_request(self):
        got = threading.Event()

        def listen(s):
            s.sendall(b"go on")
            s.shutdown(socket.SHUT_WR)
            receive_pattern(s, 8 * MIB)
            self.assertEqual(b"", s.recv(1))
            got.set()
        d, port = self.gate(self.backend(listen).port)
        t = self.tls(port, self.context())
        self.assertEqual(b"go on", all_of(t))
        send_pattern(t, 8 * MIB, 65536)
        t.end()
        t.close()
        self.assertTrue(got.wait(20 * SCALE))
        self.assertEqual("done", d.closed("gate")["reason"])

    def test_a_stream_without_close_notify_is_an_abort(self):
        end = []

        def listen(s):
            s.sendall(b"!")
            end.append(is_reset(s))
        d, port = self.gate(self.backend(listen).port)
        t = self.tls(port, self.context())
        self.assertEqual(b"!", exactly(t, 1))
        t.sendall(b"half a wo")
        t.socket.shutdown(socket.SHUT_WR)
        r = d.closed("gate")
        self.assertEqual("protocol", r["reason"])
        self.assertIn("without close_notify", r["why"])
        self.eventually(lambda: end, "the backend has seen an end")
        self.assertEqual([True], end)

    def test_backend_resets(self):
        def refuse(s):
            exactly(s, 1)
            reset(s)
        d, port = self.gate(self.backend(refuse).port)
        t = self.tls(port, self.context())
        t.sendall(b"x")
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            all_of(t)
        self.assertEqual("backend-reset", d.closed("gate")["reason"])

    def test_backend_is_not_there(self):
        d, port = self.gate(FreePort.get())
        t = self.tls(port, self.context())
        with self.assertRaises(ssl.SSLError) as e:
            t.recv(1)
        t.close()
        self.assertIn("internal error", str(e.exception).lower())
        self.assertEqual("backend-refused", d.closed("gate")["reason"])

    def test_slow_reader_holds_the_backend_back(self):
        sent = []

        def pour(s):
            for _ in range(64):
                s.sendall(pattern(MIB))
                sent.append(1)
        d, port = self.gate(self.backend(pour).port)
        s = self.connect(port, receive=8192)
        t = Tls(s, self.context(), "a.example").handshake()
        self.assertEqual(pattern(1), t.recv(1))
        self.eventually(lambda: len(sent) >= 1, "something was sent")
        before = rss(d.pid)
        threading.Event().wait(1.2)
        self.assertLess(len(sent), 20)
        if not IS_SANITIZED:
            self.assertLess(rss(d.pid) - before, 2 * MIB)
        s.close()

    def test_resumption(self):
        d, port = self.gate(more="")
        context, session = self.context(), None
        for expected in (False, True, True):
            t = self.tls(port, context, session=session)
            t.sendall(b"x")
            self.assertEqual(b"x", exactly(t, 1))
            self.assertEqual(expected, t.object.session_reused)
            session = t.object.session
            t.end()
            t.close()

    def test_a_hello_in_pieces_of_one_byte(self):
        d, port = self.gate()
        t = self.tls(port, self.context(), step=1)
        t.sendall(b"hello")
        self.assertEqual(b"hello", exactly(t, 5))

    def test_alpn(self):
        d, port = self.gate(tls='alpn = [ "h2", "x/1" ];')
        t = self.tls(port, self.context(alpn=["y", "x/1", "h2"]))
        self.assertEqual("h2", t.object.selected_alpn_protocol())
        t = self.tls(port, self.context())
        self.assertIsNone(t.object.selected_alpn_protocol())
        self.refused(d, port, self.context(alpn=["y"]),
                     "no application protocol", "protocols in alpn",
                     "protocol")


class Versions12(Versions):
    version = "1.2"


class Refusals(TlsCase):
    def test_old_versions(self):
        d, port = self.gate()
        p = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
             "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=20)
        self.assertIn(b"alert protocol version", p.stdout)
        self.assertIn("no version that is allowed", d.closed("gate")["why"])

    def test_min_version(self):
        d, port = self.gate(tls='min_version = "1.3";')
        self.tls(port)
        self.refused(d, port, client_context(ca.crt, "1.2"),
                     "protocol version", "no version", "protocol")

    def test_weak_algorithms(self):
        d, port = self.gate(tls='priority = "NORMAL:+AES-128-CBC:+SHA1";')
        for cipher in ("ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256"):
            p = subprocess.run(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                 "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=20)
            self.assertIn(b"handshake failure", p.stdout, cipher)

    def test_renegotiation(self):
        d, port = self.gate()
        p = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
             "-tls1_2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.addCleanup(p.kill)
        p.stdin.write(b"R\n")
        p.stdin.flush()
        self.assertIn("renegotiate", d.closed("gate")["why"])
        p.stdin.close()
        self.assertIn(b"RENEGOTIATING", p.stdout.read())
        p.stdout.close()
        p.wait(10)

    def test_plain_http(self):
        d, port = self.gate()
        s = self.connect(port)
        s.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        self.assertTrue(all_of(s).startswith(b"HTTP/1.1 400 "))
        s.close()
        r = d.closed("gate")
        self.assertIn("plain text, such as HTTP", r["why"])
        self.assertEqual("protocol", r["reason"])

    def test_garbage(self):
        d, port = self.gate()
        for data in (b"\0" * 100, b"\x80\x2e\x01\0\x02" + b"x" * 50,
                     b"\x16\x03\x01\xff\xff" + b"x" * 20000,
                     b"\x16\x03\x01\0\0" * 50, b"\x16\x03\x01\0\x04\1\xff\xff"
                     b"\xff" + b"\x16\x03\x01\x40\0" + b"\0" * 16384,
                     b"\x15\x03\x03\0\x02\2\x28", b"\x17\x03\x03\0\x05hello"):
            s = self.connect(port)
            s.sendall(data)
            try:
                s.shutdown(socket.SHUT_WR)
                all_of(s)
            except OSError:
                pass
            s.close()
        for r in d.closed("gate", 7):
            self.assertEqual("protocol", r["reason"], r)
        self.tls(port)

    def test_a_record_that_is_too_long(self):
        d, port = self.gate()
        t = self.tls(port)
        t.socket.sendall(b"\x17\x03\x03\x48\x01" + b"x" * 18433)
        with self.assertRaises((ssl.SSLError, ConnectionResetError)) as e:
            all_of(t)
        t.close()
        self.assertEqual("protocol", d.closed("gate")["reason"])

    def test_a_record_that_was_changed(self):
        d, port = self.gate()
        t = self.tls(port)
        t.object.write(b"hello")
        data = bytearray(t.outgoing.read())
        data[-1] ^= 1
        t.socket.sendall(data)
        with self.assertRaises(ssl.SSLError) as e:
            all_of(t)
        t.close()
        self.assertIn("bad record mac", str(e.exception).lower())
        self.assertEqual("protocol", d.closed("gate")["reason"])

    @thrice
    def test_silence_and_a_handshake_that_stops(self):
        d, port = self.gate(tls='handshake_timeout = "1s";')
        silent, stops = self.connect(port), self.connect(port)
        stops.sendall(b"\x16\x03\x01\x02")
        good = self.tls(port)
        why = {r["why"] for r in d.closed("gate", 2)}
        self.assertEqual({
            "the client did not begin to speak TLS within 1000 ms",
            "the client did not finish the TLS handshake within 1000 ms"},
            why)
        good.sendall(b"x")
        self.assertEqual(b"x", exactly(good, 1))

    def test_too_many_handshakes(self):
        d, port = self.gate(tls="max_handshakes = 20;")
        held = [self.connect(port) for _ in range(20)]
        for s in held:
            s.sendall(b"\x16\x03\x01")
        self.eventually(lambda: self.is_cut_with(port), "one is turned away")
        d.wait_record(lambda r: r.get("reason") == "limit")
        for s in held:
            s.close()
        d.closed("gate", 20)
        self.tls(port)

    def is_cut_with(self, port):
        s = self.connect(port)
        s.sendall(b"\x16\x03\x01")
        s.settimeout(0.3)
        try:
            return s.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        finally:
            s.close()

    def test_an_alert_in_the_stream(self):
        d, port = self.gate()
        t = self.tls(port, client_context(ca.crt, "1.2"), shake=False)
        t._do(t.object.do_handshake)
        t.socket.sendall(b"\x15\x03\x03\0\x02\2\x28")
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            all_of(t)
        t.close()
        self.assertEqual("protocol", d.closed("gate")["reason"])

    def test_client_does_not_trust_us(self):
        d, port = self.gate()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.tls(port, client_context("/etc/ssl/certs/ca-certificates.crt"))
        self.assertIn("sent the alert", d.closed("gate")["why"])


class Peers(TlsCase):
    def test_openssl(self):
        d, port = self.gate()
        for extra in ([], ["-tls1_2"], ["-groups", "P-256"],
                      ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
                      ["-split_send_frag", "100"]):
            p = subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                 "-servername", "a.example", "-CAfile", ca.crt,
                 "-verify_return_error", "-quiet", "-no_ign_eof", *extra],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
            self.addCleanup(p.kill)
            p.stdin.write(b"hello\n")
            p.stdin.flush()
            self.assertEqual(b"hello\n", p.stdout.readline())
            p.stdin.close()
            p.stdout.close()
            self.assertEqual(0, p.wait(20))
        for r in d.closed("gate", 5):
            self.assertEqual("done", r["reason"], r)

    def test_gnutls(self):
        d, port = self.gate()
        for priority in ("NORMAL", "NORMAL:-VERS-TLS1.3",
                         "NORMAL:-GROUP-ALL:+GROUP-X25519"):
            p = subprocess.run(
                ["gnutls-cli", "--x509cafile", ca.crt, "--sni-hostname",
                 "a.example", "--verify-hostname", "a.example", "--priority",
                 priority, "-p", str(port), "127.0.0.1"],
                input=b"hello\n", stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=20)
            self.assertEqual(0, p.returncode, p.stdout)
            self.assertIn(b"Handshake was completed", p.stdout)

    def test_curl(self):
        def answer(s):
            request = b""
            while b"\r\n\r\n" not in request:
                request += s.recv(65536)
            s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n"
                      b"Connection: close\r\n\r\n" + pattern(MIB))
        d, port = self.gate(self.backend(answer).port)
        out = tool("curl", "-sS", "--cacert", ca.crt, "--resolve",
                   f"a.example:{port}:127.0.0.1", f"https://a.example:{port}/")
        self.assertEqual(pattern(MIB), out)

    def test_many_at_once_on_two_workers(self):
        d, port = self.gate(workers=2)

        def one(seed):
            for i in range(5):
                t = self.tls(port)
                data = pattern(30000, seed * 1000 + i)
                done = self.thread(t.sendall, data)
                self.assertEqual(data, exactly(t, len(data)))
                done.join()
                t.end()
                self.assertEqual(b"", t.recv(1))
                t.close()
        for t in [self.thread(one, seed) for seed in range(8)]:
            t.join()
        for r in d.closed("gate", 40):
            self.assertEqual("done", r["reason"], r)


main()
