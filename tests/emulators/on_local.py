"""Checks the local gateway as each gateway that it plays: `on_local.py FOLDER`, the folder with the built examples."""

import os
import pty
import select
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import check
import table
from process import Process, free_port

GATEWAYS = {
    "rest": {"GATEWIRE_SOURCE": "rest"},
    "http_v1": {"GATEWIRE_SOURCE": "http_v1"},
    "http": {"GATEWIRE_SOURCE": "http"},
    "alb": {"GATEWIRE_SOURCE": "alb"},
    "alb_multi": {"GATEWIRE_SOURCE": "alb", "GATEWIRE_MULTI_VALUE": "true"},
    "url": {"GATEWIRE_SOURCE": "url"},
    "lattice": {"GATEWIRE_SOURCE": "lattice"},
    "lattice_v2": {"GATEWIRE_SOURCE": "lattice_v2"},
}


def on_a_terminal(program: Path, environment: dict[str, str]) -> tuple[str, int]:
    """Returns the output on a terminal about one request followed by Ctrl-C, and the exit code."""
    port = free_port()
    process, terminal = pty.fork()
    if process == 0:
        os.execve(program, [program], {**os.environ, "GATEWIRE_ADDRESS": f"127.0.0.1:{port}", **environment})
    printed, end, asked = b"", time.monotonic() + check.PATIENCE, False
    while time.monotonic() < end and select.select([terminal], [], [], 1)[0]:
        try:
            printed += os.read(terminal, 4096)
        except OSError:
            # Linux reports so that the terminal's program has ended.
            break
        if not asked and b"Ctrl-C" in printed:
            asked = True
            urllib.request.urlopen(f"http://127.0.0.1:{port}/todos", timeout=check.PATIENCE).close()
            os.write(terminal, b"\x03")
    os.close(terminal)
    # Closing the terminal ends any program that still runs on it.
    _, status = os.waitpid(process, 0)
    return printed.decode(), os.waitstatus_to_exitcode(status)


def terminals(program: Path) -> bool:
    """Returns whether lines have colours if they should, and Ctrl-C ends the gateway with success."""
    failed = 0
    for environment, wanted in [
        ({"NO_COLOR": ""}, "GET /todos \x1b[32m200\x1b[0m "),
        ({"NO_COLOR": "1"}, "GET /todos 200 "),
    ]:
        printed, status = on_a_terminal(program, environment)
        if wanted not in printed or status != 0:
            failed += 1
            print(f"local terminal, {environment}: {printed!r}, ends with {status}")
    print(f"local terminal: {2 - failed} passed, {failed} failed")
    return failed == 0


def main(folder: Path) -> bool:
    passed = terminals(folder / "todos")
    for gateway, settings in GATEWAYS.items():
        with ExitStack() as stack:
            logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            urls = {}
            for name, variables in table.FUNCTIONS.items():
                port = free_port()
                urls[name] = f"http://127.0.0.1:{port}"
                environment = {**settings, **variables, "GATEWIRE_ADDRESS": f"127.0.0.1:{port}"}
                program = stack.enter_context(Process([str(folder / name)], logs / name, environment))
                program.wait_for_port(port)
            passed &= check.run(f"local {gateway}", urls, table.CHECKS)
    return passed


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1])) else 1)
