#!/usr/bin/env python3
"""Makes a record of the measurements of benches/measure.sh: Markdown and plots in benches/record/.

A figure is a ratio: how many times as long as gatewire a peer takes. The fastest twentieth of the samples of each engine
counts, over all passes: other work of the machine only ever adds time, to any sample at random. Standard library only.
"""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path

import plots

BENCHES = Path(__file__).resolve().parent
OWN = "gatewire"
WHOLE = ["axum on gatewire", "lambda_http + axum", "lambda_http + match", "aws_lambda_events + matchit", "borrowed serde + matchit"]
COUNTED = dict(zip(["gatewire", "axum-on-gatewire", "axum", "match", "events", "borrowed"], [OWN, *WHOLE]))
CRATES = (
    "aws_lambda_events axum base64 criterion flate2 lambda_http lambda_runtime matchit miniz_oxide path-tree regex "
    "serde_json simd-json sonic-rs wayfind zlib-rs"
).split()


#: Gatewire itself without AVX-512, on machines that have AVX-512.
BY_AVX2 = "gatewire, AVX2"
#: The compressor of Powertools for Python, timed by benches/python_zlib.py.
ZLIB = "Python, zlib 9"
#: Timed by benches/python_powertools.py, if Powertools is installed.
POWERTOOLS = "Powertools for Python"


