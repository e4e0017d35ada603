# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Bad configurations get one clear sentence each and status 78: no crash, no
hang, no silence."""

import os
import random
import resource
import threading
import unittest

from lib import *

MIB = 1 << 20


def pipeline(*bindings):
    return "pipelines: {\n  e = (\n" + ",\n".join(bindings) + "\n  );\n};\n"


SERVER = '{ type = "tcp-server"; listen = "127.0.0.1:9"; }'
ECHO = '{ type = "echo"; }'


class Configuration(Case):
    def setUp(self):
        self.directory = self.temporary()

    def conf(self, text, name="test.conf"):
        return self.write(text, name, self.directory)

    def check(self, path, limit=1):
        """-t: its status and what it says, with paths made short.  limit: in
        seconds of its own, as the machine may be somebody else's too."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        p = run("-t", "-c", path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.used = (after.ru_utime + after.ru_stime
                     - before.ru_utime - before.ru_stime)
        self.assertLess(self.used, limit * SCALE, "it took too long")
        self.assertEqual("", p.stdout)
        return p.returncode, p.stderr.replace(self.directory + "/", "")

    def assert_refused(self, text, *sentences, limit=1):
        """Exactly these lines, in this order."""
        status, said = self.check(self.conf(text), limit)
        self.assertEqual([s.replace("@", "test.conf") for s in sentences],
                         said.rstrip("\n").split("\n"))
        self.assertEqual(78, status)

    def assert_refused_like(self, text, pattern, limit=1):
        """One line that has the pattern in it."""
        status, said = self.check(self.conf(text), limit)
        self.assertEqual(1, said.count("\n"), said[:1000])
        self.assertRegex(said, "^test.conf")
        self.assertRegex(said, pattern)
        self.assertLess(len(said), 1000)
        self.assertEqual(78, status)


