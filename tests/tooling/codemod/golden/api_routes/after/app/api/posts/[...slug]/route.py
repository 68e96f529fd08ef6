from notebook_routes import Response


def _query_of(request, params):
    """The query as API Routes have it: a repeated name is a list, and segments of the path come before all."""
    query = {}
    for name in request.query.keys():
        values = request.query.get_all(name)
        query[name] = values if len(values) > 1 else values[0]
    return {**query, **params}


def GET(request, params, slug):
    return Response.json({"slug": slug, "all": _query_of(request, params), "url": (request.next_url.pathname + request.next_url.search), "method": request.method})


POST = GET
PUT = GET
DELETE = GET
PATCH = GET
