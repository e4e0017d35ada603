# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What plugins answer through the control socket: show, tell, explain."""

from lib import *
from lib.control import Control


class Asking(Control):
    def serve(self, ways='ways = ( { value = "admin"; exit = "admin"; }, '
              '{ value = "ring"; exit = "ring"; }, { value = "plain"; } ); '
              'otherwise = "refuse";', server="", **more):
        self.port = FreePort.get()
        return self.daemon(
            self.listener("gate", self.port,
                          f'{{ type = "route"; {ways} }}, '
                          '{ type = "tcp-client"; '
                          'connect = "127.0.0.1:9"; }', server)
            + 'admin = ( { type = "pass"; }, { type = "echo"; } ); '
            'ring = ( { type = "route"; name = "r"; ways = ( '
            '{ value = "other"; exit = "admin"; } ); }, '
            '{ type = "echo"; } );', **more)

    def explain(self, d, **arguments):
        """The steps as (binding, verdict), the last one, and the outcome."""
        answer = self.ask(d, "explain", pipeline="gate", **arguments)
        steps = answer["steps"]
        return ([(s["pipeline"] + "/" + s["binding"], s["verdict"])
                 for s in steps], steps[-1], answer["outcome"])

    def test_show(self):
        d = self.serve(workers=2)
        rows = self.ask(d, "show", pipeline="gate", binding="route")
        (row,) = rows["bindings"]
        self.assertEqual(("gate", "route", "route"), (
            row["pipeline"], row["binding"], row["type"]))
        self.assertEqual(
            [(i, [{"key": "stages", "value": "0"}]) for i in (0, 1)],
            [(w["worker"], w["says"]) for w in row["workers"]])
        self.assertEqual(7, len(self.ask(d, "show")["bindings"]))
        self.assertEqual(3, len(self.ask(d, "show", pipeline="gate")[
            "bindings"]))
        self.refused(d, "no binding 'x'", "show", pipeline="gate", binding="x")
        self.refused(d, "needs 'pipeline'", "show", binding="route")
        self.refused(d, "no pipeline 'gat', is 'gate' meant", "show",
                     pipeline="gat")

    def test_tell(self):
        d = self.serve(workers=2)

        def tell(*words):
            return self.ask(d, "tell", pipeline="gate", binding="route",
                            words=list(words))["says"]
        self.assertEqual([], tell())
        self.assertEqual([{"key": "word", "value": w} for w in ("a", "b c")],
                         tell("a", "b c"))
        self.assertEqual(1024, len(tell("flood")))
        _, odd = tell("odd")
        self.assertEqual("?", odd["key"])
        self.assertLess(len(odd["value"]), 5000)
        self.assertNotIn("\x1b", odd["value"])
        for word, sentence in (("fail", "^told to fail by worker 0$"),
                               ("fail-silently", "Operation not permitted")):
            self.refused(d, sentence, "tell", pipeline="gate",
                         binding="route", words=[word])
        self.refused(d, "takes no commands", "tell", pipeline="admin",
                     binding="echo", words=[])
        self.refused(d, "needs argument 'words'", "tell", pipeline="gate",
                     binding="route")

    def test_explain_verdicts(self):
        d = self.serve()
        steps, last, outcome = self.explain(d, identity="plain")
        self.assertEqual([("gate/tcp-server", "next"), ("gate/route", "next"),
                          ("gate/tcp-client", "end")], steps)
        self.assertIn("taken by gate/tcp-client", outcome)
        self.assertIn({"key": "connect", "value": "127.0.0.1:9"},
                      last["says"])
        steps, _, outcome = self.explain(d, identity="admin")
        self.assertEqual([("gate/tcp-server", "next"), ("gate/route", "exit"),
                          ("admin/pass", "unknown"), ("admin/echo", "end")],
                         steps)
        self.assertIn("admin/echo", outcome)
        steps, last, outcome = self.explain(d, identity="nobody")
        self.assertEqual(("gate/route", "refused"), steps[-1])
        self.assertEqual("no way for identity 'nobody'", last["why"])
        self.assertEqual(
            "refused by gate/route: no way for identity 'nobody'", outcome)
        steps, last, _ = self.explain(d)
        self.assertEqual("refused", last["verdict"])
        self.assertIn({"key": "identity", "value": "unknown"}, last["says"])
        steps, _, outcome = self.explain(d, identity="ring")
        self.assertEqual([("ring/r", "next"), ("ring/echo", "end")],
                         steps[2:])
        self.assertEqual("taken by ring/echo", outcome)
        self.assertEqual("admin", self.ask(
            d, "explain", pipeline="gate",
            identity="admin")["steps"][1]["exit"])

    def test_explain_begins_at_a_target(self):
        d = self.serve()
        answer = self.ask(d, "explain", pipeline="admin")
        self.assertEqual(["unknown", "end"],
                         [s["verdict"] for s in answer["steps"]])

    def test_explain_facts(self):
        for fact, arguments in (
                ("tls.server_name", {"server_name": "admin"}),
                ("jwt.role", {"claims": {"role": "admin"}}),
                ("my.own", {"facts": {"my.own": "admin"}})):
            d = self.serve(f'fact = "{fact}"; ways = ( {{ value = "admin"; '
                           'exit = "admin"; } ); otherwise = "refuse";')
            self.assertEqual(("gate/route", "exit"),
                             self.explain(d, **arguments)[0][1], fact)
            self.assertEqual(("gate/route", "refused"),
                             self.explain(d)[0][1], fact)

    def test_explain_sources(self):
        d = self.serve("", 'deny = "192.0.2.0/24"; '
                       'allow = [ "192.0.0.0/16", "2001:db8::/32" ];')
        for source, verdict in (
                ("192.0.2.1", "refused"), ("192.0.2.1:80", "refused"),
                ("192.0.3.1", "next"), ("192.1.0.1", "refused"),
                ("2001:db8::1", "next"), ("[2001:db8::1]:80", "next"),
                ("::1", "refused"), ("::ffff:192.0.2.1", "refused")):
            (_, said), last = self.explain(d, source=source)[0][0], \
                self.explain(d, source=source)[1]
            self.assertEqual(verdict, said, source)
            if verdict == "refused":
                self.assertRegex(last["why"], "deny|allow")
        for source in ("", ":80", "192.0.2", "192.0.2.1:", "192.0.2.1:65536",
                       "192.0.2.1:+8", "192.0.2.1: 8", "[::1", "::1]:80",
                       "[::1]80", "[]:80", "[]", "name:80", "x" * 1000):
            self.refused(d, "is no address", "explain", pipeline="gate",
                         source=source)

    def test_explain_too_many_facts(self):
        d = self.serve()
        for facts, sentence in (
                ({f"f{i}": "x" for i in range(200)}, "'f64': there are too"),
                ({"": "x"}, "'': it has no name"),
                ({"local": "192.0.2.1:80"}, "'local': .* be an address"),
                ({"k" * 300: "x"}, "'k+': there are too many, or it is too"),
                ({"k" * 600: "x"}, "'k+': it has no name, or a long one")):
            self.refused(d, "cannot set fact " + sentence, "explain",
                         pipeline="gate", facts=facts)

    def test_a_way_that_goes_in_circles_ends(self):
        """Also when it is longer than anybody would build."""
        rest = "".join(
            f'p{i} = ( {{ type = "route"; fact = "go"; ways = ( {{ value = '
            f'"on"; exit = "p{i + 1}"; }} ); }}, {{ type = "echo"; }} ); '
            for i in range(80)) + 'p80 = ( { type = "echo"; } );'
        d = self.daemon(rest)
        answer = self.ask(d, "explain", pipeline="p0", facts={"go": "on"})
        self.assertEqual(64, len(answer["steps"]))
        self.assertIn("64", answer["outcome"])


main()
