# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Where a pipeline can listen, and where it can connect to."""

import os
import socket
import stat
import unittest

from lib import *


class Listening(Case):
    def listening(self, listen, more=""):
        return self.daemon(f'echo = ( {{ type = "tcp-server"; '
                           f'listen = {listen}; {more} }},'
                           ' { type = "echo"; } );')

    def assert_echo(self, to):
        s = self.connect(to)
        s.sendall(b"hello")
        self.assertEqual(b"hello", exactly(s, 5))
        s.close()

    def refused(self, to):
        try:
            self.connect(to)
        except ConnectionRefusedError:
            return True
        return False


class Listen(Listening):
    def test_a_list(self):
        one, other = FreePort.get(), FreePort.get()
        self.listening(f'[ "127.0.0.1:{one}", "127.0.0.2:{other}" ]')
        self.assert_echo(one)
        self.assert_echo(("127.0.0.2", other))
        self.assertTrue(self.refused(other))

    def test_a_range_of_ports(self):
        first = FreePort.get(11)
        self.listening(f'"127.0.0.1:{first}-{first + 10}"')
        for port in range(first, first + 11):
            self.assert_echo(port)

    def test_unix_socket(self):
        path = os.path.join(self.temporary(), "s")
        for mode in (None, 0o600, 0o666):
            d = self.listening(f'"unix:{path}"',
                               f'mode = "{mode:04o}";' if mode else "")
            self.assert_echo(path)
            self.assertEqual(mode or 0o660,
                             stat.S_IMODE(os.stat(path).st_mode))
            self.assertEqual(0, d.end())
            self.assertFalse(os.path.exists(path),
                             "the socket stays after the end")

    def test_unix_socket_that_was_left_behind(self):
        path = os.path.join(self.temporary(), "s")
        d = self.listening(f'"unix:{path}"')
        d.kill()
        self.assertTrue(os.path.exists(path))
        d.status = None
        d.start()
        self.assert_echo(path)

    def test_unix_socket_of_another_process_stays(self):
        path = os.path.join(self.temporary(), "s")
        d = self.listening(f'"unix:{path}"', "")
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen()
            before = os.stat(path)
            self.assertEqual(0, d.end())
            after = os.stat(path)
        self.assertEqual((before.st_ino, before.st_mode),
                         (after.st_ino, after.st_mode))

    def test_unix_socket_half_closes(self):
        path = os.path.join(self.temporary(), "s")
        d = self.listening(f'"unix:{path}"')
        s = self.connect(path)
        t = self.thread(receive_pattern, s, 8 << 20)
        send_pattern(s, 8 << 20)
        s.shutdown(socket.SHUT_WR)
        t.join()
        self.assertEqual(b"", s.recv(1))
        self.assertEqual(8 << 20, d.closed("echo")["to_client"])


@unittest.skipUnless(has_ipv6(), "there is no IPv6 here")
class Ipv6(Listening):
    def test_address(self):
        port = FreePort.get()
        self.listening(f'"[::1]:{port}"')
        self.assert_echo(("::1", port))
        self.assertTrue(self.refused(port))

    def test_dual_stack(self):
        port = FreePort.get()
        self.listening(f'"[::]:{port}"')
        self.assert_echo(("::1", port))
        self.assert_echo(port)

    def test_v6only(self):
        port = FreePort.get()
        self.listening(f'"[::]:{port}"', 'v6only = "yes";')
        self.assert_echo(("::1", port))
        self.assertTrue(self.refused(port))

    def test_both_wildcards(self):
        port = FreePort.get()
        d = self.listening(f'[ "0.0.0.0:{port}", "[::]:{port}" ]')
        self.assert_echo(("::1", port))
        self.assert_echo(port)
        peers = {r["peer"].rpartition(":")[0]
                 for r in d.closed("echo", 2)}
        self.assertEqual({"[::1]", "127.0.0.1"}, peers)

    def test_peer_of_a_dual_stack_socket(self):
        port = FreePort.get()
        d = self.listening(f'"[::]:{port}"')
        s = self.connect(port)
        name = s.getsockname()
        s.close()
        self.assertEqual(f"{name[0]}:{name[1]}", d.closed("echo")["peer"]
                         .replace("[::ffff:127.0.0.1]", "127.0.0.1"))


class Connect(Case):
    def assert_proxied(self, port):
        s = self.connect(port)
        s.sendall(b"hello")
        self.assertEqual(b"hello", exactly(s, 5))
        s.close()

    def test_unix_socket(self):
        path = os.path.join(self.temporary(), "s")
        self.backend(give_back, address=path, family=socket.AF_UNIX)
        d, port = self.proxy(f"unix:{path}")
        self.assert_proxied(port)
        s = self.connect(port)
        t = self.thread(receive_pattern, s, 8 << 20)
        send_pattern(s, 8 << 20)
        s.shutdown(socket.SHUT_WR)
        t.join()
        self.assertEqual(b"", s.recv(1))

    def test_unix_socket_that_is_not_there(self):
        d, port = self.proxy("unix:/nonexistent/socket")
        self.assertTrue(self.is_cut(port))
        r = d.closed("proxy")
        self.assertEqual("backend", r["by"])
        self.assertIn("/nonexistent/socket", r["why"])
        self.assertIn(r["reason"], ("backend-unreachable", "backend-refused",
                                    "backend-unknown"))

    def test_name(self):
        b = self.backend(give_back)
        d, port = self.proxy(f"localhost:{b.port}")
        for _ in range(5):
            self.assert_proxied(port)

    @unittest.skipUnless(has_ipv6(), "there is no IPv6 here")
    def test_ipv6(self):
        port = FreePort.get()
        self.backend(give_back, address=("::1", port),
                     family=socket.AF_INET6)
        d, front = self.proxy(f"[::1]:{port}")
        self.assert_proxied(front)

    def test_source(self):
        b = self.backend(give_back)
        d, port = self.proxy(b.port, client='source = "127.0.0.9";')
        self.assert_proxied(port)
        self.assertEqual("127.0.0.9", b.connections[0][1][0])

    def test_source_that_is_not_ours(self):
        b = self.backend(give_back)
        d, port = self.proxy(b.port, client='source = "192.0.2.1";')
        self.assertTrue(self.is_cut(port))
        self.assertEqual("backend-unreachable", d.closed("proxy")["reason"])

    def test_backend_that_is_ourselves(self):
        """A pipeline that leads to another of the same daemon, four times."""
        ports = [FreePort.get() for _ in range(5)]
        hops = "".join(
            f'hop{i} = ( {{ type = "tcp-server";'
            f' listen = "127.0.0.1:{ports[i]}"; }}, {{ type = "tcp-client";'
            f' connect = "127.0.0.1:{ports[i + 1]}"; }} );\n'
            for i in range(4))
        self.daemon(hops + f'''echo = ( {{ type = "tcp-server";
            listen = "127.0.0.1:{ports[4]}"; }}, {{ type = "echo"; }} );''')
        s = self.connect(ports[0])
        t = self.thread(receive_pattern, s, 8 << 20)
        send_pattern(s, 8 << 20)
        s.shutdown(socket.SHUT_WR)
        t.join()
        self.assertEqual(b"", s.recv(1))


main()
