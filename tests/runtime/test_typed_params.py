from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_origin, get_type_hints

import pytest

from notebook_routes import RouteContext
from notebook_routes.errors import CellError, InvalidPattern
from notebook_routes.routing import RoutePattern
from notebook_routes.runtime.bind import Binder
from notebook_routes.runtime.typed_params import broken_promise


class Product(TypedDict):
    id: str


class Pages(TypedDict):
    slug: list[str]


class Perhaps(TypedDict):
    slug: NotRequired[list[str]]


class Loose(TypedDict, total=False):
    id: Annotated[str, "the key"]
    slug: Any


class Number(TypedDict):
    id: int


class Unknown(TypedDict):
    id: "Nowhere"  # noqa: F821 - what is refused


@pytest.mark.parametrize(
    ("hint", "path"),
    [
        (Product, "/a/[id]"),
        (Product, "/a/[id]/[other]"),
        (Pages, "/[...slug]"),
        (Perhaps, "/[[...slug]]"),
        (Loose, "/[id]/[[...slug]]"),
        (dict[str, str], "/a"),
        (Any, "/a"),
        (None, "/a"),
        (Literal["/a/[id]"], "/a/[id]"),
        (Literal["/a/[id]", "/b/[id]"], "/b/[id]"),
        (Literal["/a/[id]"], "/(shop)/a/[id]"),
    ],
)
def test_promises_that_are_kept(hint, path):
    assert broken_promise(hint, RoutePattern.parse(path)) is None


@pytest.mark.parametrize(
    ("hint", "path", "why"),
    [
        (Product, "/a/[key]", "the path has no [id]"),
        (Product, "/[...id]", "says that `id` is str, and there it is list[str]"),
        (Pages, "/[slug]", "says that `slug` is list[str], and there it is str"),
        (Pages, "/[[...slug]]", "`slug` is absent where nothing follows in the path"),
        (Number, "/[id]", "says that `id` is int, and there it is str"),
        (Literal["/a/[id]"], "/a/[key]", "its type is for /a/[id], and the path is /a/[key]"),
        (Literal["/a", "/b"], "/", "its type is for /a or /b, and the path is /"),
    ],
)
def test_promises_that_no_path_keeps(hint, path, why):
    assert why in broken_promise(hint, RoutePattern.parse(path))[0]
    for name in ("params", "context"):
        handler = {"params": lambda params: 0, "context": lambda context: 0}[name]
        handler.__annotations__[name] = hint if name == "params" else RouteContext[hint]
        if name == "params" and get_origin(hint) is Literal:
            continue
        with pytest.raises(CellError) as refused:
            Binder(handler, method="GET", pattern=RoutePattern.parse(path))
        assert f"`{name}` can never be filled" in refused.value.message


def test_a_type_that_is_not_defined():
    with pytest.raises(CellError, match="Unknown names `Nowhere`, which is not defined"):
        broken_promise(Unknown, RoutePattern.parse("/[id]"))


def test_a_path_in_square_brackets_is_that_path():
    assert RouteContext["/a/[id]"] == RouteContext[Literal["/a/[id]"]]
    assert RouteContext["/(shop)/a/[id]"] == RouteContext["/a/[id]"]
    assert RouteContext["/a/[id]"]({"id": "1"}, "/a/[id]").params == {"id": "1"}
    with pytest.raises(InvalidPattern, match=r"write \[id\]"):
        RouteContext["/a/{id}"]

    def later(context: "RouteContext['/a/[id]']", other: RouteContext["Product"]): ...  # noqa: F722 - a path

    hints = get_type_hints(later)
    assert hints == {"context": RouteContext["/a/[id]"], "other": RouteContext[Product]}


def test_a_handler_of_its_path_is_given_its_context():
    def handler(context: RouteContext["/a/[id]"]): ...  # noqa: F722 - a path

    assert Binder(handler, method="GET", pattern=RoutePattern.parse("/(shop)/a/[id]")).inputs == []
    with pytest.raises(CellError, match=r'write `RouteContext\["/b/\[id\]"\]`'):
        Binder(handler, method="GET", pattern=RoutePattern.parse("/b/[id]"))


def test_the_context_of_a_kind_is_a_context():
    made = RouteContext[Product]({"id": "1"}, "/[id]")
    assert made == RouteContext({"id": "1"}, "/[id]")
    with pytest.raises(AttributeError):
        made.route = "/other"

    def misnamed(ctx: RouteContext[Product]): ...

    with pytest.raises(CellError, match="a RouteContext is given by name"):
        Binder(misnamed, method="GET", pattern=RoutePattern.parse("/[id]"))
