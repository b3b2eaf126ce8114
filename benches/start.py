#!/usr/bin/env python3
"""Takes the start of functions apart: `benches/start.py [--starts N] [--quick] [--faults]`.

It builds the functions of benches/runtime for this machine and musl in the profile `lambda`: the floor (a program of the
standard library alone), the measured app, both as examples/deploy/zip.sh links programs and as cargo does by default, and the
app with more of the crate in use, one feature at a time. Each is started N times (40), interleaved, on one CPU, against a
Runtime API in this process, until it has asked for the first event. The tables are Markdown:

* time from the call that spawns the process to the request for the first event, by the least tenth and the median of the
  starts, with the program in the page cache and without. The spawning itself is in it: some 110 microseconds;
* CPU time until the function waits, page faults, system calls, instructions outside of the kernel, and memory touched, in
  cache lines of 64 bytes: code, and data that is read or written;
* the largest resident set, and the size of the file.

`--faults` lists each page fault of the measured app instead, in the order of the compiler and in that of the calls: the place,
and the function where the program has symbols. It needs `perf`; the instructions need valgrind, the system calls strace. `--quick` measures only three starts of the first programs: to check that it runs.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
TRIPLE = f"{os.uname().machine}-unknown-linux-musl"
FEATURES = ["log", "metrics", "validate", "gzip", "regex", "openapi", "tower", "tokio"]
# The built programs. On the disk of the target folder: that of other temporary files may be memory.
TARGET.mkdir(parents=True, exist_ok=True)
FOLDER = tempfile.TemporaryDirectory(dir=TARGET)
# The longest wait for a function.
LIMIT = 60


class Api:
    """A Runtime API that notes when the first event is requested, and hands out none."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.asked = threading.Event()
        self.time = None
        self.connection = None
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            self.connection, _ = self.listener.accept()
            received = b""
            while not received.endswith(b"\r\n\r\n"):
                received += self.connection.recv(65536)
            self.time = time.perf_counter()
            self.asked.set()

    def environment(self):
        return {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.listener.getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "BENCH_ANSWER": "1",
        }

    def close(self):
        for open_socket in (self.connection, self.listener):
            if open_socket:
                open_socket.close()


@contextlib.contextmanager
def started(command, **more):
    """Runs a command until it has asked for an event, and ends the process after the block. Returns the API, the process
    and the time of the start."""
    api = Api()
    environment = {**api.environment(), "PATH": os.environ["PATH"]}
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    try:
        if not api.asked.wait(LIMIT):
            sys.exit(f"{command[0]} asks for no event")
        yield api, process, begin
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT)
        api.close()


def children(process):
    listed = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout
    return [int(number) for number in listed.split()]


