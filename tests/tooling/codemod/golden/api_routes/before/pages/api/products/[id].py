"""One product of the shop."""

import time

from shop import products

ALLOWED = ["GET", "PUT", "DELETE"]
config = {"api": {"body_parser": {"size_limit": "10kb"}}, "max_duration": 5}


# Whoever asks for a lamp gets a lamp.
async def handler(req, res):
    """Read, change or remove it."""
    id = req.query["id"]
    product = products.get(id)  # perhaps it is sold

    if req.method not in ALLOWED:
        res.set_header("Allow", ALLOWED)
        return res.status(405).end(f"Method {req.method} Not Allowed")

    if product is None:
        res.status(404).json({"error": "no such product"})
        return

    # What the window shows.
    if req.method == "GET":
        if req.query.get("fresh"):
            res.set_header("Cache-Control", "no-store")
        res.set_header("X-Asked", time.time() > 0 and "yes" or "no")
        res.status(200).json(product)
    elif req.method == "PUT":
        name = req.body.get("name", product["name"])  # the price stays
        product["name"] = name
        await res.revalidate(f"/products/{id}")
        res.json(product)
        print("changed", id)
    else:
        del products[id]
        res.status(204).end()
