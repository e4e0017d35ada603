# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What a room tells the operator: figures, answers, and reasons."""

from lib import *
from lib.prometheus import Metrics


class Figures(Room):
    def metric(self, name, **labels):
        m = Metrics(answer(self.d, "metrics")["text"])
        return m(f"bindery_reflect_{name}", pipeline="chat",
                 binding="reflect", **labels)

    def is_so(self, value, name, **labels):
        self.eventually(lambda: self.metric(name, **labels) == value,
                        f"{name} {labels} is {value}, not "
                        f"{self.metric(name, **labels)}")

    def test_what_is_said_and_heard_is_counted(self):
        self.room(workers=2)
        a = self.connect(self.port)
        b = self.connect(self.port)
        self.wait_members(2)
        a.sendall(b"one\ntwo\n")
        for s in (a, b):
            self.hears(s, b"one\ntwo\n")
        self.is_so(2, "messages_in_total")
        self.is_so(8, "in_bytes_total")
        self.is_so(4, "messages_out_total")
        self.is_so(16, "out_bytes_total")
        self.is_so(1, "rooms")
        self.is_so(2, "members")
        self.again(workers=2)
        c = self.member(b"c")
        self.is_so(3, "members")
        self.is_so(3, "messages_in_total")
        for s in (a, b, c):
            s.close()
        self.is_so(0, "members")
        self.is_so(0, "rooms")

    def test_of_a_history_only_what_is_given_is_counted(self):
        self.room("history = 3;")
        a = self.member()
        said = b"".join(b"%d\n" % i for i in range(8))
        a.sendall(said)
        self.hears(a, said)
        self.is_so(8, "messages_out_total")
        b = self.connect(self.port)
        self.hears(b, said[-6:])
        self.is_so(8 + 3, "messages_out_total")
        self.is_so(16 + 6, "out_bytes_total")

    def test_who_is_behind_is_seen(self):
        self.room('buffer = "8m"; slow = "drop"; notices = true;')
        lazy = self.connect(self.port, receive=4096)
        self.hears_until(lazy, b"(1 member)\n")
        s = self.connect(self.port)
        self.hears_until(s, b"(2 members)\n")
        line = b"x" * 999 + b"\n"
        sent = 0
        while self.behind() == 0:
            self.assertLess(sent, 64 << 20)
            for _ in range(500):
                s.sendall(line)
                self.hears(s, line)
            sent += 500 * len(line)
        self.eventually(lambda: self.metric("lag_bytes") > 0, "it lags")
        s.sendall(b"the end\n")
        self.hears(s, b"the end\n")
        self.hears_until(lazy, b"the end\n")
        self.is_so(0, "lag_bytes")
        self.is_so(0, "messages_dropped_total", reason="buffer")

    def behind(self):
        """How many are, as the tool says."""
        rows = answer(self.d, "show", pipeline="chat", binding="reflect")
        return sum(int(said["value"])
                   for w in rows["bindings"][0]["workers"]
                   for said in w["says"] if said["key"] == "behind")

    def test_refusals_are_counted_by_reason(self):
        self.room('max_message = "64"; max_members = 1;')
        s = self.member(b"s")
        self.assertEqual(b"", all_of(self.connect(self.port)))
        self.is_so(1, "refused_total", reason="members")
        s.sendall(b"x" * 64)
        self.assertEqual(b"", all_of(s))
        self.is_so(1, "refused_total", reason="message")
        self.again('room = "jwt.sub";')
        self.assertEqual(b"", all_of(self.connect(self.port)))
        self.is_so(1, "refused_total", reason="room")
        self.is_so(0, "members")

    def test_rooms_are_listed(self):
        self.room('room = "local";', workers=2)
        s = self.member(b"12345")
        said = answer(self.d, "tell", pipeline="chat", binding="reflect",
                      words=["rooms"])
        self.assertIn(f"127.0.0.1:{self.port}", str(said))
        self.assertIn("1 members, 1 messages said", str(said))
        for words in (["room"], ["rooms", "x"]):
            refused = ask(self.d, "tell", pipeline="chat", binding="reflect",
                          words=words)
            self.assertFalse(refused["ok"])
            self.assertIn("say 'rooms'", refused["error"])
        s.close()

    def test_a_connection_says_where_it_is(self):
        self.room('room = "local";')
        s = self.member(b"s")
        rows = answer(self.d, "connections")["connections"]
        self.assertIn("behind_bytes", str(rows))
        self.assertIn(f"127.0.0.1:{self.port}", str(rows))
        s.close()

    def test_explain_knows_the_room(self):
        self.room('room = "tls.server_name";')
        said = answer(self.d, "explain", pipeline="chat",
                      facts={"tls.server_name": "a.example"})
        self.assertIn("a.example", str(said))
        said = ask(self.d, "explain", pipeline="chat")
        self.assertIn("lacks the fact", str(said))


main()
