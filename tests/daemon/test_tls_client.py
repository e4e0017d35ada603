# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""tls as a client in front of a backend, as one who only looks, and between
other people's servers."""

import socket
import ssl
import subprocess
import tempfile

from lib import *
from lib.tls import *

MIB = 1 << 20


def setUpModule():
    global directory, ca, other, server, alice
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    other = Authority(directory.name, "other")
    server = ca.issue("localhost", "127.0.0.1", "a.example")
    alice = ca.client("alice")


def tearDownModule():
    directory.cleanup()


class Tool:
    """A server of others: ends with the test."""

    def __init__(self, case, *args, port):
        self.process = subprocess.Popen(
            args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        case.addCleanup(self.end)
        case.eventually(lambda: not FreePort.is_free(port), args[0])

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


class OriginCase(Case):
    def origin(self, port, tls="", name="localhost", **more):
        """A daemon that speaks TLS to a backend: it and its port."""
        to = FreePort.get()
        d = self.daemon(
            f'origin = ( {{ type = "tcp-server"; listen = "127.0.0.1:{to}";'
            f' }}, {{ type = "tls"; role = "client"; {tls} }},'
            f' {{ type = "tcp-client"; connect = "{name}:{port}"; }} );',
            **more)
        return d, to

    def trust(self):
        return f'trust = "{ca.crt}";'


class Client(OriginCase):
    def test_round_trips(self):
        for version in ("1.2", "1.3"):
            b = self.backend(with_tls(server_context(server, version),
                                      echo_and_end))
            d, port = self.origin(b.port, self.trust())
            s = self.connect(port)
            for size in (1, 100, 16384, 16385, 300001):
                done = self.thread(s.sendall, pattern(size))
                self.assertEqual(pattern(size), exactly(s, size))
                done.join()
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(b"", s.recv(1))
            s.close()
            self.assertEqual("done", d.closed("origin")["reason"])

    def test_backend_speaks_first_and_ends(self):
        def greet(t):
            send_pattern(t, 4 * MIB, 65536)
        b = self.backend(with_tls(server_context(server), greet))
        d, port = self.origin(b.port, self.trust())
        s = self.connect(port)
        receive_pattern(s, 4 * MIB)
        self.assertEqual(b"", s.recv(1))
        s.close()

    def test_half_close(self):
        def answer(t):
            t.sendall(b"%d" % len(all_of(t)))
            send_pattern(t, 4 * MIB, 65536)
        b = self.backend(with_tls(server_context(server), answer))
        d, port = self.origin(b.port, self.trust())
        s = self.connect(port)
        s.sendall(b"question")
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"8", exactly(s, 1))
        receive_pattern(s, 4 * MIB)
        self.assertEqual(b"", s.recv(1))
        s.close()
        self.assertEqual("done", d.closed("origin")["reason"])

    def test_a_backend_that_truncates_is_an_abort(self):
        def cut(s):
            t = Tls(s, server_context(server), is_server=True).handshake()
            t.sendall(b"half a wo")
            s.shutdown(socket.SHUT_WR)
            all_of(s)
        b = self.backend(cut)
        d, port = self.origin(b.port, self.trust())
        self.assertTrue(self.is_cut(port))
        self.assertIn("the backend ended its stream without close_notify",
                      d.closed("origin")["why"])

    def test_verification(self):
        late = ca.issue("localhost",
                        dates=['activation_date = "2019-01-01"',
                               'expiration_date = "2020-01-01"'])
        for pair, name, tls, why in (
                (server, "127.0.0.1", "", "set server_name"),
                (server, "127.0.0.1", 'server_name = "a.example";', None),
                (server, "127.0.0.1", 'server_name = "127.0.0.1";', None),
                (server, "localhost", 'server_name = "b.example";',
                 "is for another name"),
                (server, "127.0.0.1", 'server_name = "127.0.0.2";',
                 "is for another name"),
                (alice, "localhost", "", "another"),
                (other.issue("localhost"), "localhost", "",
                 "is not trusted"),
                (late, "localhost", "", "has expired")):
            with self.subTest((name, tls, why)):
                heard = []

                def shake(s):
                    t = Tls(s, server_context(pair), is_server=True)
                    try:
                        t.handshake()
                        echo_and_end(t)
                    except (ssl.SSLError, OSError) as e:
                        heard.append(str(e).lower())
                b = self.backend(shake)
                d, port = self.origin(b.port, self.trust() + tls, name)
                if why is None:
                    s = self.connect(port)
                    s.sendall(b"x")
                    self.assertEqual(b"x", exactly(s, 1))
                    continue
                self.assertTrue(self.is_cut(port))
                self.assertIn(why, d.closed("origin")["why"])
                self.eventually(lambda: heard, "the backend has heard")
                self.assertIn("alert", heard[0])

    def test_without_verification(self):
        b = self.backend(with_tls(server_context(alice), echo_and_end))
        d, port = self.origin(b.port, "verify = false;", "127.0.0.1")
        s = self.connect(port)
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))

    def test_our_certificate(self):
        context = server_context(server)
        context.load_verify_locations(ca.crt)
        context.verify_mode = ssl.CERT_REQUIRED
        b = self.backend(with_tls(context, echo_and_end))
        d, port = self.origin(b.port, self.trust() + alice.options)
        s = self.connect(port)
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))
        d, port = self.origin(b.port, self.trust())
        self.assertTrue(self.is_cut(port))
        self.assertIn("alert", d.closed("origin")["why"])

    def test_alpn_and_name_are_said(self):
        names, protocols = [], []
        context = server_context(server, alpn=["h2"])
        context.sni_callback = lambda o, name, c: names.append(name)

        def look(t):
            protocols.append(t.object.selected_alpn_protocol())
            echo_and_end(t)
        b = self.backend(with_tls(context, look))
        d, port = self.origin(b.port, self.trust() + 'alpn = [ "h2", "x" ];')
        s = self.connect(port)
        s.sendall(b"x")
        exactly(s, 1)
        self.assertEqual((["localhost"], ["h2"]), (names, protocols))

    def test_backend_is_silent_or_no_tls(self):
        b = self.backend(None)
        d, port = self.origin(b.port, self.trust()
                              + 'handshake_timeout = "300ms";')
        self.assertTrue(self.is_cut(port))
        self.assertEqual(("backend-timeout", "the backend did not finish the "
                          "TLS handshake within 300 ms"),
                         tuple(d.closed("origin")[k]
                               for k in ("reason", "why")))

        def greet(s):
            s.sendall(b"220 ready\r\n")
            all_of(s)
        d, port = self.origin(self.backend(greet).port, self.trust())
        self.assertTrue(self.is_cut(port))
        self.assertEqual("protocol", d.closed("origin")["reason"])
        d, port = self.origin(FreePort.get(), self.trust())
        self.assertTrue(self.is_cut(port))
        self.assertEqual("backend-refused", d.closed("origin")["reason"])


