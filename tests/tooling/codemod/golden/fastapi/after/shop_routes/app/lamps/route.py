# From shop.

import json
from http import HTTPStatus
from typing import Annotated

from notebook_routes import HTTPError, Header, Response
from shop.stock import lamps


async def need_key(x_key: str):
    if x_key != "k":
        raise HTTPException(status_code=403, detail="the key is wrong")


class HTTPException(HTTPError):
    """An error that is answered as JSON, with its detail."""

    def __init__(self, status_code, detail=None, headers=None):
        detail = HTTPStatus(status_code).phrase if detail is None else detail
        content = json.dumps({"detail": detail}, default=str)
        super().__init__(status_code, content, headers={"content-type": "application/json", **(headers or {})})
        self.status_code = status_code
        self.detail = detail


async def GET(x_key: Annotated[str, Header()]):
    await need_key(x_key=x_key)
    return Response.json(lamps)
