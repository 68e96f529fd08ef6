from notebook_routes import FormData, Response


def _body_of(body):
    """The body as API Routes have it: a form is a dict, where a repeated name is a list."""
    if not isinstance(body, FormData):
        return body
    form = {}
    for name in body.keys():
        values = body.get_all(name)
        form[name] = values if len(values) > 1 else values[0]
    return form


def GET():
    chunks = []
    # in pieces
    chunks.append("a")
    for number in range(3):
        chunks.append(str(number))
    chunks.append("z")
    return Response("".join(chunks))


def POST(request, body):
    body = _body_of(body)
    if not request.cookies.value("session"):
        return Response.redirect("/login", 307)
    kind = request.query.get("kind")
    if kind == "text":
        return Response("<p>text</p>")
    elif kind == "raw":
        return Response("a,b", status=202, headers={"Content-Type": "text/csv", "X-Rows": "2"})
    return Response(body) if isinstance(body, (str, bytes)) else Response.json(body)


PUT = POST


def other_methods():
    return Response.json({"error": "no"}, status=405)


HEAD = DELETE = PATCH = OPTIONS = other_methods
