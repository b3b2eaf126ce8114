"""The requests to every emulator and the local gateway, and the expected responses.

The requests are sent in this order: those to the todo API build on each other. A real gateway returns each response as
expected; if an emulator cannot, because of an oddity, `unless` names the emulator.
"""

import gzip
import json
import re
from typing import Any, Callable

from check import Answer, Check

#: Small enough for a load balancer, whose payloads may have 1,048,576 bytes.
MEGABYTE = 1_000_000
PIXELS = bytes(range(256))
LOREM = "The quick brown fox jumps over the lazy dog. " * 40
GZIP = ("Accept-Encoding", "gzip, deflate, br")
JSON = ("Content-Type", "application/json")
TEXT = ("Content-Type", "text/plain")
IMAGE = ("Content-Type", "image/x-portable-graymap")
SITE = ("Origin", "https://www.example.com")

# ---- the oddities of the emulators, and the limits of the gateways that they play

#: MiniStack decodes the path for every source, and the query for a load balancer with multi-value headers. AWS sends them
#: undecoded, so the function decodes them a second time.
DECODES = {"ministack": "MiniStack decodes what the function decodes too"}
DECODES_QUERY = {"ministack alb_multi": DECODES["ministack"]}
#: cargo-lambda sends the path of an HTTP API undecoded, whereas AWS decodes it.
ENCODES = {"cargo-lambda": "cargo-lambda sends the path of an HTTP API encoded"}
FIRST = {"cargo-lambda": "cargo-lambda keeps the first of repeated headers"}
NULL_BODY = "MiniStack fails where `body` is null"
NULL = {"ministack rest": NULL_BODY, "ministack http": NULL_BODY}
PREFLIGHTS = {"ministack http": "MiniStack answers preflights of HTTP APIs by itself"}
BASE64_MEGABYTE = "a load balancer takes a payload of 1 MB, and as base64 a megabyte is more"
ONE_MEGABYTE = {"alb": BASE64_MEGABYTE, "alb_multi": BASE64_MEGABYTE}
#: MiniStack plays a streaming Function URL, which takes responses in no other form, and delays them until they are complete.
COLLECTS = {"ministack": "MiniStack collects what is streamed"}
COOKIES = {"ministack url": "MiniStack drops the cookies of an answer that is streamed"}
STREAMED_REST = {"ministack rest": "MiniStack's REST APIs have no streams"}
BUFFERED_URL = {"ministack url": "a Function URL that streams shows the JSON of an answer that is buffered"}
UNTOLD = {"cargo-lambda": "cargo-lambda ends a body well, whatever the trailers say"}
WHOLE = {
    f"local {gateway}": "a gateway without streams waits for the whole"
    for gateway in ["http", "http_v1", "alb", "alb_multi", "lattice", "lattice_v2"]
}
STREAMS = {
    gateway: "a status that has left cannot be another"
    for gateway in ["local url", "local rest", "cargo-lambda", "ministack url"]
}
SINGLE = {"alb": "a load balancer without multi-value headers has one value for a name"}


