"""Records what Powertools for AWS Lambda (Python) 3.37 answers to requests that are valid or not.

    pip install aws-lambda-powertools==3.37.0 pydantic==2.*
    python powertools.py > cases.json

`differential.rs` has the same app in Rust, and replays the cases.
"""

import itertools
import json
import random
from enum import Enum
from typing import Annotated, Dict, List, Literal, Optional, Set, Tuple, Union
from urllib.parse import parse_qsl, quote, urlsplit

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Cookie, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field


class Status(Enum):
    OPEN = "open"
    DONE = "done"


class Addr(BaseModel):
    zip: Annotated[str, Field(min_length=5, max_length=8)]
    lines: Annotated[List[str], Field(max_length=2)] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=0, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool


class Todo(BaseModel):
    title: Annotated[str, Field(min_length=3, max_length=10, pattern="^[a-z ]+$")]
    priority: Annotated[int, Field(ge=1, le=5)] = 1
    weight: Annotated[float, Field(ge=0, le=1.5)] = 0.0
    done: bool = False
    status: Status = Status.OPEN
    tags: Annotated[List[Annotated[str, Field(min_length=1)]], Field(max_length=3)] = []
    addr: Optional[Addr] = None
    prices: Dict[str, Annotated[int, Field(ge=0, le=255)]] = {}
    pet: Optional[Annotated[Union[Cat, Dog], Field(discriminator="kind")]] = None


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: Annotated[int, Field(ge=1)]
    note: Optional[str] = None


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: Annotated[List[Line], Field(min_length=1, max_length=3)]
    point: Tuple[int, int]
    labels: Set[str] = set()
    firstName: str


app = APIGatewayRestResolver(enable_validation=True)


@app.post("/todos/<id>")
def create(
    id: Annotated[int, Path(ge=1)],
    todo: Todo,
    page: Annotated[int, Query(ge=0, le=9)],
    tenant: Annotated[str, Header(alias="x-tenant", min_length=2)],
    tag: Annotated[List[str], Query()] = [],
    session: Annotated[Optional[int], Cookie()] = None,
) -> dict:
    return {}


@app.post("/orders")
def order(order: Order) -> dict:
    return {}


@app.post("/numbers")
def numbers(numbers: List[int]) -> dict:
    return {}


@app.get("/search")
def search(
    q: Annotated[str, Query(min_length=2, pattern="^[a-z]+$")],
    flag: Annotated[bool, Query()] = False,
    ratio: Annotated[float, Query(ge=0, le=1)] = 0.5,
    ids: Annotated[List[int], Query()] = [],
    sort: Annotated[Status, Query()] = Status.OPEN,
) -> dict:
    return {}


@app.get("/items/<name>/<count>")
def item(name: Annotated[str, Path(min_length=2, max_length=4)], count: Annotated[float, Path(le=10)]) -> dict:
    return {}


@app.get("/head")
def head(
    size: Annotated[int, Header(alias="x-size", ge=1)],
    theme: Annotated[str, Cookie(min_length=3)],
    debug: Annotated[Optional[bool], Header(alias="x-debug")] = None,
    visits: Annotated[int, Cookie(le=100)] = 0,
) -> dict:
    return {}


def event(request):
    parts = urlsplit(request["target"])
    query = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    headers = {}
    for name, value in request["headers"]:
        headers.setdefault(name, []).append(value)
    return {
        "path": parts.path,
        "httpMethod": request["method"],
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "body": request["body"],
        "isBase64Encoded": False,
        "requestContext": {"requestId": "r", "stage": "dev", "path": "/dev" + parts.path},
        "resource": parts.path,
    }


JSON = ["content-type", "application/json"]
GOOD = {"title": "milk", "priority": 2}
GOOD_ORDER = {"items": [{"count": 1}], "point": [1, 2], "firstName": "ada"}
cases = []


def case(name, method, target, headers=(), body=None):
    request = {"method": method, "target": target, "headers": [list(header) for header in headers], "body": body}
    answer = app.resolve(event(request), None)
    detail = json.loads(answer["body"]).get("detail")
    cases.append({"name": name, **request, "status": answer["statusCode"], "detail": detail})


def todo(name, body=GOOD, target="/todos/1?page=1", headers=(("x-tenant", "acme"),), raw=None, content=JSON):
    body = raw if raw is not None else json.dumps(body)
    case("todo " + name, "POST", target, [*headers, content] if content else headers, body)


