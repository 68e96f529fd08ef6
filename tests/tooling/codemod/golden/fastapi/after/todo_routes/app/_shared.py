# From todo.py: what its routes share.

import json
from enum import Enum
from http import HTTPStatus
from typing import Annotated

from notebook_routes import HTTPError, Header
from pydantic import BaseModel, TypeAdapter


class HTTPException(HTTPError):
    """An error that is answered as JSON, with its detail."""

    def __init__(self, status_code, detail=None, headers=None):
        detail = HTTPStatus(status_code).phrase if detail is None else detail
        content = json.dumps({"detail": detail}, default=str, ensure_ascii=False, separators=(",", ":"))
        super().__init__(status_code, content, headers={"content-type": "application/json", **(headers or {})})
        self.status_code = status_code
        self.detail = detail


def shown(value, model, **options):
    """A value as the model shows it, without what the model does not have."""
    adapter = TypeAdapter(model)
    checked = adapter.validate_python(value, from_attributes=True)
    return adapter.dump_python(checked, mode="json", by_alias=True, **options)


def bearer_token(authorization: Annotated[str | None, Header()] = None):
    """The token of the request; 401 where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise HTTPException(401, "Not authenticated", headers={"WWW-Authenticate": "Bearer"})
    return token


class Kind(str, Enum):
    small = "small"
    big = "big"


class Task(BaseModel):
    id: int
    title: str
    kind: Kind


tasks = {1: {"id": 1, "title": "Buy a lamp", "kind": "small", "secret": "s"}}
log = []


def find(number: int) -> dict:
    # Asked of more than one function.
    if number not in tasks:
        raise HTTPException(status_code=404, detail=f"no task {number}")
    return tasks[number]


async def current_user(token):
    if token != "ann":
        raise HTTPException(401, "who are you?", headers={"WWW-Authenticate": "Bearer"})
    return {"name": token}


def begin():
    log.append("begin")


begin()
