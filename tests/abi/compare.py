# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The growth rules of the SDK, between two texts of layout.py: what was there
stays as it was, member by member and in its place; what is new stands behind
it, says since when it is there, and has raised the minor."""

import re

# Part of structs that plugins define: they can never grow.
EMBEDDED = {"bnd_list", "bnd_endpoints", "bnd_rows"}

# What may differ: the header's own numbers.
OWN = {"BND_MINOR", "BND_DRAFT"}


def parse(text):
    """{"struct x": [member, ...], "constant X": (value, group),
    "call x": [signature]}"""
    found, members = {}, None
    for line in text.splitlines():
        if line.startswith(" "):
            members.append(line.strip())
            continue
        kind, name, rest = line.split(" ", 2)
        members = []
        if kind == "struct":
            found[f"struct {name}"] = members
        elif kind == "constant":
            found[f"constant {name}"] = rest.split()
        else:
            found[f"{kind} {name}"] = [rest]
    return found


def member_name(member):
    return member.split()[2]


def is_taken_over(old, new):
    """Has a reserved_ of the same place and type become something?"""
    before, after = old.split(" ", 3), (new or "").split(" ", 3)
    return (before[2] == "reserved_" and len(after) == 4
            and before[:2] + before[3:] == after[:2] + after[3:])


class Comparison:
    def __init__(self, old, new):
        self.old, self.new = parse(old), parse(new)
        self.errors, self.grew = [], []  # sentences; (of what, name)
        for what, was in self.old.items():
            is_now = self.new.get(what)
            if is_now is None:
                self.errors.append(f"{what} is gone")
            elif what.startswith("struct "):
                self.struct(what, was, is_now)
            elif what.split()[1] not in OWN and was != is_now:
                self.errors.append(f"{what} was {' '.join(was)}, is now "
                                   f"{' '.join(is_now)}")
        for what in self.new:
            if what not in self.old:
                self.grew.append((what, what.split()[1]))
        self.numbers()

    def struct(self, what, was, is_now):
        for i, member in enumerate(was):
            now = is_now[i] if i < len(is_now) else None
            if now == member:
                continue
            if is_taken_over(member, now):
                self.grew.append((what, member_name(now)))
                continue
            self.errors.append(f"{what}: was '{member}', is now "
                               f"'{now or 'gone'}'")
            return
        for member in is_now[len(was):]:
            if what.split()[1] in EMBEDDED:
                self.errors.append(f"{what} is part of plugins' own structs "
                                   f"and cannot grow: '{member}'")
            self.grew.append((what, member_name(member)))

    def numbers(self):
        """In one enum a number means one thing."""
        seen = {}
        for what, row in self.new.items():
            if not what.startswith("constant ") or row[1] == "macro":
                continue
            if tuple(row) in seen:
                self.errors.append(f"{what} has the number of "
                                   f"{seen[tuple(row)]}, {row[0]}")
            seen[tuple(row)] = what

    def minor(self):
        """Once frozen: raised if and only if something grew."""
        before = int(self.old["constant BND_MINOR"][0])
        after = int(self.new["constant BND_MINOR"][0])
        if self.grew and after <= before:
            self.errors.append(f"BND_MINOR is still {before}, but "
                               f"{self.grew[0][1]} is new: raise it")
        if not self.grew and after != before:
            self.errors.append(f"BND_MINOR is {after} after {before}, but "
                               "nothing is new")

    def since(self, header):
        """Once frozen: what is new says since when."""
        minor = int(self.new["constant BND_MINOR"][0])
        for what, name in self.grew:
            if not is_said(header, what, name, minor):
                self.errors.append(f"{what}: {name} does not say "
                                   f"'since 1.{minor}'")


def body(header, what):
    """The part of the header where a struct's members stand; all of it for
    other things."""
    kind, name = what.split()
    if kind != "struct":
        return header
    m = re.search(rf"^struct {name} \{{.*?^\}};", header,
                  re.MULTILINE | re.DOTALL)
    return m[0] if m else ""


def is_said(header, what, name, minor):
    """Does "since 1.N" stand on its line, or in the nearest comment above that
    says it of anything?"""
    text = body(header, what)
    m = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", re.sub(
        r"/\*.*?\*/", lambda c: " " * len(c[0]), text, flags=re.DOTALL))
    if not m:
        return False
    end = text.find("\n", m.end())
    marks = re.findall(r"since 1\.(\d+)", text[:end])
    return bool(marks) and int(marks[-1]) == minor


def compare(old, new, header, is_frozen):
    """A Comparison of the texts; header is the new one's."""
    c = Comparison(old, new)
    if is_frozen:
        c.minor()
        c.since(header)
    return c
