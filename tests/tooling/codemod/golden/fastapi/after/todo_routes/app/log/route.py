# From todo.py.

from notebook_routes import Response

from app import _shared

cors = ["https://a.example"]


def GET():
    return Response.json(_shared.log)
