# From shop.

from typing import Annotated

from notebook_routes import Header, Response
from shop.stock import lamps

from app import _shared


async def need_key(x_key: str):
    if x_key != "k":
        raise _shared.HTTPException(status_code=403, detail="the key is wrong")


@_shared.handles_errors
async def GET(x_key: Annotated[str, Header()], request):
    await need_key(x_key=x_key)
    return Response.json(lamps)