class Servers(OriginCase):
    """Servers of others behind us."""

    def test_openssl(self):
        for extra in ("-tls1_2", "-tls1_3"):
            port = FreePort.get()
            Tool(self, "openssl", "s_server", "-accept", str(port), "-cert",
                 server.crt, "-key", server.key, "-www", extra, port=port)
            d, to = self.origin(port, self.trust())
            s = self.connect(to)
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.assertIn(b"HTTP/1.0 200", all_of(s))

    def test_gnutls(self):
        port = FreePort.get()
        Tool(self, "gnutls-serv", "--echo", "--x509certfile", server.crt,
             "--x509keyfile", server.key, "-p", str(port), port=port)
        d, to = self.origin(port, self.trust())
        s = self.connect(to)
        s.sendall(b"hello\n")
        self.assertEqual(b"hello\n", exactly(s, 6))

    def haproxy(self, text):
        path = self.write(
            "defaults\n mode tcp\n timeout connect 5s\n timeout client 20s\n"
            " timeout server 20s\n" + text)
        return lambda port: Tool(self, "haproxy", "-db", "-f", path, port=port)

    def pem(self):
        return self.write(server.load("crt") + server.load("key"), "both.pem")

    def carries(self, s):
        for size in (1, 1000, 200000):
            done = self.thread(s.sendall, pattern(size))
            self.assertEqual(pattern(size), exactly(s, size))
            done.join()
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", s.recv(1))
        s.close()

    def test_haproxy_as_the_backend(self):
        echo, port = self.backend(give_back), FreePort.get()
        self.haproxy(f"listen x\n bind 127.0.0.1:{port} ssl crt {self.pem()}"
                     f"\n server b 127.0.0.1:{echo.port}\n")(port)
        d, to = self.origin(port, self.trust())
        self.carries(self.connect(to))
        self.assertEqual("done", d.closed("origin")["reason"])

    def test_haproxy_in_front(self):
        port, front = FreePort.get(), FreePort.get()
        d = self.daemon(
            f'gate = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}"; '
            f'}}, {{ type = "tls"; {server.options} }}, {{ type = "echo"; }}'
            ' );')
        self.haproxy(f"listen x\n bind 127.0.0.1:{front}\n server b "
                     f"127.0.0.1:{port} ssl verify required ca-file {ca.crt} "
                     "sni str(a.example) verifyhost a.example\n")(front)
        self.carries(self.connect(front))
        self.assertEqual("done", d.closed("gate")["reason"])


