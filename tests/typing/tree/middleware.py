# ruff: noqa: A002 - `next` is what a middleware is given

from collections.abc import Awaitable, Callable

from notebook_routes import Request, Response

config = {"matcher": "/products/:path*"}


def guard(request: Request) -> Response | None:
    return None if request.cookies.has("session") else Response.redirect("/login")


async def served_by(request: Request, next: Callable[[], Awaitable[Response]]) -> Response:
    response = await next()
    response.headers.set("x-served-by", request.next_url.hostname)
    return response


middleware = [guard, (served_by, "/products/:id")]
