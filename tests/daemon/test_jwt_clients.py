# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""jwt-guard: clients that anybody has, as they are; what they pass, and what
their users read when a token is no good."""

import subprocess
import unittest

from lib import *
from lib.guard import *
from lib.sshd import *
from lib.talk import *
from lib.tls import *
from lib.tokens import *


def needs(*programs):
    """Skip a test where one of them is not installed."""
    missing = [p for p in programs if not find(p)]
    return unittest.skipIf(missing, f"{', '.join(missing)}: not installed")


def small(key, **claims):
    """A token that fits into 255 bytes."""
    token = key.raw({"alg": key.alg}, usual(iat=None, **claims))
    assert len(token) < 256
    return token


class Clients(GuardCase):
    def setUp(self):
        """gw: the guard, plain; door: the same behind TLS."""
        self.directory = self.temporary()
        self.ca = Authority(self.directory)
        server = self.ca.issue("localhost", "127.0.0.1")
        self.door = FreePort.get()
        tls = f'{{ type = "tls"; {server.options} }}'
        self.more = '''present = [ "line", "connect", "socks5" ];
            destinations = [ "*:7", "*:80", "*:443", "*:22" ];
            routes = ( { destination = "web:80"; exit = "web"; },
                       { destination = "tls:443"; exit = "secure"; },
                       { destination = "ssh:22"; exit = "ssh"; },
                       { } );'''
        self.sshd = self.ssh_port()
        self.key = Key("EdDSA")
        self.d, self.gw = self.gate(self.more, pipelines=f'''
            web = ( {{ type = "metrics"; }} );
            secure = ( {tls}, {{ type = "echo"; }} );
            ssh = ( {{ type = "tcp-client";
                       connect = "127.0.0.1:{self.sshd}"; }} );
            door = ( {{ type = "tcp-server";
                        listen = "127.0.0.1:{self.door}"; }}, {tls},
                     {{ type = "jwt-guard"; keys = "{self.keys_path()}";
                        {USUAL} {self.more} }}, {{ type = "echo"; }} );''')
        self.good = self.key.token()
        self.bad = self.key.token(lifetime=-965)  # 16 min for a while
        self.proxy = f"127.0.0.1:{self.gw}"

    def ssh_port(self):
        return FreePort.get()

    def keys_path(self):
        return self.write(key_set(self.key), directory=self.directory,
                          name="jwks.json")

    def says(self, argv, pattern, send=b"hello\n", token=None, **env):
        """Start a client, send something, and read all that its user sees
        until that fits the pattern."""
        argv = [find(argv[0]), *map(str, argv[1:])]
        p = subprocess.Popen(argv, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env={**environment(), **env},
                             start_new_session=True)  # with no terminal
        try:
            said = listen(p, pattern, send, 20 * SCALE)
        finally:
            p.kill()
            p.wait()
            p.stdout.close()
            with_end(p.stdin)
        self.assertRegex(said, pattern, argv[0])
        return said

    def passes_and_tells(self, command, told, good=None, bad=None, **more):
        """command(token): the arguments of a client, and its environment.
        told: what its user must read when the token has expired."""
        for token, pattern in ((good or self.good, r"hello\r?\n"),
                               (bad or self.bad, told)):
            argv, env = command(token)
            self.says(argv, pattern, **env, **more)


def with_end(stream):
    try:
        stream.close()
    except BrokenPipeError:
        pass


EXPIRED = r"Proxy Authentication Required: token expired 16 min ago"


class Curl(Clients):
    def curl(self, *args, scheme="http", port=None):
        return ["curl", "-sSN", "-m", "15", "-p", "-x",
                f"{scheme}://localhost:{port or self.gw}", "--proxy-cacert",
                self.ca.crt, *args]

    def bearer(self, token):
        return ["--proxy-header", f"Proxy-Authorization: Bearer {token}"]

    def test_bearer(self):
        """curl prints the status; all else with -v."""
        self.passes_and_tells(lambda t: (self.curl(
            "-v", *self.bearer(t), "telnet://echo:7"), {}), EXPIRED)
        self.says(self.curl(*self.bearer(self.bad), "telnet://echo:7"),
                  "curl: .* response 407")

    def test_basic(self):
        self.passes_and_tells(lambda t: (self.curl(
            "--proxy-user", f"jwt:{t}", "telnet://echo:7"), {}),
            "curl: .* response 407")

    def test_anyauth_asks_first(self):
        self.passes_and_tells(lambda t: (self.curl(
            "--proxy-anyauth", "--proxy-user", f"jwt:{t}",
            "telnet://echo:7"), {}), "curl: .* response 407")
        self.assertEqual(3.0, self.metric(self.d, "challenged_total",
                                          pipeline="gate"))

    def test_over_tls(self):
        self.passes_and_tells(lambda t: (self.curl(
            "-v", *self.bearer(t), "telnet://echo:7", scheme="https",
            port=self.door), {}), EXPIRED)

    def test_http_behind(self):
        self.says(self.curl(*self.bearer(self.good), "http://web/metrics"),
                  "bindery_build_info")
        self.says(self.curl("-v", *self.bearer(self.good), "http://web:81/"),
                  "403 Forbidden: connecting to web:81 is not allowed here")

    def test_socks5(self):
        def command(token):
            return ["curl", "-vsSN", "-m", "15", "--socks5-hostname",
                    self.proxy, "--proxy-user", f"jwt:{token}",
                    "telnet://echo:7"], {}
        self.passes_and_tells(command, "User was rejected by the SOCKS5",
                              small(self.key), small(self.key, lifetime=-99))
        self.says(command(self.key.token(sub="x" * 200))[0],
                  "Excessive password length")


class Connect(Clients):
    @needs("socat")
    def test_socat(self):
        self.passes_and_tells(lambda t: (
            ["socat", "-", f"PROXY:127.0.0.1:echo:7,proxyport={self.gw},"
             f"proxyauth=jwt:{t}"], {}), EXPIRED)

    @needs("ncat")
    def test_ncat_asks_first(self):
        """It begins without, and comes again when Basic is offered."""
        self.passes_and_tells(lambda t: (
            ["ncat", "--proxy-type", "http", "--proxy", self.proxy,
             "--proxy-auth", f"jwt:{t}", "echo", 7], {}),
            "Proxy returned status code 407")

    @needs("proxytunnel")
    def test_proxytunnel(self):
        self.passes_and_tells(lambda t: (
            ["proxytunnel", "-v", "-p", self.proxy, "-d", "echo:7", "-H",
             f"Proxy-Authorization: Bearer {t}"], {}), EXPIRED)

    @needs("proxytunnel")
    def test_proxytunnel_over_tls(self):
        self.passes_and_tells(lambda t: (
            ["proxytunnel", "-E", "-C", self.ca.crt, "-p",
             f"localhost:{self.door}", "-d", "echo:7", "-H",
             f"Proxy-Authorization: Bearer {t}"], {}), EXPIRED)

    @needs("corkscrew")
    def test_corkscrew(self):
        self.passes_and_tells(lambda t: (
            ["corkscrew", "127.0.0.1", self.gw, "echo", 7,
             self.write(f"jwt:{t}\n", "auth", self.directory)], {}), EXPIRED)

    @needs("openssl")
    def test_openssl(self):
        """TLS inside of the tunnel, with what lies behind the guard."""
        self.passes_and_tells(lambda t: (
            ["openssl", "s_client", "-quiet", "-verify_quiet", "-CAfile",
             self.ca.crt, "-proxy", self.proxy, "-proxy_user", "jwt",
             "-proxy_pass", "env:JWT", "-connect", "tls:443"], {"JWT": t}),
            EXPIRED)

    @needs("stunnel")
    def test_stunnel(self):
        """The agent for programs that know neither TLS nor proxies."""
        for token, is_good in ((self.good, True), (self.bad, False)):
            port = FreePort.get()
            conf = self.write(
                f"foreground = yes\npid =\n[agent]\nclient = yes\n"
                f"accept = 127.0.0.1:{port}\nconnect = {self.proxy}\n"
                "protocol = connect\nprotocolHost = tls:443\n"
                f"protocolHeader = Proxy-Authorization: Bearer {token}\n",
                "stunnel.conf", self.directory)
            p = subprocess.Popen([find("stunnel"), conf],
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
            self.addCleanup(p.stdout.close)
            self.addCleanup(p.wait)
            self.addCleanup(p.kill)
            s = self.connect_soon(port)
            if is_good:
                s.sendall(b"hello")
                self.assertEqual(b"hello", exactly(s, 5))
            else:
                rejected = "CONNECT request rejected"
                self.assertRegex(listen(p, rejected, limit=20 * SCALE),
                         rejected)
            s.close()

    def connect_soon(self, port):
        found = []

        def is_there():
            try:
                found.append(self.connect(port))
            except ConnectionRefusedError:
                return False
            return True
        self.eventually(is_there, f"somebody listens on {port}")
        return found[0]

    @needs("nc")
    def test_nc_without_a_terminal(self):
        """It would ask for a password; what it is told, it shows."""
        if "-X proxy" not in subprocess.run(
                [find("nc"), "-h"], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True).stdout:
            self.skipTest("nc is not that of OpenBSD")
        self.says(["nc", "-X", "connect", "-x", self.proxy, "echo", 7],
                  "Proxy Authentication Required: no token was presented")


class Socks(Clients):
    @needs("ncat")
    def test_ncat(self):
        def command(token):
            return ["ncat", "-v", "--proxy-type", "socks5", "--proxy",
                    self.proxy, "--proxy-auth", f"jwt:{token}", "echo",
                    7], {}
        self.passes_and_tells(command, "(?i)authentication failed",
                              small(self.key), small(self.key, lifetime=-99))
        self.says(command(self.key.token(sub="x" * 200))[0],
                  "password length exceeds 255")


class Line(Clients):
    def first_line(self, *argv, told='ERR expired "token expired 16 min ago"',
                   good=r"hello\r?\n"):
        for token, pattern in ((self.good, good), (self.bad, told)):
            self.says(argv, pattern,
                      send=f"AUTH {token}\r\nhello\r\n".encode())

    @needs("nc")
    def test_nc(self):
        self.first_line("nc", "127.0.0.1", self.gw)

    @needs("socat")
    def test_socat(self):
        self.first_line("socat", "-", f"TCP:127.0.0.1:{self.gw}")
        self.first_line("socat", "-", f"OPENSSL:localhost:{self.door},"
                        f"cafile={self.ca.crt}")

    @needs("ncat")
    def test_ncat(self):
        self.first_line("ncat", "--ssl-verify", "--ssl-trustfile",
                        self.ca.crt, "localhost", self.door)

    @needs("openssl")
    def test_openssl(self):
        self.first_line("openssl", "s_client", "-quiet", "-verify_quiet",
                        "-verify_return_error", "-CAfile", self.ca.crt,
                        "-connect", f"localhost:{self.door}")

    @needs("gnutls-cli")
    def test_gnutls(self):
        self.first_line("gnutls-cli", "--x509cafile", self.ca.crt, "-p",
                        self.door, "localhost")

    @needs("curl")
    def test_curl(self):
        self.first_line("curl", "-sSN", "-m", "15",
                        f"telnet://127.0.0.1:{self.gw}")


class Redis(Clients):
    def gate_of_redis(self):
        self.redis = FreePort.get()
        beside(self, [find("redis-server"), "--port", self.redis, "--bind",
                      "127.0.0.1", "--save", "", "--appendonly", "no",
                      "--dir", self.directory], self.redis)
        return self.gate(sink='{ type = "tcp-client"; connect = '
                         f'"127.0.0.1:{self.redis}"; }}')[1]

    @needs("redis-cli")
    def test_made_up_server(self):
        def pong(s):
            while s.recv(65536):
                s.sendall(b"+PONG\r\n")
        port = self.gate(sink='{ type = "tcp-client"; connect = "127.0.0.1:'
                         f'{self.backend(pong).port}"; }}')[1]
        for who in (["-a"], ["--user", "alice", "--pass"]):
            argv = ["redis-cli", "-p", port, *who]
            self.says(argv + [self.good, "ping"], "PONG")
            self.says(argv + [self.bad, "ping"], "WRONGPASS token expired "
                      "16 min ago")

    @needs("redis-cli", "redis-server")
    def test_real_server(self):
        port = self.gate_of_redis()
        for who in (["-a"], ["--user", "alice", "--pass"]):
            argv = ["redis-cli", "-p", port, *who]
            self.says(argv + [self.good, "set", "k", "v"], "OK")
            self.says(argv + [self.good, "get", "k"], "(?m)^v$")
            self.says(argv + [self.bad, "get", "k"], "WRONGPASS token "
                      "expired 16 min ago")
        self.says(["redis-cli", "-p", port, "get", "k"], "NOAUTH "
                  "authentication required: the first command has to be "
                  "AUTH with a token")

    @needs("redis-cli", "redis-server")
    def test_newest_protocol(self):
        """-3 begins with HELLO, which is the server's to answer."""
        port = self.gate_of_redis()
        self.says(["redis-cli", "-3", "-p", port, "-a", self.good, "ping"],
                  "PONG")


