"""Processes that end with the tests, and ports that are free."""

import os
import socket
import subprocess
import time
from pathlib import Path


def free_port() -> int:
    """Returns a port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A program that is ended, by its id, when the `with` block ends."""

    def __init__(
        self, command: list[str], log: Path, environment: dict[str, str] | None = None, cwd: Path | None = None
    ):
        self.log = log
        # A file instead of a pipe: nothing reads while the requests are sent.
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **(environment or {})},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_for_port(self, port: int, seconds: float = 60) -> None:
        """Returns once it listens; raises if it has ended or takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"nothing listens on port {port}:\n{self.tail()}")

    def tail(self, lines: int = 40) -> str:
        """Returns the end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
