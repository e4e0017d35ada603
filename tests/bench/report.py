# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Bindery authors

"""The tables: medians over the rounds, with the least and the greatest."""

import os
from statistics import median

from scenarios import GOALS, SCENARIOS


def spread(values, digits=2):
    if not values:
        return "-"
    return "%.*f (%.*f..%.*f)" % (digits, median(values), digits,
                                  min(values), digits, max(values))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "|" + "|".join(["---"] * 2 + ["--:"] * (len(head) - 2)) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def short(value):
    """Three or four digits that matter."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{1 if value >= 100 else 2}f}"


def ratios(lanes, name, baseline, key="work"):
    """Round by round: both were measured within seconds of each other."""
    pairs = zip(lanes.get(name, ()), lanes.get(baseline, ()))
    return [a[key] / b[key] for a, b in pairs if a and b]


def column(records, *keys):
    values = []
    for record in filter(None, records):
        for key in keys:
            record = record[key]
        values.append(record)
    return values


def baseline_of(scenario, lanes):
    return scenario.baseline if scenario.baseline in lanes \
        else next(iter(lanes), None)


def work_row(scenario, name, lanes, title):
    records = lanes[name]
    work = column(records, "work")
    if not work:
        return [title, name] + ["failed"] + [""] * 5
    if "latency_us" not in next(filter(None, records)):
        return [title, name, short(median(work)),
                spread(ratios(lanes, name, baseline_of(scenario, lanes)))] \
            + [""] * 4
    percentiles = [f"{median(column(records, 'latency_us', p)):,.0f}"
                   for p in ("p50", "p90", "p99", "p999")]
    greatest = max(column(records, "latency_us", "max"))
    return [title, name, short(median(work)),
            spread(ratios(lanes, name, baseline_of(scenario, lanes))),
            spread(ratios(lanes, name, "haproxy-splice"))
            if scenario.is_bulk and "haproxy-splice" in lanes else "",
            short(median(column(records, "rate"))),
            "%.0f %%" % (100 * median(column(records, "cpu_share"))),
            " / ".join(percentiles + [f"{greatest:,.0f}"])
            if greatest > 0 else ""]


def work_table(results):
    rows = []
    for scenario in SCENARIOS:
        lanes = results.get(scenario.name)
        if scenario.kind not in ("load", "guard") or not lanes:
            continue
        for i, name in enumerate(lanes):
            title = "" if i else f"{scenario.title} ({scenario.unit})"
            rows.append(work_row(scenario, name, lanes, title))
    if not rows:
        return ""
    return table(("scenario", "target", "work per CPU s", "ratio",
                  "to haproxy-splice", "per second", "CPU",
                  "latency p50 / p90 / p99 / p99.9 / max, us"), rows)


def stages_text(results):
    """What one stage costs a message, of which a round trip is two."""
    lanes = results.get("stages", {})
    base = column(lanes.get("no stage", ()), "work")
    lines = []
    for name, records in lanes.items():
        work = column(records, "work")
        if not base or not work or name == "no stage":
            continue
        count = int(name.split()[0])
        cost = (1e9 / median(work) - 1e9 / median(base)) / count / 2
        lines.append(f"* {name}: {cost:,.0f} ns of CPU per message and stage")
    return "\n".join(lines)


def idle_table(results):
    rows = [["", name, spread(column(records, "kib_per_connection")),
             spread(column(records, "empty_mib"))]
            for name, records in results.get("idle", {}).items()]
    return rows and table(("", "target", "KiB per idle connection",
                           "MiB, empty process"), rows)


def start_table(results):
    rows = [["", name, spread(column(records, "connect_ms"), 1),
             spread(column(records, "answer_ms"), 1)]
            for name, records in results.get("start", {}).items()]
    return rows and table(("", "target", "ms to the first connection",
                           "ms to the first answer"), rows)


def goal_values(goal, results):
    lanes = results.get(goal.scenario, {})
    if goal.baseline == "no guard":
        return ratios(lanes, "returning", goal.baseline)
    if goal.baseline:
        return ratios(lanes, "binderyd", goal.baseline)
    key = {"KiB": "kib_per_connection", "MiB": "empty_mib",
           "ms": "answer_ms"}[goal.what.split()[0]]
    return column(lanes.get("binderyd", ()), key)


def goal_table(results):
    rows = []
    for goal in GOALS:
        values = goal_values(goal, results)
        if not values:
            continue
        if goal.is_limit:
            met = min(values) <= goal.value
        else:
            met = max(values) >= goal.value
        rows.append([goal.scenario, goal.what,
                     ("<= " if goal.is_limit else ">= ") + f"{goal.value:g}",
                     spread(values), "yes" if met else "**no**"])
    return rows and table(("scenario", "figure", "to reach",
                           "median (spread)", "met"), rows)


def read(path):
    try:
        with open(path) as f:
            return f.read().strip()
    except OSError:
        return "?"


def machine(targets, tools):
    info = read("/proc/cpuinfo")
    model = next((line.partition(":")[2].strip()
                  for line in info.splitlines()
                  if line.startswith("model name")), os.uname().machine)
    sysctl = "/proc/sys/net/ipv4/tcp_"
    return {
        "CPU": model + (", a virtual machine"
                        if " hypervisor" in info else ""),
        "CPUs used": str(len(os.sched_getaffinity(0))),
        "load average before": " ".join(read("/proc/loadavg").split()[:3]),
        "kernel": f"{os.uname().sysname} {os.uname().release}",
        "congestion control": read(sysctl + "congestion_control"),
        "tcp_rmem, tcp_wmem": ", ".join(
            " ".join(read(sysctl + x).split()) for x in ("rmem", "wmem")),
        **{t.name: t.version(tools) for t in targets
           if t.version(tools) and "-" not in t.name},
    }


def session_text(session, options):
    plural = "s" if session.workers > 1 else ""
    parts = [f"## {session.workers} worker{plural}: {session.words}",
             work_table(session.results), stages_text(session.results),
             idle_table(session.results), start_table(session.results)]
    if session.workers == 1 and not options.smoke:
        parts.append(goal_table(session.results))
    return "\n\n".join(filter(None, parts))


def document(sessions, description, options):
    lines = [f"* {key}: {value}" for key, value in description.items()]
    lines.append(f"* medians of {options.rounds} rounds of "
                 f"{options.seconds:g} s, in turns (least..greatest; of a "
                 "latency's max the greatest); a ratio is of work per CPU "
                 "second within a round")
    parts = ["\n".join(lines)]
    parts += [session_text(s, options) for s in sessions]
    failures = [f for s in sessions for f in s.failures]
    if failures:
        parts.append("## Failed\n\n" + "\n".join(f"* {f}" for f in failures))
    return "\n\n".join(parts) + "\n"