def order_case(name, body):
    case("order " + name, "POST", "/orders", [JSON], json.dumps(body))


todo("valid")
values = {
    "title": [None, 1, True, [], {}, "", "ab", "abc", "much too long", "UPPER", "A"],
    "priority": [None, True, 0, 1, 5, 6, -1, 1.0, 1.5, "1", "x", "", "1.5", [], {}, 300, 10**12],
    "weight": [None, 0, 1, 1.5, 1.6, -0.1, "1", "x", "", [], {}, True],
    "done": [None, True, 0, 1, 2, 1.5, "true", "yes", "x", "", [], {}],
    "status": [None, "open", "Open", "", 1, [], {}],
    "tags": [None, [], ["a"], "a", 1, {}, [1], ["", "a"], ["a", 2, None], ["a", "b", "c", "d"], [1, 2, 3, 4]],
    "addr": [None, {}, [], 1, "x", {"zip": 1}, {"zip": "1"}, {"zip": "12345"}, {"zip": "123456789", "lines": "x"},
             {"zip": "12345", "lines": ["a", "b", "c"]}, {"zip": "12345", "lines": [1]}, {"zip": "12345", "other": 1}],
    "prices": [None, {}, [], 1, {"a": 1}, {"a": "x"}, {"a": -1, "b": 256}, {"a b": None}, {"": 1.5}],
    "pet": [None, {}, [], 1, "cat", {"kind": "cow"}, {"kind": 1}, {"kind": "cat"}, {"kind": "cat", "lives": 9},
            {"kind": "cat", "lives": 10}, {"kind": "cat", "lives": "x"}, {"kind": "dog", "good": "x"},
            {"kind": "dog", "good": None}],
}
for field, all_values in values.items():
    for value in all_values:
        todo(f"{field}={json.dumps(value)}", {**GOOD, field: value})
todo("title missing", {"priority": 1})
todo("empty object", {})
todo("unknown field", {**GOOD, "unknown": 1})
for name, raw in {
    "absent": "", "null": "null", "array": "[1]", "number": "1", "string": '"x"', "true": "true",
}.items():
    todo("body " + name, raw=raw)
for raw in ['{"title":', "{", "[", "x", "{'a':1}", '{"a" 1}', '{"a":1,}', "[1,]", '{"a":01}', '"x', "nul", '{"a":1}x', " ", "1 2"]:
    todo(f"syntax {raw}", raw=raw)
todo("repeated field", raw='{"title":"milk","title":"cream"}')
for content in ["application/json; charset=utf-8", "Application/JSON", "application/problem+json", "text/csv", "text/plain", "application/xml", ""]:
    todo(f"content type {content}", content=["content-type", content])
todo("no content type", content=None)
todo("content type first", {}, target="/todos/x", headers=[], content=["content-type", "text/csv"])
for id in ["1", "0", "-1", "x", "1.5", "1.0", "99999999999999999999999", "%20", "a%2Fb", "+1"]:
    todo(f"id={id}", target=f"/todos/{id}?page=1")
for query in ["", "page=", "page=x", "page=9", "page=10", "page=-1", "page=1&page=2", "page=1&page=x", "page=x&page=1", "PAGE=1", "page=1.0", "page=1&tag=a&tag=b", "page=1&tag=", "page=%31", "page=+1", "page=1&other=2"]:
    todo(f"query {query}", target=f"/todos/1?{query}")
for headers in [[], [["x-tenant", "a"]], [["X-Tenant", "ab"]], [["x-tenant", ""]], [["X-TENANT", "a"]]]:
    todo(f"headers {json.dumps(headers)}", headers=headers)
for cookie in ["session=1", "session=x", "session=", "other=1", "session=1; session=2", "a=b; session=x", "session"]:
    todo(f"cookie {cookie}", headers=[["x-tenant", "acme"], ["cookie", cookie]])
todo("all parts", {"title": "m", "priority": 9, "addr": {"zip": "1"}}, target="/todos/x?page=99", headers=[["x-tenant", "a"], ["cookie", "session=x"]])
todo("all parts missing", {}, target="/todos/0", headers=[])

