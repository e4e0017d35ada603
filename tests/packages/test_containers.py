# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The recipe of the image and the manifests for Kubernetes: what can be told
without either.  That the daemon runs as they want it is test_life's."""

import glob
import os
import re
import shlex
import tempfile
import unittest

import yaml

from tools import path, run, text, try_run, version

INSTRUCTIONS = {"FROM", "COPY", "WORKDIR", "RUN", "USER", "STOPSIGNAL",
                "HEALTHCHECK", "ENTRYPOINT", "CMD"}
KINDS = {"ConfigMap": "v1", "Deployment": "apps/v1", "Service": "v1",
         "PodDisruptionBudget": "policy/v1"}
# What a value may be made of.
QUANTITY = re.compile(r"^\d+(m|Ki|Mi|Gi)?$")
BUILD = os.environ.get("BINDERY_BUILD", path("build"))


def instructions():
    """Of the Containerfile: (word, rest) each, lines joined."""
    lines = [line for line in text("packaging/Containerfile").splitlines()
             if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines()
            if line]


class Containerfile(unittest.TestCase):
    def rest(self, word):
        return [rest for w, rest in instructions() if w == word]

    def test_it_is_made_of_known_instructions(self):
        self.assertEqual("FROM", instructions()[0][0])
        for word, rest in instructions():
            self.assertIn(word, INSTRUCTIONS)
            self.assertTrue(rest)

    def test_its_scripts_are_sound(self):
        for script in self.rest("RUN"):
            run("sh", "-n", "-c", script)

    def test_lists_are_lists(self):
        for word in ("ENTRYPOINT", "CMD"):
            rest, = self.rest(word)
            self.assertIsInstance(yaml.safe_load(rest), list)

    def test_stages_that_are_copied_from_exist(self):
        stages = re.findall(r"AS (\w+)$", "\n".join(self.rest("FROM")), re.M)
        for rest in self.rest("COPY"):
            for stage in re.findall(r"--from=(\w+)", rest):
                self.assertIn(stage, stages)

    def test_it_runs_as_nobody(self):
        self.assertEqual(["65534:65534"], self.rest("USER"))

    def test_options_of_the_build_are_known(self):
        """CMake would only warn of one that is not."""
        known = "\n".join(text(f) for f in
                          ("CMakeLists.txt", "packaging/CMakeLists.txt"))
        for name in re.findall(r"-D(BINDERY_\w+)=",
                               "\n".join(self.rest("RUN"))):
            self.assertRegex(known, rf"option\({name} ")

    def test_what_it_installs_is_what_is_linked_with(self):
        script = self.rest("RUN")[-1]
        control = text("packaging/debian/control")
        self.assertIn("libconfig-dev", control)
        for library in ("libconfig9", "libjansson4", "libgnutls30",
                        "libcurl3-gnutls"):
            self.assertIn(library, shlex.split(script))


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = {}
        for file in glob.glob(path("packaging/kubernetes/*.yaml")):
            with open(file) as f:
                for one in yaml.safe_load_all(f):
                    cls.all[one["kind"]] = one
        cls.deployment = cls.all["Deployment"]["spec"]
        cls.pod = cls.deployment["template"]["spec"]
        cls.container, = cls.pod["containers"]
        cls.labels = cls.deployment["template"]["metadata"]["labels"]

    def test_each_file_is_listed(self):
        files = {os.path.basename(f) for f in
                 glob.glob(path("packaging/kubernetes/*.yaml"))}
        listed = set(self.all["Kustomization"]["resources"])
        self.assertEqual(files - {"kustomization.yaml"}, listed)

    def test_kinds_are_of_their_groups(self):
        for kind, api in KINDS.items():
            self.assertEqual(api, self.all[kind]["apiVersion"])
            self.assertRegex(self.all[kind]["metadata"]["name"],
                             r"^[a-z][a-z0-9-]*$")

    def test_selectors_select_the_pod(self):
        for selector in (
                self.deployment["selector"]["matchLabels"],
                self.all["Service"]["spec"]["selector"],
                self.all["PodDisruptionBudget"]["spec"]["selector"][
                    "matchLabels"],
                self.pod["topologySpreadConstraints"][0]["labelSelector"][
                    "matchLabels"]):
            self.assertTrue(selector)
            self.assertLessEqual(selector.items(), self.labels.items())

    def test_volumes_that_are_mounted_exist(self):
        volumes = {v["name"]: v for v in self.pod["volumes"]}
        self.assertEqual(set(volumes), {m["name"] for m in
                                        self.container["volumeMounts"]})
        self.assertEqual(self.all["ConfigMap"]["metadata"]["name"],
                         volumes["configuration"]["configMap"]["name"])

    def test_ports_that_are_named_exist(self):
        named = {p["name"] for p in self.container["ports"]}
        for port in self.all["Service"]["spec"]["ports"]:
            self.assertIn(port["targetPort"], named)
        self.assertIn(
            self.container["readinessProbe"]["httpGet"]["port"], named)

    def test_it_has_no_rights(self):
        context = self.container["securityContext"]
        self.assertIs(True, context["readOnlyRootFilesystem"])
        self.assertIs(False, context["allowPrivilegeEscalation"])
        self.assertEqual({"drop": ["ALL"]}, context["capabilities"])
        self.assertIs(True, self.pod["securityContext"]["runAsNonRoot"])

    def test_quantities_are_some(self):
        for kind in self.container["resources"].values():
            for value in kind.values():
                self.assertRegex(str(value), QUANTITY)

    def test_a_disruption_leaves_some_and_can_happen(self):
        least = self.all["PodDisruptionBudget"]["spec"]["minAvailable"]
        self.assertLess(0, least)
        self.assertLess(least, self.deployment["replicas"])

    def test_commands_are_those_of_the_tool(self):
        tool = os.path.join(BUILD, "server/bindery")
        words = run(tool, "help", "--words").split()
        for command in (self.container["livenessProbe"]["exec"]["command"],
                        self.container["startupProbe"]["exec"]["command"]):
            self.assertEqual("bindery", command[0])
            self.assertIn(command[1], words)
        script = self.container["lifecycle"]["preStop"]["exec"]["command"]
        self.assertEqual(["sh", "-c"], script[:2])
        run("sh", "-n", "-c", script[2])
        drained, = re.findall(r"bindery drain (\w+)", script[2])
        self.assertIn(f"{drained} = (", self.configuration())

    def configuration(self):
        return self.all["ConfigMap"]["data"]["bindery.conf"]

    def test_there_is_time_to_drain(self):
        script = self.container["lifecycle"]["preStop"]["exec"]["command"][2]
        wait = int(re.search(r"sleep (\d+)", script)[1])
        last = int(re.search(r'shutdown_timeout = "(\d+)s"',
                             self.configuration())[1])
        self.assertGreater(self.pod["terminationGracePeriodSeconds"],
                           wait + last)

    def test_the_configuration_is_good(self):
        with tempfile.TemporaryDirectory() as directory:
            run(path("etc/examples/make-certificates"), directory)
            file = os.path.join(directory, "bindery.conf")
            content = self.configuration()
            content = content.replace("/etc/bindery-tls/tls.crt",
                                      directory + "/gate.pem")
            content = content.replace("/etc/bindery-tls/tls.key",
                                      directory + "/gate.key")
            with open(file, "w") as f:
                f.write(content)
            status, said = try_run(
                os.path.join(BUILD, "server/binderyd"), "-p",
                os.path.join(BUILD, "plugins"), "-t", "-c", file)
            self.assertEqual(0, status, said)
        listened = set(re.findall(r'listen = "\[::\]:(\d+)"', content))
        self.assertEqual(listened, {str(p["containerPort"]) for p in
                                    self.container["ports"]})

    def test_the_image_has_the_version(self):
        self.assertEqual(f"bindery:{version()}", self.container["image"])


if __name__ == "__main__":
    unittest.main()
