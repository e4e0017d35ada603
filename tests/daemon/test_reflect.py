# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""In a room everybody hears what anybody says, in one order; a room splits by
a fact, frames its messages, knows its past, and ends."""

import socket

from lib import *

KIB = 1024


class Lines(Room):
    def test_all_hear_all_the_speaker_too(self):
        self.room(workers=2)
        a, b, c = (self.member(w) for w in (b"a", b"b", b"c"))
        self.hears(a, b"b\nc\n")
        self.hears(b, b"c\n")
        b.sendall(b"one\ntwo\n")
        for s in (a, b, c):
            self.hears(s, b"one\ntwo\n")

    def test_a_line_is_heard_once_it_is_whole(self):
        self.room()
        a, b = self.member(b"a"), self.member(b"b")
        self.hears(a, b"b\n")
        a.sendall(b"half")
        b.sendall(b"other\n")
        self.hears(a, b"other\n")
        self.hears(b, b"other\n")
        self.hears_nothing(b)
        a.sendall(b" and half\n")
        self.hears(b, b"half and half\n")

    def test_not_to_the_speaker(self):
        self.room("self = false;")
        a, b = self.connect(self.port), self.connect(self.port)
        self.wait_members(2)
        a.sendall(b"1\n2\n")
        self.hears(b, b"1\n2\n")
        b.sendall(b"3\n")
        self.hears(a, b"3\n")
        self.hears_nothing(b)

    def test_a_half_closed_member_hears_itself_and_others(self):
        self.room()
        b = self.member(b"b")
        a = self.connect(self.port)
        a.sendall(b"said and ended\nwithout newline")
        self.end(a)
        self.hears(a, b"said and ended\nwithout newline\n")
        b.sendall(b"still there?\n")
        self.hears(a, b"still there?\n")

    def test_who_leaves_is_not_missed(self):
        self.room("notices = true;", workers=2)
        a = self.connect(self.port)
        name = self.name(a)
        self.hears(a, name + b" joined (1 member)\n")
        b = self.connect(self.port)
        other = self.name(b)
        self.hears(b, other + b" joined (2 members)\n")
        self.hears(a, other + b" joined (2 members)\n")
        b.sendall(b"bye\n")
        self.hears(a, b"bye\n")
        reset(b)
        self.hears(a, other + b" left (1 member)\n")

    def test_a_name_before_each_line(self):
        self.room("prefix = true;")
        a = self.connect(self.port)
        name = self.name(a)
        a.sendall(b"x\r\n\nforged\r[root] y\x1b[2K\n\xc2\x9bz\tt\n")
        self.hears(a, name + b" x\r\n" + name + b" \n"
                   + name + b" forged?[root] y?[2K\n" + name + b" ??z\tt\n")

    def test_many_who_speak_at_once_have_names_too(self):
        """They wait for each other, and all have their turn."""
        self.room("prefix = true; buffer = \"64m\";")
        members = [self.connect(self.port) for _ in range(4)]
        self.wait_members(4)
        for s in members:
            self.thread(s.sendall, b"x" * 99 + b"\n" + b"\n" * 20000)
        size = sum(100 + 20000 + 20001 * len(self.name(s) + b" ")
                   for s in members)
        readers = [self.thread(self.hears_as_much, s, size) for s in members]
        for t in readers:
            t.join()

    def hears_as_much(self, s, size):
        self.assertEqual(size, len(exactly(s, size)))

    def test_the_longest_line(self):
        self.room("max_message = \"1k\"; notices = true;")
        a = self.connect(self.port)
        self.hears_until(a, b"(1 member)\n")
        line = b"x" * 1023 + b"\n"
        a.sendall(line)
        self.hears(a, line)
        b = self.connect(self.port)
        self.hears_until(b, b"(2 members)\n")
        b.sendall(b"before\n" + b"y" * 1024 + b"\nnever\n")
        self.assertIn(b"before\n", self.hears_until(
            b, b"(a message is longer than max_message)\n"))
        name = self.name(b)
        self.is_refused(b, "longer than max_message", "protocol")
        self.hears(a, name + b" joined (2 members)\nbefore\n"
                   + name + b" left (1 member)\n")

    def test_without_a_newline_the_limit_holds_too(self):
        self.room("max_message = \"1k\";")
        a = self.connect(self.port)
        a.sendall(b"x" * 1024)
        self.assertEqual(b"", all_of(a))
        b = self.connect(self.port)
        b.sendall(b"x" * 1023)
        self.hears_nothing(b)
        b.sendall(b"\n")
        self.hears(b, b"x" * 1023 + b"\n")


class OtherFramings(Room):
    def test_lengths(self):
        self.room("max_message = \"1k\";", framing="length", workers=2)
        a, b = self.connect(self.port), self.connect(self.port)
        b.sendall(length(b"b"))
        self.hears(b, length(b"b"))
        text = length(b"\n\0") + length(b"") + length(b"z" * 1020)
        for i in range(len(text)):
            a.sendall(text[i:i + 1])
        self.hears(b, text)
        a.sendall(length(b"w" * 1021))
        self.hears_until(a, text)
        self.assertEqual(b"", all_of(a))
        self.hears_nothing(b)
        b.sendall(length(b"whole") + length(b"not whole")[:-1])
        self.end(b)
        self.hears(b, length(b"whole"))
        self.hears_nothing(b)

    def test_notices_are_framed_too(self):
        self.room("notices = true;", framing="length")
        a = self.connect(self.port)
        self.hears(a, length(self.name(a) + b" joined (1 member)"))

    def test_notices_without_framing_are_lines(self):
        self.room("notices = true; history = 2;", framing="none")
        a = self.connect(self.port)
        name = self.name(a)
        self.hears(a, name + b" joined (1 member)\n")
        a.sendall(b"no line")
        self.hears(a, b"no line")
        b = self.connect(self.port)
        other = self.name(b)
        self.hears(b, name + b" joined (1 member)\nno line" + other
                   + b" joined (2 members)\n")
        self.hears(a, other + b" joined (2 members)\n")
        reset(b)
        self.hears(a, other + b" left (1 member)\n")

    def test_no_framing(self):
        self.room(framing="none")
        a, b = self.connect(self.port), self.connect(self.port)
        b.sendall(b"b")
        self.hears(b, b"b")
        t = self.thread(receive_pattern, b, 4096 * KIB)
        u = self.thread(self.hears_pattern, a, b"b", 4096 * KIB)
        send_pattern(a, 4096 * KIB)
        t.join()
        u.join()

    def hears_pattern(self, s, first, size):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        got = exactly(s, 1)
        if got != first:  # it came before it was in the room
            self.assertEqual(pattern(1), got)
        else:
            exactly(s, 1)
        got = exactly(s, size - 1)
        self.assertEqual(pattern(size)[1:], got)


class Rooms(Room):
    def test_a_fact_splits_it(self):
        self.by_port()
        a, b, c = (self.connect(p) for p in (self.ports[0], self.ports[0],
                                             self.ports[1]))
        for s, word in ((a, b"a"), (b, b"b"), (c, b"c")):
            s.sendall(word + b"\n")
            self.hears_until(s, word + b"\n")
        self.hears_nothing(c)
        a.sendall(b"here\n")
        self.hears_until(b, b"here\n")
        self.hears_nothing(c)

    def by_port(self, options=""):
        self.ports = [FreePort.get() for _ in range(3)]
        listen = ", ".join(f'"127.0.0.1:{p}"' for p in self.ports)
        self.d = self.daemon(
            f'chat = ( {{ type = "tcp-server"; listen = [ {listen} ]; }}, '
            f'{reflect(f"""room = "local"; {options}""")} );')

    def test_a_port_splits_it(self):
        """Whatever the address, unlike with the fact local."""
        port, other = FreePort.get(), FreePort.get()
        addresses = ["127.0.0.1", "127.0.0.2"] + ["::1"] * has_ipv6()
        listen = ", ".join(f'"[{a}]:{port}"' if ":" in a else f'"{a}:{port}"'
                           for a in addresses)
        self.d = self.daemon(
            f'chat = ( {{ type = "tcp-server"; listen = [ {listen}, '
            f'"127.0.0.1:{other}" ]; }}, '
            f'{reflect("""room = "local.port";""")} );')
        here = [self.connect((a, port)) for a in addresses]
        self.wait_members(len(here))
        there = self.connect(other)
        there.sendall(b"there\n")
        self.hears(there, b"there\n")
        here[-1].sendall(b"here\n")
        for s in here:
            self.hears(s, b"here\n")
        self.hears_nothing(there)
        rooms = answer(self.d, "tell", pipeline="chat", binding="reflect",
                       words=["rooms"])["says"]
        self.assertEqual(sorted((str(port), str(other))),
                         sorted(r["key"] for r in rooms))
        said = answer(self.d, "explain", pipeline="chat",
                      facts={"local.port": "4711"})
        self.assertIn("'4711'", str(said))

    def test_without_a_port_there_is_no_room(self):
        path = self.temporary() + "/s"
        self.d = self.daemon(
            f'chat = ( {{ type = "tcp-server"; listen = "unix:{path}"; }},'
            f' {reflect("""room = "local.port";""")} );')
        self.is_refused(self.connect(path), "lacks the fact", "denied")

    def test_as_many_as_there_may_be(self):
        self.by_port("max_rooms = 2; max_members = 2;")
        first = [self.connect(self.ports[0]) for _ in range(2)]
        for i, s in enumerate(first):
            s.sendall(b"%d\n" % i)
            self.hears_until(s, b"%d\n" % i)
        more = self.connect(self.ports[0])
        self.is_refused(more, "too many members", "limit")
        second = self.connect(self.ports[1])
        second.sendall(b"x\n")
        self.hears(second, b"x\n")
        third = self.connect(self.ports[2])
        self.is_refused(third, "too many rooms", "limit", count=2)
        reset(second)
        self.d.closed("chat", count=3)
        third = self.connect(self.ports[2])
        third.sendall(b"now\n")
        self.hears(third, b"now\n")

    def test_without_the_fact_there_is_no_room(self):
        self.room('room = "tls.server_name";')
        s = self.connect(self.port)
        self.is_refused(s, "lacks the fact", "denied")

    def test_emptied_and_filled_again(self):
        self.room(workers=2)
        for turn in range(20):
            words = [b"%d.%d" % (turn, i) for i in range(4)]
            members = [self.member(w) for w in words]
            members[0].sendall(b"all?\n")
            for s in members:
                self.hears_until(s, b"all?\n")
            for s in members:
                s.close()
            self.d.closed("chat", count=4 * (turn + 1))


class History(Room):
    def test_who_comes_late_hears_the_last_messages(self):
        self.room("history = 3;", workers=2)
        a = self.connect(self.port)
        a.sendall(b"1\n2\n3\n4\n")
        self.hears(a, b"1\n2\n3\n4\n")
        for _ in range(4):
            b = self.connect(self.port)
            self.hears(b, b"2\n3\n4\n")
            self.hears_nothing(b)
        a.sendall(b"5\n")
        self.hears(b, b"5\n")
        self.hears(self.connect(self.port), b"3\n4\n5\n")

    def test_it_is_bounded_in_bytes(self):
        self.room("history = 1000; history_bytes = \"1k\";")
        a = self.connect(self.port)
        lines = [b"%099d\n" % i for i in range(50)]
        for line in lines:
            a.sendall(line)
            self.hears(a, line)
        self.hears(self.connect(self.port), b"".join(lines[-10:]))

    def test_it_outlives_reloads_and_an_empty_room(self):
        self.room("history = 2;", workers=2)
        a = self.member(b"one")
        a.sendall(b"two\nthree\n")
        self.hears(a, b"two\nthree\n")
        a.close()
        self.d.closed("chat")
        self.again("history = 2;", workers=2)
        self.hears(self.connect(self.port), b"two\nthree\n")
        self.again("history = 1;", workers=2)
        self.hears(self.connect(self.port), b"three\n")

    def test_it_makes_way_for_another_room(self):
        ports = [FreePort.get() for _ in range(2)]
        listen = ", ".join(f'"127.0.0.1:{p}"' for p in ports)
        self.d = self.daemon(
            f'chat = ( {{ type = "tcp-server"; listen = [ {listen} ]; }}, '
            + reflect('room = "local"; max_rooms = 1; history = 9;') + ');')
        self.port = ports[0]
        self.member(b"old").close()
        self.d.closed("chat")
        self.port = ports[1]
        s = self.member(b"new")
        s.close()
        self.d.closed("chat", count=2)
        self.port = ports[0]
        self.member(b"again")

    def test_lengths_and_reads_are_counted_too(self):
        for framing, wrap in (("length", length), ("none", bytes)):
            with self.subTest(framing):
                self.room("history = 2;", framing=framing)
                a = self.connect(self.port)
                for word in (b"one", b"two", b"three"):
                    a.sendall(wrap(word))
                    self.hears(a, wrap(word))
                b = self.connect(self.port)
                self.hears(b, wrap(b"two") + wrap(b"three"))


class Reloads(Room):
    def test_a_reload_does_not_split_a_room(self):
        self.room(workers=2)
        members = []
        for turn in range(6):
            members += [self.member(b"m%d.%d" % (turn, i)) for i in range(3)]
            members[turn].sendall(b"turn %d\n" % turn)
            for s in members:
                self.hears_until(s, b"turn %d\n" % turn)
            self.again(f"buffer = \"{turn + 1}m\";", workers=2)
        self.assertEqual(7, answer(self.d, "status")["generations"])

    def test_options_are_those_of_the_members_generation(self):
        self.room()
        a = self.member(b"a")
        self.again("prefix = true; max_message = \"64\";")
        b = self.connect(self.port)
        b.sendall(b"b\n")
        line = self.name(b) + b" b\n"
        self.hears(a, line)
        self.hears(b, line)
        a.sendall(b"x" * 100 + b"\n")
        for s in (a, b):
            self.hears(s, b"x" * 100 + b"\n")

    def test_another_framing_is_another_room(self):
        self.room()
        a = self.member(b"a")
        self.again(framing="length")
        b = self.connect(self.port)
        b.sendall(length(b"b"))
        self.hears(b, length(b"b"))
        self.hears_nothing(a)
        a.sendall(b"x\n")
        self.hears(a, b"x\n")
        self.hears_nothing(b)


class Options(Room):
    def refuses(self, options, why, framing="line"):
        self.port = FreePort.get()
        path = self.write(f"pipelines: {{ {self.pipeline(options, framing)} }}"
                          ";")
        p = run("-t", "-c", path)
        self.assertEqual(78, p.returncode)
        self.assertRegex(p.stderr, why)

    def test_what_contradicts_itself(self):
        self.refuses("prefix = true;", "'prefix'.*only lines", "length")
        self.refuses('room = "";', "'room'.*name a fact")
        self.refuses('history = 1; history_bytes = "2m";',
                     "'history_bytes'.*too far behind")
        self.refuses('max_message = "33k";', "'max_message'")
        self.refuses('slow = "wat";', "did you mean 'wait'")


main()
