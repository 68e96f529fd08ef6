# From todo.py.

from notebook_routes import Response

from app import _shared  # noqa: F401 - for what it does

cors = ["https://a.example"]


def GET(path):
    path = "/".join(path)
    return Response.json(path)
