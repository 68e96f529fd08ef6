# From todo.py.

from notebook_routes import Response

from app import _shared

cors = ["https://a.example"]


def GET():
    _shared.log.append("nothing")
    return Response.json(None)
