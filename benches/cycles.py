#!/usr/bin/env python3
"""Models the cycles of one event on processors that are not at hand: benches/cycles.py [EVENT...]

The emulator says which blocks of code an event executes, and how often (benches/qemu_count.c). `llvm-mca` says how many
cycles each block takes on a processor, if it runs again and again with all data in the innermost cache; OSACA says the same
by tables of its own, for the blocks that take the most. The sum over all blocks is the model. Wrong guesses of branches,
caches and the overlap of neighbouring blocks are not in it.

So the same model is made for the processor of this machine, and held against measured cycles: their ratio is printed beside
every figure. The clock of the processor is measured too, by a chain of additions that takes one cycle each.

It needs qemu-user, cross compilers for arm64, llvm-mca 19 and OSACA:

    LLVM=/usr/lib/llvm-19/bin OSACA=osaca python3 benches/cycles.py mix rest busy

Events are named as for benches/instructions.sh. The tables are Markdown. Takes a few minutes.
"""
import bisect
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
LLVM = os.environ.get("LLVM", "/usr/lib/llvm-19/bin")
OSACA = os.environ.get("OSACA", "osaca")

# The processors: what `llvm-mca` calls them, and OSACA, if its tables are complete for them.
ARM = [("Neoverse N1", "neoverse-n1", None), ("Neoverse V1", "neoverse-v1", None), ("Neoverse V2", "neoverse-v2", "V2")]
HERE = {"znver4": "ZEN4", "znver3": "ZEN3", "icelake-server": "ICX", "sapphirerapids": "SPR"}

# The mix runs in whole passes of 600 events.
LENGTHS = {"mix": (600, 1200)}
ITERATIONS = 100
# The share of the cycles that the blocks asked of OSACA make up, and the most of them.
SHARE, MOST = 0.8, 40


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def build(triple, flags):
    """Builds benches/drive.rs as benches/instructions.sh does, at fixed addresses. Returns the path of the program."""
    name = triple.replace("-", "_")
    environment = os.environ | {"CARGO_TARGET_DIR": os.path.join(TARGET, "cycles")}
    environment[f"CARGO_TARGET_{name.upper()}_RUSTFLAGS"] = f"-C target-feature=+crt-static -C relocation-model=static {flags}"
    if triple.startswith("aarch64"):
        environment[f"CC_{name}"] = environment[f"CARGO_TARGET_{name.upper()}_LINKER"] = "aarch64-linux-gnu-gcc"
    manifest = os.path.join(ROOT, "benches/instructions/Cargo.toml")
    messages = run(
        "cargo", "build", "--release", "--manifest-path", manifest, "--target", triple, "--message-format=json", env=environment
    )
    programs = [json.loads(line).get("executable") for line in messages.splitlines()]
    return next(program for program in programs if program)


def argument(event):
    names = ("mix", "busy", "typed", "untyped", "authorizer", "log", "metrics")
    return event if event in names else os.path.join("tests/events", event + ".json")


class Program:
    """A program, and how often an event executes each of its blocks."""

    def __init__(self, triple, flags, emulator, folder):
        self.triple, self.path, self.emulator, self.folder = triple, build(triple, flags), emulator, folder
        self.symbols = []
        for line in run(os.path.join(LLVM, "llvm-nm"), "-C", "-n", self.path).splitlines():
            address, kind, name = line.split(" ", 2) if re.match("[0-9a-f]+ ", line) else ("", "", "")
            if kind.lower() in ("t", "w") and kind:
                self.symbols.append((int(address, 16), name))
        self.starts = [address for address, _ in self.symbols]

    def blocks(self, event):
        """Maps blocks, as (address, instructions in hexadecimal), to their number of executions for one event."""
        total = collections.Counter()
        short, long = LENGTHS.get(event, (200, 600))
        for length, sign in (long, 1), (short, -1):
            out = os.path.join(self.folder, "blocks.txt")
            plugin = os.path.join(self.folder, "libcount.so")
            command = [self.emulator, *(["-cpu", "max"] if "x86" in self.emulator else [])]
            run(*command, "-plugin", f"{plugin},out={out}", self.path, argument(event), str(length), cwd=ROOT, stderr=subprocess.PIPE)
            with open(out) as lines:
                for line in lines:
                    address, code, executed = line.split()
                    total[int(address, 16), code] += sign * int(executed)
        # Blocks that only the start executes cancel out.
        return {block: executed / (long - short) for block, executed in total.items() if executed > 0}

    def function(self, address):
        return self.symbols[bisect.bisect_right(self.starts, address) - 1][1]

    def measured(self, event, passes=20):
        """The nanoseconds of one event on this machine: the least of many passes."""
        short, long = (600, 20_400) if event == "mix" else (100, 20_100)
        least = {}
        for _ in range(passes):
            for length in short, long:
                begin = time.perf_counter_ns()
                run(self.path, argument(event), str(length), cwd=ROOT)
                least[length] = min(least.get(length, float("inf")), time.perf_counter_ns() - begin)
        return (least[long] - least[short]) / (long - short)


