"""Every exception of notebook_routes, in one tree.

NotebookRoutesError
├── DefinitionError          a cell or a file declares something that cannot be; nothing was changed
│   ├── InvalidPattern       the path cannot be a route
│   ├── RouteConflict        two routes cannot live side by side
│   ├── DirectiveError       the magic line cannot be read
│   ├── CellError            the cell's code is refused
│   │   └── EdgeRefused      the route is to run at the edge, and does what an edge isolate lacks
│   ├── ConfigError          an option or a segment constant has a value it cannot have
│   └── ExportError          a notebook cannot be written as a tree of files
├── HTTPError                an answer that is not a success, raised from anywhere in a handler
│   ├── InvalidBody          400: the body is not what it was read as (also a ValueError)
│   ├── ValidationFailed     422: parameters do not have their declared types
│   └── BodyTooLarge         413: the body is over the limit
├── RedirectError            an answer that points elsewhere, raised by redirect()
├── BodyUsed                 a body was read twice (also a TypeError, as in Fetch)
├── MiddlewareError          a middleware has called `next` in a way that has no meaning
├── AnswerError              what the handler returned cannot become a response
├── ScopeError               cookies(), headers(), after() called where no request is being answered
├── DynamicError             a handler reads what its answer, which is to be kept, may not depend on
├── CacheError               something can be neither kept nor found again: an argument, a value, an option
├── FetchError               fetch() had no answer
├── EdgeError                a running handler does what an edge isolate lacks (also what the isolate raises)
├── Aborted                  an AbortSignal has fired
├── ServerError              the server cannot start, or a request has nowhere to go
└── ExpectationFailed        a `??` line did not hold (also an AssertionError)

HandlerCut, a BaseException, is raised in a handler from outside: an isolate does not let it hold everything else.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


#: What a finding of a `ValidationFailed` says beside what is sent: a client knows what it has given.
_UNSENT = ("input", "ctx")
#: Python has these names from 3.13 on.
_RENAMED = {
    413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content",
}  # fmt: skip


class NotebookRoutesError(Exception):
    """The root: catches everything that notebook_routes raises on purpose."""


class _ShownShort(NotebookRoutesError):
    """In a notebook these show their message alone: frames of ours would hide it."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception for its own traceback under this name.
        return f"{type(self).__name__}: {self}".splitlines()


class DefinitionError(_ShownShort):
    """A cell or a file declares something that cannot be; nothing was changed."""


class InvalidPattern(DefinitionError):
    """The path cannot be a route."""


class RouteConflict(DefinitionError):
    """Two routes cannot live side by side; the message names both."""


class DirectiveError(DefinitionError):
    """The magic line cannot be read."""


class ConfigError(DefinitionError):
    """An option or a segment constant has a value it cannot have."""


class ExportError(DefinitionError):
    """A notebook cannot be written as a tree of files; nothing was written, and nothing is lost."""


