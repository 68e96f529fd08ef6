"""The OpenAPI document, checked by the specification's own schema."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import pytest
from pydantic import BaseModel, Field

from notebook_routes import CookieParam, File, Form, FormData, Header, Request, Response, RouteContext, ServerSentEvent
from notebook_routes.errors import CellError
from notebook_routes.project.load import load_tree
from notebook_routes.project.openapi import openapi_document
from notebook_routes.routing import Route, RoutePattern, RouteTable, SegmentConfig
from notebook_routes.runtime import Invoker

FIXTURE = Path(__file__).parents[1] / "conformance" / "fixture"


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Lamp(BaseModel):
    name: str = Field(min_length=1)
    price: Decimal = Decimal(0)


@dataclass
class Order:
    lamps: list[Lamp]
    size: Size = Size.SMALL


class Note(TypedDict):
    text: str


def validate(document):
    import openapi_spec_validator  # it takes a second, which every process that collects would wait

    openapi_spec_validator.validate(document)


class Api:
    """A table, and the document of it."""

    def __init__(self):
        self.table = RouteTable()

    def add(self, function, path="/x", method="GET", **config):
        pattern = RoutePattern.parse(path)
        invoker = Invoker(function, method=method, pattern=pattern)
        self.table.put(Route(method, pattern, invoker, SegmentConfig.from_constants(config)))

    def document(self, **options):
        document = openapi_document(self.table, **options)
        validate(document)
        assert json.loads(json.dumps(document)) == document
        return document

    def operation(self, function, path="/x", method="GET", **config):
        self.add(function, path, method, **config)
        (item,) = [item for item in self.document()["paths"].values() if method.lower() in item][-1:]
        return item[method.lower()]


@pytest.fixture
def api():
    return Api()


def test_no_routes_are_a_document_too(api):
    assert api.document() == {"openapi": "3.1.0", "info": {"title": "Routes", "version": "0.1.0"}, "paths": {}}
    info = api.document(title="Shop", version="2", description="Sells *lamps*.")["info"]
    assert info == {"title": "Shop", "version": "2", "description": "Sells *lamps*."}


def test_paths_and_their_parameters(api):
    for path in (
        "/",
        "/a/[id]",
        "/a b".replace(" ", "%20"),
        "/(shop)/b/[product-id]",
        "/c/[...rest]",
        "/d/[[...slug]]",
    ):
        api.add(lambda: 0, path)
    paths = api.document()["paths"]
    assert set(paths) == {"/", "/a%20b", "/a/{id}", "/b/{product-id}", "/c/{rest}", "/d", "/d/{slug}"}
    (rest,) = paths["/c/{rest}"]["get"]["parameters"]
    assert rest["schema"] == {"type": "string"}
    assert "slashes" in rest["description"]
    assert "parameters" not in paths["/d"]["get"]
    assert paths["/b/{product-id}"]["get"]["tags"] == ["shop"]


def test_two_paths_that_the_document_cannot_tell_apart(api):
    api.add(lambda: 0, "/[...rest]")
    api.add(lambda: 0, "/[id]")
    document = api.document()
    assert list(document["paths"]) == ["/{id}"]
    assert document["x-omitted"] == ["/[...rest]"]


def test_every_operation_has_an_id_of_its_own(api):
    api.add(lambda: 0, "/a/b")
    api.add(lambda: 0, "/a_b")
    api.add(lambda: 0, "/a_b", "POST")
    api.add(lambda: 0, "/")
    items = api.document()["paths"].values()
    found = [operation["operationId"] for item in items for operation in item.values()]
    assert sorted(found) == ["get_a_b", "get_a_b_2", "get_root", "post_a_b"]


def test_parameters_of_every_place(api):
    def handler(
        *,
        id: Annotated[int, Field(ge=1)],  # noqa: A002 - a segment's usual name
        q: str,
        page: int = 1,
        sizes: list[Size] = [Size.SMALL],  # noqa: B006 - what a user writes
        kind: Literal["a", "b"] | None = None,
        user_agent: Annotated[str, Header()] = "",
        theme: Annotated[str | None, CookieParam("the-theme")] = None,
    ): ...

    document_of = api.operation(handler, "/x/[id]")
    assert document_of["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}},
        {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "page", "in": "query", "schema": {"default": 1, "type": "integer"}},
        {
            "name": "sizes",
            "in": "query",
            "schema": {"default": [1], "type": "array", "items": {"$ref": "#/components/schemas/Size"}},
        },
        {"name": "kind", "in": "query", "schema": {"enum": ["a", "b"], "type": "string"}},
        {"name": "user-agent", "in": "header", "schema": {"default": "", "type": "string"}},
        {"name": "the-theme", "in": "cookie", "schema": {"type": "string"}},
    ]
    assert "422" in document_of["responses"]
    assert {"Size", "notebook_routes.ValidationFailed"} <= set(api.document()["components"]["schemas"])


def test_what_cannot_fail_has_no_422(api):
    def handler(request, context: RouteContext, id: str, q: str = "", body=None): ...  # noqa: A002 - the same

    assert "422" not in api.operation(handler, "/x/[id]", "POST")["responses"]
    assert "components" not in api.document()


def test_a_default_that_json_cannot_hold_is_left_out(api):
    def handler(day: Any = object()): ...

    (parameter,) = api.operation(handler)["parameters"]
    assert parameter == {"name": "day", "in": "query", "schema": {}}

    def within(most: float = math.inf): ...

    (parameter,) = api.operation(within)["parameters"]
    assert parameter == {"name": "most", "in": "query", "schema": {"type": "number"}}


def test_bodies(api):
    def model(order: Order): ...
    def optional(order: Order | None = None): ...
    def note(note: Note): ...
    def text(body: str): ...
    def raw(body: bytes): ...
    def form(body: FormData): ...
    def untyped(body): ...

    bodies = {}
    for function in (model, optional, note, text, raw, form, untyped):
        bodies[function] = api.operation(function, f"/{function.__name__}", "POST")["requestBody"]
        api.table.remove("POST", RoutePattern.parse(f"/{function.__name__}"))
    reference = {"$ref": "#/components/schemas/Order"}
    assert bodies[model] == {"content": {"application/json": {"schema": reference}}, "required": True}
    assert bodies[optional] == {"content": {"application/json": {"schema": {"anyOf": [reference, {"type": "null"}]}}}}
    assert bodies[text]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert bodies[raw]["content"] == {"application/octet-stream": {}}
    assert set(bodies[form]["content"]) == {"application/x-www-form-urlencoded", "multipart/form-data"}
    assert bodies[untyped] == {"content": {"*/*": {}}}
    assert "requestBody" not in api.operation(lambda body: 0, "/get")


def test_forms(api):
    def fields(title: Annotated[str, Form()], price: Annotated[int | None, Form("unit-price")] = None): ...
    def files(photo: File, pages: list[File] | None = None, title: Annotated[str, Form()] = "x"): ...

    body = api.operation(fields, "/fields", "POST")["requestBody"]
    assert set(body["content"]) == {"application/x-www-form-urlencoded", "multipart/form-data"}
    assert body["content"]["multipart/form-data"]["schema"] == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "unit-price": {"type": "integer"}},
        "required": ["title"],
    }
    api.table.remove("POST", RoutePattern.parse("/fields"))
    body = api.operation(files, "/files", "POST")["requestBody"]
    (schema,) = (kind["schema"] for kind in body["content"].values())
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    assert list(body["content"]) == ["multipart/form-data"]
    assert schema["properties"] == {
        "photo": file, "pages": {"type": "array", "items": file}, "title": {"default": "x", "type": "string"}
    }  # fmt: skip
    assert schema["required"] == ["photo"]


OPEN = {"default": {"description": "The handler's own answer"}}
JSON_INTEGER = {"200": {"description": "The answer", "content": {"application/json": {"schema": {"type": "integer"}}}}}


@pytest.mark.parametrize(
    ("hint", "responses"),
    [
        (Any, OPEN),
        (Response, OPEN),
        (int, JSON_INTEGER),
        (None, {"204": {"description": "No content"}}),
        (int | None, {**JSON_INTEGER, "204": {"description": "No content"}}),
        (int | Response, {**JSON_INTEGER, **OPEN}),
    ],
)
def test_answers_by_status(api, hint, responses):
    def handler(): ...

    handler.__annotations__["return"] = hint
    assert api.operation(handler)["responses"] == responses


@pytest.mark.parametrize(
    ("hint", "media"),
    [
        (str, "text/plain"),
        (bytes, "application/octet-stream"),
        (Iterator[str], "text/plain"),
        (Iterable[bytes], "application/octet-stream"),
        (AsyncIterator[ServerSentEvent], "text/event-stream"),
        (AsyncIterator[Lamp], "application/x-ndjson"),
        (Iterator, "application/x-ndjson"),
        (dict[str, Lamp], "application/json"),
        (list, "application/json"),
        (Lamp | Order, "application/json"),
        (Request, "application/json"),
    ],
)
def test_answers_by_type(api, hint, media):
    def handler(): ...

    handler.__annotations__["return"] = hint
    assert list(api.operation(handler)["responses"]["200"]["content"]) == [media]


def test_a_model_that_comes_in_and_goes_out(api):
    def handler(lamp: Lamp) -> Lamp: ...

    operation = api.operation(handler, method="POST")
    taken = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    given = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    # A price may be a number there, and is text here.
    assert (taken.rpartition("/")[2], given.rpartition("/")[2]) == ("Lamp-Input", "Lamp-Output")
    assert {"Lamp-Input", "Lamp-Output"} <= set(api.document()["components"]["schemas"])


def test_docstring_and_config(api):
    def handler():
        """All lamps.

        The dear ones first.
        """

    operation = api.operation(handler, revalidate=60, tags=["shop"], max_duration=2)
    assert operation["summary"] == "All lamps."
    assert operation["description"] == "The dear ones first."
    assert operation["x-notebook-routes"] == {"revalidate": 60, "tags": ["shop"], "max_duration": 2}
    assert operation["responses"]["504"]["description"] == "The handler took longer than 2 s"


def test_callables_of_other_kinds(api):
    class Shop:
        def __call__(self, page: int = 1) -> str: ...

        def lamps(self) -> str:
            """Lamps."""

    assert "summary" not in api.operation(Shop(), "/a")
    api.table.remove("GET", RoutePattern.parse("/a"))
    assert api.operation(Shop().lamps, "/b")["summary"] == "Lamps."
    api.table.remove("GET", RoutePattern.parse("/b"))

    def lamps(page: int, unit: str):
        """Pages."""

    operation = api.operation(partial(lamps, unit="cm"), "/c")
    assert (operation["summary"], [each["name"] for each in operation["parameters"]]) == ("Pages.", ["page"])


def test_an_annotation_that_is_not_defined(api):
    def handler() -> Nowhere: ...  # noqa: F821 - what is refused

    with pytest.raises(CellError, match="`Nowhere`, which is not defined"):
        api.operation(handler)


def test_the_fixture_of_the_conformance_suite(caplog):
    app = load_tree(FIXTURE)
    document = openapi_document(app.routes, title="Fixture")
    validate(document)
    assert document["paths"]["/r/{id}/edit"]["get"]["parameters"][0]["name"] == "id"
    assert len(document["paths"]) > 100
