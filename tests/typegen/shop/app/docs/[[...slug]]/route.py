from typing import Literal, TypedDict

from notebook_routes import RouteContext, cookies, href


class OwnParams(TypedDict, total=False):
    slug: list[str]


def first(context: RouteContext) -> str:
    """What any handler may call."""
    return f"{context.route}: {context.params}"


def GET(context: RouteContext[Literal["/docs/[[...slug]]"]]) -> list[str]:
    slug = context.params.get("slug", [])
    return [*slug, first(context), href("/docs/[[...slug]]"), href("/docs/[[...slug]]", slug=slug), href("/about")]


def PUT(context: RouteContext[OwnParams]) -> list[str]:
    return [*context.params.get("slug", []), first(context), cookies().value("visits") or "0"]


def test_of_mine() -> list[str]:
    return GET(RouteContext({"slug": ["a"]}, "/docs/[[...slug]]"))
