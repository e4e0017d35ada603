# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What binderyd tells its log: connections, errors, floods; to text, JSON,
syslog and the journal."""

import os
import re
import select
import signal
import socket
import struct
import subprocess
import time

from lib import *
from lib.daemon import PATHS

JSON = 'format = "json"; '

# In a mount namespace of its own: the two sockets lead to a directory of ours.
# What else a program needs of /dev is bound from the real one.
ELSEWHERE = '''
set -e
here=$1; shift
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/dev
mount --rbind /dev /run/dev
mount -t tmpfs none /dev
for name in null zero full random urandom; do
    touch /dev/$name
    mount --bind /run/dev/$name /dev/$name
done
ln -s "$here/journal" /run/systemd/journal/socket
ln -s "$here/log" /dev/log
exec "$@"
'''


def has_namespaces():
    try:
        return subprocess.run(["unshare", "-rm", "true"],
                              stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def elsewhere(directory):
    return ("unshare", "-rm", "sh", "-c", ELSEWHERE, "sh", directory)


class Datagrams:
    """Who reads the log at a socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(10 * SCALE)

    def until(self, test, parse):
        """Records up to the first that passes the test: that one."""
        for _ in range(1000):
            r = parse(self.socket.recv(65536))
            if test(r):
                return r
        raise AssertionError("1000 records, and none of them was it")


def journal_record(data):
    """The fields of a datagram of the journal's native protocol."""
    fields = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, is_plain, value = line.partition(b"=")
        if not is_plain:
            size, = struct.unpack("<Q", data[:8])
            value, end, data = (data[8:8 + size], data[8 + size:9 + size],
                                data[9 + size:])
            assert end == b"\n", end
        assert re.fullmatch(rb"[A-Z][A-Z0-9_]*", name), name
        fields[name.decode()] = value.decode()
    return fields


class Logs(Case):
    def chatty(self, options="", log=JSON, pipeline_log="", **more):
        """A daemon with a pipeline of chatty and echo: it and the port."""
        port = FreePort.get()
        return self.daemon(
            f'p = {{ log = {{ {pipeline_log} }}; bindings = ( '
            f'{{ type = "tcp-server"; listen = "127.0.0.1:{port}"; }},'
            f'{{ type = "chatty"; {options} }}, {{ type = "echo"; }} ); }};',
            log=log, **more), port

    def hear(self, port, data):
        """Say it and close: the connection is over when this returns."""
        s = self.connect(port)
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(data, all_of(s))
        s.close()