class Files(Configuration):
    def test_missing(self):
        self.assertEqual(
            (78, "no.conf: could not be read: No such file or directory\n"),
            self.check(os.path.join(self.directory, "no.conf")))

    def test_directory(self):
        p = run("-t", "-c", self.directory)
        self.assertEqual(
            (78, f"{self.directory}: could not be read: it is a directory\n"),
            (p.returncode, p.stderr))

    def test_fifo(self):
        path = os.path.join(self.directory, "fifo")
        os.mkfifo(path)
        self.assertEqual(78, self.check(path)[0])

    def test_device(self):
        self.assertEqual(78, self.check("/dev/zero")[0])

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_unreadable(self):
        path = self.conf("")
        os.chmod(path, 0)
        self.assertEqual((78, "test.conf: could not be read: "
                              "Permission denied\n"), self.check(path))

    def test_empty(self):
        self.assertEqual((0, "test.conf: the configuration is good\n"),
                         self.check(self.conf("")))

    def test_17_mib(self):
        for text in ("#" + "x" * (17 * MIB),
                     'a = "' + "x" * (17 * MIB) + '";', "\n" * (17 * MIB)):
            self.assert_refused(
                text, "@: could not be read: it is larger than 16 MiB")

    def test_almost_16_mib(self):
        status, said = self.check(self.conf("#" + "x" * (15 * MIB)), 2)
        self.assertEqual(0, status, said)

    def test_binary(self):
        for seed in range(5):
            self.assert_refused_like(random.Random(seed).randbytes(65536),
                                     "looks like binary data|not UTF-8")
        with open(BINDERYD, "rb") as f:
            self.assert_refused_like(f.read(MIB), "looks like binary data")
        self.assert_refused_like(b"workers = 1;\0", "looks like binary data")

    def test_group_of_many_keys(self):
        for count in (4097, 5000, 20_000, 400_000):
            keys = "".join(f" k{i} = {i};\n" for i in range(count))
            self.assert_refused("x = {\n" + keys + "};\n",
                                "@:4098: this group has more than 4096 keys")

    def test_list_of_10_mb(self):
        most = 2_000_000 if IS_SANITIZED else 10_000_000
        lines, size = [], 0
        for i in range(MIB):
            lines.append(f'"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"')
            size += len(lines[-1]) + 2
            if size > most:
                break
        path = self.conf(pipeline(
            '{ type = "tcp-server"; listen = "127.0.0.1:9"; allow = [\n'
            + ",\n".join(lines) + "]; }", ECHO))
        status, said = self.check(path, 2)
        print(f"a list of {size} bytes: {self.used:.2f} s")
        self.assertEqual((0, "test.conf: the configuration is good\n"),
                         (status, said))

    def test_deep_nesting(self):
        for opened, closed in ("()", "{}", "[]"):
            self.assert_refused_like(
                "a = " + opened * 100_000 + closed * 100_000 + ";",
                "nested deeper than|syntax error")

    def test_include_of_a_directory(self):
        self.assert_refused(f'@include "{self.directory}"\n',
                            f"@:1: '{self.directory}' could not be included: "
                            "it is a directory")

    def test_include_of_nothing(self):
        self.assert_refused('\n@include "/nonexistent"\n',
                            "@:2: '/nonexistent' could not be included: "
                            "No such file or directory")

    def test_include_of_itself(self):
        path = self.conf("")
        self.assert_refused_like(f'@include "{path}"\n', "includes itself")

    def test_include_is_relative_to_the_file(self):
        self.conf("workers = 7;\n", "other.conf")
        path = self.conf('@include "other.conf"\n')
        p = run("-T", "-c", path, cwd="/")
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertRegex(p.stdout, r"(?m)^workers = 7;.*other\.conf:1$")

    def test_syntax(self):
        self.assert_refused_like("pipelines: {\n  e = ( { type = ; } );\n};\n",
                                 "^test.conf:2: syntax error")
        self.assert_refused_like("pipelines: {", "^test.conf:1: ")

    def test_a_file_that_changes_while_it_is_read(self):
        """Each time it is one of the two, or an error with a sentence."""
        good = "workers = 1;\n" + "# x\n" * 200_000
        bad = "wurkers = 1;\n" + "# y\n" * 200_000
        path = self.conf(good)
        done = threading.Event()

        def change():
            while not done.is_set():
                for text in (bad, good[:1000], good):
                    with open(path, "w") as f:
                        f.write(text)
        t = self.thread(change)
        try:
            for _ in range(30):
                status, said = self.check(path, 2)
                self.assertIn(status, (0, 78))
                self.assertEqual(1, said.count("\n"), said)
        finally:
            done.set()
            t.join()

    def test_conf_d(self):
        os.mkdir(os.path.join(self.directory, "conf.d"))
        path = self.conf("workers = 1;\n")
        self.conf(pipeline(SERVER, ECHO), "conf.d/one.conf")
        self.conf("this is not read", "conf.d/two.conf~")
        p = run("-T", "-c", path)
        self.assertEqual((0, ""), (p.returncode, p.stderr))
        self.assertIn("127.0.0.1:9", p.stdout)
        self.conf(pipeline(SERVER, ECHO), "conf.d/three.conf")
        status, said = self.check(path)
        self.assertEqual(78, status)
        self.assertRegex(said, r"conf\.d/(one|three)\.conf:2: ")


