"""What both checkers take: the path as a Literal."""

from typing import Literal

from notebook_routes import Response, RouteContext, cookies, href

Context = RouteContext[Literal["/products/[id]"]]


def GET(context: Context) -> dict[str, str]:
    return {"id": context.params["id"], "route": context.route, "theme": cookies().value("theme", "light")}


def POST(context: RouteContext[Literal["/products/[id]"]]) -> Response:
    cookies().set("theme", "dark", max_age=3600)
    after = int(context.params["id"]) + 1
    return Response.redirect(href("/products/[id]", id=after, query={"from": [1, 2], "page": None}), 303)
