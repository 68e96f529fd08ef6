# From shop.

from notebook_routes import Response

from app import _shared


def GET(name: str):
    return {"name": name, "known": name in _shared.people}


def PUT(name: str):
    _shared.people.append(name)
    return Response.json(None)
