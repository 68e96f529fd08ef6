# From shop.

from notebook_routes import Response
from shop.stock import lamps

from app import _shared


def shown(lamp):
    return {**lamp, "kind": "lamp"}


@_shared.handles_errors
def GET(request):
    return Response.json([shown(lamp) for lamp in lamps])