class SshBanner(Clients):
    """Where there is no sshd."""

    def ssh_port(self):
        def greet_ssh(s):
            s.sendall(b"SSH-2.0-made_up\r\n")
            all_of(s)
        return self.backend(greet_ssh).port

    @needs("ssh", "socat")
    def test_socat(self):
        for token, pattern in (
                (self.good, "remote software version made_up"),
                (self.bad, EXPIRED)):
            self.says(["ssh", "-v", "-F", "none", "-o", "ProxyCommand=socat "
                       f"- PROXY:127.0.0.1:%h:22,proxyport={self.gw},"
                       f"proxyauth=jwt:{token}", "ssh"], pattern, send=b"")


class Ssh(Clients):
    """A real sshd for the user who runs the test, on a port of its own."""

    def ssh_port(self):
        self.server = Sshd.of(self)
        if not self.server:
            self.skipTest("no sshd lets us in, or none is installed")
        return self.server.port

    def through(self, command, told):
        """command(token): a ProxyCommand."""
        for token, pattern in ((self.good, "we are in"), (self.bad, told)):
            argv = ["ssh", *self.server.options, "-o",
                    f"ProxyCommand={command(token)}", "ssh", "echo we are in"]
            self.says(argv, pattern, send=b"")

    @needs("socat")
    def test_socat(self):
        self.through(lambda t: f"socat - PROXY:127.0.0.1:%h:22,proxyport="
                     f"{self.gw},proxyauth=jwt:{t}", EXPIRED)

    @needs("ncat")
    def test_ncat(self):
        self.through(lambda t: f"ncat --proxy-type http --proxy {self.proxy} "
                     f"--proxy-auth jwt:{t} %h 22", "status code 407")

    @needs("proxytunnel")
    def test_proxytunnel(self):
        self.through(lambda t: f"proxytunnel -E -C {self.ca.crt} -p "
                     f"localhost:{self.door} -d %h:22 -H "
                     f"'Proxy-Authorization: Bearer {t}'", EXPIRED)

    @needs("corkscrew")
    def test_corkscrew(self):
        def command(token):
            auth = self.write(f"jwt:{token}\n", "auth", self.directory)
            return f"corkscrew 127.0.0.1 {self.gw} %h 22 {auth}"
        self.through(command, EXPIRED)


if __name__ == "__main__":
    main()
