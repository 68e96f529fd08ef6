"""What type checkers have to find once typegen has run: each marked line, and no other."""

from collections.abc import Mapping
from typing import Literal

from notebook_routes import RouteContext, cookies, href

Product = RouteContext[Literal["/products/[id]"]]


def unknown_segment(context: Product) -> object:
    return context.params["key"]  # wrong


def not_a_number(context: Product) -> int:
    return context.params["id"]  # wrong


def perhaps_absent(context: RouteContext[Literal["/docs/[[...slug]]"]]) -> list[str] | None:
    return context.params.get("slug")


def no_list(context: RouteContext[Literal["/files/[...path]"]]) -> str:
    return context.params["path"]  # wrong


def no_such_path(context: RouteContext[Literal["/products/[key]"]]) -> None: ...  # wrong


def a_page_is_no_route(context: RouteContext[Literal["/about"]]) -> None: ...  # wrong


def no_mapping(context: RouteContext[int]) -> None: ...  # wrong


def changed(context: Product) -> None:
    context.route = "/"  # wrong


def another_path(context: RouteContext[Literal["/text"]]) -> object:
    return unknown_segment(context)  # wrong


def made() -> object:
    right: Product = RouteContext({"id": "1"}, "/products/[id]")
    wrong: Product = RouteContext({"id": 1}, "/products/[id]")  # wrong
    return right, wrong


def addresses(anywhere: str, query: Mapping[str, int]) -> None:
    href("/products/[id]", id=1)
    href("/products/[id]", id="a b", query=query)
    href("/products/[id]")  # wrong
    href("/products/[id]", key=1)  # wrong
    href("/products/[id]", id=1, page=2)  # wrong
    href("/products/[id]", id=None)  # wrong
    href("/products/[id]", id=1, query="page=2")  # wrong
    href("/products/[key]", key=1)  # wrong
    href("/products/1")  # wrong
    href(anywhere)  # wrong
    href("/files/[...path]", path=["a"])
    href("/files/[...path]", path=("a", 1))
    href("/files/[...path]", path="a")  # wrong
    href("/files/[...path]")  # wrong
    href("/docs/[[...slug]]")
    href("/docs/[[...slug]]", slug=None)
    href("/about")
    href("/about", id=1)  # wrong


def jar() -> str:
    cookies().set("theme", max_age="an hour")  # wrong
    cookies().set("fresh", "a new one is known once typegen has run")
    cookies().delete("anything")
    cookies().has("them")  # wrong
    cookies().get("them")  # wrong
    cookies().value("them", "light")  # wrong
    number: int | str = cookies().value("theme", 1)
    assert number
    return cookies().value("theme")  # wrong
