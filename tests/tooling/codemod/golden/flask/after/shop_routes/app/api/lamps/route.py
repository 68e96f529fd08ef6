# From shop.

from notebook_routes import Response
from shop.stock import lamps


def shown(lamp):
    return {**lamp, "kind": "lamp"}


def GET():
    return Response.json([shown(lamp) for lamp in lamps])
