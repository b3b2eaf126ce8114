"""The local gateway, as every gateway that it plays: `on_local.py FOLDER`, the folder with the built examples."""

import sys
import tempfile
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


def main(folder: Path) -> bool:
    passed = True
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
