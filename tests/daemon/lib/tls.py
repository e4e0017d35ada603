# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Certificates of our own making, and TLS peers that do as they are told."""

import os
import ssl
import subprocess
import threading


def tool(*args, **more):
    """A command that must succeed: what it said."""
    p = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=60, **more)
    if p.returncode:
        raise AssertionError(f"{' '.join(args)}: {p.stdout.decode()}")
    return p.stdout


class Pair:
    """A certificate with its key, as paths."""

    def __init__(self, stem):
        self.crt, self.key = stem + ".crt", stem + ".key"

    @property
    def options(self):
        return f'certificate = "{self.crt}"; key = "{self.key}";'

    def load(self, kind):
        with open(getattr(self, kind), "rb") as f:
            return f.read()


class Authority:
    """Issues certificates into a directory."""

    def __init__(self, directory, name="ca", by=None):
        self.directory, self.name, self.by = directory, name, by
        self.count = 0
        self.pair = self._make(name, ["ca", "cert_signing_key",
                                      "crl_signing_key"],
                               [by] if by else [], f"Test {name}")
        self.crt, self.key = self.pair.crt, self.pair.key

    def path(self, name):
        return os.path.join(self.directory, name)

    def _make(self, stem, lines, issuers, cn, kind="secp256r1", days=30,
              dates=()):
        pair = Pair(self.path(stem))
        Authority._serial = getattr(Authority, "_serial", 0) + 1
        lines = [f'cn = "{cn}"', f"serial = {Authority._serial}",
                 *lines, *(dates or [f"expiration_days = {days}"])]
        with open(pair.crt + ".template", "w") as f:
            f.write("\n".join(lines) + "\n")
        how = (["--key-type", "rsa", "--bits", kind[3:]]
               if kind.startswith("rsa") else
               ["--key-type", "ecdsa", "--curve", kind])
        tool("certtool", "--generate-privkey", *how, "--outfile", pair.key)
        by = (["--generate-certificate", "--load-ca-certificate",
               issuers[0].crt, "--load-ca-privkey", issuers[0].key]
              if issuers else ["--generate-self-signed"])
        tool("certtool", *by, "--load-privkey", pair.key, "--template",
             pair.crt + ".template", "--outfile", pair.crt)
        return pair

    def issue(self, *names, cn=None, usage="tls_www_server", stem=None,
              **more):
        """A certificate for DNS names (or addresses), of the usage."""
        self.count += 1
        lines = [("ip_address" if ":" in n or n.replace(".", "").isdigit()
                  else "dns_name") + f' = "{n}"' for n in names]
        lines += [usage, "signing_key"]
        return self._make(stem or f"{self.name}-{self.count}", lines, [self],
                          cn or (names[0] if names else "nobody"), **more)

    def client(self, cn, **more):
        return self.issue(cn=cn, usage="tls_www_client", **more)

    def revoke(self, *pairs, days=30, name="crl.pem"):
        """A list of revoked ones: its path."""
        with open(self.path("crl.template"), "w") as f:
            f.write(f"crl_next_update = {days}\ncrl_number = 1\n")
        revoked = self.path("revoked.pem")
        with open(revoked, "wb") as f:
            f.write(b"".join(p.load("crt") for p in pairs))
        tool("certtool", "--generate-crl", "--load-ca-certificate", self.crt,
             "--load-ca-privkey", self.key, "--load-certificate", revoked,
             "--template", self.path("crl.template"), "--outfile",
             self.path(name))
        return self.path(name)

    def staple(self, pair, days=7):
        """An OCSP response that says that it is good: its path."""
        serial = tool("openssl", "x509", "-in", pair.crt, "-noout",
                      "-serial").decode().strip().partition("=")[2]
        index, request = self.path("index.txt"), self.path("request.der")
        with open(index, "w") as f:
            f.write(f"V\t401231235959Z\t\t{serial}\tunknown\t/CN=x\n")
        tool("openssl", "ocsp", "-issuer", self.crt, "-cert", pair.crt,
             "-no_nonce", "-reqout", request)
        out = pair.crt + ".ocsp"
        tool("openssl", "ocsp", "-index", index, "-CA", self.crt, "-rsigner",
             self.crt, "-rkey", self.key, "-reqin", request, "-respout", out,
             "-ndays", str(days))
        return out


def client_context(ca=None, version=None, pair=None, alpn=()):
    """Of a client that checks the server, or that takes anybody."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        c.load_verify_locations(ca)
    else:
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    if version:
        c.minimum_version = c.maximum_version = {
            "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3
        }[version]
    if pair:
        c.load_cert_chain(pair.crt, pair.key)
    if alpn:
        c.set_alpn_protocols(list(alpn))
    return c


def server_context(pair, version=None, alpn=()):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(pair.crt, pair.key)
    if version:
        c.minimum_version = c.maximum_version = {
            "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3
        }[version]
    if alpn:
        c.set_alpn_protocols(list(alpn))
    return c


class Tls:
    """TLS over a socket, in which records, ends and the socket's own end are
    separate things."""

    def __init__(self, s, context, name=None, is_server=False, session=None,
                 step=None):
        self.socket, self.step = s, step
        self.lock = threading.Lock()  # one may read while another writes
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(
            self.incoming, self.outgoing, server_side=is_server,
            server_hostname=name, session=session)

    def flush(self):
        self.send_raw(self.outgoing.read())

    def send_raw(self, data):
        step = self.step or len(data) or 1
        for at in range(0, len(data), step):
            self.socket.sendall(data[at:at + step])

    def fill(self):
        data = self.socket.recv(65536)
        with self.lock:
            if data:
                self.incoming.write(data)
            else:
                self.incoming.write_eof()

    def _do(self, function, *args):
        while True:
            with self.lock:
                try:
                    result = function(*args)
                    wants = False
                except ssl.SSLWantReadError:
                    wants = True
                data = self.outgoing.read()
            if data:
                self.send_raw(data)
            if not wants:
                return result
            self.fill()

    def handshake(self):
        try:
            self._do(self.object.do_handshake)
        except ssl.SSLError:
            self.flush()  # the alert
            raise
        return self

    def sendall(self, data):
        for at in range(0, len(data), 65536):
            self._do(self.object.write, data[at:at + 65536])

    def send(self, data):
        self.sendall(data)
        return len(data)

    def recv(self, size):
        """b"" only behind close_notify."""
        try:
            return self._do(self.object.read, size)
        except ssl.SSLZeroReturnError:
            return b""

    def end(self):
        """close_notify, and nothing else."""
        with self.lock:
            try:
                self.object.unwrap()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as e:  # data of the other direction waits
                if "application data after close notify" not in str(e):
                    raise
        self.flush()

    def close(self):
        self.socket.close()


def with_tls(context, handler):
    """A handler of a Backend that speaks TLS and then does as that one."""
    def handle(s):
        t = Tls(s, context, is_server=True)
        try:
            t.handshake()
        except (ssl.SSLError, OSError):
            return
        handler(t)
        t.end()
    return handle


def echo_and_end(t):
    """A handler: echo, to the end."""
    while data := t.recv(65536):
        t.sendall(data)


__all__ = [n for n in dir() if not n.startswith("_")
           and n not in ("os", "ssl", "subprocess", "threading")]
