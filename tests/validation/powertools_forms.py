"""Records what Powertools for AWS Lambda (Python) 3.37 answers to forms and files that are valid or not.

    pip install aws-lambda-powertools==3.37.0 pydantic==2.*
    python powertools_forms.py > form_cases.json

`forms.rs` has the same app in Rust, and replays the cases. The character of each byte of a body has its number. An
exception that fails the invocation has the status 0.
"""

import base64
import json
import random
import warnings
from enum import Enum
from typing import Annotated, List, Optional
from urllib.parse import parse_qsl, urlencode, urlsplit

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import File, Form, Header, Path, Query, UploadFile

warnings.simplefilter("ignore")


class Plan(Enum):
    FREE = "free"
    FULL = "full"


app = APIGatewayRestResolver(enable_validation=True)


@app.post("/members")
def member(
    name: Annotated[str, Form(min_length=2, max_length=10, pattern="^[a-z ]+$")],
    age: Annotated[int, Form(ge=18, le=120)],
    lang: Annotated[str, Query(min_length=2)] = "en",
    mail: Annotated[bool, Form()] = False,
    ratio: Annotated[float, Form(ge=0, le=1)] = 0.5,
    tags: Annotated[List[str], Form(alias="tag", max_length=3)] = [],
    ids: Annotated[List[int], Form()] = [],
    plan: Annotated[Plan, Form()] = Plan.FREE,
    nick: Annotated[Optional[str], Form(alias="nick-name", min_length=2)] = None,
) -> dict:
    return {}


@app.post("/albums/<id>")
def photo(
    id: Annotated[int, Path(ge=1)],
    photo: Annotated[UploadFile, File()],
    title: Annotated[str, Form(min_length=3)],
    tenant: Annotated[str, Header(alias="x-tenant", min_length=2)] = "acme",
    count: Annotated[int, Form(ge=1)] = 1,
    icon: Annotated[bytes, File(min_length=2, max_length=8)] = b"",
) -> dict:
    return {}


cases = []


def case(name, target, content, body, headers=()):
    headers = [list(header) for header in headers] + ([["content-type", content]] if content is not None else [])
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) or None
    raw = body.encode() if isinstance(body, str) else body
    event = {
        "path": parts.path,
        "httpMethod": "POST",
        "headers": {name: value for name, value in headers},
        "multiValueHeaders": {name: [value] for name, value in headers},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {name: [value] for name, value in query.items()},
        "body": None if raw is None else base64.b64encode(raw).decode(),
        "isBase64Encoded": raw is not None,
        "requestContext": {"requestId": "r", "stage": "dev", "path": "/dev" + parts.path},
        "resource": parts.path,
    }
    try:
        answer = app.resolve(event, None)
        status, detail = answer["statusCode"], json.loads(answer["body"]).get("detail")
    except Exception as error:
        status, detail = 0, f"{type(error).__name__}: {error}"
    text = None if raw is None else raw.decode("latin-1")
    cases.append({"name": name, "target": target, "headers": headers, "body": text, "status": status, "detail": detail})


URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XX"


def member_case(body, target="/members", content=URLENCODED):
    case(f"member {body}" if target == "/members" else f"member {target} {body}", target, content, body)


good = "name=ada&age=36"
for body in [
    good, "", "name=ada", "age=36", "name=&age=", "name=a&age=17", "name=ada&age=18", "name=ada&age=120", "name=ada&age=121",
    "name=ADA&age=36", "name=much+too+long+a+name&age=36", "name=ada+l&age=36", "name=ada%20l&age=36", "name=ad%61&age=%336",
    "name=ada&age=x", "name=ada&age=", "name=ada&age=36.5", "name=ada&age=36.0", "name=ada&age=+36", "name=ada&age=%2B36",
    "name=ada&age=-1", "name=ada&age=99999999999999999999999", "name=ada&age=36&age=40", "name=ada&age=36&age=x",
    "name=ada&age=x&age=36", "name=ada&name=bob&age=36", "name=a&name=bob&age=36", "NAME=ada&age=36", "name=ada;age=36",
    "name=ada&&age=36&", "name=ada&age=36&other=1", "name=ada&age=36&=x", "name&age", "name=1&age=36",
] + [f"{good}&{rest}" for rest in [
    "mail=true", "mail=false", "mail=x", "mail=", "mail=1", "mail=on", "mail=True", "mail=yes",
    "ratio=1", "ratio=0.25", "ratio=1.5", "ratio=-1", "ratio=x", "ratio=", "ratio=1e-2", "ratio=inf",
    "tag=a", "tag=a&tag=b", "tag=", "tag=a&tag=b&tag=c&tag=d", "tag=a,b", "tag=a&tag=a",
    "ids=1", "ids=1&ids=2", "ids=x", "ids=1&ids=x&ids=3&ids=", "ids=",
    "plan=full", "plan=FULL", "plan=x", "plan=", "plan=x&plan=full", "plan=full&plan=x",
    "nick-name=ab", "nick-name=a", "nick-name=", "nick=a", "nick_name=a",
    "mail=x&ratio=x&ids=x&plan=x&nick-name=a",
]]:
    member_case(body)
member_case(good, "/members?lang=de")
member_case(good, "/members?lang=d")
member_case("name=a&age=x", "/members?lang=d")
member_case("name=%ff&age=36")
for content in [
    URLENCODED + "; charset=utf-8", URLENCODED.title(), "text/plain", "application/json", "application/xml", "", None,
    "multipart/form-data", "application/x-www-form",
]:
    case(f"member of type {content}", "/members", content, good)
