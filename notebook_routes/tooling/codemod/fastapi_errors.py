"""What a FastAPI program answers to errors: its own handlers, and the words of FastAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.tooling.codemod.old_errors import HANDLERS, statements_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.tooling.codemod.nodes import Statement

_ASIDE = """
# Errors in the words of FastAPI, for clients that read them. If none does, delete this and the functions that begin
# with fastapi_, or the whole file where it has nothing else."""

_IMPORTS = """
import json

from notebook_routes.errors import ValidationFailed

"""

_ANSWERING = '''
async def answer_errors(request, next):
    """Errors in the words of FastAPI."""
    response = await next()
    status, text = response.status, (response.content or b"").decode(errors="replace")
    if status == 404 and "no route answers" in text.lower():
        detail = "Not Found"
    elif status == 405 and "is not allowed here" in text:
        detail = "Method Not Allowed"
    elif status == 422 and ValidationFailed.findings_of(request):
        detail = fastapi_problems(ValidationFailed.findings_of(request))
    elif status == 400 and text.startswith("The body is not JSON"):
        status, detail = 422, [fastapi_json_problem(await request.text())]
    else:
        return response
'''

_WORDED = """
    content = json.dumps({"detail": detail}, default=str, ensure_ascii=False, separators=(",", ":"))
    answer = Response(content, status=status, headers=response.headers)
    answer.headers.set("content-type", "application/json")
    return answer
""".lstrip("\n")

_PROBLEMS = '''

def fastapi_problems(findings):
    """What is wrong with parameters, in FastAPI's order: fields of a form are part of the body there."""
    problems = []
    for finding in findings:
        place, *rest = finding["loc"]
        kind, said = finding["type"], finding["msg"]
        if kind == "model_type":
            kind, said = "model_attributes_type", "Input should be a valid dictionary or object to extract fields from"
        problem = {"type": kind, "loc": ("body" if place == "form" else place, *rest), "msg": said}
        problem["input"] = finding["input"]
        if finding.get("ctx") and kind != "model_attributes_type":
            problem["ctx"] = {
                name: {} if isinstance(value, Exception) else value for name, value in finding["ctx"].items()
            }
        problems.append(problem)
    places = ["path", "query", "header", "cookie", "body"]
    return sorted(problems, key=lambda problem: places.index(problem["loc"][0]))


def fastapi_json_problem(text):
    """What is wrong with a body that is no JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        where, why = error.pos, error.msg
    else:
        where, why = 0, "Invalid JSON"
    problem = {"type": "json_invalid", "loc": ("body", where), "msg": "JSON decode error"}
    return {**problem, "input": {}, "ctx": {"error": why}}
'''

_HANDLED = """
    error = HTTPException(status, detail)
    if status == 422:
        error = RequestValidationError(detail, await fastapi_body(request))
    handler = error_handler(error)
    if handler is not None:
        return {call}
""".lstrip("\n")

_BODY = '''

async def fastapi_body(request):
    """The body of a request that was refused; as text where it is no JSON."""
    text = await request.text()
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
'''

_HANDLING = '''
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
    def answering(TAKEN**given):
        try:
            return operation(GIVEN**given)
        except Exception as error:
            handler = error_handler(error)
            if handler is None:
                raise
            return CALL

    @wraps(operation)
    async def answering_later(TAKEN**given):
        try:
            return await operation(GIVEN**given)
        except Exception as error:
            handler = error_handler(error)
            if handler is None:
                raise
            return CALL

    return answering_later if iscoroutinefunction(operation) else answering
'''


def fastapi_errors(*, handled: bool, gives_request: bool, words: bool) -> list[Statement]:
    """The middleware with a FastAPI program's answers to errors, and what it needs.

    Args:
        handled: the program has handlers, which `fastapi_handling` writes.
        gives_request: these take the request, too.
        words: answer what is left in FastAPI's words.
    """
    call = "handler(request, error)" if gives_request else "handler(error)"
    parts = [
        _IMPORTS,
        *([] if handled else [_ASIDE]),
        _ANSWERING.replace("Errors in", "Errors as the program answers them, others in") if handled else _ANSWERING,
        *([_HANDLED.format(call=call)] if handled else []),
        _WORDED if words else "    return response\n",
        _PROBLEMS,
        *([_BODY] if handled else []),
    ]
    return statements_of("".join(parts))


def fastapi_handling(handled: Mapping[str, str], *, gives_request: bool) -> list[Statement]:
    """The decorator that has a FastAPI program's handlers answer errors of its operations, and what it needs.

    Args:
        handled: for an exception, or a status, the function that answers it, as text.
        gives_request: these functions take the request, too.
    """
    listed = "".join(f"    {kind}: {function},\n" for kind, function in handled.items())
    taken, given = ("request, ", "request=request, ") if gives_request else ("", "")
    call = "handler(request, error)" if gives_request else "handler(error)"
    text = _HANDLING.replace("TAKEN", taken).replace("GIVEN", given).replace("CALL", call)
    imports = "from functools import wraps\nfrom inspect import iscoroutinefunction\n"
    return statements_of(f"{imports}\n{HANDLERS} = {{\n{listed}}}\n\n{text}")