class CellError(DefinitionError):
    """The cell's code is refused, with the line and the fix.

    Attributes:
        message: what is wrong, in one sentence, and what to write instead.
        line: the 1-based line in the cell (the magic line is line 1), or None where no line is to blame.
        text: the source of that line, or None.
    """

    def __init__(self, message: str, *, line: int | None = None, text: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.text = text

    def __str__(self) -> str:
        if self.line is None:
            return self.message
        shown = f": {self.text.strip()}" if self.text and self.text.strip() else ""
        return f"line {self.line}{shown}\n{self.message}"


class EdgeRefused(CellError):
    """The route is to run at the edge, and does what an edge isolate lacks; nothing was changed.

    Attributes:
        findings: what, with its line and the rule.
    """

    def __init__(self, message: str, *, findings: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class HTTPError(NotebookRoutesError):
    """An answer that is not a success, raised from anywhere in a handler.

    Attributes:
        status: the status code, 400 to 599.
        message: the body of the answer, plain text; None leaves the body empty.
        headers: further response headers.
    """

    def __init__(self, status: int, message: str | None = None, *, headers: Mapping[str, str] | None = None) -> None:
        if isinstance(status, bool) or not isinstance(status, int):
            raise TypeError(f"HTTPError takes an int from 400 to 599 as its status, not {status!r}")
        if not 400 <= status <= 599:
            raise ValueError(f"HTTPError takes a status from 400 to 599, not {status}; return a Response for others")
        if message is not None and not isinstance(message, str):
            raise TypeError(
                f"HTTPError takes a text as its message, not a {type(message).__name__}: "
                f"return Response.json(..., status={status}) for data"
            )
        super().__init__(message or f"{status} {reason_phrase(status)}".rstrip())
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


class HandlerCut(BaseException):
    """503: the host of an isolate ends a handler that holds it. No `except Exception` of the handler's stops it."""


class InvalidBody(HTTPError, ValueError):
    """The body is not what it was read as; uncaught it is a 400 that says where."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


class ValidationFailed(HTTPError):
    """Parameters do not have their declared types; uncaught it is a 422.

    Args:
        findings: one mapping per field, as pydantic words them: `loc` (place and name), `msg` and `type`; and what is
            not sent, `input` (what was given) and `ctx` (what was expected: `{"ge": 1}`).

    Attributes:
        findings: these.
        problems: the same with `loc`, `msg` and `type` only, which is what a client is sent.
    """

    def __init__(self, findings: Sequence[Mapping[str, object]]) -> None:
        self.findings = tuple(findings)
        self.problems = tuple(
            {name: value for name, value in each.items() if name not in _UNSENT} for each in self.findings
        )
        super().__init__(422, "; ".join(f"{_place(p)}: {p['msg']}" for p in self.problems))

    @staticmethod
    def findings_of(request: object) -> tuple[Mapping[str, object], ...]:
        """What a request was refused for with a 422, for a middleware that says it in another form.

        Returns:
            The `findings`; none where it was answered otherwise.
        """
        found: tuple[Mapping[str, object], ...] = getattr(getattr(request, "exchange", None), "findings", ())
        return found


class BodyTooLarge(HTTPError):
    """The body is over a limit; uncaught it is a 413.

    Attributes:
        limit: how many there may be: bytes of the body, where nothing else is said.
    """

    def __init__(self, limit: int, message: str = "") -> None:
        super().__init__(413, message or f"The body is larger than {limit:,} bytes, the limit of this server")
        self.limit = limit


class RedirectError(NotebookRoutesError):
    """An answer that points elsewhere; `redirect()` and `permanent_redirect()` raise it.

    Attributes:
        location: where to, as given.
        permanent: 308 instead of 307.
    """

    def __init__(self, location: str, *, permanent: bool = False) -> None:
        super().__init__(f"redirect to {location}")
        self.location = location
        self.permanent = permanent


class BodyUsed(NotebookRoutesError, TypeError):
    """A body was read twice; `clone()` before the first read keeps a second copy."""


class MiddlewareError(NotebookRoutesError):
    """A middleware has called `next` in a way that has no meaning."""


class AnswerError(NotebookRoutesError):
    """What the handler returned cannot become a response; the message has the fix."""


class ScopeError(NotebookRoutesError):
    """A request-time function was called where no request is being answered."""


class DynamicError(NotebookRoutesError):
    """A handler reads what its answer, which is to be kept, may not depend on."""


class CacheError(_ShownShort):
    """Something can be neither kept nor found again: an argument of a cached function, its value, an option."""


class FetchError(NotebookRoutesError):
    """`fetch()` had no answer: the other server cannot be reached, or took too long."""


class EdgeError(NotebookRoutesError):
    """A running handler does what an edge isolate lacks.

    What is raised is also of the class that the isolate raises there: an OSError, a RuntimeError, a ModuleNotFoundError
    or a KeyError.

    Attributes:
        code: the rule, "EDGE003".
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code

    def __str__(self) -> str:
        # A KeyError would show its message as a text in quotes.
        return str(self.args[0])


class Aborted(NotebookRoutesError):
    """An AbortSignal has fired.

    Attributes:
        reason: what `AbortController.abort(reason)` was given.
    """

    def __init__(self, reason: object = None) -> None:
        super().__init__(str(reason) if reason is not None else "The operation was aborted")
        self.reason = reason


class ServerError(_ShownShort):
    """The server cannot start, or a request has nowhere to go."""


class ExpectationFailed(_ShownShort, AssertionError):
    """A `??` line of a `%%request` cell did not hold."""


def reason_phrase(status: int) -> str:
    """The usual reason phrase of a status code, as RFC 9110 §15 has it in whatever Python; "" for one without."""
    try:
        return _RENAMED.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return ""


def _place(problem: Mapping[str, object]) -> str:
    place = problem.get("loc", ())
    return ".".join(str(part) for part in place) if isinstance(place, (tuple, list)) else str(place)
