"""Headers, cookies, form fields and files as parameters."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from notebook_routes.errors import CellError, InvalidBody, ValidationFailed
from notebook_routes.routing import RoutePattern
from notebook_routes.runtime.bind import Binder
from notebook_routes.runtime.inputs import Input, is_file, list_members
from notebook_routes.runtime.markers import CookieParam, Form, Header
from notebook_routes.web import File, FormData


class Lamp(BaseModel):
    name: str


class Colour(Enum):
    ONE = 1
    TWO = 2


@pytest.fixture
def bind(exchange_for):
    """The arguments that a handler is given for one request."""

    def run(function, *, method="POST", headers=None, body=None, pattern="/x", target="/x"):
        exchange = exchange_for(None, target, pattern=pattern, method=method, headers=headers, body=body)
        binder = Binder(function, method=method, pattern=RoutePattern.parse(pattern))

        async def story():
            read = await binder.read_body(exchange.request) if binder.needs_body else None
            return binder.arguments(exchange, read)

        return asyncio.run(story())

    return run


@pytest.fixture
def problems(bind):
    def run(*args, **options):
        with pytest.raises(ValidationFailed) as failed:
            bind(*args, **options)
        assert all(problem["msg"] for problem in failed.value.problems)
        return [(problem["loc"], problem["type"]) for problem in failed.value.problems]

    return run


def refused(function, *, method="POST", pattern="/x"):
    with pytest.raises(CellError) as error:
        Binder(function, method=method, pattern=RoutePattern.parse(pattern))
    return error.value.message


# -- headers


def test_headers_by_the_parameters_name_or_their_own(bind):
    def handler(
        user_agent: Annotated[str, Header()],
        key: Annotated[int, Header("X-Key")],
        accept: Annotated[list[str], Header()],
        limit: Annotated[Annotated[int, Field(ge=1)], Header] = 5,
        absent: Annotated[str | None, Header()] = None,
    ): ...

    given = bind(handler, method="GET", headers={"User-Agent": "curl", "x-key": "7", "Accept": 'a;q="1,2", b,'})
    assert given == {"user_agent": "curl", "key": 7, "accept": ['a;q="1,2"', "b"], "limit": 5, "absent": None}


def test_what_is_wrong_with_headers_and_cookies_is_named(problems):
    def handler(
        x_key: Annotated[int, Header()],
        x_sizes: Annotated[list[int], Header()],
        x_absent: Annotated[str, Header()],
        theme: Annotated[Literal["a"], CookieParam()],
        visits: Annotated[int, CookieParam()],
    ): ...

    headers = [("x-key", "a"), ("x-sizes", "1"), ("x-sizes", "b"), ("cookie", "theme=b")]
    assert problems(handler, method="GET", headers=headers) == [
        (("header", "x-key"), "int_parsing"),
        (("header", "x-sizes", 1), "int_parsing"),
        (("header", "x-absent"), "missing"),
        (("cookie", "theme"), "literal_error"),
        (("cookie", "visits"), "missing"),
    ]


def test_cookies(bind):
    def handler(
        theme: Annotated[str, CookieParam()],
        size: Annotated[Colour, CookieParam("__Host-size")],
        gone: Annotated[int, CookieParam()] = 3,
    ): ...

    given = bind(handler, method="GET", headers={"cookie": "theme=a%20b; __Host-size=2"})
    assert given == {"theme": "a b", "size": Colour.TWO, "gone": 3}


@given(st.text(max_size=30))
def test_a_list_of_any_text_has_no_empty_member(text):
    members = list_members(text)
    assert all(member == member.strip() != "" for member in members)
    if '"' not in text and "\\" not in text:
        assert members == [part.strip() for part in text.split(",") if part.strip()]


def test_a_long_hostile_list_is_read_in_one_pass():
    assert len(list_members('"\\' * 50_000)) == 1


# -- forms


def multipart(*fields):
    return FormData(fields).encode("b")[0], {"content-type": "multipart/form-data; boundary=b"}


def test_fields_of_both_kinds_of_form(bind):
    def handler(
        title: Annotated[str, Form()],
        price: Annotated[float, Form("unit-price")],
        tags: Annotated[list[str], Form()],
        note: Annotated[str, Form()] = "none",
        stock: Annotated[int | None, Form()] = None,
    ): ...

    expected = {"title": "A lamp", "price": 2.5, "tags": ["a", "b"], "note": "none", "stock": None}
    # A browser sends fields that nobody filled in as empty text.
    form = "title=A+lamp&unit-price=2.5&tags=a&tags=b&note=&stock="
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert bind(handler, body=form, headers=headers) == expected
    body, headers = multipart(("title", "A lamp"), ("unit-price", "2.5"), ("tags", "a"), ("tags", "b"))
    assert bind(handler, body=body, headers=headers) == expected


def test_files_by_their_type_alone(bind):
    def handler(
        *,
        photo: File,
        pages: list[File],
        title: Annotated[str, Form()],
        cover: File | None = None,
        rest: tuple[File, ...] = (),
        named: Annotated[File | None, Form("other name")] = None,
    ): ...

    photo, other = File([b"png"], "a.png", type="image/png"), File([b"2"], "b.txt")
    body, headers = multipart(
        ("photo", photo), ("pages", photo), ("pages", other), ("title", "t"), ("rest", other), ("other name", other)
    )
    given = bind(handler, body=body, headers=headers)
    assert (given["photo"].name, given["photo"].type, given["photo"].content) == ("a.png", "image/png", b"png")
    assert [file.name for file in given["pages"]] == ["a.png", "b.txt"]
    assert ([file.name for file in given["rest"]], given["named"].name) == (["b.txt"], "b.txt")
    assert type(given["rest"]) is tuple
    assert (given["title"], given["cover"]) == ("t", None)


def test_a_file_field_where_nothing_was_chosen_is_absent(bind, problems):
    def optional(photo: File | None = None): ...
    def required(photo: File, photos: list[File]): ...

    body, headers = multipart(("photo", File([], "")))
    assert bind(optional, body=body, headers=headers) == {"photo": None}
    assert problems(required, body=body, headers=headers) == [
        (("form", "photo"), "missing"),
        (("form", "photos"), "missing"),
    ]


def test_text_for_a_file_and_a_file_for_text(problems):
    def handler(
        photo: File, title: Annotated[str, Form()], size: Annotated[int, Form()], pages: list[File], cover: File
    ): ...

    file = File([b"x"], "x")
    body, headers = multipart(("photo", "text"), ("title", file), ("size", file), ("pages", file), ("pages", "b"))
    assert problems(handler, body=body, headers=headers) == [
        (("form", "photo"), "file_type"),
        (("form", "title"), "string_type"),
        (("form", "size"), "int_type"),
        (("form", "pages", 1), "file_type"),
        (("form", "cover"), "missing"),
    ]


def test_without_a_body_every_field_is_missing(bind, problems):
    def handler(title: Annotated[str, Form()], photo: File): ...
    def optional(title: Annotated[str, Form()] = "x", photo: File | None = None): ...

    for body in (None, b""):
        assert problems(handler, body=body) == [(("form", "title"), "missing"), (("form", "photo"), "missing")]
        assert bind(optional, body=body) == {"title": "x", "photo": None}


def test_another_body_is_no_form(bind):
    def handler(title: Annotated[str, Form()]): ...

    with pytest.raises(InvalidBody, match="not a form"):
        bind(handler, body="{}", headers={"content-type": "application/json"})


def test_a_form_can_be_had_as_a_whole_beside_its_fields(bind):
    def handler(body, title: Annotated[str, Form()]): ...

    given = bind(handler, body="title=a", headers={"content-type": "application/x-www-form-urlencoded"})
    assert (given["title"], given["body"].get("title")) == ("a", "a")


# -- what can never be filled


def cases():
    def get(photo: File): ...
    def field(title: Annotated[str, Form()]): ...

    yield get, "GET", "a GET request has no body with a form"
    yield field, "HEAD", "a HEAD request has no body with a form"

    def model_header(lamp: Annotated[Lamp, Header()]): ...
    def model_field(lamp: Annotated[Lamp, Form()]): ...
    def many_cookies(a: Annotated[list[str], CookieParam()]): ...
    def bad_name(a: Annotated[str, Header("x y")]): ...

    yield model_header, "POST", "Lamp is no type that a header can have"
    yield model_field, "POST", "Lamp is no type that a form field can have"
    yield many_cookies, "POST", "a cookie has one value, not list[str]"
    yield bad_name, "POST", '"x y" is no name of a header'

    def as_default(agent: str = Header()): ...
    def on_a_part(agent: Annotated[str, Header()] | None = None): ...
    def two(agent: Annotated[str, Header(), CookieParam()]): ...
    def bare(agent: Header): ...
    def called(title: Form("name")): ...
    def reserved(body: Annotated[str, Form()]): ...
    def segment(id: Annotated[str, Header()]): ...  # noqa: A002 - a segment's usual name
    def file_segment(id: File): ...  # noqa: A002 - the same

    yield as_default, "POST", "write `agent: Annotated[str, Header()]`"
    yield on_a_part, "POST", "`agent: Annotated[str | None, ...] = None`"
    yield two, "POST", "it has 2 markers"
    yield bare, "POST", "Header is no type. "
    yield called, "POST", "write `title: Annotated[str, Form()]`"
    yield reserved, "POST", 'write another name, `body_: Annotated[str, Form("body")]`'
    yield segment, "POST", 'write another name, `id_: Annotated[str, Header("id")]`'
    yield file_segment, "POST", "File"

    def json_then_form(lamp: Lamp, title: Annotated[str, Form()]): ...
    def form_then_json(photo: File, lamp: Lamp): ...

    yield json_then_form, "POST", "`lamp` is the body already"
    yield form_then_json, "POST", "other parameters take the body for a form"


@pytest.mark.parametrize(
    ("handler", "method", "message"), [pytest.param(*case, id=case[0].__name__) for case in cases()]
)
def test_what_can_never_be_filled_is_refused_when_it_is_defined(handler, method, message):
    assert message in refused(handler, method=method, pattern="/x/[id]")


# -- what the document of the routes is made from


def test_inputs_are_listed():
    def handler(
        id: int,  # noqa: A002 - a segment's usual name
        page: int = 1,
        user_agent: Annotated[str | None, Header()] = None,
        theme: Annotated[str, CookieParam()] = "x",
        lamp: Lamp | None = None,
    ): ...

    binder = Binder(handler, method="POST", pattern=RoutePattern.parse("/x/[id]"))
    *others, body = binder.inputs
    assert others == [
        Input("path", "id", int),
        Input("query", "page", int, 1),
        Input("header", "user-agent", str | None, None),
        Input("cookie", "theme", str, "x"),
    ]
    assert (body.place, body.name, body.required, body.media) == ("body", "lamp", False, ("application/json",))


@pytest.mark.parametrize(
    ("hint", "answer"),
    [(File, True), (File | None, True), (list[File], True), (list[File] | None, True), (tuple[File, ...], True),
     (str, False), (list[str], False), (list, False), (Any, False), (File | str, False)],
)  # fmt: skip
def test_which_types_are_files(hint, answer):
    assert is_file(hint) is answer