def todos() -> list[Check]:
    """The todo API: methods, queries, JSON both ways, errors, a megabyte both ways."""

    def check(method: str, target: str, *status: int, **more: Any) -> Check:
        return Check("todos", method, target, *status, **more)

    def send(method: str, target: str, value: Any, *status: int, **more: Any) -> Check:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return check(method, target, *status, send=[JSON], body=body, **more)

    large = "x" * MEGABYTE
    quoted = {"id": 1, "title": 'say "milk"\n\\', "done": False}
    world = {"id": 2, "title": "h\u00e9llo \u4e16\u754c \U0001f600", "done": True}
    is_json = {"content-type": ["application/json"]}
    return [
        check("GET", "/", text="A todo API: GET /todos"),
        check("GET", "/todos", json=[], headers=is_json),
        send("POST", "/todos", quoted, 201, json=quoted, headers={"location": ["/todos/1"], **is_json}),
        send("POST", "/todos", world, 201, json=world, headers={"location": ["/todos/2"]}),
        check("GET", "/todos/1", json=quoted),
        check("GET", "/todos/2", json=world),
        check("GET", "/todos", json=[quoted, world]),
        check("GET", "/todos?done=true", json=[world]),
        check("GET", "/todos?done=false", json=[quoted]),
        check("GET", "/todos?a=1&done=true&b=%26", json=[world]),
        check("GET", "/todos?done=perhaps", 400),
        send("PUT", "/todos/1", {"title": "milk", "done": True}, json={"id": 1, "title": "milk", "done": True}),
        check("GET", "/todos/1", json={"title": "milk", "done": True}),
        send("POST", "/todos", {"title": " "}, 400, json={"statusCode": 400, "message": "a todo needs a title"}),
        send("POST", "/todos", b'{"title":', 400, json={"statusCode": 400}),
        send("POST", "/todos", {"name": "none"}, 400, json={"statusCode": 400}),
        check("POST", "/todos", 400, json={"statusCode": 400}),
        check("GET", "/todos/x", 400, part="expected an integer from 0 to"),
        check("GET", "/todos/42", 404, json={"message": "there is no todo 42"}),
        check("GET", "/todos/%31", json={"id": 1}, unless=ENCODES),
        check("GET", "/nowhere", 404, json={"statusCode": 404, "message": "Not found"}),
        check("PATCH", "/nowhere", 404),
        check("DELETE", "/todos", 404),
        check("DELETE", "/todos/2", 204, text="", unless=NULL),
        check("DELETE", "/todos/2", 404),
        check("GET", "/todos/2", 404),
        send("POST", "/todos", {"title": large}, 201, json={"id": 2, "title": large, "done": False}),
        check("GET", "/todos/2", json={"id": 2, "title": large}),
        check("DELETE", "/todos/2", 204, unless=NULL),
        check("GET", "/todos", json=[{"id": 1, "title": "milk", "done": True}]),
    ]


def requests() -> list[Check]:
    """The request as a handler sees it: path, query, headers, cookies and body, each as the client meant it."""

    def inspect(
        method: str, query: str = "", send: list | None = None, body: bytes | None = None, **more: Any
    ) -> Check:
        return Check("conformance", method, "/inspect" + query, send=send or [], body=body, **more)

    def get(target: str, **more: Any) -> Check:
        return Check("conformance", "GET", target, **more)

    text = "h\u00e9llo \u4e16\u754c"
    return [
        inspect("GET", json={"method": "GET", "path": "/inspect", "query": {}, "cookies": {}}),
        *(
            inspect(method, body=b"hi", send=[TEXT], json={"method": method, "body": "hi"})
            for method in ["POST", "PUT", "PATCH"]
        ),
        inspect("DELETE", json={"method": "DELETE"}),
        inspect("GET", "?name=ada&x=1", json={"query_name": "ada", "query": {"name": ["ada"], "x": ["1"]}}),
        inspect(
            "GET",
            "?name=a%20b%2Bc&e=%C3%A9%26",
            json={"query": {"name": ["a b+c"], "e": ["\u00e9&"]}},
            unless=DECODES_QUERY,
        ),
        inspect("GET", "?empty=&name=1", json={"query": {"empty": [""], "name": ["1"]}}),
        inspect("GET", "?a=1&a=2&a=3", json={"query": {"a": ["1", "2", "3"]}}, unless=SINGLE),
        inspect(
            "GET",
            send=[("User-Agent", "tester/1.0"), ("X-Custom", "yes")],
            json={"user_agent": "tester/1.0", "x_custom": "yes"},
        ),
        # Gateways pass on all of them, or one joined line, or the last; a handler sees the last.
        inspect(
            "GET",
            send=[("X-Custom", "1"), ("X-Custom", "2")],
            also=lambda answer: json.loads(answer.body)["x_custom"].endswith("2"),
            unless=FIRST,
        ),
        inspect("GET", send=[("Cookie", "a=1; b=two")], json={"cookies": {"a": "1", "b": "two"}}),
        inspect("POST", send=[TEXT], body=text.encode(), json={"body": text}),
        # Most gateways do not treat this type as text: they send base64.
        inspect(
            "POST",
            send=[("Content-Type", "application/x-www-form-urlencoded")],
            body=b"a=1&b=%20",
            json={"body": "a=1&b=%20"},
        ),
        inspect("POST", send=[("Content-Type", "application/octet-stream")], body=text.encode(), json={"body": text}),
        inspect("POST", body=b"no type at all", json={"body": "no type at all"}),
        inspect("POST", send=[TEXT], body=b"x" * MEGABYTE, json={"body": "x" * MEGABYTE}),
        Check(
            "conformance",
            "POST",
            "/echo",
            send=[JSON],
            body=b'{"a": [1, 2.5, "\\u00e9\\n", null]}',
            json={"json": {"a": [1, 2.5, "\u00e9\n", None]}},
        ),
        get("/hello/ada", json={"message": "hello ada"}),
        get("/hello/a%20b", json={"message": "hello a b"}, unless=ENCODES),
        get("/hello/h%C3%A9llo", json={"message": "hello h\u00e9llo"}, unless=ENCODES),
        get("/hello/50%25", json={"message": "hello 50%"}, unless=DECODES | ENCODES),
        get("/studies/fetch", json={"route": "static"}),
        get("/studies/7", json={"route": "dynamic", "study_id": "7"}),
        get("/todos/7/done", json={"todo_id": "7", "status": "done"}),
        get("/items/42", json={"numbered": "/items/42"}),
        get("/items/x", status=404),
        get("/between/a/b/end", json={"between": "/between/a/b/end"}),
        get("/users/grace", json={"user": "grace"}),
    ]


