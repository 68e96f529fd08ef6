"""What a Flask program answers to errors: its own handlers, and the pages of Flask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.tooling.codemod.old_errors import HANDLERS, NAME, statements_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from notebook_routes.tooling.codemod.nodes import Statement

#: The statuses that Flask gives by itself.
_BY_ITSELF = (400, 404, 405, 500)
_ASIDE = (
    "# Errors as the pages that Flask makes of them, for clients that read them. If none does, delete answer_errors",
    "# and all that it uses, or the whole file where it has nothing else.",
)

_ERROR = '''

#: What the server says of errors by itself; in development it shows a traceback, which is left as it is.
BY_SERVER = ("no route answers", "is not allowed here", "the body is not", "internal server error")


class FlaskError(HTTPError):
    """An error as Flask has it: with a code, a name and a description."""

    def __init__(self, code, description=None):
        self.code = code
        self.name = HTTPStatus(code).phrase
        self.description = description or DESCRIPTIONS.get(code, "")
        super().__init__(code, self.description)

    def __str__(self):
        return f"{self.code} {self.name}: {self.description}"


def flask_error(response):
    """The error that an answer says; None for one that a view has given, and for tracebacks."""
    kind = response.headers.get("content-type")
    text = (response.content or b"").decode(errors="replace").strip()
    is_unknown_path = response.status == 404 and "no route answers" in text.lower()
    is_said = is_unknown_path or kind in (None, "text/plain; charset=utf-8")
    if response.status < 400 or not is_said or text.startswith("Traceback"):
        return None
    is_own = not any(words in text.lower() for words in BY_SERVER)
    return FlaskError(response.status, text if is_own else None)
'''

_PAGE = '''
def flask_page(error, headers):
    """The page that Flask makes of an error."""
    name = html.escape(error.name).replace("&#x27;", "&#39;")
    said = html.escape(error.description).replace("&#x27;", "&#39;").replace("&quot;", "&#34;").replace("\\n", "<br>")
    text = f"<!doctype html>\\n<html lang=en>\\n<title>{error.code} {name}</title>\\n<h1>{name}</h1>\\n<p>{said}</p>\\n"
    answer = Response(text, status=error.code, headers=headers)
    answer.headers.set("content-type", "text/html; charset=utf-8")
    return answer
'''

_HANDLING = '''
def handles_errors(view):
    """Exceptions of a view as the program's handlers answer them."""

    @wraps(view)
    def answering(*args, TAKEN**kwargs):
        try:
            return view(*args, GIVEN**kwargs)
        except HTTPError:
            raise
        except Exception as error:
            for kind in type(error).__mro__:
                if kind in ERROR_HANDLERS:
                    return ERROR_HANDLERS[kind](errorMORE)
            raise

    return answering
'''

#: What Flask says of errors that say nothing themselves; clients may compare it, so it is to the letter.
_DESCRIBED = {
    400: "The browser (or proxy) sent a request that this server could not understand.",
    401: (
        "The server could not verify that you are authorized to access the URL requested. You either supplied the "
        "wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials "
        "required."
    ),
    403: (
        "You don't have the permission to access the requested resource. It is either read-protected or not readable "
        "by the server."
    ),
    404: (
        "The requested URL was not found on the server. If you entered the URL manually please check your spelling "
        "and try again."
    ),
    405: "The method is not allowed for the requested URL.",
    409: (
        "A conflict happened while processing the request. The resource might have been modified while the request "
        "was being processed."
    ),
    410: (
        "The requested URL is no longer available on this server and there is no forwarding address. If you followed "
        "a link from a foreign page, please contact the author of this page."
    ),
    413: "The data value transmitted exceeds the capacity limit.",
    415: "The server does not support the media type transmitted in the request.",
    422: "The request was well-formed but was unable to be followed due to semantic errors.",
    429: "This user has exceeded an allotted request count. Try again later.",
    500: (
        "The server encountered an internal error and was unable to complete your request. Either the server is "
        "overloaded or there is an error in the application."
    ),
    501: "The server does not support the action requested by the browser.",
    503: (
        "The server is temporarily unable to service your request due to maintenance downtime or capacity problems. "
        "Please try again later."
    ),
}


def flask_errors(
    handled: Mapping[int, str], rest: str | None, *, pages: bool, statuses: Collection[int] = ()
) -> list[Statement]:
    """The middleware with a Flask program's answers to errors, and what it needs.

    Args:
        handled: for a status the function that answers errors of it, as text.
        rest: the function that answers errors of all other statuses, as text; None where there is none.
        pages: answer the others with Flask's pages.
        statuses: those that the program raises beside what Flask raises by itself.
    """
    has_own = bool(handled) or rest is not None
    pages = pages and rest is None
    known = sorted({*_BY_ITSELF, *statuses, *handled} & _DESCRIBED.keys())
    described = "".join(f"    {status}: {_literal(_DESCRIBED[status])},\n" for status in known)
    lines = [
        *(["import html"] if pages else []),
        "from http import HTTPStatus",
        *([] if has_own else ["", *_ASIDE]),
        "\n#: What Flask says of an error that says nothing itself.",
        f"DESCRIPTIONS = {{\n{described}}}{_ERROR}",
        *([_PAGE] if pages else []),
        f"\nasync def {NAME}(request, next):",
        f'    """Errors as {"the program answers them" if has_own else "the pages that Flask makes of them"}."""',
        "    response = await next()",
        "    error = flask_error(response)",
    ]
    listed = ", ".join(f"{status}: {function}" for status, function in handled.items())
    page = "flask_page(error, response.headers)" if pages else "response"
    lines.append("    if error is None:\n        return response")
    if rest is not None:
        lines.append(f"    return {f'{{{listed}}}.get(error.code, {rest})' if listed else rest}(error)")
    elif handled:
        lines.append(f"    handler = {{{listed}}}.get(error.code)")
        lines.append(f"    return {page} if handler is None else handler(error)")
    else:
        lines.append(f"    return {page}")
    return statements_of("\n".join(lines) + "\n")


def flask_handling(caught: Mapping[str, str], *, gives_request: bool) -> list[Statement]:
    """The decorator that has a Flask program's handlers answer exceptions of its views, and what it needs.

    Args:
        caught: for an exception the function that answers it, as text.
        gives_request: these functions take the request, too.
    """
    listed = "".join(f"    {kind}: {function},\n" for kind, function in caught.items())
    taken, given, more = ("request, ", "request=request, ", ", request") if gives_request else ("", "", "")
    text = _HANDLING.replace("TAKEN", taken).replace("GIVEN", given).replace("MORE", more)
    return statements_of(f"from functools import wraps\n\n{HANDLERS} = {{\n{listed}}}\n\n{text}")


def _literal(text: str) -> str:
    words, lines = text.split(" "), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 100:
            lines.append("")
        lines[-1] += f"{word} "
    pieces = [f'"{line}"' for line in [*lines[:-1], lines[-1][:-1]]]
    return pieces[0] if len(pieces) == 1 else "(\n        {}\n    )".format("\n        ".join(pieces))
