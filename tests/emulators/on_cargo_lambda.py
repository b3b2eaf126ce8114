"""Checks the examples on cargo-lambda, which plays the Runtime API and a Function URL: `on_cargo_lambda.py FOLDER`.

FOLDER holds the built examples. After the table it sends the unchanged sample events of every gateway, a payload that is
no event, and 2,000 requests in a row.
"""

import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import check
import table
from process import Process, free_port

ROOT = Path(__file__).resolve().parents[2]
IN_A_ROW = 2000
#: Its Function URL can stream, but it sends events of an HTTP API, which cannot.
PINNED = {"streaming": {"AS_FUNCTION_URL": "1"}}


def watch(stack: ExitStack, folder: Path) -> tuple[Process, int]:
    """Starts the emulator for one function."""
    # It requires a package with a program in its folder, which it does not build.
    folder.joinpath("src").mkdir()
    folder.joinpath("src/main.rs").write_text("fn main() {}\n")
    folder.joinpath("Cargo.toml").write_text(
        '[package]\nname = "function"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n'
    )
    port = free_port()
    # Without these options it would answer preflights, and every origin, by itself.
    options = ["--only-lambda-apis", "--disable-cors", "-A", "127.0.0.1", "-P", str(port)]
    command = ["cargo-lambda", "lambda", "watch", *options]
    process = stack.enter_context(Process(command, folder / "watch.log", {"CARGO_NET_OFFLINE": "1"}, cwd=folder))
    process.wait_for_port(port)
    return process, port


def start(stack: ExitStack, program: Path, variables: dict[str, str]) -> tuple[Process, str]:
    """Starts a function with its own emulator."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    _, port = watch(stack, folder)
    environment = {
        # The address includes a prefix of the path here, unlike on Lambda.
        "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{port}/.rt",
        "AWS_LAMBDA_FUNCTION_NAME": "_",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    }
    function = stack.enter_context(Process([str(program)], folder / "function.log", environment | variables))
    return function, f"http://127.0.0.1:{port}"


def invoke(url: str, event: bytes) -> dict:
    """Returns the function's response to an event, or the error that it reports."""
    request = urllib.request.Request(f"{url}/2015-03-31/functions/_/invocations", data=event, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=check.PATIENCE) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def events(url: str) -> bool:
    """Returns whether the sample events of all gateways are answered, and an unknown event is reported as such."""
    failed = []
    for name in ["rest", "http", "http_v1", "alb", "alb_multi", "url", "lattice", "lattice_v2"]:
        answer = invoke(url, (ROOT / f"tests/events/{name}.json").read_bytes())
        if answer.get("statusCode") != 404 or "there is no todo 42" not in answer.get("body", ""):
            failed.append(f"{name}: {answer}")
    answer = invoke(url, b'{"no":"event"}')
    if answer.get("errorType") != "Gatewire.UnknownEvent":
        failed.append(f"no event: {answer}")
    print("\n".join(failed + [f"cargo-lambda events: {9 - len(failed)} passed, {len(failed)} failed"]), flush=True)
    return not failed


def in_a_row(url: str) -> bool:
    """Returns whether a connection and a function last."""
    client = check.Client(url)
    wanted = check.Check("todos", "GET", "/todos/1", json={"id": 1, "title": "milk", "done": True})
    begin = time.monotonic()
    failed = sum(1 for _ in range(IN_A_ROW) if wanted.faults(client.ask(wanted)))
    client.close()
    print(
        f"cargo-lambda in a row: {IN_A_ROW - failed} passed, {failed} failed, {time.monotonic() - begin:.1f} s",
        flush=True,
    )
    return failed == 0


def main(folder: Path) -> bool:
    with ExitStack() as stack:
        started = {
            name: start(stack, folder / name, variables | PINNED.get(name, {}))
            for name, variables in table.FUNCTIONS.items()
        }
        urls = {name: url for name, (_, url) in started.items()}
        passed = check.run("cargo-lambda http", urls, table.CHECKS)
        passed &= events(urls["todos"])
        passed &= in_a_row(urls["todos"])
        if not passed:
            for name, (function, _) in started.items():
                print(f"--- {name}\n{function.tail()}")
        return passed


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1])) else 1)
