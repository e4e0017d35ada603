# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Headers that are wrong on purpose, and some that are right: what the guards
must say of each.  They start from the header as if it were frozen today."""

import re

import layout


class Seed:
    """edits: (what stands there once, what is to stand there); finds: what an
    error must say, None: there is none; is_seen: by abidiff too."""

    def __init__(self, name, *edits, finds, is_seen=True):
        self.name, self.edits, self.finds = name, edits, finds
        self.is_seen = is_seen

    def header(self):
        text = frozen()
        for old, new in self.edits:
            if text.count(old) != 1:
                raise AssertionError(f"seed '{self.name}': '{old}' stands "
                                     f"{text.count(old)} times in the header")
            text = text.replace(old, new)
        return text


def frozen():
    """The header, of a minor that is 0."""
    text = layout.read()
    for name in ("DRAFT", "MINOR"):
        text, n = re.subn(rf"^(#define BND_{name}) \d+", r"\1 0", text, 1,
                          re.MULTILINE)
        assert n == 1
    return text


RAISED = ("#define BND_MINOR 0 ", "#define BND_MINOR 1 ")
CALLBACK = """\
    int  (*command)(struct bnd_worker *w, const struct bnd_list *words,
        struct bnd_answer *a);
"""
NEW_CALLBACK = (CALLBACK, CALLBACK + """    /* since 1.1: a second opinion */
    void (*ponder)(struct bnd_stage *st);
