# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""RPM packages: those that build-rpm makes, the same of a later release, and
those of somebody else."""

import glob
import os
import re
import shutil
import subprocess
import tempfile

from tools import header, need, path, run, text, version

STRANGER = """
%global debug_package %{{nil}}
Name: bindery-plugin-{name}
Version: 1
Release: 1
Summary: Something of somebody else's
License: MIT
%description
It is for trying.
%install
install -D {file} %{{buildroot}}%{{_libdir}}/bindery/plugins-1/{name}.so
%files
%{{_libdir}}/bindery/plugins-1/{name}.so
"""
# The libraries and programs that are there already, but not of a package.
SYSTEM = """
Name: system
Version: 1
Release: 1
Summary: What there is
License: MIT
BuildArch: noarch
{provides}
%description
It is Debian's.
%files
"""


def built(case, anew=False):
    """The directory of the packages of this tree: those that were made before
    if they shall do, or some for the class of tests."""
    need("rpmbuild", "rpm", "rpm2cpio", "cpio", "cmake", "git")
    directory = os.environ.get("BINDERY_RPMS")
    if not directory:
        made = tempfile.TemporaryDirectory(prefix="bindery-test-")
        case.addClassCleanup(made.cleanup)
        directory = made.name
    elif anew:
        shutil.rmtree(directory, ignore_errors=True)
    if not os.path.exists(directory + "/build.log"):
        run(path("packaging/build-rpm"), directory, timeout=400)
    return directory


def files(directory):
    """All but the source package."""
    return [f for f in glob.glob(directory + "/*.rpm")
            if not f.endswith(".src.rpm")]


def find(directory, name):
    found = [f for f in files(directory) if re.match(
        rf"{re.escape(name)}-{version()}-[^-]*\.rpm$", os.path.basename(f))]
    if len(found) != 1:
        raise AssertionError(f"packages '{name}' in {directory}: {found}")
    return found[0]


def query(what, *packages):
    """Of files of packages; Debian's rpm grumbles on stderr."""
    return subprocess.run(
        ["rpm", "-qp", what, *packages], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, check=True,
        timeout=60).stdout.splitlines()


def build(top, spec, *options, **more):
    """A spec's text: the files of its packages."""
    os.makedirs(top, exist_ok=True)
    file = os.path.join(top, "a.spec")
    with open(file, "w") as f:
        f.write(spec)
    # Fast to pack; rpm on Debian knows none of what it would need.
    run("rpmbuild", "-bb", "--nodeps", "--define", f"_topdir {top}",
        "--define", "_binary_payload w0.gzdio", "--define",
        "debug_package %{nil}", "--load",
        path("packaging/rpm/macros.elsewhere"), *options, file, **more)
    return glob.glob(top + "/RPMS/*/*.rpm")


def remake(directory, top, release, change=""):
    """The packages of this tree as another release, of the same programs;
    change: a script for the sources."""
    source, = glob.glob(directory + "/*.src.rpm")
    os.makedirs(top + "/SOURCES")
    run("sh", "-ec", 'cd "$1/SOURCES" && rpm2cpio "$2" | cpio -idm --quiet',
        "sh", top, source)
    again = " && ".join(
        f"rpm2cpio {f} | cpio -idm --quiet -D %{{buildroot}}"
        for f in files(directory))
    with open(top + "/SOURCES/bindery.spec") as f:
        spec = f.read()
    for pattern, now in (
            (r"^(Release: *)1", rf"\g<1>{release}"),
            (r"^%autosetup$", f"%autosetup\n{change}"),
            (r"^%cmake (.*\\\n)?.*\n%cmake_build$", ":"),
            (r"^%cmake_install$", again + " && rm -r "
             "%{buildroot}%{_docdir} %{buildroot}%{_defaultlicensedir}"),
            (r"^%check\n(.+\n)+", "")):
        spec, count = re.subn(pattern, lambda m, now=now: m.expand(now)
                              if "\\g" in now else now, spec, flags=re.M)
        if count != 1:
            raise AssertionError(f"'{pattern}' is not in the spec")
    return build(top, spec)


def stand_in(top, packages):
    """One package for all that others need of the system."""
    own = {p.split()[0] for p in query("--provides", *packages)}
    wanted = {re.sub(r"[<>]=?", "=", r) for r in query("--requires", *packages)
              if not r.startswith("rpmlib(") and r.split()[0] not in own}
    return build(top, SYSTEM.format(provides="\n".join(
        f"Provides: {one}" for one in sorted(wanted))))


# ---- plugins of somebody else

def build_plugin(directory, name, content=None):
    """As a file, by hand; content: of another header."""
    include = os.path.join(directory, name, "bindery")
    os.makedirs(include)
    with open(os.path.join(include, "plugin.h"), "w") as f:
        f.write(content or header())
    code = os.path.join(directory, name + ".c")
    with open(code, "w") as f:
        f.write(text("sdk/examples/upper.c").replace('"upper"', f'"{name}"'))
    file = os.path.join(directory, f"{name}.so")
    run("cc", "-shared", "-fPIC", "-fvisibility=hidden",
        "-I" + os.path.dirname(include), code, "-o", file)
    return file


def stranger(directory, name, content=None):
    """A package as another project would make it, with the attributes of
    bindery-devel installed."""
    top = os.path.join(directory, "top-" + name)
    config = os.path.join(top, "rpm")
    os.makedirs(top)
    shutil.copytree("/usr/lib/rpm", config, symlinks=True)
    shutil.copy(path("packaging/rpm/bindery.attr"), config + "/fileattrs")
    shutil.copy(path("packaging/rpm/bindery-requires"), config)
    found, = build(
        top, STRANGER.format(
            name=name, file=build_plugin(directory, name, content)),
        "--define", f"_fileattrsdir {config}/fileattrs",
        "--define", f"_rpmconfigdir {config}",
        env=dict(os.environ, RPM_CONFIGDIR=config))
    return found
