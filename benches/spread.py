#!/usr/bin/env python3
"""Shows how much the work for one event varies: `benches/spread.py [--arm64] [--count N] [EVENT...]`.

A clock does not show whether a pause is the crate's or the machine's. Instructions do: benches/drive.rs handles the same event again
and again in QEMU's emulator, whose plugin (benches/qemu_count.c) counts the instructions of each one. So every pause that the crate
makes by work of its own is seen, such as a table that is laid out again or a buffer that shrinks, however rare. Time in system
calls and for page faults is not.

EVENT is an argument of benches/drive.rs: `mix` (the default with `busy`), whose 600 events are compared each with itself, `busy`,
or a file of tests/events. `direct` is the direct runtime as a whole, a process that gets the events from a Runtime API here: the
counts are those between two sends, of a response or of a request for an event, and two of them are an invocation. N events
(1,200,000; sends for `direct`) are handled after the warm-up. Debian's qemu-user and, for arm64, gcc-aarch64-linux-gnu are needed.
The status is 1 if any event takes more than 1.01 of its median.
"""

import argparse
import array
import contextlib
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
# The events of a pass. An invocation of the direct runtime has two sends.
PERIODS = {"mix": 600, "direct": 2}
# The number of `sendto`, by which the standard library sends.
SENDTO = {"qemu-x86_64": 44, "qemu-aarch64": 206}
WARM_UP = 1000


def build(is_arm64, names):
    """Builds the plugin and the programs; returns their paths."""
    plugin = TARGET / "libcount.so"
    TARGET.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", plugin, ROOT / "benches/qemu_count.c"], check=True)
    commands = {
        "drive": ["--manifest-path", ROOT / "benches/instructions/Cargo.toml"],
        "direct": ["--manifest-path", ROOT / "Cargo.toml", "-p", "gatewire-bench-runtime", "--bin", "direct"],
    }
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET)}
    if is_arm64:
        commands = {name: [*own, "--target", "aarch64-unknown-linux-gnu"] for name, own in commands.items()}
        environment |= {
            "CC_aarch64_unknown_linux_gnu": "aarch64-linux-gnu-gcc",
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER": "aarch64-linux-gnu-gcc",
            # The emulator hangs on dynamically linked programs.
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS": "-C target-feature=+crt-static",
        }
    programs = {}
    for name in names:
        own = commands[name]
        command = ["cargo", "build", "--release", "--message-format=json", *own]
        messages = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        programs[name] = re.search(f'"executable":"([^"]*/{name})"', messages)[1]
    return plugin, programs


def counts(emulator, plugin, programs, event, count):
    with tempfile.NamedTemporaryFile("rb") as each:
        if event == "direct":
            plugin = f"{plugin},each={each.name},call={SENDTO[emulator]}"
            run_direct([emulator, "-plugin", plugin, programs["direct"]], WARM_UP + count // 2)
        else:
            command = [emulator, "-plugin", f"{plugin},each={each.name}", programs["drive"], event, str(count), "marked"]
            # The program finds the events from there.
            subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        values = array.array("I")
        values.frombytes(each.read())
    if event == "direct":
        # The request that nobody answers ends the last invocation.
        values = values[2 * WARM_UP :][:count]
    if len(values) != count:
        sys.exit(f"{event}: {len(values)} of {count} events were counted")
    return values


def run_direct(command, invocations):
    """Hands out an event for each invocation, and ends the process when it asks for one more."""
    event = (ROOT / "tests/events/rest.json").read_bytes()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)
    environment = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}", "PATH": os.environ["PATH"]}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with contextlib.closing(listener):
        connection, _ = listener.accept()
        connection.settimeout(60)
        for number in range(invocations):
            connection.recv(65536)
            head = f"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r-{number:08}\r\nContent-Length: {len(event)}\r\n\r\n"
            connection.sendall(head.encode() + event)
            # The response is one write, and short.
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        connection.recv(65536)
        # The end of the connection and of its retries ends the process, and so the plugin writes what it has counted.
        connection.close()
    process.wait(60)


def main():
    parser = argparse.ArgumentParser(description="Counts the instructions of each event: see the top of this file.")
    parser.add_argument("--arm64", action="store_true")
    parser.add_argument("--count", type=int, default=1_200_000, help="a multiple of the events of a pass, 600 for the mix")
    parser.add_argument("events", nargs="*", default=["mix", "busy"])
    arguments = parser.parse_args()
    is_arm64, count = arguments.arm64, arguments.count
    events = [str(pathlib.Path(event).resolve()) if event.endswith(".json") else event for event in arguments.events]
    plugin, programs = build(is_arm64, {"direct" if event == "direct" else "drive" for event in events})
    emulator = "qemu-aarch64" if is_arm64 else "qemu-x86_64"
    if not shutil.which(emulator):
        sys.exit(f"no {emulator}: install qemu-user of Debian 12, whose emulators load plugins")
    print("| event | handled | instructions, median | largest part of its median | above 1.01 | above 1.1 | above 2 |")
    print("| --- |" + " ---: |" * 6)
    varies = False
    for event in events:
        period = PERIODS.get(event, 1)
        if count < 2 * period:
            sys.exit(f"{event} takes at least {2 * period} events")
        values = counts(emulator, plugin, programs, event, count // period * period)
        largest, above, medians = 0, [0, 0, 0], []
        for place in range(period):
            own = values[place::period]
            median = statistics.median(own)
            medians.append(median)
            largest = max(largest, max(own) / median)
            above = [sum(more, start) for start, more in zip(above, ((value > bound * median for value in own) for bound in (1.01, 1.1, 2)))]
        # An invocation is its two halves; an event of the mix is the mean.
        handled, typical = (count // 2, sum(medians)) if event == "direct" else (len(values), sum(medians) / period)
        print(f"| {event} | {handled:,} | {typical:,.0f} | {largest:.4f} | " + " | ".join(f"{n:,}" for n in above) + " |", flush=True)
        varies |= above[0] > 0
    sys.exit(varies)


main()
