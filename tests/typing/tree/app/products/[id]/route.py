# ruff: noqa: A002 - a segment is given by its name

from typing import TypedDict

from app._shared import Product, products

from notebook_routes import Response, RouteContext, after, not_found


class Params(TypedDict):
    id: str


class Change(TypedDict, total=False):
    name: str
    price: float


def GET(id: int) -> Product:
    return products.get(id) or not_found()


def PATCH(id: int, change: Change) -> Product:
    products[id] = products[id].model_copy(update=dict(change))
    return products[id]


async def DELETE(context: RouteContext[Params]) -> Response:
    key = context.params["id"]
    after(lambda: print("removed", key))
    products.pop(int(key), None)
    return Response(None, status=204)
