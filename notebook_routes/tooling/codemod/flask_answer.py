"""What a call of Flask's makes of an answer, as the text of a Response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.api_values import kind_of, written_headers
from notebook_routes.tooling.codemod.flask_support import HTML
from notebook_routes.tooling.codemod.nodes import argument_of, code, constant, expression, text_of
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from notebook_routes.tooling.codemod.answer_rewrite import AnswerRewrite

#: Types that are text, although they do not begin with that.
_TEXTUAL = ("application/ecmascript", "application/javascript", "application/sql", "application/xml")
_ABORTS = {401: "unauthorized", 403: "forbidden", 404: "not_found"}


class MadeAnswer:
    """Calls that make an answer.

    Args:
        view: is told what the result uses.
    """

    def __init__(self, view: AnswerRewrite) -> None:
        self._view = view

    def of(self, name: str, call: cst.Call) -> str | None:
        """What a call becomes; None for one that makes none."""
        given = arguments_of(call)
        if name in ("jsonify", "flask.jsonify"):
            return self._json(call, given)
        if name == "redirect":
            self._view.public.add("Response")
            status = argument_of(call, "code", 1)
            where = argument_of(call, "location", 0)
            return f"Response.redirect({code(where) if where is not None else ''}, {code(status) if status else 302})"
        if name == "make_response":
            self._view.support.add("answer_of")
            return f"answer_of({', '.join(given)})"
        if name == "stream_with_context" and given:
            # A handler's stream has the request for as long as it lasts.
            return given[0]
        if name == "abort":
            return self._abort(call)
        if name in ("Response", "flask.Response", "current_app.response_class", "app.response_class"):
            return self._response(call)
        return None

    def _json(self, call: cst.Call, given: list[str]) -> str:
        self._view.public.add("Response")
        if any(each.keyword is not None or each.star for each in call.args):
            return f"Response.json(dict({', '.join(given)}))"
        if len(given) == 1:
            return f"Response.json({given[0]})"
        return f"Response.json([{', '.join(given)}])" if given else "Response.json({})"

    def _abort(self, call: cst.Call) -> str | None:
        status = constant(argument_of(call, "code", 0))
        message = argument_of(call, "description", 1)
        if len(call.args) > 2 or (message is None and len(call.args) > 1):
            raise NotUnderstood(f"{code(call)} says more than a status and a text")
        if isinstance(status, int) and status in _ABORTS:
            self._view.public.add(_ABORTS[status])
            return f"{_ABORTS[status]}({code(message) if message is not None else ''})"
        self._view.support.add("abort")
        return None

    def _response(self, call: cst.Call) -> str:
        self._view.public.add("Response")
        body = argument_of(call, "response", 0)
        status = argument_of(call, "status", 1)
        headers = argument_of(call, "headers", 2)
        kind = _with_charset(argument_of(call, "mimetype", 3)) or argument_of(call, "content_type", 4)
        if headers is not None and not isinstance(headers, cst.Dict):
            raise NotUnderstood(f"{code(call)}: the headers are no plain dict")
        pairs = _header_pairs(headers)
        pairs.append(('"content-type"', code(kind) if kind is not None else '"text/html; charset=utf-8"'))
        if constant(status) in (204, 304):
            return f"Response(status={code(status)})" if status is not None else "Response()"
        options = f", status={code(status)}" if status is not None else ""
        return f"Response({code(body) if body is not None else None}{options}, headers={written_headers(pairs)})"


def arguments_of(call: cst.Call) -> list[str]:
    """The arguments of a call, as texts."""
    return [code(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)).strip() for each in call.args]


def options_of(status: cst.BaseExpression | None, headers: cst.BaseExpression | None, *, html: bool = False) -> str:
    """What follows the body in a Response: its status and headers; of a page with its content type."""
    text = "" if status is None or constant(status) == 200 else f", status={code(status)}"
    if html:
        pairs = _header_pairs(headers)
        is_typed = any((text_of(expression(name)) or "").lower() == "content-type" for name, _ in pairs)
        if not pairs:
            return f"{text}, headers={HTML}"
        own = [] if is_typed else [('"content-type"', '"text/html; charset=utf-8"')]
        return f"{text}, headers={written_headers([*own, *pairs])}"
    if isinstance(headers, cst.Dict) and _is_plain(headers):
        return f"{text}, headers={code(headers)}"
    pairs = _header_pairs(headers)
    return f"{text}, headers={written_headers(pairs) if pairs else code(headers)}" if headers is not None else text


def _header_pairs(headers: cst.BaseExpression | None) -> list[tuple[str, str]]:
    """Headers that are written out; Werkzeug takes any value for the text of it."""
    if not isinstance(headers, cst.Dict):
        return []
    pairs = [each for each in headers.elements if isinstance(each, cst.DictElement)]
    return [(code(each.key), _as_text(each.value)) for each in pairs]


def _is_plain(headers: cst.Dict) -> bool:
    return all(
        isinstance(each, cst.DictElement) and _as_text(each.value) == code(each.value) for each in headers.elements
    )


def _as_text(value: cst.BaseExpression) -> str:
    is_called = isinstance(value, cst.Call) and code(value.func) == "str"
    return code(value) if is_called or kind_of(value) == "text" else f"str({code(value)})"


def _with_charset(kind: cst.BaseExpression | None) -> cst.BaseExpression | None:
    """A MIME type as a content type: Werkzeug says the charset of what is text."""
    text = text_of(kind) if kind is not None else None
    if text is None or not (text.startswith("text/") or text.endswith("+xml") or text in _TEXTUAL):
        return kind
    return expression(f'"{text}; charset=utf-8"')