order_case("valid", GOOD_ORDER)
for name, body in {
    "empty": {}, "extra": {**GOOD_ORDER, "x": 1, "y": 2}, "no items": {**GOOD_ORDER, "items": []},
    "many items": {**GOOD_ORDER, "items": [{"count": 1}] * 4}, "many bad items": {**GOOD_ORDER, "items": [{"count": 0}] * 4},
    "extra in an item": {**GOOD_ORDER, "items": [{"count": 1, "x": 1}, {"count": 0, "x": 1}, {"note": 1}]},
    "items of other types": {**GOOD_ORDER, "items": [1, None, "x", [], {}]},
    "three items": {**GOOD_ORDER, "items": [1, {"count": "x"}, {"count": 1, "note": 1}]},
    "items null": {**GOOD_ORDER, "items": None}, "items object": {**GOOD_ORDER, "items": {"count": 1}},
    "short point": {**GOOD_ORDER, "point": [1]}, "long point": {**GOOD_ORDER, "point": [1, 2, 3]},
    "empty point": {**GOOD_ORDER, "point": []}, "point of strings": {**GOOD_ORDER, "point": ["a", "b"]},
    "point object": {**GOOD_ORDER, "point": {"x": 1}}, "point null": {**GOOD_ORDER, "point": None},
    "labels": {**GOOD_ORDER, "labels": ["a", "a", "b"]}, "labels of numbers": {**GOOD_ORDER, "labels": ["a", 1, 2]},
    "labels string": {**GOOD_ORDER, "labels": "a"}, "labels object": {**GOOD_ORDER, "labels": {}},
    "another case": {**GOOD_ORDER, "firstname": "x"}, "first name null": {**GOOD_ORDER, "firstName": None},
    "snake case": {**{k: v for k, v in GOOD_ORDER.items() if k != "firstName"}, "first_name": "ada"},
}.items():
    order_case(name, body)

for body in ["[]", "[1,2]", '[1,"x",null]', "{}", "null", "1", '"x"', "[[1]]", "[1.5,2]", "[", "[9223372036854775808]"]:
    case(f"numbers {body}", "POST", "/numbers", [JSON], body)

for query in ["q=ab", "", "q=", "q=a", "q=AB", "q=A", "q=ab&flag=true", "q=ab&flag=false", "q=ab&flag=x", "q=ab&flag=", "q=ab&flag=1", "q=ab&flag=yes", "q=ab&flag=True", "q=ab&ratio=1", "q=ab&ratio=2", "q=ab&ratio=-1", "q=ab&ratio=x", "q=ab&ratio=.5", "q=ab&ratio=1e-3", "q=ab&ratio=nan", "q=ab&ratio=inf", "q=ab&ids=1&ids=2", "q=ab&ids=x", "q=ab&ids=1&ids=x&ids=3&ids=", "q=ab&sort=done", "q=ab&sort=x", "q=ab&sort=", "flag=x&ratio=x&ids=x&sort=x"]:
    case(f"search {query}", "GET", f"/search?{query}")
for name, count in itertools.product(["ab", "a", "abcde"], ["1", "x", "11", "1.5"]):
    case(f"items {name} {count}", "GET", f"/items/{name}/{count}")
for headers in [
    [], [["x-size", "1"]], [["x-size", "0"], ["cookie", "theme=dark"]], [["x-size", "x"], ["cookie", "theme=x"]],
    [["x-size", "1"], ["cookie", "theme=dark; visits=101"]], [["x-size", "1"], ["cookie", "theme=dark; visits=x"]],
    [["x-size", "1"], ["cookie", "theme=dark"], ["x-debug", "x"]], [["x-size", "1"], ["cookie", "theme=dark"], ["x-debug", "true"]],
    [["X-Size", "5"], ["Cookie", "theme=dark"]], [["x-size", "1"], ["cookie", ""]], [["x-size", ""], ["cookie", "theme="]],
    [["x-size", "1.0"], ["cookie", "theme=dark"]], [["x-size", "1"], ["x-size", "2"], ["cookie", "theme=dark"]],
]:
    case(f"head {json.dumps(headers)}", "GET", "/head", headers)

random.seed(37)
for number in range(40):
    body = {field: random.choice(values[field]) for field in random.sample(list(values), random.randint(1, 6))}
    id, page = random.choice(["1", "x", "0"]), random.choice(["1", "x", "99"])
    headers = random.choice([[], [["x-tenant", "a"]], [["x-tenant", "acme"], ["cookie", "session=x"]]])
    todo(f"random {number}", body, target=f"/todos/{id}?page={page}", headers=headers)

print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
