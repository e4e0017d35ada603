# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""Debian packages: those that build-deb makes, others made of them, and a
directory that apt installs from."""

import glob
import hashlib
import os
import re
import shutil
import tempfile

from tools import need, path, run, text, version


def build(directory, **more):
    """The packages of this tree, and the log of the build."""
    run(path("packaging/build-deb"), directory, timeout=400, **more)


def built(case):
    """The directory of the packages of this tree: one that was made before,
    or one for the class of tests."""
    need("dpkg-buildpackage", "dh", "dpkg-scanpackages", "git")
    directory = os.environ.get("BINDERY_PACKAGES")
    if not directory:
        made = tempfile.TemporaryDirectory(prefix="bindery-test-")
        case.addClassCleanup(made.cleanup)
        directory = made.name
    if not os.path.exists(directory + "/build.log"):
        build(directory)
    return directory


def field(file, name):
    return run("dpkg-deb", "--field", file, name).strip()


def find(directory, package, number=None):
    found = glob.glob(f"{directory}/{package}_{number or version()}_*.deb")
    if len(found) != 1:
        raise AssertionError(f"packages '{package}' in {directory}: {found}")
    return found[0]


def digests(directory):
    """Of what must not differ from build to build, by name."""
    found = {}
    for file in sorted(glob.glob(directory + "/*.deb")
                       + glob.glob(directory + "/*.tar.*")):
        with open(file, "rb") as f:
            found[os.path.basename(file)] = hashlib.sha256(
                f.read()).hexdigest()
    return found


def remake(file, directory, number, change=lambda control: control,
           program=None):
    """The same package in another version, or otherwise changed; program: a
    script instead of the daemon."""
    tree = os.path.join(directory, "remade")
    run("dpkg-deb", "--raw-extract", file, tree)
    control = os.path.join(tree, "DEBIAN/control")
    with open(control) as f:
        content = f.read()
    content = re.sub(r"^Version: .*", f"Version: {number}", content,
                     flags=re.MULTILINE)
    with open(control, "w") as f:
        f.write(change(content))
    if program:
        with open(os.path.join(tree, "usr/sbin/binderyd"), "w") as f:
            f.write(program)
    run("dpkg-deb", "--root-owner-group", "--build", tree, directory)
    shutil.rmtree(tree)


def copy_source(directory):
    """What autopkgtest has of the source package."""
    shutil.copytree(path("packaging/debian/tests"), directory
                    + "/debian/tests")
    for name in ("etc/examples", "sdk/examples"):
        shutil.copytree(path(name), os.path.join(directory, name))


def index(directory):
    """Let apt know what there is."""
    with open(os.path.join(directory, "Packages"), "w") as f:
        f.write(run("sh", "-c", "dpkg-scanpackages --multiversion . "
                    "2>/dev/null", cwd=directory))


def make_plugin(directory, name, header=None):
    """The source of a package as a stranger would make it, of the example of
    the SDK; header: instead of that of the SDK."""
    tree = os.path.join(directory, f"bindery-plugin-{name}")
    os.makedirs(os.path.join(tree, "debian/source"))
    code = text("sdk/examples/upper.c").replace('"upper"', f'"{name}"')
    files = {
        f"{name}.c": code,
        "CMakeLists.txt": f"""cmake_minimum_required(VERSION 3.20)
project({name} LANGUAGES C)
find_package(bindery REQUIRED)
{'include_directories(BEFORE include)' if header else ''}
bnd_add_plugin({name} SOURCES {name}.c)
""",
        "debian/changelog": f"""\
bindery-plugin-{name} (1.0) unstable; urgency=low

  * First.

 -- Some One <some@one.invalid>  Sat, 21 Nov 2026 12:00:00 +0000
""",
        "debian/source/format": "3.0 (native)\n",
        "debian/control": f"""Source: bindery-plugin-{name}
Section: net
Priority: optional
Maintainer: Some One <some@one.invalid>
Build-Depends: debhelper-compat (= 13), dh-sequence-bindery, cmake
Standards-Version: 4.6.2

Package: bindery-plugin-{name}
Architecture: any
Depends: ${{bindery:Depends}}, ${{shlibs:Depends}}, ${{misc:Depends}}
Description: something of somebody else's
 It is for trying.
""",
        "debian/rules": "#!/usr/bin/make -f\n%:\n\tdh $@\n",
    }
    if header:
        files["include/bindery/plugin.h"] = header
    for file, content in files.items():
        file = os.path.join(tree, file)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w") as f:
            f.write(content)
    os.chmod(os.path.join(tree, "debian/rules"), 0o755)
    return tree
