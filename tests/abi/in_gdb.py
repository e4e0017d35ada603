# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Run by gdb on the witness of layout.py, beside the names of its variables:
print what they are."""

import re

import gdb


def text(t):
    """A type, with the parameters of functions; typedefs by their names."""
    if "va_list" in str(t) and "(" not in str(t):
        return "va_list"  # another struct on each kind of machine
    if t.name and t.code == gdb.TYPE_CODE_TYPEDEF:
        return " ".join(w for w in ("const" if "const" in str(t).split()
                                    else "", t.name) if w)
    if t.code == gdb.TYPE_CODE_PTR:
        target = t.target()
        if target.strip_typedefs().code == gdb.TYPE_CODE_FUNC:
            return f"{text(target.target())} (*)({parameters(target)})"
        own = " const" if str(t).endswith("const") else ""
        return f"{text(target)} *{own}"
    if t.code == gdb.TYPE_CODE_FUNC:
        return f"{text(t.target())} ({parameters(t)})"
    if t.code == gdb.TYPE_CODE_ARRAY:
        return f"{text(t.target())} [{t.range()[1] + 1}]"
    return str(t)


def parameters(function):
    fields = [text(f.type) for f in function.fields()]
    return ", ".join(fields + varargs(function)) or "void"


def varargs(function):
    return ["..."] if re.search(r"\.\.\.\)$", str(function)) else []


def print_struct(name, t):
    print(f"struct {name} {t.sizeof}")
    for f in t.fields():
        print(f" {f.bitpos // 8} {f.type.sizeof} {f.name} {text(f.type)}"
              + (f" : {f.bitsize}" if f.bitsize else ""))


def main():
    with open("names") as names:
        wanted = names.read().split()
    groups = {n: g for n, g in (w.split(":") for w in wanted)}
    for name, group in groups.items():
        kind, _, public = name.partition("_")
        value = gdb.parse_and_eval(name)
        if kind == "struct":
            print_struct(public, value.type)
        elif kind == "constant":
            print(f"constant {public} {int(value)} {group}")
        else:
            print(f"call {public} {text(value.type.target())}")
    print("end")


main()
