# From todo.py.

from typing import Annotated

from notebook_routes import Header, Response

from app import _shared

cors = ["https://a.example"]


def GET(number: int):
    return Response.json(_shared.shown(_shared.find(number), _shared.Task))


async def DELETE(number: int, authorization: Annotated[str | None, Header()] = None):
    token = _shared.bearer_token(authorization=authorization)
    await _shared.current_user(token=token)
    _shared.find(number)
    del _shared.tasks[number]
    return Response(status=204)


def PATCH(number: int, body: dict, x_reason: Annotated[str | None, Header()] = None):
    changes = body
    _shared.find(number).update(changes)
    return {"changed": sorted(changes), "reason": x_reason}