class Peek(Case):
    def looker(self, routes, *backends, last="", **more):
        port = FreePort.get()
        text = "".join(
            f' x{i} = ( {{ type = "tcp-client"; connect ='
            f' "127.0.0.1:{b}"; }} );' for i, b in enumerate(backends))
        return self.daemon(
            f'look = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {{ type = "tls"; role = "peek"; {routes} }}{last} );'
            + text, **more), port

    def named(self, answer):
        def say(t):
            t.sendall(answer)
            echo_and_end(t)
        return self.backend(with_tls(server_context(server), say)).port

    def test_routes_by_name_and_protocol(self):
        d, port = self.looker(
            'routes = ( { server_name = [ "a.example", "*.b.example" ];'
            ' exit = "x0"; }, { alpn = "h2"; exit = "x1"; } );',
            self.named(b"0"), self.named(b"1"))
        for name, alpn, expected in (("a.example", (), b"0"),
                                     ("A.Example", ("h2",), b"0"),
                                     ("q.b.example", (), b"0"),
                                     ("c.example", ("x", "h2"), b"1")):
            t = Tls(self.connect(port), client_context(alpn=alpn), name)
            t.handshake()
            self.assertEqual(expected, exactly(t, 1))
            data = pattern(100000)
            done = self.thread(t.sendall, data)
            self.assertEqual(data, exactly(t, len(data)))
            done.join()
            t.end()
            self.assertEqual(b"", t.recv(1))
        for name in ("c.example", None):
            t = Tls(self.connect(port), client_context(), name)
            with self.assertRaises(ssl.SSLError) as e:
                t.handshake()
            t.close()
            self.assertIn("unrecognized name", str(e.exception).lower())
        for r in d.closed("look", 2):
            self.assertEqual("denied", r["reason"])

    def hello(self, name="a.example"):
        t = Tls(None, client_context(), name)
        with self.assertRaises(ssl.SSLWantReadError):
            t.object.do_handshake()
        return t.outgoing.read()

    def test_every_byte_passes_whatever_the_pieces(self):
        got = []

        def listen(s):
            got.append(all_of(s))
        d, port = self.looker(
            'routes = ( { server_name = "a.example"; exit = "x0"; } );',
            self.backend(listen).port)
        hello = self.hello()
        body = hello[5:]

        def record(data):
            return hello[:3] + len(data).to_bytes(2, "big") + data
        ways = [record(body[:cut]) + record(body[cut:])
                for cut in range(1, len(body), 7)]
        ways += [b"".join(record(body[i:i + 1]) for i in range(len(body)))]
        for data in ways:
            s = self.connect(port)
            for at in range(0, len(data), 701):
                s.sendall(data[at:at + 701])
            s.sendall(b"and more")
            s.close()
        self.eventually(lambda: len(got) == len(ways), "all have come")
        self.assertEqual(sorted(w + b"and more" for w in ways), sorted(got))
        # The same bytes one by one.
        s = self.connect(port)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(hello)):
            s.sendall(hello[i:i + 1])
        s.close()
        self.eventually(lambda: len(got) > len(ways), "it has come")
        self.assertEqual(hello, got[-1])

    def test_what_is_no_hello(self):
        d, port = self.looker('routes = ( { exit = "x0"; } );',
                              FreePort.get())
        long = b"\x16\x03\x01\x40\0" + b"\1\0\xff\xff" + b"x" * 16380
        for data, why in ((b"GET / HTTP/1.0\r\n\r\n", "plain text"),
                          (b"\0\1\2", "0x00"),
                          (b"\x16\x03\x01\0\1\2", "no ClientHello"),
                          (b"\x16\x03\x01\0\0", "no ClientHello"),
                          (long * 3, "longer than"),
                          (b"\x16\x03\x01\0\x08\1\0\0\4aaaa", "broken")):
            s = self.connect(port)
            s.sendall(data)
            try:
                all_of(s)
            except ConnectionResetError:
                pass
            s.close()
        said = [r["why"] for r in d.closed("look", 6)]
        for why, one in zip(("plain text", "0x00", "no ClientHello",
                             "no ClientHello", "longer than", "broken"),
                            said):
            self.assertIn(why, one)

    def test_silence_and_a_backend_that_is_not_there(self):
        d, port = self.looker('routes = ( { exit = "x0"; } );'
                              ' handshake_timeout = "300ms";',
                              FreePort.get())
        s = self.connect(port)
        s.sendall(self.hello()[:50])
        self.assertTrue(is_reset(s))
        self.assertEqual("stage-timeout", d.closed("look")["reason"])
        d, port = self.looker('routes = ( { exit = "x0"; } );',
                              FreePort.get())
        t = Tls(self.connect(port), client_context(), "a.example")
        with self.assertRaises(ssl.SSLError) as e:
            t.handshake()
        t.close()
        self.assertIn("internal error", str(e.exception).lower())
        self.assertEqual("backend-refused", d.closed("look")["reason"])


main()
