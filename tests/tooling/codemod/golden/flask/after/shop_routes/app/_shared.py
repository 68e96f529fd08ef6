# From shop: what its routes share.

from functools import wraps

from notebook_routes import HTTPError, Response


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


people = []


class TooShort(ValueError):
    status = 422


def too_short(error, *, request):
    return Response.json(dict(error=str(error), path=request.next_url.pathname), status=error.status)


def people_shown(person):
    return {**person, "kind": "person"}


ERROR_HANDLERS = {
    TooShort: lambda error, request: too_short(error, request=request),
}


def handles_errors(view):
    """Exceptions of a view as the program's handlers answer them."""

    @wraps(view)
    def answering(*args, request, **kwargs):
        try:
            return view(*args, request=request, **kwargs)
        except HTTPError:
            raise
        except Exception as error:
            for kind in type(error).__mro__:
                if kind in ERROR_HANDLERS:
                    return ERROR_HANDLERS[kind](error, request)
            raise

    return answering