class Options(Configuration):
    def test_unknown_option_has_a_suggestion(self):
        self.assert_refused(
            pipeline('{ type = "tcp-server";\n listen = "127.0.0.1:9";\n'
                     ' max_conections = 3; }', ECHO),
            "@:5: pipeline 'e', binding 'tcp-server': unknown option "
            "'max_conections', did you mean 'max_connections'?")

    def test_unknown_option_without(self):
        self.assert_refused(
            pipeline(SERVER, '{ type = "echo"; zebra = 1; }'),
            "@:4: pipeline 'e', binding 'echo': unknown option 'zebra'")

    def test_unknown_setting(self):
        self.assert_refused("worker = 1;\n", "@:1: unknown option 'worker', "
                            "did you mean 'workers'?")

    def test_several_errors_in_one_run(self):
        text = pipeline('{ type = "tcp-server"; listen = "127.0.0.1:9";\n'
                        'idle_timeout = "5 parsecs";\n'
                        'backlog = "many"; }',
                        '{ type = "echo"; x = 1; }')
        status, said = self.check(self.conf(text))
        self.assertEqual(78, status)
        for sentence in (
                "test.conf:4: pipeline 'e', binding 'tcp-server', option "
                "'idle_timeout': value '5 parsecs' is not a time: ",
                "test.conf:5: pipeline 'e', binding 'tcp-server', option "
                "'backlog': value 'many' is not an integer\n",
                "test.conf:6: pipeline 'e', binding 'echo': unknown option "
                "'x'\n"):
            self.assertIn(sentence, said)
        self.assertEqual(3, said.count("\n"), said)

    def test_errors_of_settings_and_of_bindings_in_one_run(self):
        status, said = self.check(self.conf(
            "worker = 1;\n" + pipeline(SERVER, '{ type = "echo"; x = 1; }')))
        self.assertEqual(78, status)
        self.assertIn("'worker'", said)
        self.assertIn("'x'", said)

    def test_key_that_is_there_twice(self):
        self.assert_refused("workers = 1;\n\nworkers = 2;\n",
                            "@:3: 'workers' is already set at test.conf:1")

    def test_number_out_of_range(self):
        for n in (1025, 100_000, 2_000_000_000, -1):
            self.assert_refused(
                f"workers = {n};\n", f"@:1: option 'workers': value '{n}' is "
                "out of range: must be 0 to 1024")

    def test_required_option(self):
        self.assert_refused(
            pipeline('{ type = "tcp-server"; }', ECHO),
            "@:3: pipeline 'e', binding 'tcp-server', option 'listen': is "
            "required but missing")

    def test_values_of_the_wrong_kind(self):
        for value in ("1", "true", "1.5", "{ }", "( 1 )", '""', '"7"',
                      '"host"', '"127.0.0.1:0"', '"127.0.0.1:65536"',
                      '"127.0.0.1:9-8"', '"[::1:9"', '"::1:9"', '"*:9"',
                      '"unix:relative"', '"unix:/' + "x" * 200 + '"'):
            self.assert_refused_like(
                pipeline(f'{{ type = "tcp-server"; listen = {value}; }}',
                         ECHO), "option 'listen'")
        for value in ('"1y"', '"s"', "5", '"-5s"', "true", '"99999999999d"'):
            self.assert_refused_like(
                pipeline('{ type = "tcp-server"; listen = "127.0.0.1:9";'
                         f' idle_timeout = {value}; }}', ECHO),
                "option 'idle_timeout'")
        for value in ('"300.0.0.0/8"', '"10.0.0.1/8"', '"10.0.0.0/33"',
                      '"::/129"', '"localhost"', "[ 1 ]"):
            self.assert_refused_like(
                pipeline('{ type = "tcp-server"; listen = "127.0.0.1:9";'
                         f' allow = {value}; }}', ECHO), "option 'allow'")