def responses() -> list[Check]:
    """The response as it reaches the client: status, headers, cookies, text, bytes, compressed or not, errors."""

    def get(target: str, *status: int | tuple[int, ...], **more: Any) -> Check:
        return Check("conformance", "GET", target, *status, **more)

    unicode = {
        "quote": 'a "quoted" \\ back\\slash / slash',
        "control": "\0\x01\x08\t\n\x0c\r\x1f\x7f",
        "text": "h\u00e9llo \u4e16\u754c \U0001f600 \u2028",
    }
    return [
        get("/responses/teapot", 418, json={"message": "I'm a teapot"}, headers={"x-custom": ["X-Value"]}),
        get(
            "/responses/cookies", text="with cookies", also=has_cookies("session_id=12345", "theme=dark"), unless=SINGLE
        ),
        get("/responses/one-cookie", text="with one cookie", also=has_cookies("gone=")),
        # HTTP APIs and Function URLs require them in one line, which means the same.
        get(
            "/responses/multi-header",
            also=says("x-multi", "first", "second"),
            headers={"x-single": ["only"]},
            unless=SINGLE,
        ),
        get("/responses/content-type-header", text="a,b\n1,2\n", headers={"content-type": re.compile("text/csv.*")}),
        get("/responses/none", 204, text="", unless=NULL),
        get("/responses/list", json=[1, 2.5, "three", None, True, {"four": [4]}]),
        get(
            "/responses/html",
            text="<h1>h\u00e9llo \u4e16\u754c</h1>",
            headers={"content-type": re.compile("text/html.*")},
        ),
        get("/responses/unicode", json=unicode),
        get("/responses/binary", text=PIXELS),
        get("/responses/json-object", 202, json={"accepted": True}),
        Check("conformance", "HEAD", "/head", text="", headers={"x-head": ["yes"]}),
        get("/compress/json", json={"text": LOREM}, headers={"content-encoding": []}),
        get(
            "/compress/json",
            send=[GZIP],
            headers={"content-encoding": ["gzip"]},
            also=gzipped(json.dumps({"text": LOREM}, separators=(",", ":")).encode()),
        ),
        get("/compress/on", send=[GZIP], headers={"content-encoding": ["gzip"]}, also=gzipped(LOREM.encode())),
        get("/compress/binary", send=[GZIP], headers={"content-encoding": ["gzip"]}, also=gzipped(PIXELS * 8)),
        get("/compress/off", send=[GZIP], text=LOREM, headers={"content-encoding": []}),
        get("/cache/ok", json={"cached": True}, headers={"cache-control": ["max-age=600"]}),
        get("/cache/error", 418, headers={"cache-control": ["no-cache"]}),
        get("/middleware/stamped", headers={"x-stamp": ["inner,outer"]}),
        get("/middleware/gated", 401, text="who are you?"),
        get("/middleware/gated", send=[("Authorization", "Bearer x")], json={"gated": True}),
        get("/errors/bad-request", 400, json={"statusCode": 400, "message": "Missing required parameter"}),
        get("/errors/unauthorized", 401, json={"statusCode": 401}),
        get("/errors/service-object", 409),
        get("/errors/lookup", 410, json={"gone": True}),
        get("/errors/value", 400, text="Invalid request"),
        get("/errors/unavailable", 503, json={"message": "Come back later"}),
        # The invocation fails: each gateway answers with its own status, and the next request is answered.
        get("/errors/unhandled", (500, 502)),
        get("/health", json={"status": "OK"}),
    ]


