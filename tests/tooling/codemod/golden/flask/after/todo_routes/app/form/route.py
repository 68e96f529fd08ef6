# From todo.py.

from notebook_routes import FormData, HTTPError


def form_of(body):
    """The form that was sent, an empty one where none was."""
    return body if isinstance(body, FormData) else FormData()


def field(values, name):
    """A value that has to be there: 400 where it is not."""
    if name not in values:
        raise HTTPError(400)
    return values[name]


cors = "*"


def POST(request, body):
    return {"name": field(form_of(body), "name"), "rest": form_of(body).get("rest", "-"), "theme": request.cookies.value("theme")}
