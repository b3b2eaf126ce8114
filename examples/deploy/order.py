#!/usr/bin/env python3
"""Prints the functions of a program in the order in which a start and two invocations call them first, for the linker:
`examples/deploy/order.py PROGRAM EVENT > ORDER`.

PROGRAM is a static function for Lambda with its symbols, for x86-64 or arm64. It runs in QEMU's emulator of user programs
(Debian's packages `qemu-user-static`, and `qemu-user` from version 13 on), which logs each function that it translates, against a
Runtime API in this process. EVENT is a file with the event, as JSON. examples/deploy/zip.sh uses this.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

INVOCATIONS = 2
# The longest wait for the program, in seconds.
LIMIT = 60


def read_request(connection):
    """Reads a request with its body, and returns its request line; `None` if the connection has ended."""
    reader = connection.makefile("rb")
    line = reader.readline().decode()
    fields = {}
    while (field := reader.readline().decode().strip()):
        name, _, value = field.partition(":")
        fields[name.lower()] = value.strip()
    if fields.get("transfer-encoding") == "chunked":
        while (size := int(reader.readline(), 16)):
            reader.read(size + len("\r\n"))
        while reader.readline().strip():
            pass
    else:
        reader.read(int(fields.get("content-length", 0)))
    return line.split(" HTTP/")[0] or None


def answer(connection, status, fields=(), body=b""):
    head = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", ""]
    connection.sendall("\r\n".join(head).encode() + body)


def serve(connection, event, state):
    """Answers the requests of one connection. The program is done when it asks for an event after the last."""
    while (request := read_request(connection)):
        if request.endswith("/extension/register"):
            answer(connection, "200 OK", ["Lambda-Extension-Identifier: order"])
        elif request.endswith("/invocation/next") and state["left"] == 0:
            return state["done"].set()
        elif request.endswith("/invocation/next"):
            state["left"] -= 1
            fields = [
                "Content-Type: application/json",
                f"Lambda-Runtime-Aws-Request-Id: r-{state['left']}",
                "Lambda-Runtime-Deadline-Ms: 4102444800000",
                "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f",
                "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            ]
            answer(connection, "200 OK", fields, event)
        elif request.startswith("POST"):
            answer(connection, "202 Accepted")
        # Other requests wait, as that of an extension for its event does.


def accept(listener, event, state):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, event, state), daemon=True).start()


def emulator(program):
    """The name of the emulator for the machine of a program."""
    with open(program, "rb") as file:
        machine = {62: "x86_64", 183: "aarch64"}.get(file.read(20)[18])
    if not machine:
        sys.exit(f"{program} is not for x86-64 or arm64")
    found = shutil.which(f"qemu-{machine}-static") or shutil.which(f"qemu-{machine}")
    return found or sys.exit(f"no qemu-{machine}-static and no qemu-{machine}: install qemu-user-static or qemu-user")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: order.py PROGRAM EVENT")
    program, event = sys.argv[1], pathlib.Path(sys.argv[2]).read_bytes()
    state = {"left": INVOCATIONS, "done": threading.Event()}
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener, event, state), daemon=True).start()
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    }
    with tempfile.NamedTemporaryFile("r", errors="replace") as log:
        command = [emulator(program), "-d", "in_asm", "-D", log.name, program]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not state["done"].wait(LIMIT):
                sys.exit(f"{program} does not answer the event")
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
