# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What tls tells of a connection: its facts, its state, which way it would
go."""

import hashlib
import json
import socket
import ssl
import tempfile

from lib import *
from lib.tls import *


def setUpModule():
    global directory, ca, server, alice
    directory = tempfile.TemporaryDirectory(prefix="bindery-test-")
    ca = Authority(directory.name)
    server = ca.issue("a.example", "localhost")
    alice = ca.client("alice")


def tearDownModule():
    directory.cleanup()


class Facts(Case):
    def ask(self, d, command, **arguments):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(d.path("control.sock"))
            s.sendall(json.dumps({"bindery": 1, "command": command,
                                  "arguments": arguments}).encode() + b"\n")
            s.shutdown(socket.SHUT_WR)
            answer = json.loads(all_of(s))
        self.assertTrue(answer.get("ok"), answer)
        return answer["answer"]

    def gate(self, tls, more="", sink=', { type = "echo"; }'):
        port = FreePort.get()
        return self.daemon(
            f'gate = ( {{ type = "tcp-server"; listen = "127.0.0.1:{port}";'
            f' }}, {{ type = "tls"; {tls} }}{sink} );' + more), port

    def connections(self, d):
        found = self.ask(d, "connections")["connections"]
        return {s["pipeline"]: c for c in found for s in c["stages"]
                if s["binding"].startswith("tls")}

    def open(self, port, context, name="a.example"):
        t = Tls(self.connect(port), context, name).handshake()
        t.sendall(b"x")
        self.assertEqual(b"x", exactly(t, 1))
        return t

    def test_of_a_client_with_a_certificate(self):
        d, port = self.gate(f'{server.options} client_auth = "request";'
                            f' trust = "{ca.crt}"; alpn = "x/1";')
        context = client_context(ca.crt, "1.3", alice, alpn=["x/1"])
        self.open(port, context)
        c = self.connections(d)["gate"]
        der = ssl.PEM_cert_to_DER_cert(alice.load("crt").decode())
        serial = tool("openssl", "x509", "-in", alice.crt, "-noout",
                      "-serial").decode().strip().partition("=")[2].lower()
        self.assertEqual("CN=alice", c["identity"])
        facts = {k: v for k, v in c["facts"].items() if k.startswith("tls.")}
        self.assertEqual({
            "tls.version": "TLS1.3", "tls.cipher": "TLS_AES_256_GCM_SHA384",
            "tls.group": facts["tls.group"], "tls.resumed": "no",
            "tls.server_name": "a.example", "tls.alpn": "x/1",
            "tls.peer.subject": "CN=alice", "tls.peer.cn": "alice",
            "tls.peer.issuer": "CN=Test ca",
            "tls.peer.issuer_cn": "Test ca", "tls.peer.serial": serial,
            "tls.peer.fingerprint": hashlib.sha256(der).hexdigest()}, facts)
        self.assertIn(facts["tls.group"], ("X25519", "SECP256R1",
                                           "X25519-MLKEM768"))
        self.assertIn("open", json.dumps(c["stages"]))

    def test_of_a_backend(self):
        b = self.backend(with_tls(server_context(server, "1.2"),
                                  echo_and_end))
        d, port = self.gate(
            f'role = "client"; trust = "{ca.crt}";',
            sink=f', {{ type = "tcp-client"; connect = "localhost:{b.port}";'
            ' }')
        s = self.connect(port)
        s.sendall(b"x")
        exactly(s, 1)
        c = self.connections(d)["gate"]
        self.assertNotIn("identity", c)
        self.assertEqual("TLS1.2", c["facts"]["back.tls.version"])
        self.assertEqual("dns:a.example,dns:localhost",
                         c["facts"]["back.tls.peer.names"])

    def test_explain(self):
        d, port = self.gate(
            f'{server.options} alpn = "h2"; routes = ('
            ' { server_name = "*.a.example"; exit = "x"; },'
            ' { alpn = "h2"; exit = "y"; } );', sink="",
            more='x = ( { type = "echo"; } ); y = ( { type = "echo"; } );')
        for facts, verdict, exit in (
                ({"tls.server_name": "q.a.example"}, "exit", "x"),
                ({"tls.alpn": "h2"}, "exit", "y"),
                ({"tls.server_name": "b.example"}, "refused", None)):
            steps = self.ask(d, "explain", pipeline="gate",
                             facts=facts)["steps"]
            step = [s for s in steps if s["type"] == "tls"][0]
            self.assertEqual((verdict, exit),
                             (step["verdict"], step.get("exit")), step)


main()
