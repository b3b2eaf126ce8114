"""Sends requests to a deployed function, and compares the responses with the expected ones."""

import http.client
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Callable
from urllib.parse import urlsplit

#: The longest time for a request, in seconds.
PATIENCE = 30
#: The number of failures of a gateway that are printed in detail: a few are enough if it does not work at all.
SHOWN = 12


@dataclass
class Answer:
    """A response. Names of header fields are in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    #: Seconds between the first and the last piece of the body.
    spread: float = 0
    #: True if the connection ended before the body did.
    cut: bool = False

    def values(self, name: str) -> list[str]:
        return [value for own, value in self.headers if own == name]


@dataclass
class Check:
    """A request, and the expected response. Parts that are left out are not checked."""

    #: The example that must be deployed.
    function: str
    method: str
    target: str
    #: One status, or several if gateways differ.
    status: int | tuple[int, ...] = 200
    send: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | None = None
    #: The body as a value: only the named members of an object, or the whole of any other value.
    json: Any = None
    #: The whole body.
    text: str | bytes | None = None
    #: A part of the body.
    part: str | None = None
    #: By name in lower case: the values of a field in any order, empty if it must be absent; or a pattern for its one value.
    headers: dict[str, list[str] | re.Pattern] = field(default_factory=dict)
    #: True if the body must be cut off.
    cut: bool = False
    #: A further condition.
    also: Callable[[Answer], bool] | None = None
    #: The gateways that cannot answer so, and the reason: by words of their names, such as "ministack alb".
    unless: dict[str, str] = field(default_factory=dict)

    def excuse(self, gateway: str) -> str | None:
        """Returns why the response of this gateway does not count; None if it does."""
        words = set(gateway.split())
        return next((why for who, why in self.unless.items() if set(who.split()) <= words), None)

    def faults(self, answer: Answer) -> list[str]:
        """Returns the differences between the response and the expected one."""
        allowed = self.status if isinstance(self.status, tuple) else (self.status,)
        faults = [] if answer.status in allowed else [f"status {answer.status}, not {self.status}"]
        text = self.text.encode() if isinstance(self.text, str) else self.text
        if text is not None and answer.body != text:
            faults.append(f"body {shorten(answer.body)}, not {shorten(text)}")
        if self.part is not None and self.part.encode() not in answer.body:
            faults.append(f"body {shorten(answer.body)}, without {self.part!r}")
        if self.json is not None:
            faults += self.json_faults(answer.body)
        if answer.cut != self.cut:
            faults.append(f"the body is {'cut off' if answer.cut else 'whole'}: {shorten(answer.body)}")
        for name, wanted in self.headers.items():
            values = answer.values(name)
            if isinstance(wanted, re.Pattern):
                fits = len(values) == 1 and wanted.fullmatch(values[0])
            else:
                fits = sorted(values) == sorted(wanted)
            if not fits:
                faults.append(f"{name}: {values}, not {wanted}")
        if self.also is not None and not faults and not self.also(answer):
            faults.append(f"not as wanted: {answer.headers} {shorten(answer.body)}")
        return faults

    def json_faults(self, body: bytes) -> list[str]:
        try:
            got = json.loads(body)
        except ValueError:
            return [f"body {shorten(body)}, which is no JSON"]
        if isinstance(self.json, dict) and isinstance(got, dict):
            got = {name: value for name, value in got.items() if name in self.json}
        return [] if got == self.json else [f"JSON {shorten(got)}, not {shorten(self.json)}"]


def shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}… ({len(text)} characters)"


class Client:
    """One connection to the function at a URL; it opens again if the server has closed it."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        self.prefix = parts.path.rstrip("/")
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)

    def ask(self, check: Check) -> Answer:
        connection = self.connection
        connection.putrequest(check.method, self.prefix + check.target, skip_accept_encoding=True)
        # Browsers and curl do so. A REST API decodes a binary response only for a client that sends `Accept`.
        if not any(name.lower() == "accept" for name, _ in check.send):
            connection.putheader("Accept", "*/*")
        for name, value in check.send:
            connection.putheader(name, value)
        if check.body is not None:
            connection.putheader("Content-Length", str(len(check.body)))
        connection.endheaders(check.body)
        response = connection.getresponse()
        answer = Answer(response.status, [(name.lower(), value) for name, value in response.getheaders()], b"")
        begin, body = None, bytearray()
        try:
            while piece := response.read1(1 << 16):
                begin = begin or time.monotonic()
                body += piece
            # The connection is free for the next request only after this read.
            response.read()
        except http.client.IncompleteRead:
            answer.cut = True
            self.close()
        answer.body, answer.spread = bytes(body), time.monotonic() - begin if begin else 0
        return answer

    def close(self) -> None:
        self.connection.close()


def run(gateway: str, urls: dict[str, str], checks: list[Check], at_least: int = 60) -> bool:
    """Sends the checks through a gateway to the functions at these URLs, in their order, and prints the outcome.

    Returns whether all checks that count have passed, and enough of them count.
    """
    clients = {name: Client(url) for name, url in urls.items()}
    passed, failed, excuses = 0, 0, Counter()
    begin = time.monotonic()
    for check in checks:
        client = clients[check.function]
        try:
            faults = check.faults(client.ask(check))
        except (OSError, http.client.HTTPException) as error:
            faults = [f"no answer: {error!r}"]
            client.close()
        # The request is sent anyway, since later checks may build on its effects.
        if (why := check.excuse(gateway)) is not None:
            excuses[why] += 1
        elif not faults:
            passed += 1
        else:
            failed += 1
            if failed <= SHOWN:
                print(f"{gateway}: {check.function} {check.method} {check.target}: {'; '.join(faults)}", flush=True)
    for client in clients.values():
        client.close()
    for why, count in excuses.items():
        print(f"{gateway}: {count} not counted: {why}")
    if passed < at_least:
        print(f"{gateway}: {passed} are too few, {at_least} are wanted")
    print(f"{gateway}: {passed} passed, {failed} failed, {time.monotonic() - begin:.1f} s", flush=True)
    return failed == 0 and passed >= at_least
