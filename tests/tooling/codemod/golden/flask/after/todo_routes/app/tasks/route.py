# From todo.py.

import json

from notebook_routes import HTTPError, Response

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


def typed(value, kind, default=None):
    """A value as another type; the default where it is missing or none of that type."""
    try:
        return default if value is None else kind(value)
    except ValueError:
        return default


cors = "*"


# All of them, or a new one.
def GET(request):
    """All tasks."""
    most = typed(request.query.get("most"), int, 10)
    return Response.json({"tasks": _shared.tasks[:most], "asked": request.state.asked})


def POST(request, body):
    """All tasks."""
    if not json_of(request, body) or "title" not in json_of(request, body):
        raise HTTPError(400)
    task = {"id": _shared.tasks[-1]["id"] + 1, "title": json_of(request, body)["title"], "done": False}
    _shared.tasks.append(task)  # at the end
    return Response.json({"task": task, "uri": f"/tasks/{task['id']}"}, status=201, headers={"X-Id": str(task["id"])})
