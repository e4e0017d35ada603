# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What the SDK header promises, as text: every public struct with the offset,
size and type of each member, the signature of every function pointer, every
enumerator, the value of every macro, the signature of every inline function.
The compiler says it, in DWARF; gdb reads that (in_gdb.py).

    struct bnd_msg 32
     0 4 tag uint32_t
    ...
    constant BND_ALL 18446744073709551615 macro
    call bnd_avail size_t (struct bnd_stage *, unsigned int)
"""

import os
import re
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../.."))
HEADER = os.path.join(ROOT, "sdk/include/bindery/plugin.h")

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def code_of(header):
    """The header without comments, a logical line each."""
    return COMMENT.sub(" ", header).replace("\\\n", " ")


def macros(code):
    """Names of those that stand for a number."""
    for name, body in re.findall(r"^#define (BND_\w+)[ \t]+(\S.*)$", code,
                                 re.MULTILINE):
        if not name.endswith("_") and "__attribute__" not in body:
            yield name


def names(header):
    """(structs, constants, calls) of the header; constants with the name of
    their enum, or of the first in it."""
    code = code_of(header)
    structs = re.findall(r"^struct (bnd_\w+) \{", code, re.MULTILINE)
    constants = {m: "macro" for m in macros(code)}
    for kind, body in re.findall(r"^enum (\w+ )?\{(.*?)\}", code,
                                 re.MULTILINE | re.DOTALL):
        there = re.findall(r"(BND_\w+)\s*=", body)
        constants |= {c: kind.strip() or there[0] for c in there}
    calls = re.findall(r"^(?:BND_PRINTF\(.*?\) )?static inline [^({;]*?"
                       r"\b(bnd_\w+)\(", code, re.MULTILINE)
    return structs, constants, calls


def variables(header):
    """One of a C file for each of these, by name, so that no compiler leaves
    anything out."""
    structs, constants, calls = names(header)
    r = {f"struct_{s}": f"struct {s} struct_{s};" for s in structs}
    r |= {f"constant_{c}": f"const unsigned long long constant_{c} = "
          f"(unsigned long long)({c});" for c in constants}
    return r | {f"call_{c}": f"__typeof__({c}) *call_{c} = {c};"
                for c in calls}


def witness(header):
    """The C file.  Its one function leads a reader of ABIs to all of it."""
    return "\n".join(["#include <bindery/plugin.h>",
                      "BND_HIDDEN const struct bnd_host *bnd_host;",
                      "const struct bnd_type *bnd_plugin_v1("
                      "const struct bnd_host *host)",
                      "{ bnd_host = host; return 0; }",
                      *variables(header).values()]) + "\n"


def write_header(header, directory):
    os.makedirs(os.path.join(directory, "bindery"), exist_ok=True)
    with open(os.path.join(directory, "bindery/plugin.h"), "w") as f:
        f.write(header)


def compile_witness(header, directory, compiler="gcc", *options):
    """The path of what was made of it."""
    write_header(header, directory)
    source = os.path.join(directory, "witness.c")
    made = os.path.join(directory, "witness.so")
    with open(source, "w") as f:
        f.write(witness(header))
    with open(os.path.join(directory, "names"), "w") as f:
        groups = names(header)[1]
        for name in variables(header):
            group = groups.get(name.removeprefix("constant_"), "")
            f.write(f"{name}:{group}\n")
    # -gdwarf-4: what every gdb and libabigail can read.
    subprocess.run([compiler, "-std=c11", "-g", "-gdwarf-4", "-O0", "-shared",
                    "-fPIC", "-Werror", "-I.", "witness.c", "-o",
                    "witness.so", *options], cwd=directory, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT, timeout=60)
    return made


def dump(header, compiler="gcc"):
    """The text, of a header's text."""
    with tempfile.TemporaryDirectory(prefix="bindery-abi-") as directory:
        made = compile_witness(header, directory, compiler)
        p = subprocess.run(
            ["gdb", "-nx", "-q", "-batch", "-iex", "set debuginfod enabled "
             "off", "-x", os.path.join(HERE, "in_gdb.py"), made],
            cwd=directory, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if not p.stdout.endswith("end\n"):
        raise RuntimeError(f"gdb could not read the witness: {p.stderr}")
    return p.stdout[:-len("end\n")]


def number(header, name):
    return int(re.search(rf"^#define BND_{name} (\d+)", header,
                         re.MULTILINE)[1])


def version(header):
    """"1.0-draft1", or "1.0" once it is frozen."""
    draft = number(header, "DRAFT")
    return (f"{number(header, 'MAJOR')}.{number(header, 'MINOR')}"
            + (f"-draft{draft}" if draft else ""))


def read(path=HEADER):
    with open(path) as f:
        return f.read()
