# From shop.

from typing import Annotated

from notebook_routes import Response
from pydantic import BaseModel, Field

from app import _shared


@_shared.handles_errors
def GET(name: str, request):
    if name not in _shared.people:
        raise _shared.Unknown(name)
    return {"name": name, "age": _shared.people[name]}


class AddBody(BaseModel):
    age: Annotated[int, Field(ge=0)]


@_shared.handles_errors
async def PUT(name: str, body: AddBody, request):
    age = body.age
    _shared.people[name] = age
    return Response.json(None)
