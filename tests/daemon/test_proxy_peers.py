# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The PROXY protocol with those who have spoken it for long: HAProxy, nginx
and curl, where they are installed."""

import os
import shutil
import subprocess
import tempfile

from lib import *
from lib.proxies import *
from lib.tls import *


def setUpModule():
    global directory, ca, server, alice, both
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    server = ca.issue("a.example", "localhost")
    alice = ca.client("alice")
    both = os.path.join(directory.name, "both.pem")
    with open(both, "wb") as f:
        f.write(server.load("crt") + server.load("key"))


def tearDownModule():
    directory.cleanup()


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "")
                        + ":/usr/sbin:/sbin")


class Peers(Case):
    def start(self, program, *args, **more):
        p = subprocess.Popen([find(program), *args],
                             stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, **more)
        self.addCleanup(p.wait, 20)
        self.addCleanup(p.terminate)
        return p

    def need(self, program):
        if not find(program):
            self.skipTest(f"{program} is not installed")

    def until_listens(self, port):
        def does():
            try:
                self.connect(port).close()
                return True
            except ConnectionRefusedError:
                return False
        self.eventually(does, f"port {port}")

    def haproxy(self, port, bind, rest, mode="tcp"):
        self.need("haproxy")
        path = self.write(f"""
global
    maxconn 100
defaults
    mode {mode}
    timeout connect 5s
    timeout client 20s
    timeout server 20s
listen it
    bind 127.0.0.1:{port} {bind}
    {rest}
""", "haproxy.cfg")
        self.start("haproxy", "-db", "-f", path)
        self.until_listens(port)

    def nginx(self, port, rest):
        """False: it does not know what it is told."""
        place = self.temporary()
        module = "/usr/lib/nginx/modules/ngx_stream_module.so"
        load = (f"load_module {module};\n"
                if "stream" in rest and os.path.exists(module) else "")
        path = self.write(f"""{load}daemon off; master_process off;
error_log {place}/error.log; pid {place}/pid;
events {{ worker_connections 64; }}
{rest}
""", "nginx.conf", place)
        check = subprocess.run([find("nginx"), "-t", "-p", place, "-c", path],
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        if check.returncode:
            return False
        self.start("nginx", "-p", place, "-c", path)
        self.until_listens(port)
        return True

    def facts(self, d, of=None):
        """Of the newest connection, or of that of a client: HAProxy may look
        whether we are there, too."""
        found = [c["facts"] for c in answer(d, "connections")["connections"]]
        if of:
            found = [f for f in found
                     if f.get("peer") == "%s:%d" % of.getsockname()]
        return found[-1]


class InFront(Peers):
    """They send, we read."""

    def behind(self, how, bind="", more=""):
        """HAProxy in front of our echo: the daemon and its port."""
        self.need("haproxy")
        inner, outer = FreePort.get(), FreePort.get()
        d = self.daemon(
            f'gate = ( {{ type = "tcp-server"; accept_proxy = true;'
            f' trusted = "127.0.0.0/8"; listen = "127.0.0.1:{inner}"; }},'
            f' {{ type = "echo"; }} );')
        self.haproxy(outer, bind, f"{more}\n    server us 127.0.0.1:{inner} "
                     f"{how}")
        return d, outer

    def pattern_through(self, how):
        d, port = self.behind(how)
        s = self.connect(port, source="127.0.0.3")
        s.sendall(pattern(1000))
        receive_pattern(s, 1000)
        facts = self.facts(d, s)
        self.assertEqual(f"127.0.0.1:{port}", facts["local"])
        self.assertTrue(facts["proxy.from"].startswith("127.0.0.1:"))
        return facts

    def test_send_proxy(self):
        self.pattern_through("send-proxy")

    def test_send_proxy_v2(self):
        self.pattern_through("send-proxy-v2")

    def test_send_proxy_v2_with_a_checksum(self):
        self.pattern_through("send-proxy-v2 proxy-v2-options crc32c")

    def test_send_proxy_v2_with_tls(self):
        d, port = self.behind(
            "send-proxy-v2-ssl-cn proxy-v2-options "
            "ssl,cert-cn,ssl-cipher,authority,crc32c,unique-id",
            f"ssl crt {both} ca-file {ca.crt} verify optional alpn x/1",
            "unique-id-format abc-%ci")
        for pair in (alice, None):
            t = Tls(self.connect(port), client_context(
                ca.crt, "1.3", pair, alpn=["x/1"]), "a.example").handshake()
            t.sendall(b"hello")
            self.assertEqual(b"hello", exactly(t, 5))
            facts = self.facts(d)
            self.assertEqual("%s:%d" % t.socket.getsockname(), facts["peer"])
            self.assertEqual("TLSv1.3", facts["proxy.tls.version"])
            self.assertEqual("a.example", facts["proxy.authority"])
            self.assertIn("AES", facts["proxy.tls.cipher"])
            self.assertEqual(
                ("alice", "yes") if pair else (None, "no"),
                (facts.get("proxy.tls.cn"), facts["proxy.tls.verified"]))
            t.socket.close()
            self.eventually(
                lambda: not answer(d, "connections")["connections"],
                "the end of it")

    def test_health_checks(self):
        """They come as LOCAL."""
        d, port = self.behind("send-proxy-v2 check check-send-proxy "
                              "inter 200ms")
        r = d.closed("gate", 3)
        self.assertFalse([x for x in r if x["reason"] == "protocol"], r)

    def test_curl(self):
        self.need("curl")
        port = FreePort.get()
        d = self.daemon(
            f'gate = ( {{ type = "tcp-server"; accept_proxy = true;'
            f' trusted = "127.0.0.1"; listen = "127.0.0.1:{port}"; }},'
            f' {{ type = "metrics"; }} );')
        p = subprocess.run(
            [find("curl"), "-sS", "--noproxy", "*", "--haproxy-protocol",
             f"http://127.0.0.1:{port}/metrics"], stdout=subprocess.PIPE,
            timeout=20)
        self.assertEqual(0, p.returncode)
        self.assertIn(b"bindery_tcp_server_proxy_headers_total", p.stdout)

    def test_nginx(self):
        self.need("nginx")
        inner, outer = FreePort.get(), FreePort.get()
        d = self.daemon(
            f'gate = ( {{ type = "tcp-server"; accept_proxy = true;'
            f' trusted = "127.0.0.0/8"; listen = "127.0.0.1:{inner}"; }},'
            f' {{ type = "echo"; }} );')
        if not self.nginx(outer, f"""