class Results:
    """The samples of all passes, by group, case and engine, in nanoseconds for one element."""

    def __init__(self, folder):
        self.samples = defaultdict(list)
        self.bytes = {}
        self.passes = len({path.parent.name for path in folder.glob("**/pass*/sample.json")})
        for path in folder.glob("**/pass*/sample.json"):
            self.read(path)
        for name, group, engine in [("zlib", "gzip", ZLIB), ("powertools", "whole", POWERTOOLS)]:
            for path in folder.glob(f"{name}*.tsv"):
                for case, nanoseconds, *_ in (line.split("\t") for line in path.read_text().splitlines()):
                    self.samples[group, case, engine].append(float(nanoseconds))
        if not self.samples:
            raise SystemExit(f"{folder}: no results of benches/measure.sh")
        for samples in self.samples.values():
            samples.sort()

    def read(self, path):
        benchmark = json.loads(path.with_name("benchmark.json").read_text())
        sample = json.loads(path.read_text())
        group, case = benchmark["group_id"].split("/", 1)
        throughput = benchmark["throughput"] or {}
        elements = throughput.get("Elements", 1)
        self.bytes[group, case] = throughput.get("Bytes")
        times = (time / count / elements for time, count in zip(sample["times"], sample["iters"]))
        self.samples[group, case, benchmark["function_id"]].extend(times)

    def cases(self, group):
        """Sorted by kind, then by size."""
        return sorted({case for own, case, _ in self.samples if own == group}, key=sorting_key)

    def engines(self, group, case):
        """The project first, then peers from the fastest to the slowest; not the project without AVX-512."""
        found = [engine for own, its, engine in self.samples if (own, its) == (group, case) and engine != BY_AVX2]
        return sorted(found, key=lambda engine: (engine != OWN, self.ratio(group, case, engine)))

    def has(self, *key):
        return key in self.samples

    def time(self, *key):
        """The time of an engine in a case of a group, in nanoseconds: a twentieth of its samples take at most this time."""
        samples = self.samples[key]
        return samples[len(samples) // 20]

    def ratio(self, group, case, engine, other=(None, OWN)):
        """The time of an engine divided by that of gatewire, in the same case unless another is named."""
        return self.time(group, case, engine) / self.time(group, other[0] or case, other[1])

    def whole(self):
        """The engines beside gatewire that handle whole events."""
        return [*WHOLE, *([POWERTOOLS] if self.has("whole", "mix", POWERTOOLS) else [])]

    def spread(self):
        """How much longer the median sample is than the time that counts: median of all cases, and the limit for 19 of 20."""
        over = sorted(own[len(own) // 2] / self.time(*key) - 1 for key, own in self.samples.items())
        return over[len(over) // 2], over[len(over) * 19 // 20]


def sorting_key(case):
    """The name without its size, and the size: "10 KB" goes before "1 MB", and "tiny" before both."""
    size = re.search(r"(\d+) ?(KB|MB|routes)?", case)
    unit = {"KB": 1 << 10, "MB": 1 << 20}.get(size[2], 1) if size else 0
    name = (case[: size.start()] + case[size.end() :] if size else case).replace("tiny", "")
    return name, int(size[1]) * unit if size else 0


# ---- the machine


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


def machine():
    """The name of the processor, and the number of CPUs."""
    try:
        described = subprocess.run(["lscpu"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        described = ""
    model = re.search(r"^Model name:\s*(.+)", described, re.MULTILINE)
    return f"{os.cpu_count()} CPUs, {model[1] if model else platform.processor() or 'unknown'}, {platform.system()}"


def versions():
    """The measured crates, with the versions of the lock file."""
    locked = tomllib.loads((BENCHES / "peers/Cargo.lock").read_text())
    found = defaultdict(list)
    for package in locked["package"]:
        if package["name"] in CRATES:
            found[package["name"]].append(package["version"])
    # If a crate occurs twice, the newer one is the peer; the other is axum's.
    numbers = lambda version: [int(part) for part in re.findall(r"\d+", version)]
    return ", ".join(f"{name} {max(found[name], key=numbers)}" for name in sorted(found))


# ---- tables


def table(head, rows):
    """Markdown; the first column is text, the others numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def size_of(results, group, case):
    count = results.bytes[group, case]
    return f"{count:,}" if count else "–"


def ratio_table(results, group, first, engines=None, cases=None, sizes=False, base=OWN):
    cases = cases or results.cases(group)
    all_engines = dict.fromkeys(engine for case in cases for engine in results.engines(group, case))
    engines = engines or [engine for engine in all_engines if engine != base]
    rows = []
    for case in cases:
        there = results.engines(group, case)
        ratio = lambda engine, case=case: results.ratio(group, case, engine, other=(None, base))
        figures = [plots.times(ratio(engine)) if engine in there else "–" for engine in engines]
        rows.append([case, *([size_of(results, group, case)] if sizes else []), *figures])
    return table([first, *(["bytes"] if sizes else []), *engines], rows)


def growth_table(results, group, label):
    """Against the project's own first point; the work likewise."""
    cases = sorted(results.cases(group), key=int)
    engines = results.engines(group, cases[0])
    rows = []
    for case in cases:
        figures = [f"{results.ratio(group, case, engine, other=(cases[0], OWN)):.2f}" for engine in engines]
        rows.append([f"{int(case):,}", *figures])
    return table([label, *engines], rows)


def whole_cases(results):
    """The mix first, the busy handler, then events by size."""
    events = [case for case in results.cases("whole") if case not in ("mix", "busy")]
    return ["mix", "busy", *sorted(events, key=lambda case: results.bytes["whole", case])]


def counted(folder):
    """The instructions of a mixed event, by engine, if they were counted."""
    path = folder / "instructions.tsv"
    lines = path.read_text().splitlines() if path.exists() else []
    return {COUNTED[name]: int(count) for name, count in (line.split("\t") for line in lines)}


def instruction_table(counts):
    rows = [[name, f"{count:,}", plots.times(count / counts[OWN])] for name, count in counts.items()]
    return table(["engine", "instructions of a mixed event", "by those of gatewire"], rows)


def output_table(folder):
    """The lengths of the peers' compressed bodies by gatewire's: benches/peers and benches/python_zlib.py print them."""
    sizes, lengths = defaultdict(dict), {}
    for line in (folder / "pass1.log").read_text().splitlines():
        if line.startswith("length\t"):
            _, case, length = line.split("\t")
            lengths[case] = int(length)
        if line.startswith("output\t"):
            _, case, engine, ratio = line.split("\t")
            sizes[case][engine] = ratio
    for case, _, length in (line.split("\t") for line in (folder / "zlib1.tsv").read_text().splitlines()):
        sizes[case][ZLIB] = f"{int(length) / lengths[case]:.3f}"
    engines = list(next(iter(sizes.values())))
    return table(["body", *engines], [[case, *(own[engine] for engine in engines)] for case, own in sizes.items()])


# ---- plots

GROWTH = [
    ("growth-bytes", "Whole path, by size of the event", "bytes"),
    ("growth-headers", "Whole path, by header fields", "header fields"),
    ("growth-rules", "Look-up, by rules in the table", "rules"),
    ("growth-build", "Compiling the table, by rules", "rules"),
    ("growth-segments", "Look-up, by segments of the path", "segments"),
    ("growth-escapes", "Response of 100 KB, by escapes", "% of its bytes"),
]
GROWTH_ENGINES = [OWN, "lambda_http + axum", "borrowed serde + matchit", "matchit", "serde_json, Vec kept"]


def plot_mix(results):
    peers = [(engine, results.ratio("whole", "mix", engine), at + 1) for at, engine in enumerate(results.whole())]
    rows = [(OWN, 1.0, 0), *sorted(peers, key=lambda row: row[1])]
    subtitle = "600 varied events, payload in, response out; how many times as long as gatewire. Shorter is better."
    return plots.bars("Time for one event", subtitle, rows)


def plot_events(results):
    def row(case):
        ratios = {engine: results.ratio("whole", case, engine) for engine in results.engines("whole", case)}
        return {"mix": "mix of 600", "busy": "busy handler"}.get(case, case), ratios

    cases = whole_cases(results)
    sections = [("", [row(case) for case in cases[:2]]), ("Samples, by size", [row(case) for case in cases[2:]])]
    subtitle = "Payload in, response out; how many times as long as gatewire. Logarithmic: to the left is better."
    return plots.dots("Every event alone", subtitle, sections, [OWN, *results.whole()])


# Group, heading, and the peers that are shown, by the name that the legend has.
PARTS = [
    (
        "decode",
        "Decode and validate",
        {
            "simd-json tape, kept": "simd-json",
            "serde_json IgnoredAny": "serde_json",
            "sonic-rs borrowed, fields": "sonic-rs",
        },
    ),
    ("find", "Look a route up", {"matchit": "matchit, or regex"}),
    ("build", "Compile the table", {"matchit": "matchit, or regex"}),
    ("compile", "Compile a pattern", {"regex": "matchit, or regex"}),
    (
        "respond",
        "Write the response",
        {
            "serde_json, Vec kept": "serde_json",
            "serde_json + base64, kept": "serde_json",
            "sonic-rs, Vec kept": "sonic-rs",
        },
    ),
    ("gzip", "Compress, and base64", {"flate2, zlib-rs 6": "zlib-rs"}),
]


def plot_parts(results):
    sections = []
    for group, heading, shown in PARTS:
        rows = []
        for case in results.cases(group):
            engines = [engine for engine in results.engines(group, case) if engine in shown]
            ratios = {shown[engine]: results.ratio(group, case, engine) for engine in engines}
            rows.append((case, {OWN: 1.0, **ratios}))
        sections.append((heading, rows))
    subtitle = "Well known peers of each; how many times as long as gatewire. Logarithmic: to the left is better."
    names = [OWN, "serde_json", "simd-json", "sonic-rs", "matchit, or regex", "zlib-rs"]
    return plots.dots("Part by part", subtitle, sections, names)


def plot_growth(results):
    panels = []
    for group, heading, label in GROWTH:
        cases = sorted(results.cases(group), key=int)
        logarithmic = group != "growth-escapes"
        # A logarithm has no zero; the tables have that point.
        shown = [case for case in cases if int(case) > 0] if logarithmic else cases
        series = {}
        for engine in results.engines(group, cases[0]):
            ratio = lambda case, engine=engine: results.ratio(group, case, engine, other=(shown[0], OWN))
            series[engine] = [(int(case), ratio(case)) for case in shown]
        panels.append((heading, label, logarithmic, series))
    subtitle = "Time against gatewire's own first point, on logarithmic scales (the last panel's share is linear)."
    return plots.lines("Cost as the work grows", subtitle, panels, GROWTH_ENGINES)


# ---- the record


def preamble(arguments):
    lines = [
        f"# {arguments.date}, {platform.machine()}: gatewire and its peers",
        "",
        f"Machine: {machine()}, shared with other work; {first_line('rustc', '--version')}, default target CPU;",
        f"gatewire decodes by {(arguments.results / 'path').read_text().strip()}.",
        f"Crates: {versions()}.",
        *(f"{path.read_text().strip()}." for path in [arguments.results / "powertools"] if path.exists()),
        "",
        "```sh",
        "benches/measure.sh",
        "```",
        "",
    ]
    return "\n".join(lines)


def method(results):
    middle, high = results.spread()
    return "\n".join(
        [
            f"Every figure is how many times as long as gatewire a peer takes, by the fastest twentieth of the samples in {results.passes} passes,",
            f"since what else a machine does only ever adds time. The middle sample was longer by {middle:.0%} in half of the cases, and by",
            f"no more than {high:.0%} in 19 of 20. What is run, and how peers are driven, is told in [benches/README.md](../README.md).",
            "",
        ]
    )


# Group, heading, and the meaning of its cases.
TABLES = [
    ("decode", "Decode, with the whole payload validated", "event"),
    ("bodies", "Bodies that are sent back, or counted", "body"),
    ("find", "Find the rule for a path", "path"),
    ("build", "Compile the table of routes", "table"),
    ("compile", "Compile a pattern, as one of thirty rules", "pattern"),
    ("respond", "Write the response", "body"),
    ("gzip", "Compress and encode in base64", "body"),
]
# The cases of the group `request` that use the same event as the others.
READS = ["query", "claims", "cookie", "all headers", "four headers"]


def avx2_tables(results):
    """The same for gatewire on machines with AVX2 alone, if it was measured."""
    if not results.has("whole", "mix", BY_AVX2):
        return []
    spare = "Figures as above, by the time of gatewire where it is kept from using AVX-512.\n"
    whole = ratio_table(results, "whole", "event", [*results.whole(), OWN], whole_cases(results), base=BY_AVX2)
    decode = ratio_table(results, "decode", "event, decoded", results.engines("decode", "mix"), base=BY_AVX2)
    respond = ratio_table(results, "respond", "body, written", base=BY_AVX2)
    return ["## On the AVX2 path\n", spare, whole, decode, respond]


def record(results, counts, arguments, images):
    spare = "Events go to peers as they are; `lambda_http` knows no VPC Lattice events of version 1 (–).\n"
    parts = [preamble(arguments), method(results)]
    parts += ["## Whole path: payload in, response out\n", f"![Time for one event]({images['mix']})\n", spare]
    parts += [ratio_table(results, "whole", "event", results.whole(), whole_cases(results), sizes=True)]
    parts += [f"![Every event alone]({images['events']})\n"]
    if counts:
        parts += ["## Instructions, on the mix\n", "Callgrind: they repeat, and don't depend on what else runs.\n"]
        parts += [instruction_table(counts)]
    parts += [f"## Part by part\n\n![Part by part]({images['parts']})\n"]
    for group, heading, first in TABLES:
        parts += [f"### {heading}\n", ratio_table(results, group, first)]
        if group == "compile":
            own = ", ".join(f"{results.time(group, case, OWN):.0f} ns for {case}" for case in results.cases(group))
            parts += [f"In time, gatewire takes {own}.\n"]
    parts += ["The length of what comes out, by that of gatewire:\n", output_table(arguments.results)]
    nothing = ("nothing", OWN)
    reads = [[case, f"{results.ratio('request', case, OWN, other=nothing):.2f}"] for case in READS]
    spare = "The whole path on the 5 KB event, by that with a handler that reads nothing.\n"
    parts += ["### Reading the request\n", spare, table(["what the handler reads", "time"], reads)]
    parts += avx2_tables(results)
    parts += [f"## Cost as the work grows\n\n![Cost as the work grows]({images['growth']})\n"]
    parts += ["Times against gatewire's own first point.\n"]
    for group, heading, label in GROWTH:
        parts += [f"### {heading}\n", growth_table(results, group, label)]
    return "\n".join(parts)


def performance(results, counts, images):
    """The section of the project's README."""
    engines, rows = results.whole(), []
    for case in ["mix", "rest", "rest_browser", "http", "alb", "url", "rest+10KB", "rest+1MB"]:
        rows.append([case, *(plots.times(results.ratio("whole", case, engine)) for engine in engines)])
    if results.has("whole", "mix", BY_AVX2):
        avx2 = (results.ratio("whole", "mix", engine, other=(None, BY_AVX2)) for engine in engines)
        rows.insert(1, ["mix, without AVX-512", *map(plots.times, avx2)])
    if counts:
        ratios = (plots.times(counts[engine] / counts[OWN]) if engine in counts else "–" for engine in engines)
        rows.append(["mix, instructions", *ratios])
    return "\n".join(
        [
            f"![Time for one event, gatewire and its peers](benches/record/{images['mix']})",
            "",
            "How many times as long as gatewire others take, from payload to response, with thirty routes; `mix` is 600",
            "varied events, the others one event over and over:",
            "",
            table(["event", *engines], rows),
        ]
    )


def update_readme(text):
    """Puts the section between its two marks."""
    path = BENCHES.parent / "README.md"
    begin, end = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
    before, rest = path.read_text().split(begin)
    _, after = rest.split(end)
    path.write_text(f"{before}{begin}{text}{end}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, help="the folder of criterion")
    parser.add_argument("--record", type=Path, default=BENCHES / "record", help="where the record goes")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="of the measurement")
    parser.add_argument("--readme", action="store_true", help="put plot and table into README.md too")
    arguments = parser.parse_args()
    results, counts = Results(arguments.results), counted(arguments.results)
    stem = f"{arguments.date}-{platform.machine()}-peers"
    images = {}
    for name, plot in {"mix": plot_mix, "events": plot_events, "parts": plot_parts, "growth": plot_growth}.items():
        images[name] = f"{stem}-{name}.svg"
        (arguments.record / images[name]).write_text(plot(results))
    (arguments.record / f"{stem}.md").write_text(record(results, counts, arguments, images))
    if arguments.readme:
        update_readme(performance(results, counts, images))
    print(f"{arguments.record / stem}.md")


if __name__ == "__main__":
    main()
