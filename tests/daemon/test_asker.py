# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What no host gives a plugin, ours refuses, with the errno that the header
says; tests/unit/test-kit-host.c asks the test kit the same."""

from lib import *


class Asker(Case):
    def test_what_is_refused(self):
        port = FreePort.get()
        self.daemon('a = ( { type = "tcp-server"; listen = '
                    f'"127.0.0.1:{port}"; }}, {{ type = "asker"; }} );',
                    workers=2)
        s = self.connect(port)
        said = b""
        while data := s.recv(4096):
            said += data
        self.assertEqual(b"done\n", said)



if __name__ == "__main__":
    main()