class Connections(Logs):
    def ended(self, d):
        """All records of connections of a daemon that is asked to end."""
        self.assertEqual(0, d.end())
        return [r for r in d.records if r["message"] == "connection closed"]

    def test_the_line(self):
        d, port = self.chatty()
        self.hear(port, b"")
        d.configure(f'p = ( {{ type = "tcp-server"; '
                    f'listen = "127.0.0.1:{port}"; }}, {{ type = "echo"; }} '
                    ');')
        d.signal(signal.SIGHUP)
        d.wait_record(lambda r: r["message"].startswith("reloaded"))
        self.hear(port, b"x")
        one, two = d.closed("p", 2)
        self.assertEqual((1, 2), (one["generation"], two["generation"]))
        self.assertRegex(two["peer"], r"^127\.0\.0\.1:\d+$")
        self.assertNotIn("via", two)
        self.assertNotIn("sample", two)
        self.assertNotIn("message_id", two)
        self.assertEqual(["done", 1, 1], [
            two[k] for k in ("reason", "from_client", "to_client")])

    def test_off_and_sampled(self):
        d, port = self.chatty(log=JSON + "sample = 4;")
        for _ in range(9):
            self.hear(port, b"")
        records = self.ended(d)
        self.assertEqual([4] * 3, [r["sample"] for r in records])
        ids = [r["conn"] >> 10 for r in records]
        self.assertEqual([ids[0] + 4, ids[0] + 8], ids[1:])

    def test_a_pipeline_has_its_own_word(self):
        for own, count in (("connections = false;", 0), ("sample = 1;", 3),
                           ('level = "notice";', 0)):
            d, port = self.chatty(log=JSON + "sample = 1000;",
                                  pipeline_log=own)
            for _ in range(3):
                self.hear(port, b"")
            self.assertEqual(count, len(self.ended(d)), own)

    def test_the_default_can_be_off(self):
        d, port = self.chatty(log=JSON + "connections = false;",
                              pipeline_log="connections = true;")
        off = FreePort.get()
        d.configure(f'p = {{ log = {{ connections = true; }}; bindings = ( '
                    f'{{ type = "tcp-server"; listen = "127.0.0.1:{port}"; }}'
                    f', {{ type = "echo"; }} ); }}; q = ( '
                    f'{{ type = "tcp-server"; listen = "127.0.0.1:{off}"; }}'
                    f', {{ type = "echo"; }} );')
        d.signal(signal.SIGHUP)
        d.wait_record(lambda r: r["message"].startswith("reloaded"))
        self.hear(off, b"")
        self.hear(port, b"")
        self.assertEqual(["p"], [r["pipeline"] for r in self.ended(d)])

    def test_who_ends_badly_is_not_left_out(self):
        port = FreePort.get()
        d, listen = self.proxy(port, log=JSON + "sample = 1000;")
        for _ in range(5):  # nobody is there
            self.assertTrue(self.is_cut(listen))
        records = self.ended(d)
        self.assertEqual(["backend-refused"] * 5,
                         [r["reason"] for r in records])
        self.assertFalse(any("sample" in r for r in records))

    def test_the_peer_that_a_stage_knows(self):
        d, port = self.chatty('peer = "192.0.2.7:99"; identity = "me";')
        self.hear(port, b"")
        r = d.closed("p")
        self.assertEqual("192.0.2.7:99", r["peer"])
        self.assertRegex(r["via"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual("me", r["identity"])

    def test_the_beginning_at_debug(self):
        d, port = self.chatty(log=JSON + 'level = "debug";')
        self.hear(port, b"")
        closed = d.closed("p")
        opened = d.wait_record(lambda r: r["message"] == "connection opened")
        self.assertEqual("debug", opened["level"])
        for key in ("pipeline", "generation", "conn", "peer"):
            self.assertEqual(closed[key], opened[key])


class Floods(Logs):
    def test_a_flood_is_folded(self):
        d, port = self.chatty()
        self.hear(port, b"w" * 300)
        self.hear(port, b"e" * 3)
        self.assertEqual(0, d.end())
        said = [r for r in d.records if r.get("binding") == "chatty"]
        warnings = [r for r in said if r["level"] == "warn"]
        self.assertEqual(11, len(warnings))
        for r in said:
            self.assertEqual(("p", 1), (r["pipeline"], r.get("generation", 1)))
        self.assertTrue(all(r["message"].startswith("heard 'w' at ")
                            and "conn" in r for r in warnings[:10]))
        self.assertRegex(warnings[10]["message"],
                         "^repeated 290 times: heard 'w' at ")
        self.assertEqual(290, warnings[10]["repeated"])
        self.assertEqual(3, sum(r["level"] == "error" for r in said))
        # Connections are no flood.
        self.assertEqual(2, len([r for r in d.records
                                 if r["message"] == "connection closed"]))

    def test_its_end_is_told_in_time(self):
        d, port = self.chatty()
        self.hear(port, b"i" * 50)
        d.wait_record(lambda r: r.get("repeated") == 40, timeout=15)

    def test_connections_are_not_folded(self):
        d, port = self.echo()
        for _ in range(60):
            self.hear(port, b"x")
        self.assertEqual(60, len(d.closed("echo", 60)))

    def test_all_of_debug(self):
        d, port = self.chatty(log=JSON + 'level = "debug";')
        self.hear(port, b"d" * 200)
        d.wait_record(lambda r: r["message"].startswith("heard 'd' at "),
                      count=200)

    def test_a_pipeline_without_a_level_follows(self):
        """-v is for everything but what a pipeline says of itself."""
        for own, count in (("", 1), ('level = "info";', 0)):
            d, port = self.chatty(args=("-v",), pipeline_log=own)
            self.hear(port, b"d")
            d.closed("p")
            self.assertEqual(count, sum(
                r["message"].startswith("heard 'd'") for r in d.records))


class Errors(Logs):
    WRONG = 'p = ( { type = "tcp-server"; lisen = "x"; }, { type = "echo"; } );'

    def test_a_refused_reload_says_where(self):
        d, _ = self.echo()
        d.configure(self.WRONG)
        d.signal(signal.SIGHUP)
        r = d.wait_record(lambda r: "lisen" in r["message"])
        self.assertEqual((d.config, 6, "error"),
                         (r["file"], r["line"], r["level"]))
        self.assertTrue(r["message"].startswith(f"{d.config}:6: "))

    def test_a_syntax_error_does_too(self):
        """It comes from the reading child."""
        d, _ = self.echo()
        d.configure("", settings="a = = 1;")
        d.signal(signal.SIGHUP)
        r = d.wait_record(lambda r: "syntax error" in r["message"])
        self.assertEqual((d.config, 4), (r["file"], r["line"]))

    def test_a_blocked_standard_error_does_not_hold_up_the_start(self):
        conf = self.write("".join(f"unknown{i:04} = 1;\n"
                                  for i in range(200)))
        there, here = os.pipe()
        self.addCleanup(os.close, there)
        os.set_blocking(here, False)
        try:
            while os.write(here, b"x" * 4096):
                pass
        except BlockingIOError:
            os.set_blocking(here, True)
        p = subprocess.Popen([BINDERYD, *PATHS, "-c", conf], stderr=here,
                             stdin=subprocess.DEVNULL, env=environment())
        os.close(here)
        try:
            self.assertEqual(78, p.wait(10 * SCALE))
        finally:
            p.kill()
            p.wait()

    def test_the_journal_at_standard_error_gets_priorities(self):
        conf = self.write('wokers = 1;\n')
        there, here = os.pipe()
        st = os.fstat(here)
        with os.fdopen(there, "rb") as out:
            p = subprocess.Popen(
                [BINDERYD, *PATHS, "-c", conf], stderr=here,
                stdin=subprocess.DEVNULL, env=environment(
                    {"JOURNAL_STREAM": f"{st.st_dev}:{st.st_ino}"}))
            os.close(here)
            said = out.read().decode()
            self.assertEqual(78, p.wait())
        self.assertEqual(f"<3>{conf}:1: unknown option 'wokers', did you mean "
                         "'workers'?\n", said)


class Elsewhere(Logs):
    """The real targets, in a namespace where we are the reader."""

    def setUp(self):
        if not has_namespaces():
            self.skipTest("no mount namespace for us")
        self.dir = self.temporary()
        self.journal = Datagrams(os.path.join(self.dir, "journal"))
        self.addCleanup(self.journal.socket.close)
        self.syslog = Datagrams(os.path.join(self.dir, "log"))
        self.addCleanup(self.syslog.socket.close)

    def start(self, log, options='peer = "192.0.2.7:99"; identity = "a b";'):
        return self.chatty(options, log=log, wait=False,
                           command=elsewhere(self.dir))

    def told(self, test):
        return self.journal.until(test, journal_record)

    def test_the_journal(self):
        d, port = self.start('target = "journal";')
        r = self.told(lambda r: " serves " in r["MESSAGE"])
        self.assertEqual(("binderyd", "5"),
                         (r["SYSLOG_IDENTIFIER"], r["PRIORITY"]))
        self.hear(port, b"w" * 30)
        r = self.told(lambda r: r["MESSAGE"].startswith("heard"))
        self.assertEqual(["4", "p", "chatty", "1"], [r[k] for k in (
            "PRIORITY", "BINDERY_PIPELINE", "BINDERY_BINDING",
            "BINDERY_GENERATION")])
        conn = r["BINDERY_CONN"]
        r = self.told(
            lambda r: r["MESSAGE"].startswith("connection closed "))
        self.assertEqual(
            ["6", "p", "1", conn, "192.0.2.7:99", "a b", "done", "30"],
            [r[k] for k in (
                "PRIORITY", "BINDERY_PIPELINE", "BINDERY_GENERATION",
                "BINDERY_CONN", "BINDERY_PEER", "BINDERY_IDENTITY",
                "BINDERY_REASON", "BINDERY_FROM_CLIENT")])
        self.assertTrue(r["BINDERY_VIA"].startswith("127.0.0.1:"))
        self.assertRegex(r["MESSAGE_ID"], "^[0-9a-f]{32}$")
        self.assertNotIn(r["MESSAGE_ID"], r["MESSAGE"])

        d.configure(Errors.WRONG)
        d.signal(signal.SIGHUP)
        r = self.told(lambda r: "lisen" in r["MESSAGE"])
        self.assertEqual([d.config, "6", "3"], [r[k] for k in (
            "CONFIG_FILE", "CONFIG_LINE", "PRIORITY")])
        d.signal()
        r = self.told(lambda r: "BINDERY_REPEATED" in r)
        self.assertEqual(["20", "p", "chatty"], [r[k] for k in (
            "BINDERY_REPEATED", "BINDERY_PIPELINE", "BINDERY_BINDING")])
        self.assertEqual(0, d.wait())

    def test_a_journal_that_is_started_anew(self):
        d, port = self.start('target = "journal";')
        self.told(lambda r: " serves " in r["MESSAGE"])
        self.journal.socket.close()
        os.unlink(os.path.join(self.dir, "journal"))
        self.journal = Datagrams(os.path.join(self.dir, "journal"))
        self.addCleanup(self.journal.socket.close)
        self.hear(port, b"x")
        self.told(lambda r: r.get("BINDERY_REASON") == "done")

    def test_syslog(self):
        d, port = self.start('target = "syslog";')
        head = rb"^<(\d+)>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d binderyd\[" \
            + str(d.pid).encode() + rb"\]: (.*)$"

        def parse(data):
            return re.match(head, data, re.DOTALL).groups()
        self.assertEqual(b"29", self.syslog.until(
            lambda r: b" serves " in r[1], parse)[0])
        self.hear(port, b"x")
        said = self.syslog.until(
            lambda r: r[1].startswith(b"connection closed "), parse)
        self.assertEqual(b"30", said[0])
        self.assertIn(b' identity="a b" ', said[1])
        self.assertNotIn(b"\n", said[1])

    def test_json_to_syslog(self):
        d, port = self.start('target = "syslog"; format = "json";')
        said = self.syslog.until(lambda r: b" serves " in r, bytes)
        self.assertRegex(said, rb'\]: \{"time":".*"level":"notice",.*\}$')


main()
