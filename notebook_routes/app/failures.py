"""From an exception to a Response, and to the text a person reads.

Deliberate exceptions (`HTTPError`, `RedirectError`) are answers. Anything else is a 500: in the kernel and in `dev` it
shows the traceback, cut down to the frames the user wrote; in `serve` the client learns nothing and the log gets it.
"""

from __future__ import annotations

import logging
import re
import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote

from notebook_routes.errors import AnswerError, DefinitionError, HandlerCut, HTTPError, RedirectError, ValidationFailed
from notebook_routes.runtime.loop_watch import is_users_file
from notebook_routes.web import Headers, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.runtime import Exchange

_log = logging.getLogger("notebook_routes.app")
_TEXT = {"content-type": "text/plain; charset=utf-8"}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
#: What a Location may hold unescaped: the reserved and unreserved characters of RFC 3986, and % of what is escaped.
_LOCATION_SAFE = "%/:?#[]@!$&'()*+,;=-._~"
#: What Python says where `await` is forgotten.
_OF_COROUTINE = re.compile(r"^'coroutine' object (has no attribute|is not (subscriptable|iterable))")


class Failures:
    """Answers for exceptions.

    Args:
        explain: show tracebacks to the client (the kernel, `dev`); otherwise log them.
        name_file: how a traceback calls a file; a notebook knows its cells by other names than their file names.
    """

    def __init__(self, *, explain: bool = False, name_file: Callable[[str], str] | None = None) -> None:
        self.explain = explain
        self._name_file = name_file

    def response(self, error: BaseException, exchange: Exchange) -> Response:
        """The response for what was raised while `exchange` was being answered."""
        if isinstance(error, RedirectError):
            return _redirect(error, exchange)
        if isinstance(error, ValidationFailed):
            return Response.json({"detail": error.problems}, status=422)
        if isinstance(error, HTTPError):
            headers = Headers(error.headers)
            if error.message is not None and not headers.has("content-type"):
                headers.set("content-type", _TEXT["content-type"])
            return Response(error.message, status=error.status, headers=headers)
        response = self._unexpected(error, exchange)
        if isinstance(error, HandlerCut):
            response.status = 503
        return response

    def _unexpected(self, error: BaseException, exchange: Exchange) -> Response:
        text = self.text(error)
        exchange.error = text
        # What the handler meant to set belongs to the answer that it did not give.
        exchange.cookies = None
        self.report(exchange, "failed", text)
        return Response(f"{text if self.explain else 'Internal Server Error'}\n", status=500, headers=_TEXT)

    def report(self, exchange: Exchange, what: str, text: str) -> None:
        """Write a traceback to the log, where nobody is shown it otherwise."""
        if not self.explain:
            _log.error("%s %s %s\n%s", exchange.request.method, exchange.request.path, what, text)

    def text(self, error: BaseException) -> str:
        """The traceback with the user's frames only, and the fix where one is known."""
        # Names of files can hold what UTF-8 cannot: it must be sent all the same.
        return self._text(error).encode("utf-8", "backslashreplace").decode()

    def _text(self, error: BaseException) -> str:
        if isinstance(error, (AnswerError, DefinitionError)):
            # What they say names the place; the frames would be ours.
            return f"{type(error).__name__}: {error}"
        shown = traceback.TracebackException.from_exception(error)
        self._cut(shown)
        lines = "".join(shown.format()).rstrip()
        fix = _fix(error)
        return f"{lines}\n{fix}" if fix else lines

    def _cut(self, shown: traceback.TracebackException) -> None:
        kept = [frame for frame in shown.stack if is_users_file(frame.filename)]
        for frame in kept:
            if self._name_file is not None:
                # The source line is read lazily by the file's real name: read it before renaming.
                _ = frame.line
                frame.filename = self._name_file(frame.filename)
        shown.stack = traceback.StackSummary.from_list(kept)
        for other in (shown.__cause__, shown.__context__, *(shown.exceptions or ())):
            if other is not None:
                self._cut(other)


def _redirect(error: RedirectError, exchange: Exchange) -> Response:
    request = exchange.request
    media = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    after_form = request.method == "POST" and media in _FORMS
    status = 303 if after_form else 308 if error.permanent else 307
    return Response(None, status=status, headers={"location": quote(error.location, safe=_LOCATION_SAFE)})


def _fix(error: BaseException) -> str | None:
    if type(error).__module__ == "sqlite3" and "thread" in str(error):
        return (
            "A `def` handler runs in a thread of its own: connect with sqlite3.connect(..., check_same_thread=False), "
            "or connect inside the handler."
        )
    if isinstance(error, (AttributeError, TypeError)) and _OF_COROUTINE.search(str(error)):
        return "What an `async def` function gives has to be waited for: write `await` in front of its call."
    if isinstance(error, UnboundLocalError):
        # Python tells the name in its message alone.
        named = re.search(r"'(\w+)'", str(error))
        name = named[1] if named else "NAME"
        return f"If {f'`{name}`' if named else 'the name'} is a variable of the notebook, write `global {name}` first."
    return None
