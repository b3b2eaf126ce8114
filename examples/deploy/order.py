#!/usr/bin/env python3
"""Prints the functions of a program in the order in which a start and two invocations call them first, for the linker:
`examples/deploy/order.py PROGRAM EVENT > ORDER`.

PROGRAM is a static function for Lambda with its symbols, for x86-64 or arm64. It runs in QEMU's emulator of user programs
(Debian's package `qemu-user-static`), which logs each function that it translates, against a Runtime API in this process. EVENT
is a file with the event, as JSON. examples/deploy/zip.sh uses this.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

INVOCATIONS = 2
# The longest wait for the program, in seconds.
LIMIT = 60


def read_request(connection):
    """Reads a request with its body, and returns its method."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536) or sys.exit("the program has closed its connection")
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65536) or sys.exit("the program has closed its connection")
    return head.split(b" ", 1)[0]


def serve(listener, event):
    """Hands out the event for each invocation, until the program asks for one more."""
    listener.settimeout(LIMIT)
    connection, _ = listener.accept()
    connection.settimeout(LIMIT)
    for number in range(INVOCATIONS):
        if read_request(connection) != b"GET":
            sys.exit("the program does not ask for an event")
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: r-{number}\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n"
            "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n"
            f"Content-Length: {len(event)}\r\n\r\n"
        )
        connection.sendall(head.encode() + event)
        if read_request(connection) != b"POST":
            sys.exit("the program does not answer the event")
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
    read_request(connection)


def main():
    program, event = sys.argv[1:]
    machine = pathlib.Path(program).read_bytes()[18]
    emulator = {62: "qemu-x86_64-static", 183: "qemu-aarch64-static"}[machine]
    listener = socket.create_server(("127.0.0.1", 0))
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    }
    with tempfile.NamedTemporaryFile("r", errors="replace") as log:
        command = [emulator, "-d", "in_asm", "-D", log.name, program]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            serve(listener, pathlib.Path(event).read_bytes())
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT)
        # A name comes again with each block of its function.
        names = dict.fromkeys(line.removeprefix("IN: ").strip() for line in log if line.startswith("IN: "))
    names.pop("", None)
    if not names:
        sys.exit(f"{program} has no symbols")
    print("\n".join(names))


main()
