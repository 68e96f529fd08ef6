# From todo.py.

from app import _shared  # noqa: F401 - for what it does


async def sign(request, call_next):
    response = await call_next(request)
    response.headers["X-Path"] = request.next_url.pathname
    return response


middleware = [sign]
