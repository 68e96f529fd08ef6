# From todo.py.

from contextlib import contextmanager
from typing import Annotated

from notebook_routes import Header, Response, after
from pydantic import BaseModel

from app import _shared


def answer_with(value, response):
    """An answer with the headers, the cookies and the status that another one was given."""
    answer = Response.json(value, status=response.status)
    for name, text in response.headers.raw:
        answer.headers.append(name, text)
    return answer


class TaskIn(BaseModel):
    title: str
    kind: _shared.Kind = _shared.Kind.small
    secret: str | None = None


class Pages:
    def __init__(self, skip: int = 0, limit: int = 10):
        self.skip = skip
        self.limit = limit


@contextmanager
def connect():
    _shared.log.append("open")
    try:
        yield _shared.tasks
    finally:
        _shared.log.append("close")


cors = ["https://a.example"]


# All of them.
def GET(skip: int = 0, limit: int = 10, kind: _shared.Kind | None = None):
    """All tasks."""
    pages = Pages(skip=skip, limit=limit)
    with connect() as db:
        found = [task for task in db.values() if kind is None or task["kind"] == kind]  # of one kind
        return Response.json(_shared.shown(found[pages.skip : pages.skip + pages.limit], list[_shared.Task]))


async def POST(task: TaskIn, authorization: Annotated[str | None, Header()] = None):
    response = Response(status=201)
    token = _shared.bearer_token(authorization=authorization)
    user = await _shared.current_user(token=token)
    number = len(_shared.tasks) + 1
    _shared.tasks[number] = {"id": number, **task.model_dump()}
    response.headers["X-By"] = user["name"]
    response.cookies.set("last", str(number), http_only=True, same_site="lax")
    after(lambda: _shared.log.append(f"added {number}"))
    return answer_with(_shared.shown(_shared.tasks[number], _shared.Task), response)
