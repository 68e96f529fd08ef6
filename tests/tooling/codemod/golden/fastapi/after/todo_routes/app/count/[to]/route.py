# From todo.py.

from notebook_routes import Response

from app import _shared  # noqa: F401 - for what it does

cors = ["https://a.example"]


def GET(to: int):
    return Response((f"{n}\n" for n in range(to)), headers={"content-type": "text/plain"})