class Structure(Configuration):
    def test_no_bindings(self):
        self.assert_refused("pipelines: { e = ( ); };\n",
                            "@:1: pipeline 'e': has no bindings")

    def test_source_behind(self):
        self.assert_refused(
            pipeline(SERVER, '{ type = "tcp-server"; name = "x";'
                     ' listen = "127.0.0.1:10"; }', ECHO),
            "@:4: pipeline 'e', binding 'x': 'tcp-server' opens connections, "
            "so it can only stand first")

    def test_sink_in_the_middle(self):
        self.assert_refused(
            pipeline(SERVER, ECHO, '{ type = "echo"; name = "other"; }'),
            "@:4: pipeline 'e', binding 'echo': 'echo' ends a pipeline, so "
            "'other' behind it would never be reached")

    def test_filter_last(self):
        self.assert_refused(
            pipeline(SERVER, '{ type = "pass"; }'),
            "@:4: pipeline 'e', binding 'pass': 'pass' needs a binding behind "
            "it, end the pipeline with one such as 'tcp-client' or 'echo'")

    def test_nothing_leads_there(self):
        status, said = self.check(self.conf(pipeline(ECHO)))
        self.assertEqual(0, status)
        self.assertIn("nothing reaches it", said)

    def test_two_of_one_name(self):
        self.assert_refused(
            pipeline(SERVER, '{ type = "pass"; }', '{ type = "pass"; }', ECHO),
            "@:5: pipeline 'e': a binding named 'pass' is there twice, first "
            "at test.conf:4")

    def test_address_that_is_used_twice(self):
        port = FreePort.get(2)
        for other in (f'"127.0.0.1:{port}"',
                      f'"127.0.0.1:{port}-{port + 1}"'):
            text = (f'pipelines: {{\n one = ( {{ type = "tcp-server";'
                    f' listen = "127.0.0.1:{port}"; }}, {ECHO} );\n'
                    f' two = ( {{ type = "tcp-server"; listen = {other}; }},'
                    f' {ECHO} );\n}};\n')
            self.assert_refused_like(
                text, r"^test.conf:3: pipeline 'two', .*127\.0\.0\.1:")


class Starting(Configuration):
    """What only a start can find."""

    def start(self, listen, **more):
        p = run("-c", self.conf('control = { socket = "none"; }; ' + pipeline(
            f'{{ type = "tcp-server"; listen = "{listen}"; }}', ECHO)),
            **more)
        return p.returncode, p.stderr.replace(self.directory + "/", "")

    def test_address_in_use(self):
        b = self.backend(give_back)
        self.assertEqual(
            (70, "test.conf:3: pipeline 'e', binding 'tcp-server', option "
             f"'listen': cannot listen on 127.0.0.1:{b.port}: Address already "
             "in use\n"), self.start(f"127.0.0.1:{b.port}"))

    def test_address_of_another_binderyd(self):
        d, port = self.echo(workers=2)
        status, said = self.start(f"127.0.0.1:{port}")
        self.assertEqual(70, status)
        self.assertIn("Address already in use", said)
        path = os.path.join(self.directory, "socket")
        self.daemon(f'e = ( {{ type = "tcp-server"; listen = "unix:{path}"; '
                    f'}}, {ECHO} );')
        status, said = self.start(f"unix:{path}")
        self.assertEqual(70, status)
        self.assertIn("Address already in use", said)
        s = self.connect(path)  # it has not been taken away
        s.sendall(b"x")
        self.assertEqual(b"x", exactly(s, 1))

    def test_address_of_another_machine(self):
        status, said = self.start("192.0.2.1:9")
        self.assertEqual(70, status)
        self.assertIn("cannot listen on 192.0.2.1:9: Cannot assign requested "
                      "address", said)

    @unittest.skipIf(IS_COVERAGE, "gcov complains, as another user")
    def test_privileged_port(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as f:
            if int(f.read()) <= 81:
                self.skipTest("any port is for everybody here")
        more = {}
        if os.geteuid() == 0:
            os.chmod(self.directory, 0o755)
            more = {"user": 65534, "group": 65534, "extra_groups": []}
            if not self.others_can_run():
                self.skipTest("the build is not for other users")
        status, said = self.start("127.0.0.1:81", **more)
        self.assertEqual(
            "test.conf:3: pipeline 'e', binding 'tcp-server', option 'listen'"
            ": cannot listen on 127.0.0.1:81: Permission denied\n", said)
        self.assertEqual(77, status)

    def others_can_run(self):
        try:
            return run("-h", user=65534, group=65534,
                       extra_groups=[]).returncode == 0
        except PermissionError:
            return False

    def test_log_file_that_cannot_be(self):
        p = run("-c", self.conf('log = { target = "file:/nonexistent/log"; };'
                                "\n" + pipeline(SERVER, ECHO)))
        self.assertEqual(78, p.returncode)
        self.assertEqual(1, p.stderr.count("\n"), p.stderr)
        self.assertIn("/nonexistent/log", p.stderr)


main()