class Program:
    def __init__(self, name, path):
        self.name, self.path = name, str(path)
        self.size = os.path.getsize(path)
        self.samples = collections.defaultdict(list)

    def start(self, cached):
        if not cached:
            with open(self.path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        with started([self.path]) as (api, process, begin):
            # It sleeps soon after its request: then its CPU time and its page faults stay as they are.
            deadline = time.perf_counter() + 1
            while time.perf_counter() < deadline:
                stat = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
                if stat[0] == "S":
                    break
            own = pathlib.Path(f"/proc/{process.pid}")
            memory = dict(re.findall(r"^(\w+):\s+(\d+) kB", (own / "status").read_text(), re.M))
            if not cached:
                self.samples["cold"].append((api.time - begin) * 1e6)
                return
            self.samples["time"].append((api.time - begin) * 1e6)
            self.samples["cpu"].append(int((own / "schedstat").read_text().split()[0]) / 1e3)
            self.samples["faults"].append(int(stat[7]) + int(stat[9]))
            self.samples["memory"].append(int(memory["VmHWM"]))

    def tenth(self, name):
        values = sorted(self.samples[name])
        return values[len(values) // 10]

    def median(self, name):
        return statistics.median(self.samples[name])

    def calls(self):
        """The system calls from the `execve` to the request, and the one that waits."""
        with tempfile.NamedTemporaryFile("r") as log:
            with started(["strace", "-f", "-o", log.name, self.path]) as (_, process, _begin):
                for child in children(process):
                    time.sleep(0.1)
                    os.kill(child, signal.SIGTERM)
                process.wait(LIMIT)
            return sum("(" in line for line in log)

    def touched(self):
        """Instructions, and the bytes of code and data that they touch, by whole cache lines."""
        code, data, instructions = set(), set(), 0
        with tempfile.NamedTemporaryFile("r", errors="replace") as log:
            with started(["valgrind", "--tool=lackey", "--trace-mem=yes", f"--log-file={log.name}", self.path]):
                time.sleep(0.3)
            for line in log:
                access = re.match(r"(I | S| L| M) ([0-9a-f]+),(\d+)$", line)
                if access:
                    kind, start, length = access[1].strip(), int(access[2], 16), int(access[3])
                    instructions += kind == "I"
                    lines = range(start // 64, (start + length - 1) // 64 + 1)
                    (code if kind == "I" else data).update(lines)
        return instructions, len(code) * 64, len(data) * 64


def build(binary, features, flags, symbols=False):
    """Builds a function, and returns a copy of it that later builds leave alone."""
    folder = pathlib.Path(FOLDER.name)
    command = ["cargo", "rustc", "--quiet", "--profile", "lambda", "-p", "gatewire-bench-runtime", "--bin", binary]
    command += ["--target", TRIPLE, "--target-dir", str(TARGET)]
    if features:
        command += ["--features", ",".join(features)]
    if symbols:
        command += ["--config", "profile.lambda.strip=false"]
    # Only the program itself has the flags: its dependencies are built once.
    subprocess.run([*command, "--", *flags.split()], cwd=ROOT, check=True)
    copy = folder / f"{binary}-{len(list(folder.iterdir()))}"
    copy.write_bytes((TARGET / TRIPLE / "lambda" / binary).read_bytes())
    copy.chmod(0o755)
    return copy


def deploy_flags(*order):
    """The flags of examples/deploy/zip.sh; with a file, also those for the order of functions."""
    command = [ROOT / "examples/deploy/link.sh", *order]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def ordered(binary, features):
    """Builds a function whose functions are in the order in which its start calls them."""
    program = build(binary, features, deploy_flags(), symbols=True)
    order = f"{program}.order"
    with open(order, "w") as file:
        command = [ROOT / "examples/deploy/order.py", program, ROOT / "tests/events/rest.json"]
        subprocess.run(command, stdout=file, check=True)
    return build(binary, features, deploy_flags(order), symbols=True)


def list_faults(path):
    """Each page fault: where the page is, and which function has touched it."""
    with tempfile.NamedTemporaryFile() as recorded:
        command = ["perf", "record", "-q", "-e", "page-faults", "-c", "1", "-d", "-o", recorded.name, "--", str(path)]
        with started(command) as (_, process, _begin):
            time.sleep(0.2)
            child = children(process)[0]
            maps = pathlib.Path(f"/proc/{child}/maps").read_text()
            os.kill(child, signal.SIGTERM)
            process.wait(LIMIT)
        command = ["perf", "script", "-F", "addr,ip,sym", "-i", recorded.name]
        script = subprocess.run(command, capture_output=True, text=True).stdout
    areas = []
    for line in maps.splitlines():
        parts = line.split()
        first, last = (int(address, 16) for address in parts[0].split("-"))
        areas.append((first, last, f"{pathlib.Path(parts[5]).name if len(parts) > 5 else 'heap'} {parts[1]}"))
    kinds = collections.Counter()
    for line in script.splitlines():
        parts = line.split()
        if parts:
            address = int(parts[0], 16)
            kind = next((name for first, last, name in areas if first <= address < last), "no longer mapped")
            kinds[kind] += 1
            print(f"{address:#x}  {kind}  {' '.join(parts[2:])}")
    for kind, count in kinds.most_common():
        print(f"{count}  {kind}")


def pair(suffix, flags):
    """The floor and the measured app, linked with these flags."""
    pairs = [("floor", "floor"), ("the measured app", "direct")]
    return [Program(name + suffix, build(binary, [], flags)) for name, binary in pairs]


def measure(programs, starts):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for _ in range(starts):
        for program in programs:
            program.start(cached=True)
            program.start(cached=False)


def start_table(programs):
    floor = programs[0]
    print("| function | start | median | ratio | not cached | CPU | page faults | system calls | instructions |"
          " code, KB | data, KB | memory, KB | ratio | size, KB | ratio |")
    print("| --- |" + " ---: |" * 14)
    for program in programs:
        instructions, code, data = program.touched()
        cells = [
            program.name,
            f"{program.tenth('time'):.0f}",
            f"{program.median('time'):.0f}",
            f"{program.tenth('time') / floor.tenth('time'):.2f}",
            f"{program.tenth('cold'):.0f}",
            f"{program.tenth('cpu'):.0f}",
            f"{min(program.samples['faults'])}",
            f"{program.calls()}",
            f"{instructions:,}",
            f"{code / 1024:.0f}",
            f"{data / 1024:.0f}",
            f"{program.median('memory'):.0f}",
            f"{program.median('memory') / floor.median('memory'):.2f}",
            f"{program.size / 1024:.0f}",
            f"{program.size / floor.size:.2f}",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Takes the start of functions apart: see the top of this file.")
    parser.add_argument("--starts", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--faults", action="store_true")
    arguments = parser.parse_args()
    quick = arguments.quick
    starts = arguments.starts or (3 if quick else 40)
    flags = deploy_flags()
    if arguments.faults:
        list_faults(build("direct", [], flags, symbols=True))
        print("in the order of calls:")
        list_faults(ordered("direct", []))
        return
    programs = pair("", flags)
    floor = programs[0]
    programs.append(Program("the measured app, in the order of calls", ordered("direct", [])))
    if not quick:
        programs += pair(", linked by default", "") + pair(", at fixed addresses", f"{flags} -C relocation-model=static")
    measure(programs, starts)
    start_table(programs)
    if quick:
        return
    more = [Program(f"with {name}", build("start", [f"start_{name}"], flags)) for name in FEATURES]
    # Its own `main` differs a little from that of the measured app.
    base = Program("the app of the next rows", build("start", [], flags))
    programs = [Program(floor.name, floor.path), base, *more]
    measure(programs, starts)
    print()
    start_table(programs)


main()
