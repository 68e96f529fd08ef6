"""A `route.py` as a user writes it: typed parameters of every place."""

# ruff: noqa: A002, PLR0917 - a handler's parameters are the client's names, and given by name

from collections.abc import AsyncIterator
from enum import Enum
from pathlib import Path
from typing import Annotated, TypedDict

from pydantic import BaseModel, Field

from notebook_routes import (
    CookieParam,
    File,
    FileResponse,
    Form,
    Header,
    Request,
    Response,
    RouteContext,
    ServerSentEvent,
    URLSearchParams,
    cookies,
    event_stream,
    not_found,
    redirect,
)

revalidate = 60
tags = ["shop"]


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Product(BaseModel):
    name: str = Field(min_length=1)
    price: float = 0


class Params(TypedDict):
    id: str


products: dict[int, Product] = {}


def GET(
    id: int,
    q: str | None = None,
    size: Size = Size.SMALL,
    page: Annotated[int, Field(ge=1)] = 1,
    accept_language: Annotated[list[str] | None, Header()] = None,
    theme: Annotated[str, CookieParam()] = "light",
) -> Product:
    found = products.get(id)
    if found is None:
        not_found()
    return found


async def POST(request: Request, context: RouteContext[Params], product: Product) -> Response:
    key: str = context.params["id"]
    if not key.isdecimal() or len(key) > 9:
        not_found()
    products[int(key)] = product
    response = Response.json(product, status=201, headers={"location": request.url})
    response.cookies.set("last", key, max_age=3600)
    return response


async def PUT(title: Annotated[str, Form()], photo: File, pages: list[File] | None = None) -> dict[str, int | str]:
    data = await photo.bytes()
    return {"title": title, "bytes": len(data), "pages": len(pages or [])}


def PATCH(query: URLSearchParams, context: RouteContext) -> FileResponse:
    if "id" not in context.params:
        redirect("/")
    return FileResponse(query.get("file") or "index.html", root=Path(__file__).parent)


def DELETE(id: int) -> None:
    products.pop(id, None)
    cookies().delete("last")


async def HEAD() -> Response:
    async def ticks() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent("tick", id="1")

    return event_stream(ticks())