""")
FUNCTION = "    const void *(*ext)(const char *id);\n"
NEW_FUNCTION = (FUNCTION, FUNCTION + "    int (*mull)(struct bnd_stage *st); "
                "/* since 1.1 */\n")
METRIC = "    void (*metric)(struct bnd_worker *, unsigned id, int64_t value);"

GOOD = [
    Seed("nothing new", finds=None),
    Seed("a callback, a function, a number and a taken reserve",
         RAISED, NEW_CALLBACK, NEW_FUNCTION,
         ("    BND_SOURCE = 3              /*",
          "    BND_SINK_TWICE = 4,         /* since 1.1 */\n"
          "    BND_SOURCE = 3              /*"),
         ("    uint32_t datagram;     /* 1: blocks are datagrams */\n"
          "    uint32_t reserved_;",
          "    uint32_t datagram;     /* 1: blocks are datagrams */\n"
          "    uint32_t mood;         /* since 1.1 */"),
         finds=None),
]

BREAKS = [
    Seed("a member inserted in the middle", RAISED,
         ("    void (*commit)(struct bnd_stage *, unsigned side, size_t n);",
          "    void (*mull)(struct bnd_stage *); /* since 1.1 */\n"
          "    void (*commit)(struct bnd_stage *, unsigned side, size_t n);"),
         finds="struct bnd_host: was '80 8 commit .*', is now '80 8 mull"),
    Seed("a parameter widened",
         (METRIC, METRIC.replace("unsigned id", "uint64_t id")),
         finds="struct bnd_host: was '.* metric .*unsigned int, int64_t"),
    Seed("a parameter widened together with a good append",
         RAISED, NEW_CALLBACK, NEW_FUNCTION,
         (METRIC, METRIC.replace("unsigned id", "uint64_t id")),
         finds="struct bnd_host: was '.* metric .*unsigned int, int64_t"),
    Seed("a result changed",
         ("    int (*ended)(struct bnd_stage *, unsigned side);",
          "    size_t (*ended)(struct bnd_stage *, unsigned side);"),
         finds="struct bnd_host: was '.* ended int"),
    Seed("a parameter of a callback that is a parameter",
         ("    int (*work)(struct bnd_worker *, struct bnd_stage *, "
          "void (*run)(void *arg),",
          "    int (*work)(struct bnd_worker *, struct bnd_stage *, "
          "void (*run)(const void *arg),"),
         ("{ return bnd_host->work(st->worker, st, run, done, arg); }",
          "{ return bnd_host->work(st->worker, st, (void (*)(const void *))run,"
          " done, arg); }"),
         ("{ return bnd_host->work(w, NULL, run, done, arg); }",
          "{ return bnd_host->work(w, NULL, (void (*)(const void *))run, done,"
          " arg); }"),
         finds="struct bnd_host: was '.* work ", is_seen=False),
    Seed("two members swapped",
         ("    void (*drain)(struct bnd_stage *st); /* superseded, or the "
          "host ends */\n", ""),
         ("    void (*flow)(struct bnd_stage *st);\n",
          "    void (*drain)(struct bnd_stage *st);\n"
          "    void (*flow)(struct bnd_stage *st);\n"),
         finds="struct bnd_type: was '.* flow .*', is now '.* drain"),
    Seed("a callback removed",
         ("    void (*drain)(struct bnd_stage *st); /* superseded, or the "
          "host ends */\n", ""),
         finds="struct bnd_type: was '.* drain .*', is now '.* close"),
    Seed("the last callback removed", (CALLBACK, ""),
         finds="struct bnd_type: was '.* command .*', is now 'gone'"),
    Seed("an option's field narrowed",
         ("    int64_t min, max;          /* of the value",
          "    int32_t min, max;          /* of the value"),
         finds="struct bnd_option: was '48 8 min int64_t', is now "
         "'48 4 min int32_t'"),
    Seed("a member renamed",
         ("    uint32_t peer_size, reserved_;", "    uint32_t size, "
          "reserved_;"),
         finds="struct bnd_accept: was '16 4 peer_size", is_seen=False),
    Seed("a struct that plugins embed grown", RAISED,
         ("struct bnd_list { size_t n; const char *const *v; };",
          "struct bnd_list { size_t n; const char *const *v;\n"
          "    size_t m; /* since 1.1 */ };"),
         finds="struct bnd_list is part of plugins' own structs"),
    Seed("an enumerator renumbered",
         ("BND_WARN = 4, BND_NOTICE = 5", "BND_WARN = 2, BND_NOTICE = 5"),
         finds="constant BND_WARN was 4 BND_ERROR, is now 2", is_seen=False),
    Seed("an enumerator removed",
         ("BND_COUNTER = 1, BND_GAUGE = 2, ", "BND_COUNTER = 1, "),
         finds="constant BND_GAUGE is gone", is_seen=False),
    Seed("a number used twice", RAISED,
         ("    BND_SOURCE = 3              /*",
          "    BND_DRAIN = 3,              /* since 1.1 */\n"
          "    BND_SOURCE = 3              /*"),
         finds="constant BND_SOURCE has the number of constant BND_DRAIN",
         is_seen=False),
    Seed("a macro's value changed",
         ("#define BND_EVERY_WORKER UINT32_MAX ",
          "#define BND_EVERY_WORKER INT32_MAX "),
         finds="constant BND_EVERY_WORKER was 4294967295", is_seen=False),
    Seed("another minor wanted by default",
         RAISED, NEW_FUNCTION,
         ("#define BND_MINOR_WANTED 0", "#define BND_MINOR_WANTED 1"),
         finds="constant BND_MINOR_WANTED was 0", is_seen=False),
    Seed("a function of the source changed",
         ("bnd_eat(struct bnd_stage *st, unsigned side, size_t n)",
          "bnd_eat(struct bnd_stage *st, unsigned side, uint32_t n)"),
         finds="call bnd_eat was size_t .* is now", is_seen=False),
    Seed("grown without a raised minor", NEW_CALLBACK,
         finds="BND_MINOR is still 0, but ponder is new"),
    Seed("a raised minor and nothing new", RAISED,
         finds="BND_MINOR is 1 after 0, but nothing is new", is_seen=False),
    Seed("new, and nobody says since when", RAISED,
         (FUNCTION, FUNCTION + "    int (*mull)(struct bnd_stage *st);\n"),
         finds="struct bnd_host: mull does not say 'since 1.1'"),
    Seed("new, and said of another minor", RAISED,
         (FUNCTION, FUNCTION + "    /* since 1.2 */\n"
          "    int (*mull)(struct bnd_stage *st);\n"),
         finds="struct bnd_host: mull does not say 'since 1.1'"),
]