for content in [URLENCODED, None, "application/json", "text/csv"]:
    case(f"member without a body of type {content}", "/members", content, None)
case("member as JSON", "/members", "application/json", '{"name": "ada", "age": 36}')


def part(name, content, file=None, kind=None, disposition=None):
    head = disposition or f'form-data; name="{name}"' + (f'; filename="{file}"' if file is not None else "")
    kind = f"Content-Type: {kind}\r\n" if kind else ""
    content = content.encode() if isinstance(content, str) else content
    return f"--XX\r\nContent-Disposition: {head}\r\n{kind}\r\n".encode() + content + b"\r\n"


END = b"--XX--\r\n"
PHOTO = part("photo", b"\x89PNG\x00\xff\r\n--X", "a.png", "image/png")
TITLE = part("title", "Harbour")


def album(name, *parts, target="/albums/1", content=MULTIPART, headers=(), end=END):
    case("album " + name, target, content, b"".join(parts) + end, headers)


album("valid", PHOTO, TITLE)
album("valid, in another order", TITLE, PHOTO)
album("without a file", TITLE)
album("without a title", PHOTO)
album("without parts")
album("empty file", part("photo", "", "a.png"), TITLE)
album("no file chosen", part("photo", "", "", "application/octet-stream"), TITLE)
album("file without a name", part("photo", "x", ""), TITLE)
album("file without a type", part("photo", "x", "a.png"), TITLE)
album("field for a file", part("photo", "x"), TITLE)
album("two files", PHOTO, part("photo", "y", "b.png"), TITLE)
album("unknown file", PHOTO, TITLE, part("other", "x", "c.png"))
album("short title", PHOTO, part("title", "ab"))
album("empty title", PHOTO, part("title", ""))
album("title of two lines", PHOTO, part("title", "a\r\nb"))
album("title with a type", PHOTO, part("title", "Harbour", kind="text/plain; charset=utf-8"))
album("title not in UTF-8", PHOTO, part("title", b"Harb\xff\xff"))
album("title beyond ASCII", PHOTO, part("title", "H\u00e4f"))
album("two titles", PHOTO, TITLE, part("title", "ab"))
album("two titles, the first short", PHOTO, part("title", "ab"), TITLE)
for count in ["3", "0", "x", "", "1.5", "1.0", " 2"]:
    album(f"count {count}", PHOTO, TITLE, part("count", count))
album("two counts", PHOTO, TITLE, part("count", "1"), part("count", "x"))
for size in [0, 1, 2, 8, 9]:
    album(f"icon of {size} bytes", PHOTO, TITLE, part("icon", "i" * size, "i.ico"))
album("icon that is a field", PHOTO, TITLE, part("icon", "iii"))
album("all parts wrong", part("title", "ab"), part("count", "x"), target="/albums/x", headers=[["x-tenant", "a"]])
album("all but the path missing", target="/albums/0")
album("other names in capitals", part("Photo", "x", "a.png"), part("Title", "Harbour"))
album("boundary in quotes", PHOTO, TITLE, content='multipart/form-data; boundary="XX"')
album("charset beside the boundary", PHOTO, TITLE, content="multipart/form-data; charset=utf-8; boundary=XX")
album("type in capitals", PHOTO, TITLE, content="Multipart/Form-Data; boundary=XX")
album("no boundary", PHOTO, TITLE, content="multipart/form-data")
album("empty boundary", PHOTO, TITLE, content="multipart/form-data; boundary=")
album("another boundary", PHOTO, TITLE, content="multipart/form-data; boundary=YY")
album("preamble", b"preamble\r\n", PHOTO, TITLE)
album("epilogue", PHOTO, TITLE, end=END + b"epilogue")
album("no end", PHOTO, TITLE, end=b"")
album("empty body", end=b"")
album("part without a name", PHOTO, TITLE, part("", "x", disposition="form-data"))
album("part without a head", PHOTO, TITLE, b"--XX\r\nx\r\n")
album("name without quotes", PHOTO, TITLE, part("", "3", disposition="form-data; name=count"))
for content in ["application/json", "text/csv", URLENCODED, "multipart/mixed; boundary=XX", "", None]:
    album(f"of type {content}", PHOTO, TITLE, content=content)
case("album urlencoded", "/albums/1", URLENCODED, "title=Harbour&photo=x")
case("album of nothing", "/albums/1", MULTIPART, None)
member_parts = [part("name", "ada"), part("age", "36")]
case("member in parts", "/members", MULTIPART, b"".join(member_parts) + END)
case("member in wrong parts", "/members", MULTIPART, part("name", "a") + part("age", "x") + part("tag", "a") + END)
case("member in repeated parts", "/members", MULTIPART, b"".join(member_parts) + part("ids", "1") + part("ids", "x") + END)

random.seed(37)
values = {
    "name": ["ada", "a", "ADA", "", "1"], "age": ["36", "17", "x", "", "121"], "mail": ["true", "x", ""],
    "ratio": ["1", "2", "x"], "tag": ["a", ""], "ids": ["1", "x"], "plan": ["free", "x"], "nick-name": ["ab", "a"],
}
for number in range(30):
    fields = [(field, random.choice(values[field])) for field in random.sample(list(values), random.randint(1, 8))]
    target = random.choice(["/members", "/members?lang=d"])
    if number % 2:
        case(f"random {number}", target, MULTIPART, b"".join(part(*field) for field in fields) + END)
    else:
        case(f"random {number}", target, URLENCODED, urlencode(fields))

print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