def cors() -> list[Check]:
    """The requests of a browser before and for a call from another site."""
    allow = "access-control-allow-"

    def preflight(target: str, method: str, origin: str, **more: Any) -> Check:
        return Check(
            "conformance",
            "OPTIONS",
            target,
            204,
            send=[("Origin", origin), ("Access-Control-Request-Method", method)],
            unless=PREFLIGHTS,
            **more,
        )

    return [
        Check(
            "conformance",
            "GET",
            "/hello",
            send=[SITE],
            headers={f"{allow}origin": [SITE[1]], f"{allow}credentials": ["true"]},
        ),
        Check(
            "conformance",
            "GET",
            "/hello",
            send=[("Origin", "https://elsewhere.example")],
            headers={f"{allow}origin": []},
        ),
        Check("conformance", "GET", "/errors/not-found", 404, send=[SITE], headers={f"{allow}origin": [SITE[1]]}),
        Check("conformance", "GET", "/nowhere", 404, send=[SITE], headers={f"{allow}origin": [SITE[1]]}),
        preflight(
            "/todos/7",
            "PUT",
            SITE[1],
            text="",
            headers={f"{allow}origin": [SITE[1]], f"{allow}methods": re.compile(".*PUT.*")},
        ),
        preflight("/hello", "GET", "https://elsewhere.example", headers={f"{allow}origin": []}),
        Check("conformance", "GET", "/cors/off", send=[SITE], json={"cors": "off"}, headers={f"{allow}origin": []}),
    ]


def binary() -> list[Check]:
    """Binary requests and responses, up to a megabyte."""
    image = b"P5 2 2 255\n" + bytes([255, 0, 255, 1])
    large = b"P5 1000 1000 255\n" + bytes([255, 0]) * 500_000
    return [
        Check("binary", "POST", "/brightness", send=[IMAGE], body=image, text="127"),
        Check(
            "binary",
            "GET",
            "/dots/2",
            text=b"P5 2 2 255\n" + bytes([255, 0, 255, 0]),
            headers={"content-type": [IMAGE[1]]},
        ),
        Check("binary", "GET", "/dots/1000", text=large, unless=ONE_MEGABYTE),
        Check("binary", "POST", "/brightness", send=[IMAGE], body=large, text="127"),
        Check("binary", "POST", "/brightness", send=[IMAGE, ("Content-Encoding", "identity")], body=image, text="127"),
        Check(
            "binary",
            "GET",
            "/table",
            send=[GZIP],
            headers={"content-encoding": ["gzip"], "vary": re.compile("(?i)accept-encoding")},
            also=gzipped("".join(f"{n},{n * n}\n" for n in range(500)).encode()),
        ),
    ]