def assembly(triple, codes):
    """Maps instructions in hexadecimal to lines that can be assembled again. It leaves out those that the tool does not know."""
    text = "\n".join(" ".join("0x" + code[at : at + 2] for at in range(0, len(code), 2)) for code in codes)
    features = ["-mattr=+lse,+aes"] if triple.startswith("aarch64") else []
    command = [os.path.join(LLVM, "llvm-mc"), "--disassemble", f"-triple={triple}", *features]
    done = subprocess.run(command, input=text, text=True, capture_output=True)
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip() and not line.strip().startswith(".text")]
    if len(lines) == len(codes) and "warning" not in done.stderr:
        return dict(zip(codes, lines))
    if len(codes) == 1:
        return {}
    half = len(codes) // 2
    return assembly(triple, codes[:half]) | assembly(triple, codes[half:])


def disassembled(triple, blocks):
    """Maps each block to the lines of its instructions."""
    every = [code for _, codes in blocks for code in codes.rstrip(",").split(",")]
    lines = assembly(triple, list(dict.fromkeys(every)))
    return {block: [lines[code] for code in block[1].rstrip(",").split(",") if code in lines] for block in blocks}


def by_llvm(triple, processor, listing):
    """Maps each block to its cycles by `llvm-mca`: the mean of many iterations."""
    blocks = list(listing)
    parts = []
    for number, block in enumerate(blocks):
        parts += [f"# LLVM-MCA-BEGIN b{number}", *listing[block], f"# LLVM-MCA-END b{number}"]
    # In the first line the tool would not see a mark for arm64.
    text = "\n".join(["nop", *parts, ""])
    command = [os.path.join(LLVM, "llvm-mca"), f"-mtriple={triple}", f"-mcpu={processor}", f"-iterations={ITERATIONS}"]
    out = run(*command, "-instruction-info=false", "-resource-pressure=false", "-skip-unsupported-instructions=parse-failure", input=text, stderr=subprocess.PIPE)
    cycles = {}
    for region in re.split(r"\[\d+\] Code Region - ", out)[1:]:
        name = region.split()[0]
        cycles[blocks[int(name[1:])]] = int(re.search(r"Total Cycles:\s+(\d+)", region)[1]) / ITERATIONS
    return cycles


def by_osaca(architecture, listing, blocks, folder):
    """Maps blocks to their cycles by OSACA: the busiest port or the longest chain from one iteration to the next."""
    cycles = {}
    for block in blocks:
        is_arm = architecture == "V2"
        begin, end = ("// OSACA-BEGIN", "// OSACA-END") if is_arm else ("# OSACA-BEGIN", "# OSACA-END")
        path = os.path.join(folder, "block.s")
        with open(path, "w") as file:
            file.write("\n".join([begin, *listing[block], end, ""]))
        done = subprocess.run([OSACA, "--arch", architecture, "--ignore-unknown", path], text=True, capture_output=True)
        sums = [line.split() for line in done.stdout.splitlines() if re.fullmatch(r"[\s\d.]+", line) and line.strip()]
        if done.returncode or not sums:
            continue
        # The sums: one figure for each port, then the critical path, then the longest chain.
        ports, chain = [float(figure) for figure in sums[-1][:-2]], float(sums[-1][-1])
        cycles[block] = max(*ports, chain)
    return cycles


CLOCK = r"""
#include <stdint.h>
#include <stdio.h>
#include <time.h>
int main(void) {
    double least = 1e9;
    for (int pass = 0; pass < 400; pass++) {
        struct timespec a, b;
        uint64_t x = pass;
        clock_gettime(CLOCK_MONOTONIC, &a);
        for (int i = 0; i < 20000; i++)
            __asm__ volatile("addq $1,%0\n addq $1,%0\n addq $1,%0\n addq $1,%0\n addq $1,%0\n addq $1,%0\n addq $1,%0\n addq $1,%0\n"
                             "imulq $3,%0,%0\n" : "+r"(x));
        clock_gettime(CLOCK_MONOTONIC, &b);
        double ns = (b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec);
        if (ns < least) least = ns;
    }
    /* Eight additions of one cycle and a multiplication of three: no processor merges that. */
    printf("%f\n", 20000 * 11 / least);
    return 0;
}
"""


