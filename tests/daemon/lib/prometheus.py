# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The text of the metrics, as Prometheus' own parser reads it.  The parser may
belong to another python3 than the one that runs the tests."""

import json
import subprocess
import sys

_SCRIPT = """
import json, sys
from prometheus_client.parser import text_string_to_metric_families
print(json.dumps([[f.name, f.type, f.documentation,
                   [[s.name, s.labels, s.value] for s in f.samples]]
                  for f in text_string_to_metric_families(sys.stdin.read())]))
"""


def _families(text):
    said = ""
    for python in (sys.executable, "/usr/bin/python3"):
        p = subprocess.run([python, "-c", _SCRIPT], input=text, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if p.returncode == 0:
            return json.loads(p.stdout)
        said += p.stderr
    raise AssertionError("the text cannot be parsed (is "
                         f"python3-prometheus-client there?): {said}")


class Metrics:
    """families: name to type; samples: by name and labels."""

    def __init__(self, text):
        self.text = text
        self.families, self.samples = {}, {}
        for name, kind, documentation, samples in _families(text):
            if name in self.families:
                raise AssertionError(f"{name} is there twice")
            self.families[name] = kind
            for sample, labels, value in samples:
                key = (sample, tuple(sorted(labels.items())))
                if key in self.samples:
                    raise AssertionError(f"{key} is there twice")
                self.samples[key] = value
            if kind == "unknown" or not documentation:
                raise AssertionError(f"{name} is not described")

    def __call__(self, name, **labels):
        """The value of one sample; None: it is not there."""
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def sum(self, name, **labels):
        """Of all samples that have these labels, among others."""
        return sum(value for (sample, all_labels), value
                   in self.samples.items()
                   if sample == name and labels.items() <= dict(
                       all_labels).items())