def streaming() -> list[Check]:
    """Responses that leave while they are made, or as a whole if the gateway has no streams, with the same handlers."""

    def get(target: str, **more: Any) -> Check:
        return Check("streaming", "GET", target, unless=STREAMED_REST | more.pop("unless", {}), **more)

    def sums(lines: str, *status: int, **more: Any) -> Check:
        unless = STREAMED_REST | more.pop("unless", {})
        return Check("streaming", "POST", "/sums", *status, send=[TEXT], body=lines.encode(), unless=unless, **more)

    def squares(count: int) -> str:
        return "number,square\n" + "".join(f"{number},{number * number}\n" for number in range(1, count + 1))

    events = "data: 3\n\ndata: 2\n\ndata: 1\n\nevent: done\ndata: lift-off\n\n"
    is_events = {"content-type": ["text/event-stream"], "cache-control": ["no-store"]}
    is_csv = {"content-type": ["text/csv"], "content-disposition": ['attachment; filename="squares.csv"']}
    return [
        get("/countdown", text=events, headers=is_events),
        # The last piece is written 0.3 s after the first.
        get("/countdown", text=events, also=lambda answer: answer.spread > 0.2, unless=WHOLE | COLLECTS),
        sums("1\n2\n3\n", 202, text="1\n3\n6\n", headers={"content-type": ["text/plain"], "x-unit": ["pieces"]}),
        sums("4\n5\n", 202, text="4\n9\n", also=has_cookies("seen=yes"), unless=COOKIES),
        # A megabyte, in about sixty pieces.
        get("/export/60000", text=squares(60_000), headers=is_csv),
        get("/export/3", text=squares(3), headers=is_csv),
        get("/export/many", status=400),
        # An error in the middle cuts off a body that has begun to leave. Otherwise the error is the response.
        sums("1\n2\nthree\n4\n", 202, text="1\n3\n", cut=True, unless=WHOLE | COLLECTS | UNTOLD),
        sums("1\n2\nthree\n4\n", 400, part="invalid digit", unless=STREAMS),
        sums("one\n", 400, part="invalid digit"),
        Check("streaming", "GET", "/whole/60000", text=squares(60_000), headers=is_csv, unless=BUFFERED_URL),
        get("/nowhere", status=404),
        get("/countdown", text=events, headers=is_events),
    ]


def gzipped(plain: bytes) -> Callable[[Answer], bool]:
    """Returns a check that the body is `plain`, compressed."""
    return lambda answer: answer.body.startswith(b"\x1f\x8b") and gzip.decompress(answer.body) == plain


def has_cookies(*pairs: str) -> Callable[[Answer], bool]:
    """Returns a check that these are the cookies, by their names and values."""
    return lambda answer: sorted(value.split(";")[0] for value in answer.values("set-cookie")) == sorted(pairs)


def says(name: str, *values: str) -> Callable[[Answer], bool]:
    """Returns a check that a header has these values, in one line each or in one line."""
    return lambda answer: sorted(re.split(", *", ",".join(answer.values(name)))) == sorted(values)


def axum() -> list[Check]:
    """An axum router under an app: extractors, its own errors, a redirect, a route that the app has before it."""

    def check(method: str, target: str, *status: int, **more: Any) -> Check:
        return Check("axum", method, target, *status, **more)

    milk, odd = {"id": 0, "title": "milk"}, {"id": 1, "title": 'h\u00e9 "\n\\'}

    def post(value: Any, *status: int, **more: Any) -> Check:
        return check("POST", "/todos", *status, send=[JSON], body=json.dumps(value).encode(), **more)

    return [
        check("GET", "/", 303, headers={"location": ["/todos"]}, unless=NULL),
        check("GET", "/health", text="fine"),
        check("POST", "/health", 405, unless=NULL),
        check("GET", "/todos", json=[]),
        post({"title": "milk"}, 201, json=milk, headers={"location": ["/todos/0"]}),
        post({"title": odd["title"]}, 201, json=odd),
        check("GET", "/todos/1", json=odd),
        check("GET", "/todos/%31", json=odd, unless=ENCODES),
        check("GET", "/todos?skip=1", json=[odd]),
        check("GET", "/todos?skip=many", 400),
        check("GET", "/todos/7", 404, text="there is no todo 7"),
        check("GET", "/todos/x", 400),
        check("DELETE", "/todos", 405, unless=NULL),
        check("POST", "/todos", 415, send=[TEXT], body=b"x"),
        post({"titel": "typo"}, 422),
        check("GET", "/nowhere", 404, unless=NULL),
        check("GET", "/whoami"),
    ]


CHECKS = [*todos(), *requests(), *responses(), *cors(), *binary(), *streaming(), *axum()]
#: The examples that must be deployed, and their environment variables. The strictest CORS tests the most.
FUNCTIONS: dict[str, dict[str, str]] = {
    "todos": {},
    "conformance": {"CONFORMANCE_APP": "cors"},
    "binary": {},
    "streaming": {},
    "axum": {},
}
