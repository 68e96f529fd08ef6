"""Contestant: Starlette, as a program on `uvicorn[standard]`."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def product(request: Request) -> JSONResponse:
    """Answer one product."""
    return JSONResponse({"id": request.path_params["id"], "name": "Lamp", "price": 30})


app = Starlette(routes=[Route("/products/{id}", product)])