def clock(folder):
    """The cycles of this machine in a nanosecond."""
    source, program = os.path.join(folder, "clock.c"), os.path.join(folder, "clock")
    with open(source, "w") as file:
        file.write(CLOCK)
    run("gcc", "-O2", "-o", program, source)
    return float(run(program))


def native():
    """The name of this machine's processor, as the compiler and `llvm-mca` know it."""
    name = run("rustc", "--print", "target-cpus")
    return re.search(r"currently (\S+?)\)", name)[1]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def model(program, event, processors):
    """Prints the functions that an event spends the most cycles in. Returns the sums, and the blocks with their cycles."""
    blocks = program.blocks(event)
    listing = disassembled(program.triple, blocks)
    sums = {}
    by_function = collections.defaultdict(collections.Counter)
    per_block = {}
    for name, processor, _ in processors:
        cycles = by_llvm(program.triple, processor, listing)
        per_block[name] = {block: cycles[block] * executed for block, executed in blocks.items()}
        sums[name] = sum(per_block[name].values())
        for block, total in per_block[name].items():
            by_function[program.function(block[0])][name] += total
    for block, executed in blocks.items():
        by_function[program.function(block[0])]["instructions"] += executed * len(listing[block])
    sums["instructions"] = sum(counter["instructions"] for counter in by_function.values())
    return blocks, listing, sums, by_function, per_block


def short(function):
    function = re.sub(r"\$.*?\$|::h[0-9a-f]{16}|<gatewire::|gatewire::", "", function)
    return function if len(function) <= 60 else function[:57] + "..."


def second_witness(program, name, architecture, blocks, listing, per_block, folder):
    """Returns the blocks that OSACA knows: their share of all cycles, and the ratio of its cycles to those of `llvm-mca`."""
    ranked = sorted(per_block[name], key=per_block[name].get, reverse=True)
    asked, reached, whole = [], 0, sum(per_block[name].values())
    for block in ranked[:MOST]:
        if reached > SHARE * whole:
            break
        asked.append(block)
        reached += per_block[name][block]
    osaca = by_osaca(architecture, listing, asked, folder)
    llvm = sum(per_block[name][block] for block in osaca)
    return llvm / whole, sum(cycles * blocks[block] for block, cycles in osaca.items()) / llvm


def main():
    events = sys.argv[1:] or ["mix", "rest", "http", "busy"]
    with tempfile.TemporaryDirectory() as folder:
        run("gcc", "-shared", "-fPIC", "-O2", "-o", os.path.join(folder, "libcount.so"), os.path.join(ROOT, "benches/qemu_count.c"))
        here = native()
        here_name = f"this machine ({here})"
        x86 = Program("x86_64-unknown-linux-gnu", "--cfg gatewire_avx2", "qemu-x86_64", folder)
        arm = Program("aarch64-unknown-linux-gnu", "", "qemu-aarch64", folder)
        per_ns = clock(folder)
        print(f"Clock of this machine: {per_ns:.2f} cycles a nanosecond. {run('rustc', '--version').strip()}.\n")
        rows, witnesses = [], []
        for event in events:
            blocks, listing, sums, _, per_block = model(x86, event, [(here_name, here, HERE.get(here))])
            measured = x86.measured(event) * per_ns
            error = sums[here_name] / measured
            if here in HERE:
                witnesses.append((event, here_name, *second_witness(x86, here_name, HERE[here], blocks, listing, per_block, folder)))
            arm_blocks, arm_listing, arm_sums, by_function, arm_per_block = model(arm, event, ARM)
            for name, _, architecture in ARM:
                if architecture:
                    witnesses.append((event, name, *second_witness(arm, name, architecture, arm_blocks, arm_listing, arm_per_block, folder)))
            rows.append([event, f"{sums['instructions']:,.0f}", f"{sums[here_name]:,.0f}", f"{measured:,.0f}", f"{error:.2f}",
                         f"{arm_sums['instructions']:,.0f}", *(f"{arm_sums[name]:,.0f}" for name, _, _ in ARM)])
            if event == events[0]:
                top = sorted(by_function, key=lambda function: by_function[function]["instructions"], reverse=True)[:8]
                functions = [[short(function), *(f"{by_function[function][name]:,.0f}" for name in ("instructions", *(arm[0] for arm in ARM)))] for function in top]
        table(["event", "x86-64: instructions", f"model, {here}", "measured", "model / measured", "arm64: instructions",
               *(f"model, {name}" for name, _, _ in ARM)], rows)
        table([f"{events[0]}: function", "instructions", *(name for name, _, _ in ARM)], functions)
        table(["OSACA beside llvm-mca", "processor", "share of the cycles asked", "OSACA / llvm-mca"],
              [[event, name, f"{share:.0%}", f"{ratio:.2f}"] for event, name, share, ratio in witnesses])


main()
