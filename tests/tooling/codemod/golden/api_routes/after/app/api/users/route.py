from notebook_routes import FormData, Headers, Response

users = [{"name": "Ann"}]


def _body_of(body):
    """The body as API Routes have it: a form is a dict, where a repeated name is a list."""
    if not isinstance(body, FormData):
        return body
    form = {}
    for name in body.keys():
        values = body.get_all(name)
        form[name] = values if len(values) > 1 else values[0]
    return form


def cors_(headers, origin):
    headers.set("Access-Control-Allow-Origin", str(origin))
    if not headers.has("Vary"):
        headers.set("Vary", "Origin")


def list_users(request):
    headers = Headers()
    cors_(headers, request.headers.get("origin", "*"))
    page = int(request.query.get("page", 1))
    return Response.json(users[(page - 1) * 2 : page * 2], headers=headers)


def create_user(body):
    body = _body_of(body)
    if body is None:
        body = {}
    if "name" not in body:
        return Response.json({"error": "name is required"}, status=400)
    users.append(body)
    return Response.json(users[-1], status=201, headers=[("Set-Cookie", "last=1; Path=/"), ("Set-Cookie", "seen=1")])


def GET(request):
    return list_users(request=request)


def POST(body):
    return create_user(body=body)


def other_methods():
    return Response(status=405)


HEAD = PUT = DELETE = PATCH = OPTIONS = other_methods
