# From shop: what its routes share.

import json
from functools import wraps
from http import HTTPStatus
from inspect import iscoroutinefunction

from notebook_routes import HTTPError, Response


class HTTPException(HTTPError):
    """An error that is answered as JSON, with its detail."""

    def __init__(self, status_code, detail=None, headers=None):
        detail = HTTPStatus(status_code).phrase if detail is None else detail
        content = json.dumps({"detail": detail}, default=str, ensure_ascii=False, separators=(",", ":"))
        super().__init__(status_code, content, headers={"content-type": "application/json", **(headers or {})})
        self.status_code = status_code
        self.detail = detail


class RequestValidationError(Exception):
    """What the parameters of a request were refused for."""

    def __init__(self, problems, body=None):
        super().__init__(problems)
        self.body = body

    def errors(self):
        return self.args[0]


people = {}


class Unknown(Exception):
    def __init__(self, name: str):
        self.name = name


def in_short(request, exc):
    return Response.json({"error": exc.detail, "path": request.next_url.pathname}, status=exc.status_code)


def refused(request, exc):
    return Response.json({"wrong": [each["loc"] for each in exc.errors()], "body": exc.body}, status=400)


def unknown(request, exc):
    return Response.json({"unknown": exc.name}, status=418)


ERROR_HANDLERS = {
    HTTPException: in_short,
    RequestValidationError: refused,
    Unknown: unknown,
}


def error_handler(error):
    """What the program has to answer an error; None where it has nothing."""
    status = error.status_code if isinstance(error, HTTPException) else None
    for kind in (status, *type(error).__mro__):
        if kind in ERROR_HANDLERS:
            return ERROR_HANDLERS[kind]
        if kind in (HTTPError, RequestValidationError):
            return None
    return None


def handles_errors(operation):
    """Errors of an operation as the program's handlers answer them."""

    @wraps(operation)
    def answering(request, **given):
        try:
            return operation(request=request, **given)
        except Exception as error:
            handler = error_handler(error)
            if handler is None:
                raise
            return handler(request, error)

    @wraps(operation)
    async def answering_later(request, **given):
        try:
            return await operation(request=request, **given)
        except Exception as error:
            handler = error_handler(error)
            if handler is None:
                raise
            return handler(request, error)

    return answering_later if iscoroutinefunction(operation) else answering
