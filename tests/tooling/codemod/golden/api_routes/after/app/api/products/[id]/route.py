"""One product of the shop."""

import time

from shop import products

from notebook_routes import Headers, Response, revalidate_path

ALLOWED = ["GET", "PUT", "DELETE"]
max_duration = 5


# Whoever asks for a lamp gets a lamp.
# TODO(codemod): the body was limited to 10kb: serve --max-body-size limits all of them
async def GET(request, id):
    """Read, change or remove it."""
    headers = Headers()
    product = products.get(id)  # perhaps it is sold

    if product is None:
        return Response.json({"error": "no such product"}, status=404, headers=headers)

    # What the window shows.
    if request.query.get("fresh"):
        headers.set("Cache-Control", "no-store")
    headers.set("X-Asked", str(time.time() > 0 and "yes" or "no"))
    return Response.json(product, headers=headers)


async def PUT(id, body):
    """Read, change or remove it."""
    if body is None:
        body = {}
    product = products.get(id)  # perhaps it is sold

    if product is None:
        return Response.json({"error": "no such product"}, status=404)
    name = body.get("name", product["name"])  # the price stays
    product["name"] = name
    revalidate_path(f"/products/{id}")
    response = Response.json(product)
    print("changed", id)
    return response


async def DELETE(id):
    """Read, change or remove it."""
    product = products.get(id)  # perhaps it is sold

    if product is None:
        return Response.json({"error": "no such product"}, status=404)
    del products[id]
    return Response(status=204)


async def other_methods(request, id):
    """Read, change or remove it."""
    product = products.get(id)  # perhaps it is sold
    return Response(f"Method {request.method} Not Allowed", status=405, headers={"Allow": str(ALLOWED)})


HEAD = POST = PATCH = OPTIONS = other_methods
