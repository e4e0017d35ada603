# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""tee writes what passes its place, for Wireshark, and no connection ever
waits for it."""

import os
import signal
import socket
import struct
import time

from lib import *
from lib.pcapng import ACK, FIN, PSH, RST, SYN, Capture, tshark
from lib.tls import Authority, Tls, client_context

MIB = 1 << 20


@needs("tee")
class Tee(Middle):
    def setUp(self):
        self.path = os.path.join(self.temporary(), "x.pcapng")

    def tee(self, more="", path=None):
        return f'{{ type = "tee"; file = "{path or self.path}"; {more} }}'

    def capture(self, d, path=None):
        """Of a daemon that has ended."""
        self.assertEqual(0, d.end())
        return Capture(path or self.path)

    def live(self):
        """The requests in a file that is being written."""
        try:
            return [t.request for t in Capture(self.path).talks]
        except (OSError, ValueError, IndexError, struct.error):
            return None

    def test_a_connection(self):
        d, port = self.through(self.tee())
        s = self.connect(port)
        name = s.getsockname()
        s.sendall(b"hello")
        self.assertEqual(b"hello", exactly(s, 5))
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"", all_of(s))
        conn = d.closed("proxy")["conn"]
        c = self.capture(d)
        self.assertEqual("proxy/tee", c.name)
        self.assertEqual((c.received, c.dropped), (len(c.packets), 0))
        talk, = c.talks
        self.assertEqual((name, ("127.0.0.1", port)),
                         (talk.client, talk.server))
        self.assertEqual([SYN, SYN | ACK, ACK, PSH | ACK, PSH | ACK,
                          FIN | ACK, FIN | ACK],
                         [p.flags for p in talk.packets])
        self.assertEqual((b"hello", b"hello", f"conn {conn}"),
                         (talk.request, talk.reply, talk.comment))
        self.assertLess(abs(time.time() - c.packets[0].time), 60)
        self.assertEqual(0o600, os.stat(self.path).st_mode & 0o777)

    def test_many_at_once_are_whole(self):
        for workers in (1, 2):
            with self.subTest(workers):
                path = self.path + str(workers)
                d, port = self.through(self.tee('buffer = "64m";', path),
                                       workers=workers)
                threads = [self.thread(self.echoed, port, MIB // 4, n * 1000)
                           for n in range(12)]
                for t in threads:
                    t.join()
                c = self.capture(d, path)
                self.assertEqual((12, 0), (len(c.talks), c.dropped))
                self.assertEqual({pattern(MIB // 4, n * 1000)
                                  for n in range(12)},
                                 {t.request for t in c.talks})
                for t in c.talks:
                    self.assertTrue(t.request == t.reply)
                    self.assertFalse(t.has_gaps)
                    self.assertEqual(SYN | ACK | PSH | FIN, t.flags[False])

    def test_one_direction(self):
        for direction in ("request", "reply"):
            with self.subTest(direction):
                path = self.path + direction
                d, port = self.through(self.tee(f'direction = "{direction}";',
                                                path))
                self.echoed(port, 100_000)
                talk, = self.capture(d, path).talks
                data = {direction: pattern(100_000)}
                self.assertEqual(data.get("request", b""), talk.request)
                self.assertEqual(data.get("reply", b""), talk.reply)
                self.assertTrue(talk.flags[True] & FIN)

    def test_wireshark_follows_it(self):
        d, port = self.through(self.tee("port = 80;"),
                               lambda s: s.sendall(
                                   b"HTTP/1.0 200 OK\r\nServer: it\r\n\r\nyes")
                               if exactly(s, 18) else None)
        s = self.connect(port)
        s.sendall(b"GET /x HTTP/1.0\r\n\r\n"[:18])
        self.assertTrue(all_of(s).endswith(b"yes"))
        s.close()
        self.assertEqual(0, d.end())
        said = tshark(self.path, "-o", "tcp.check_checksum:TRUE", "-o",
                      "ip.check_checksum:TRUE", "-V")
        if said is None:
            self.skipTest("tshark is not here")
        self.assertIn("Hypertext Transfer Protocol", said)
        self.assertIn("[Checksum Status: Good]", said)
        for bad in ("Malformed", "Bad]", "not captured", "unseen"):
            self.assertNotIn(bad, said)

    def test_behind_tls_it_is_the_plaintext(self):
        authority = Authority(self.temporary())
        pair = authority.issue("localhost")
        d, port = self.through(
            f'{{ type = "tls"; {pair.options} }}, {self.tee()}')
        s = self.connect(port)
        t = Tls(s, client_context(authority.crt), "localhost").handshake()
        t.sendall(b"a secret")
        got = b""
        while len(got) < 8:
            got += t.recv(8)
        name = s.getsockname()
        t.end()
        s.close()
        d.closed("proxy")
        talk, = self.capture(d).talks
        self.assertEqual((b"a secret", b"a secret", name),
                         (talk.request, talk.reply, talk.client))

    def test_a_reset(self):
        d, port = self.through(self.tee())
        s = self.connect(port)
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))
        reset(s)
        d.closed("proxy")
        last = self.capture(d).packets[-1]
        self.assertEqual(RST | ACK, last.flags)
        self.assertEqual("Connection reset by peer", last.comment)

    def test_a_backend_that_is_not_there(self):
        port = FreePort.get()
        d = self.daemon(proxy_of(port, FreePort.get(), self.tee()))
        self.assertTrue(self.is_cut(port))
        talk, = self.capture(d).talks
        self.assertEqual(RST, talk.packets[-1].flags & RST)

    def test_ipv6_and_unix_sockets(self):
        unix = self.path + ".sock"
        d = self.daemon(
            f'a = ( {{ type = "tcp-server"; listen = "unix:{unix}"; }},'
            f' {self.tee()}, {{ type = "echo"; }} );')
        s = self.connect(unix)
        s.sendall(b"x")
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(b"x", all_of(s))
        d.closed("a")
        talk, = self.capture(d).talks
        self.assertEqual(("192.0.2.1", ("192.0.2.2", 1), b"x"),
                         (talk.client[0], talk.server, talk.request))
        if not has_ipv6():
            return
        port, path = FreePort.get(), self.path + "6"
        d = self.daemon(
            f'a = ( {{ type = "tcp-server"; listen = "[::]:{port}"; }},'
            f' {self.tee("", path)}, {{ type = "echo"; }} );')
        for host in ("::1", "127.0.0.1"):
            s = self.connect((host, port))
            s.sendall(b"x")
            self.assertEqual(b"x", exactly(s, 1))
            s.close()
        d.closed("a", 2)
        self.assertEqual(["::1", "127.0.0.1"],
                         [t.client[0] for t in self.capture(d, path).talks])

    def test_snaplen(self):
        d, port = self.through(self.tee('snaplen = "100";'))
        self.echoed(port, 10_000)
        c = self.capture(d)
        self.assertEqual(100, c.snaplen)
        data = [p for p in c.packets if p.flags & PSH]
        self.assertEqual({60}, {len(p.data) for p in data})
        self.assertEqual(20_000, sum(p.size - 40 for p in data))
        self.assertFalse(c.talks[0].has_gaps)

    def test_it_ends_at_its_size_and_the_connection_goes_on(self):
        d, port = self.through(self.tee('max_size = "100k";'))
        self.echoed(port, MIB)
        self.echoed(port, 1000)
        self.said(d, "has reached max_size: no more is copied")
        says = answer(d, "show", pipeline="proxy", binding="tee")
        self.assertIn("has reached max_size", str(says))
        c = self.capture(d)
        self.assertLessEqual(os.path.getsize(self.path), 100 * 1024)
        self.assertGreater(os.path.getsize(self.path), 60 * 1024)
        self.assertTrue(pattern(MIB).startswith(c.talks[0].request))

    def test_nobody_waits_for_the_file(self):
        """With a buffer that is too small for it packets may be missing, but
        they are counted, and the bytes arrive."""
        d, port = self.through(self.tee('buffer = "128k";'), workers=2)
        threads = [self.thread(self.echoed, port, 8 * MIB) for _ in range(4)]
        for t in threads:
            t.join()
        c = self.capture(d)
        payload = sum(len(p.data) for p in c.packets)
        self.assertEqual(c.received, len(c.packets) + c.dropped)
        self.assertEqual(c.dropped == 0, payload == 64 * MIB)

    def test_a_file_that_may_not_grow(self):
        """Nor may that end the daemon, which is sent SIGXFSZ."""
        d, port = self.through(self.tee(), launcher=("prlimit",
                                                     "--fsize=200000"))
        self.echoed(port, 4 * MIB)
        self.said(d, f"cannot write '{self.path}': File too large: no more is"
                     " copied")
        self.echoed(port, 1000)
        talk, = self.capture(d).talks
        self.assertGreater(len(talk.request), 30_000)
        self.assertTrue(pattern(4 * MIB).startswith(talk.request))

    def test_a_directory_that_is_gone(self):
        directory = os.path.dirname(self.path)
        d, port = self.through(self.tee())
        os.rmdir(directory)
        self.echoed(port, 1000)
        self.said(d, f"cannot write '{self.path}': No such file or directory")
        self.echoed(port, 1000)
        os.mkdir(directory)

    def test_a_reload_goes_on_with_the_file(self):
        d, port = self.through(self.tee(), workers=2)
        old = self.connect(port)
        old.sendall(b"old")
        self.assertEqual(b"old", exactly(old, 3))
        for generation in (2, 3):
            d.signal(1)
            d.wait_record(lambda r: f"generation {generation} serves"
                          in r["message"])
        new = self.connect(port)
        for s in (old, new):
            s.sendall(b"more")
            self.assertEqual(b"more", exactly(s, 4))
            s.close()
        d.closed("proxy", 2)
        c = self.capture(d)
        self.assertEqual([b"oldmore", b"more"], [t.request for t in c.talks])
        self.assertEqual([os.path.basename(self.path)],
                         os.listdir(os.path.dirname(self.path)))

    def test_a_generation_that_ends_leaves_nothing_unwritten(self):
        d, port = self.through(self.tee())
        old = self.connect(port)
        old.sendall(b"old")
        self.assertEqual(b"old", exactly(old, 3))
        d.signal(1)
        d.wait_record(lambda r: "generation 2 serves" in r["message"])
        old.close()
        d.closed("proxy")
        new = self.connect(port)
        new.sendall(b"new")
        self.assertEqual(b"new", exactly(new, 3))
        self.eventually(lambda: self.live() == [b"old", b"new"],
                        "both are in the file")
        new.close()

    def test_a_reload_to_another_file(self):
        d, port = self.through(self.tee())
        old = self.connect(port)
        old.sendall(b"old")
        self.assertEqual(b"old", exactly(old, 3))
        other = self.path + ".other"
        d.configure(proxy_of(port, self.backend_port, self.tee("", other)))
        d.signal(1)
        d.wait_record(lambda r: "generation 2 serves" in r["message"])
        self.echoed(port, 1000)
        old.close()
        d.closed("proxy", 2)
        self.assertEqual(b"old", self.capture(d).talks[0].request)
        self.assertEqual(1000, len(Capture(other).talks[0].request))

    def test_a_refused_reload_leaves_nothing_behind(self):
        d, port = self.through(self.tee())
        d.configure(proxy_of(port, self.backend_port, self.tee(
            "", "/no/such/directory/x.pcapng")))
        d.signal(1)
        d.wait_record(lambda r: "reload refused" in r["message"])
        self.said(d, "option 'file': cannot write to the directory "
                     "'/no/such/directory/': No such file or directory")
        self.echoed(port, 1000)
        self.assertEqual(1, len(self.capture(d).talks))

    def test_what_is_there_stays(self):
        with open(self.path, "w") as f:
            f.write("mine")
        os.symlink("/etc/passwd", self.path.replace("x.", "x-1."))
        d, port = self.through(self.tee())
        self.echoed(port, 10)
        d.closed("proxy")
        path = self.path.replace("x.", "x-2.")
        self.said(d, f"copies to '{path}'")
        self.assertEqual(1, len(self.capture(d, path).talks))
        with open(self.path) as f:
            self.assertEqual("mine", f.read())

    def test_what_can_be_seen_at_once(self):
        """A capture is on the disk shortly after it happened."""
        d, port = self.through(self.tee())
        s = self.connect(port)
        s.sendall(b"now")
        self.assertEqual(b"now", exactly(s, 3))
        self.eventually(lambda: self.live() == [b"now"], "it is in the file")
        s.close()

    def test_what_cannot_be(self):
        for file, why in (("x.pcapng", "is not an absolute path"),
                          ("/" + "x" * 4090, "path is longer than 4080")):
            p = run("-t", "-c", self.write(
                'pipelines: { a = ( { type = "tcp-server"; listen = '
                '"127.0.0.1:1"; }, ' + self.tee("", file)
                + ', { type = "echo"; } ); };'))
            self.assertEqual(78, p.returncode)
            self.assertIn(why, p.stderr)


@needs("tee")
class Heir(HeirsCase):
    def test_a_new_program_has_a_file_of_its_own(self):
        path = os.path.join(self.temporary(), "x.pcapng")
        port = FreePort.get()
        d = self.line(pipeline(
            f'"127.0.0.1:{port}"', rest=f'{{ type = "tee"; file = "{path}"; }},'
            ' { type = "echo"; }'))
        old = self.served(port)
        heir = self.upgrade(d)
        new = self.served(port)
        self.assert_served(old)
        old.close()
        self.assertEqual(0, self.wait_pid(d, d.pid))
        new.close()
        d.closed("echo", 2)
        os.kill(heir, signal.SIGTERM)
        self.assertEqual(0, self.wait_pid(d, heir))
        other = path.replace("x.", "x-1.")
        self.assertEqual([[b"xx"], [b"x"]],
                         [[t.request for t in Capture(p).talks]
                          for p in (path, other)])


main()
