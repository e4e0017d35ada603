# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""What tests of the daemon's behaviour stand on.  A test is one file,
tests/daemon/test_NAME.py, that begins with "from lib import *" and ends with
"main()"; it runs by itself, against the build that BINDERY_BUILD names."""

from .asking import answer, ask
from .build import BINDERYD, BUILD, PLUGINS, ROOT, TEST_PLUGINS, has_ipv6
from .build import IS_COVERAGE, IS_SANITIZED, SCALE, SHIM
from .case import Case, main
from .daemon import Daemon, environment, hold, run, shim
from .fake import BINDERY, FakeDaemon, Terminal, bad, bindery, good
from .heirs import HeirsCase, children, is_running, pipeline
from .middle import Middle, needs, proxy_of, thrice
from .peers import (PATTERN, Backend, FreePort, all_of, exactly, give_back,
                    is_reset, pattern, receive_pattern, reset, send_pattern)
from .proc import cpu_seconds, fd_count, kernel_most, raise_files, rss
from .reloads import WRONG, Reload, client_of, greet, server
from .rooms import Room, length, reflect
from .traffic import EchoServer, Streams, Visitors

__all__ = [name for name in dir() if not name.startswith("_")]
