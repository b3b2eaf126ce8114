"""Writes the OpenAPI document that Powertools for AWS Lambda (Python) 3.37 makes of a small API.

    pip install aws-lambda-powertools==3.37.0 pydantic==2.*
    python powertools.py > powertools.json

`powertools.rs` has the same API in Rust, and compares the documents.
"""

import json
import warnings
from enum import Enum
from typing import Annotated, Dict, List, Literal, Optional, Union

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import Server, Tag
from aws_lambda_powertools.event_handler.openapi.params import Cookie, File, Form, Header, Path, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field

warnings.simplefilter("ignore")


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


class NewTodo(BaseModel):
    title: Annotated[str, Field(min_length=3, max_length=10, pattern="^[a-z ]+$", description="The task.")]
    priority: Annotated[int, Field(ge=1, le=5)] = 1
    weight: Annotated[float, Field(ge=0, le=1.5)] = 0.0
    done: bool = False
    status: Status = Status.OPEN
    tags: Annotated[List[Annotated[str, Field(min_length=1)]], Field(max_length=3)] = []
    addr: Optional[Addr] = None
    prices: Dict[str, Annotated[int, Field(ge=0, le=255)]] = {}
    pet: Optional[Annotated[Union[Cat, Dog], Field(discriminator="kind")]] = None


class Todo(BaseModel):
    id: Annotated[int, Field(ge=1)]
    title: str
    status: Status


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: Annotated[int, Field(ge=1)]
    note: Optional[str] = None


app = APIGatewayRestResolver(enable_validation=True)


@app.post("/lists/<list>/todos", summary="Adds a todo", tags=["todos"], operation_id="addTodo")
def add(
    list: Annotated[int, Path(ge=1)],
    todo: NewTodo,
    page: Annotated[int, Query(ge=0, le=9)],
    tenant: Annotated[str, Header(alias="x-tenant", min_length=2)],
    tag: Annotated[List[str], Query(max_length=3)] = [],
    session: Annotated[Optional[int], Cookie()] = None,
) -> Todo:
    return {}


@app.get("/todos/<id>", summary="Returns a todo", tags=["todos"], operation_id="getTodo")
def get(id: Annotated[int, Path(ge=1)]) -> Todo:
    return {}


@app.delete("/todos/<id>", summary="Deletes a todo", tags=["todos"], operation_id="deleteTodo", deprecated=True)
def delete(id: Annotated[int, Path(ge=1)]) -> None:
    return None


@app.get("/search", summary="Searches", operation_id="search")
def search(
    q: Annotated[str, Query(min_length=2, max_length=20, pattern="^[a-z]+$")],
    flag: Annotated[bool, Query()] = False,
    ratio: Annotated[float, Query(ge=0, le=1)] = 0.5,
    ids: Annotated[List[int], Query()] = [],
    sort: Annotated[Status, Query()] = Status.OPEN,
) -> List[Todo]:
    return []


@app.put("/orders", summary="Replaces the order", operation_id="putOrder")
def order(lines: List[Line]) -> int:
    return 1


@app.post("/members", summary="Adds a member", operation_id="addMember")
def member(
    name: Annotated[str, Form(min_length=2, max_length=10, pattern="^[a-z ]+$")],
    age: Annotated[int, Form(ge=18, le=120)],
    mail: Annotated[bool, Form()] = False,
    tags: Annotated[List[str], Form(alias="tag", max_length=3)] = [],
    status: Annotated[Status, Form()] = Status.OPEN,
    nick: Annotated[Optional[str], Form(alias="nick-name", min_length=2)] = None,
) -> str:
    return ""


@app.post("/albums/<id>/photos", summary="Adds a photo", operation_id="addPhoto")
def photo(
    id: Annotated[int, Path(ge=1)],
    photo: Annotated[UploadFile, File()],
    title: Annotated[str, Form(min_length=3)],
    count: Annotated[int, Form(ge=1)] = 1,
    icon: Annotated[bytes, File()] = b"",
) -> str:
    return ""


document = app.get_openapi_json_schema(
    title="Todos", version="1.0.0", servers=[Server(url="https://api.example.com")], tags=[Tag(name="todos")]
)
print(json.dumps(json.loads(document), indent=1))
