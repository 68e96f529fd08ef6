# From todo.py.

from notebook_routes import Response

from app import _shared  # noqa: F401 - for what it does

cors = ["https://a.example"]


def GET():
    return Response("<h1>Todo</h1>", headers={"content-type": "text/html; charset=utf-8"})
