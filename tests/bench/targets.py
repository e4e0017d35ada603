# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The servers that the benchmark drives: each writes its own configuration
into a directory of its own, runs there in the foreground, quiet, and is known
by its processes.  None is ever run as a system service."""

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import time

START_LIMIT_S = 10
STOP_LIMIT_S = 3
CONNECTIONS = 6000  # at most; with their pipes they must fit RLIMIT_NOFILE

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A target that does not run, or a measurement that says nothing."""


def free_port():
    """A loopback port below the range from which clients get theirs."""
    for _ in range(1000):
        port = random.randrange(16000, 32000)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise Failed("no free port")


def on_cpus(cpus):
    """For preexec_fn: run there, and do not outlive the benchmark."""
    def prepare():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        os.sched_setaffinity(0, cpus)
    return prepare


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def family(pid):
    """The process and all that descend from it."""
    parents = {int(p): parent_of(p) for p in os.listdir("/proc")
               if p.isdigit()}
    found = [pid]
    for member in found:
        found += [p for p, parent in parents.items() if parent == member]
    return found


class Target:
    """One server.  A subclass says what to run and how it is configured."""

    name = "?"
    lanes = ("gate",)  # what it can be asked for: a port each
    load_options = ()  # for the load generator

    def __init__(self, tools, directory, workers, lanes=None):
        self.tools = tools
        self.workers = workers
        self.directory = directory
        self.ports = {lane: free_port() for lane in lanes or self.lanes}
        self.process = None
        os.makedirs(directory, exist_ok=True)

    @classmethod
    def missing(cls, tools):
        """Why it cannot be run here, or None."""
        return None

    @classmethod
    def version(cls, tools):
        return None

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def certificate(self):
        """A PEM file, certificate and P-256 key: ECDSA, self-signed."""
        path = os.path.join(self.tools.directory, "certificate.pem")
        if not os.path.exists(path):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", "/CN=bench.example", "-keyout", path + ".key",
                 "-out", path + ".crt"], check=True,
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with open(path, "w") as both:
                for part in (path + ".crt", path + ".key"):
                    with open(part) as f:
                        both.write(f.read())
        return path

    def command(self, backend):
        """Write the configuration; the argument vector that runs it."""
        raise NotImplementedError

    def start(self, backend, cpus):
        with open(self.path("output"), "w") as output:
            self.process = subprocess.Popen(
                self.command(backend), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, preexec_fn=on_cpus(cpus))
        try:
            for port in self.ports.values():
                self.wait_for(port)
        except Failed:
            self.stop()
            raise
        time.sleep(0.1)  # children and threads of the start settle

    def wait_for(self, port):
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise Failed(f"{self.name} does not listen; it said: {self.said()}")

    def said(self):
        with open(self.path("output"), errors="replace") as f:
            return f.read().strip()[-500:] or "nothing"

    @property
    def has_ended(self):
        return self.process is None or self.process.poll() is not None

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            for pid in family(self.process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
        self.process = None

    def pids(self):
        if self.has_ended:
            raise Failed(f"{self.name} has ended; it said: {self.said()}")
        return family(self.process.pid)

    def private_bytes(self):
        """Memory that is nobody else's, of all its processes."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup") as f:
                for line in f:
                    if line.startswith("Private_"):
                        total += int(line.split()[1]) * 1024
        return total


def first_line(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=10)
    return (done.stdout.splitlines() or ["?"])[0]


class Binderyd(Target):
    name = "binderyd"
    lanes = ("gate", "echo", "tls", "room")

    @classmethod
    def missing(cls, tools):
        if not os.access(tools.binderyd, os.X_OK):
            return f"{tools.binderyd} does not exist"
        return None

    @classmethod
    def version(cls, tools):
        return first_line(tools.binderyd, "-V")

    def pipeline(self, lane):
        first = ('{ type = "tcp-server"; listen = "127.0.0.1:%d"; '
                 'max_per_source = 100000; backlog = 4096; }'
                 % self.ports[lane])
        middle = []
        last = '{ type = "tcp-client"; connect = "127.0.0.1:%d"; }' \
            % self.backend
        if lane == "tls":
            middle = ['{ type = "tls"; certificate = "%s"; '
                      'max_handshakes = 100000; }' % self.certificate()]
        if lane == "guard":
            middle = ['{ type = "jwt-guard"; %s }'
                      % self.tools.guard.options()]
        if lane == "echo":
            last = '{ type = "echo"; }'
        elif lane == "room":
            last = '{ type = "reflect"; framing = "line"; }'
        elif lane.startswith("pass"):
            middle = ['{ type = "pass"; name = "pass%d"; }' % i
                      for i in range(int(lane[4:]))]
        return "  %s = (\n    %s\n  );\n" % (
            lane, ",\n    ".join([first] + middle + [last]))

    def command(self, backend):
        self.backend = backend
        paths = ", ".join(f'"{p}"' for p in
                          (self.tools.test_plugins, self.tools.plugins)
                          if os.path.isdir(p))
        text = (f"workers = {self.workers};\n"
                f"plugin_path = [ {paths} ];\n"
                'log = { level = "warning"; target = "stderr"; };\n'
                'control = { socket = "%s"; };\n'
                "pipelines:\n{\n%s};\n"
                % (self.path("control"),
                   "".join(map(self.pipeline, self.ports))))
        return [self.tools.binderyd, "-c", self.write("bindery.conf", text),
                "-p", self.tools.plugins]


class Haproxy(Target):
    name = "haproxy"
    lanes = ("gate", "tls")
    globals = ""
    defaults = ""

    @classmethod
    def missing(cls, tools):
        return None if tools.haproxy else "haproxy is not installed"

    @classmethod
    def version(cls, tools):
        return first_line(tools.haproxy, "-v")

    def listen(self, lane):
        name, port = lane
        tls = f" ssl crt {self.certificate()}" if name == "tls" else ""
        return (f"frontend {name}\n  bind 127.0.0.1:{port}{tls}\n"
                "  default_backend b\n")

    def command(self, backend):
        text = (f"global\n  nbthread {self.workers}\n"
                f"  maxconn {CONNECTIONS}\n{self.globals}"
                "defaults\n  mode tcp\n  timeout connect 10s\n"
                "  timeout client 1h\n  timeout server 1h\n"
                f"  maxconn {CONNECTIONS}\n{self.defaults}")
        text = (text
                + "".join(map(self.listen, self.ports.items()))
                + f"backend b\n  server backend 127.0.0.1:{backend}\n")
        return [self.tools.haproxy, "-db", "-f",
                self.write("haproxy.cfg", text)]


class HaproxySplice(Haproxy):
    name = "haproxy-splice"
    lanes = ("gate",)
    defaults = "  option splice-request\n  option splice-response\n"


class Haproxy64k(Haproxy):
    name = "haproxy-64k"
    lanes = ("gate",)
    globals = "  tune.bufsize 65536\n"


NGINX_STREAM = ("/usr/lib/nginx/modules/ngx_stream_module.so",
                "/usr/lib64/nginx/modules/ngx_stream_module.so")


class Nginx(Target):
    name = "nginx"
    lanes = ("gate", "tls")
    server = ""

    @classmethod
    def module(cls):
        return next(filter(os.path.exists, NGINX_STREAM), None)

    @classmethod
    def missing(cls, tools):
        if not tools.nginx:
            return "nginx is not installed"
        return None if cls.module() else "nginx has no stream module"

    @classmethod
    def version(cls, tools):
        return first_line(tools.nginx, "-v")

    def listen(self, lane, backend):
        name, port = lane
        flag = tls = ""
        if name == "tls":
            flag, pem = " ssl", self.certificate()
            tls = (f"    ssl_certificate {pem};\n"
                   f"    ssl_certificate_key {pem};\n"
                   "    ssl_protocols TLSv1.2 TLSv1.3;\n"
                   "    ssl_session_cache shared:tls:10m;\n")
        return (f"  server {{\n    listen 127.0.0.1:{port}{flag} "
                "backlog=4096;\n"
                f"    proxy_pass 127.0.0.1:{backend};\n"
                f"    proxy_timeout 1h;\n{tls}{self.server}  }}\n")

    def command(self, backend):
        error_log = self.path("error.log")
        text = (f"load_module {self.module()};\n"
                f"daemon off;\nworker_processes {self.workers};\n"
                f"pid {self.path('pid')};\nerror_log {error_log} crit;\n"
                "worker_rlimit_nofile 20000;\n"
                f"events {{ worker_connections {2 * CONNECTIONS}; }}\n"
                "stream {\n  access_log off;\n"
                + "".join(self.listen(lane, backend)
                          for lane in self.ports.items()) + "}\n")
        return [self.tools.nginx, "-p", self.directory, "-e", error_log,
                "-c", self.write("nginx.conf", text)]


class Nginx64k(Nginx):
    name = "nginx-64k"
    lanes = ("gate",)
    server = "    proxy_buffer_size 64k;\n"


class Hitch(Target):
    name = "hitch"
    lanes = ("tls",)

    @classmethod
    def missing(cls, tools):
        return None if tools.hitch else "hitch is not installed"

    @classmethod
    def version(cls, tools):
        return first_line(tools.hitch, "--version")

    def command(self, backend):
        text = (f'frontend = "[127.0.0.1]:{self.ports["tls"]}"\n'
                f'backend = "[127.0.0.1]:{backend}"\n'
                f'pem-file = "{self.certificate()}"\n'
                f"workers = {self.workers}\nbacklog = 4096\n"
                'daemon = off\nquiet = on\ntls-protos = TLSv1.2 TLSv1.3\n')
        if os.getuid() == 0:  # it refuses to work as root
            text += 'user = "nobody"\n'
        return [self.tools.hitch, "--config",
                self.write("hitch.conf", text)]


class EchoRef(Target):
    """A bare epoll echo server: the yardstick of the echo binding."""

    name = "echo-ref"
    lanes = ("echo",)

    def command(self, backend):
        return [self.tools.load, "echo-ref", "--to",
                str(self.ports["echo"]), "--seconds", "7200"]


class RoomRef(Target):
    """A bare broadcast server: the yardstick of the reflect binding."""

    name = "room-ref"
    lanes = ("room",)

    def command(self, backend):
        return [self.tools.load, "room-ref", "--to",
                str(self.ports["room"]), "--seconds", "7200"]


class Redis(Target):
    """Its channels: a message comes in an envelope, and counts as one."""

    name = "redis"
    lanes = ("room",)
    load_options = ("--redis",)

    @classmethod
    def missing(cls, tools):
        return None if tools.redis else "redis-server is not installed"

    @classmethod
    def version(cls, tools):
        return first_line(tools.redis, "--version")

    def command(self, backend):
        return [self.tools.redis, "--port", str(self.ports["room"]),
                "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", self.directory, "--maxclients", str(CONNECTIONS),
                "--tcp-backlog", "4096"]


class Backend(Target):
    name = "backend"
    lanes = ("backend",)

    def command(self, backend):
        return [self.tools.load, "serve", "--to",
                str(self.ports["backend"]), "--seconds", "7200"]


PROXIES = (Binderyd, Haproxy, HaproxySplice, Haproxy64k, Nginx, Nginx64k)
ALL = {cls.name: cls for cls in PROXIES + (Hitch, EchoRef, RoomRef,
                                                   Redis)}


def find_program(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
