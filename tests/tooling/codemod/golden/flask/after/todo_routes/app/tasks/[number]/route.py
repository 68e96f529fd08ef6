# From todo.py.

from functools import wraps

from notebook_routes import Response, not_found

from app import _shared


def require_key(view):
    @wraps(view)
    def guarded(*args, request, **kwargs):
        if request.headers.get("X-Key") != _shared.app_config["KEY"]:
            return Response.json(dict(error="no key"), status=401)
        return view(*args, request=request, **kwargs)

    return guarded


def find(number):
    found = [task for task in _shared.tasks if task["id"] == number]
    if not found:
        not_found(f"there is no task {number}")
    return found[0]


cors = "*"


def GET(number):
    if not number.isdecimal():
        not_found()
    number = int(number)
    return _shared.answer_of(find(number))


@require_key
def DELETE(request, number):
    if not number.isdecimal():
        not_found()
    number = int(number)
    _shared.tasks.remove(find(number))
    return Response(status=204)
