from typing import Literal

from notebook_routes import RouteContext, href


def GET(context: RouteContext[Literal["/products/[id]/[product-key]"]]) -> str:
    return href("/products/[id]/[product-key]", **{"id": 1, "product-key": context.params["product-key"]})
