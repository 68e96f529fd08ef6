# From todo.py: what its routes share.

import os

from notebook_routes import Response


def answer_of(value, status=None, headers=None):
    """What a Flask view gave back, as a Response: text is HTML, and a tuple has a status and headers."""
    if isinstance(value, tuple):
        value, *rest = value
        for each in rest:
            if isinstance(each, (int, str)):
                status = int(str(int(each) if isinstance(each, int) else each).split()[0])
            else:
                headers = each
    if isinstance(value, Response):
        response = value
    elif isinstance(value, (str, bytes)) or hasattr(value, "__next__"):
        response = Response(value or None, headers={"content-type": "text/html; charset=utf-8"})
    else:
        response = Response.json(value)
    if status in (204, 304):
        response = Response(headers=response.headers)
    if status is not None:
        response.status = int(status)
    for name, text in dict(headers or {}).items():
        response.headers.set(name, str(text))
    return response


app_config = {}
app_config["KEY"] = os.environ.get("TODO_KEY", "secret")

# By number.
tasks = [{"id": 1, "title": "Buy a lamp", "done": False}]
