# From todo.py.

from notebook_routes import HTTPError, Response

from app import _shared


def missing(error):
    return _shared.answer_of(Response.json({"error": error.message or "nothing here"}), 404)


async def sign(request, next):
    response = await next()
    response.headers["X-Served"] = "yes"
    return response
async def answer_errors(request, next):
    """Errors as the program answers them: its own, and those of paths that nobody answers."""
    response = await next()
    handler = {404: missing}.get(response.status)
    kind = response.headers.get("content-type", "text/plain").partition(";")[0]
    if handler is None or kind != "text/plain":
        return response
    return handler(HTTPError(response.status, (response.content or b"").decode().strip() or None))


def begin(request):
    request.state.asked = request.query.get("as", "nobody")
    if request.next_url.pathname == "/blocked":
        return Response("blocked", status=403, headers={"content-type": "text/html; charset=utf-8"})


middleware = [sign, answer_errors, begin]
