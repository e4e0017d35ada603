# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""For gdb: the symbols of all plugin images of a running binderyd, those whose
files were replaced since included.  By itself gdb takes the new file for the old
image, because the path is the same, and is wrong about names and addresses.

    gdb -iex 'set auto-solib-add off' -p PID -x bindery-gdb.py

"bindery-symbols" does it again after a reload.  Opening a file that is there
only because it is mapped needs root."""

import re

import gdb

ROW = re.compile(r"([0-9a-f]+-[0-9a-f]+) \S+ 0+ \S+ (\d+) +(/.*)$")
GONE = " (deleted)"


def images(pid):
    """(address, file to read, name) of each library that is mapped."""
    seen = set()
    with open(f"/proc/{pid}/maps") as maps:
        for row in maps:
            m = ROW.match(row)
            if not m or ".so" not in m[3] or m.group(2, 3) in seen:
                continue
            seen.add(m.group(2, 3))
            name = m[3].removesuffix(GONE)
            file = (f"/proc/{pid}/map_files/{m[1]}" if m[3].endswith(GONE)
                    else name)
            yield int(m[1].split("-")[0], 16), file, name


class BinderySymbols(gdb.Command):
    """Read the symbols of every image, each from the file that is mapped."""

    def __init__(self):
        super().__init__("bindery-symbols", gdb.COMMAND_FILES)
        self.known = set()

    def invoke(self, argument, from_tty):
        for address, file, name in images(gdb.selected_inferior().pid):
            if address in self.known:
                continue
            self.known.add(address)
            gdb.execute(f"add-symbol-file {file} -o {address:#x}",
                        to_string=True)
            if file != name:
                print(f"{address:#x}: {name} as it was before it was replaced")


BinderySymbols()
gdb.execute("bindery-symbols")
