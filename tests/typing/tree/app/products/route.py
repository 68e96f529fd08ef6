# ruff: noqa: PLR0917 - a handler's parameters are given by name

from typing import Annotated, Literal

from app import _shared
from pydantic import Field

from notebook_routes import CookieParam, Header, Response

revalidate = 60


def GET(
    q: str = "",
    tag: list[str] | None = None,
    page: Annotated[int, Field(ge=1)] = 1,
    order: Literal["name", "price"] = "name",
    accept_language: Annotated[str | None, Header()] = None,
    theme: Annotated[str, CookieParam()] = "light",
) -> list[_shared.Product]:
    wanted = set(tag or ())
    found = [each for each in _shared.products.values() if q in each.name and wanted <= set(each.tags)]
    return sorted(found, key=lambda each: each.name if order == "name" else f"{each.price:012.2f}")[10 * (page - 1) :]


async def POST(product: _shared.Product) -> Response:
    number = len(_shared.products) + 1
    _shared.products[number] = product
    return Response.json(product, status=201, headers={"location": f"/products/{number}"})
