# From shop.

import json

from notebook_routes import HTTPError, Response

from app import _shared


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
    elif isinstance(value, (str, bytes)):
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


def json_of(request, body, *, force=False, silent=False):
    """The body as JSON; 415 where it is something else, 400 where it is nothing."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        if body is None and not silent:
            raise HTTPError(400, "The body is empty")
        return body
    if force:
        try:
            return json.loads(body)
        except (TypeError, ValueError):
            if not silent:
                raise HTTPError(400, "The body is not JSON") from None
    elif not silent:
        raise HTTPError(415, "The body has to be application/json")
    return None


def people_shown(person):
    return {**person, "kind": "person"}


def POST(request, body):
    _shared.people.append(json_of(request, body))
    return answer_of(people_shown(_shared.people[-1]), status=201)
