# From todo.py.

from app import _shared

cors = "*"


def GET(name):
    response = _shared.answer_of(f"<p>Hello {name}</p>")
    response.cookies.set("name", name, http_only=True)
    return response
