# From shop.

import json

from notebook_routes import Response
from notebook_routes.errors import ValidationFailed

from app import _shared


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


async def fastapi_body(request):
    """The body of a request that was refused; as text where it is no JSON."""
    text = await request.text()
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


async def answer_errors(request, next):
    """Errors as the program answers them, others in the words of FastAPI."""
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
    error = _shared.HTTPException(status, detail)
    if status == 422:
        error = _shared.RequestValidationError(detail, await fastapi_body(request))
    handler = _shared.error_handler(error)
    if handler is not None:
        return handler(request, error)
    content = json.dumps({"detail": detail}, default=str, ensure_ascii=False, separators=(",", ":"))
    answer = Response(content, status=status, headers=response.headers)
    answer.headers.set("content-type", "application/json")
    return answer


middleware = [answer_errors]