stream {{ server {{ listen 127.0.0.1:{outer}; proxy_pass 127.0.0.1:{inner};
    proxy_protocol on; }} }}"""):
            self.skipTest("this nginx has no stream module")
        s = self.connect(outer)
        s.sendall(b"hello")
        self.assertEqual(b"hello", exactly(s, 5))
        self.assertEqual("%s:%d" % s.getsockname(),
                         self.facts(d, s)["peer"])


class Behind(Peers):
    """We send, they read."""

    def ask(self, to, listen=None, **more):
        """One request through us to them, and what they say about it."""
        port = FreePort.get()
        self.daemon(
            f'way = ( {{ type = "tcp-server";'
            f' listen = "{listen or f"127.0.0.1:{port}"}"; }},'
            f' {{ type = "tcp-client"; connect = "127.0.0.1:{to}";'
            f' forward = "proxy-v2"; }} );')
        s = self.connect(listen[5:] if listen else port, **more)
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        said = all_of(s).partition(b"\r\n\r\n")[2].decode()
        return said, s.getsockname(), port

    def test_haproxy(self):
        to = FreePort.get()
        self.haproxy(to, "accept-proxy", 'http-request return status 200 '
                     'content-type text/plain lf-string '
                     '"%[src] %[src_port] %[dst_port] %[fc_pp_unique_id]"',
                     "http")
        said, own, port = self.ask(to, source="127.0.0.4")
        host, at, to, name = said.split()
        self.assertEqual((*own, port), (host, int(at), int(to)))
        self.assertRegex(name, "^[0-9a-f]{16}-[0-9]+$")

    def with_nginx(self, **more):
        self.need("nginx")
        port = FreePort.get()
        self.assertTrue(self.nginx(port, f"""
http {{ access_log off; server {{ listen 127.0.0.1:{port} proxy_protocol;
    return 200 "$proxy_protocol_addr $proxy_protocol_port
$proxy_protocol_server_port"; }} }}"""))
        return self.ask(port, **more)

    def test_nginx(self):
        said, own, port = self.with_nginx(source="127.0.0.4")
        host, at, to = said.split()
        self.assertEqual((*own, port), (host, int(at), int(to)))

    def test_nginx_from_a_unix_socket(self):
        path = os.path.join(self.temporary(), "s")
        said, _, _ = self.with_nginx(listen="unix:" + path)
        self.assertEqual("", said.strip())


main()
