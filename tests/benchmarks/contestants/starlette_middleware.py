"""Contestant: Starlette on `uvicorn[standard]`, with three middlewares as its documentation writes them.

Run as cells of a kernel.
"""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.benchmarks.contestants.uvicorn_thread import serve


class Named(BaseHTTPMiddleware):
    """Says who has answered."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["x-served-by"] = "shop"
        return response


class Guarded(BaseHTTPMiddleware):
    """Lets nobody in who is blocked."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.headers.get("x-blocked"):
            return JSONResponse({"error": "blocked"}, status_code=403)
        return await call_next(request)


class Noted(BaseHTTPMiddleware):
    """Says what was asked for."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["x-path"] = request.url.path
        return response


async def product(request: Request) -> JSONResponse:
    """Answer one product."""
    return JSONResponse({"id": request.path_params["id"], "name": "Lamp", "price": 30})


app = Starlette(
    routes=[Route("/products/{id}", product)],
    middleware=[Middleware(Named), Middleware(Guarded), Middleware(Noted)],
)

# %%
url = serve(app)
