# From shop.

import json

from notebook_routes import HTTPError

from app import _shared

NO_JSON = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."


def json_of(request, body, *, force=False, silent=False):
    """The body as JSON; 415 where it is something else, 400 where it is nothing."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        if body is None and not silent:
            raise HTTPError(400)
        return body
    if force:
        try:
            return json.loads(body)
        except (TypeError, ValueError):
            if not silent:
                raise HTTPError(400) from None
    elif not silent:
        raise HTTPError(415, NO_JSON)
    return None


@_shared.handles_errors
def POST(request, body):
    person = json_of(request, body)
    if len(person["name"]) < 2:
        raise _shared.TooShort(person["name"])
    _shared.people.append(person)
    return _shared.answer_of(_shared.people_shown(_shared.people[-1]), status=201)
