"""A function of a Flask program as one of a Route Handler's: what it reads of `request`, and what it gives back.

request.args.get("page", 1, type=int)      typed(request.query.get("page"), int, 1)
request.json["name"]                       json_of(request, body)["name"]
return jsonify(lamp), 201                  return Response.json(lamp, status=201)
abort(404)                                 not_found()
"""

# ruff: noqa: D102 - the methods are LibCST's, one for each kind of node

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.answer_rewrite import AnswerRewrite
from notebook_routes.tooling.codemod.api_values import kind_of
from notebook_routes.tooling.codemod.flask_answer import MadeAnswer, arguments_of, options_of
from notebook_routes.tooling.codemod.flask_session import SESSION_PARTS
from notebook_routes.tooling.codemod.nodes import (
    argument_of,
    code,
    constant,
    dotted,
    expression,
    index_of,
)
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Parts of Flask's request as they are here.
_PARTS = {
    "request.method": "request.method",
    "request.path": "request.next_url.pathname",
    "request.full_path": '(request.next_url.pathname + (request.next_url.search or "?"))',
    "request.url": "request.url",
    "request.base_url": "(request.next_url.origin + request.next_url.pathname)",
    "request.host_url": '(request.next_url.origin + "/")',
    "request.url_root": '(request.next_url.origin + "/")',
    "request.host": 'request.headers["host"]',
    "request.headers": "request.headers",
    "request.args": "request.query",
    "request.content_type": 'request.headers.get("content-type")',
    "request.mimetype": 'request.headers.get("content-type", "").partition(";")[0]',
    "request.is_json": '("json" in request.headers.get("content-type", ""))',
    "request.remote_addr": '(request.peer or ("127.0.0.1", ""))[0]',
    "request.query_string": "request.query_string.encode()",
    "request.scheme": "request.next_url.protocol.rstrip(':')",
    "request.view_args": "params",
}
_MULTI = {"request.args": "request.query", "request.form": "form_of(body)"}
#: What headers of Werkzeug's have by the same name.
_HEADER_PARTS = (
    "headers.get", "headers.items", "headers.keys", "headers.pop", "headers.set", "headers.setdefault",
    "headers.update", "headers.values",
)  # fmt: skip
#: Parts of an answer that say something else here.
_NO_PARTS = ("status", "data", "response", "cache_control", "last_modified", "expires", "set_data", "get_json", "json")
_RESPONSES = ("jsonify", "make_response", "redirect", "Response", "send_file", "send_from_directory")


class FlaskView(AnswerRewrite):
    """Rewrites one function.

    Args:
        url_for: the text of a URL, from the endpoint and the arguments of a call.
        app: the names that stand for Flask's app.
        helpers: functions of the program, each with what it has to be given first.
        answers: whether what it gives back is the answer.
        errors: names of Werkzeug's exceptions, each with its status.
        session: what Flask's session is called; None where it cannot be kept.

    Attributes:
        needs: what it has to be given: `request`, `body`, `params`.
        public: names of `notebook_routes` that it uses.
        support: names of functions in `flask_support` that it uses.
        raw_body: whether it needs the body as bytes.
    """

    def __init__(
        self,
        *,
        url_for: Callable[[cst.Call], str],
        app: frozenset[str],
        helpers: Mapping[str, Sequence[str]],
        answers: bool,
        errors: Mapping[str, int] | None = None,
        session: str | None = None,
    ) -> None:
        super().__init__(_RESPONSES)
        self._url_for = url_for
        self._app = app
        self._helpers = helpers
        self._answers = answers
        self._errors = errors or {}
        self._session = session
        #: Names that are part of something else: an attribute, a keyword.
        self._parts: set[int] = set()
        self.raw_body = False

    # -- what is read

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._parts.add(id(node.attr))

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._parts.add(id(node.keyword))

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if original_node.value != self._session or id(original_node) in self._parts:
            return updated_node
        self.needs.add("request")
        self.support.add("session")
        return expression("request.state.session")

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        name = dotted(original_node)
        if name is None:
            return updated_node
        if name in _PARTS:
            self.needs.add("params" if _PARTS[name] == "params" else "request")
            return expression(_PARTS[name])
        if name in ("request.json", "request.form", "request.data", "request.cookies"):
            return self._part(name)
        top, _, rest = name.partition(".")
        if top == "g" and "." not in rest:
            self.needs.add("request")
            return expression(f"request.state.{rest}")
        if name == "current_app.config" or (top in self._app and rest == "config"):
            return cst.Name("app_config")
        if name == "current_app.logger" or (top in self._app and rest == "logger"):
            return cst.Name("logger")
        if top in self._responses and rest in ("status_code", "mimetype", "content_type"):
            return expression(f"{top}.status" if rest == "status_code" else f'{top}.headers["content-type"]')
        if top in self._responses and (rest in _NO_PARTS or rest.partition(".")[0] == "headers"):
            return self._of_response(name, updated_node)
        if top == "request" and "." not in rest and not self._is_multi(name):
            raise NotUnderstood(f"{name} has no counterpart")
        if top == "session" and self._session is None:
            raise NotUnderstood("it uses Flask's session, and has no key to sign it by")
        if top == self._session and rest not in SESSION_PARTS:
            raise NotUnderstood(f"{name} has no counterpart")
        return updated_node

    def _of_response(self, name: str, node: cst.Attribute) -> cst.Attribute:
        """A part of an answer."""
        part = name.partition(".")[2]
        if part == "headers.add":
            return node.with_changes(attr=cst.Name("append"))
        if part == "headers" or part in _HEADER_PARTS:
            return node
        raise NotUnderstood(f"{name} has no counterpart")

    def _is_multi(self, name: str) -> bool:
        return name in _MULTI or name in ("request.get_json", "request.get_data")

    def _part(self, name: str) -> cst.BaseExpression:
        if name == "request.cookies":
            self.needs.add("request")
            return expression("{cookie.name: cookie.value for cookie in request.cookies}")
        if name == "request.json":
            return self._json("")
        self.needs.add("body")
        if name == "request.form":
            self.support.add("form_of")
            return expression("form_of(body)")
        self.raw_body = True
        return expression('(body or b"")')

    def _json(self, options: str) -> cst.BaseExpression:
        self.needs |= {"request", "body"}
        self.support.add("json_of")
        return expression(f"json_of(request, body{options})")

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.BaseExpression:
        name, key = dotted(original_node.value), index_of(updated_node)
        if key is None:
            return updated_node
        if name in _MULTI:
            self._multi(name)
            self.support.add("field")
            return expression(f"field({_MULTI[name]}, {code(key)})")
        if name == "request.cookies":
            self.needs.add("request")
            return expression(f"request.cookies[{code(key)}].value")
        if name == "session" and self._session is None:
            raise NotUnderstood("it uses Flask's session, and has no key to sign it by")
        return updated_node

    def _multi(self, name: str) -> None:
        if name == "request.args":
            self.needs.add("request")
        else:
            self.needs.add("body")
            self.support.add("form_of")

    # -- calls

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        name = dotted(original_node.func)
        if name is None:
            return updated_node
        owner, _, method = name.rpartition(".")
        if owner in _MULTI:
            return self._from_multi(owner, method, updated_node)
        if name in self._errors:
            return self._error(self._errors[name], argument_of(updated_node, "description", 0), updated_node)
        if method == "from_mapping" and owner.rpartition(".")[2] == "config":
            return updated_node.with_changes(func=expression("app_config.update"))
        if name == "request.cookies.get":
            self.needs.add("request")
            return expression(f"request.cookies.value({', '.join(arguments_of(updated_node))})")
        if name == "request.get_json":
            options = [
                f", {each}" for each in arguments_of(updated_node) if each.partition("=")[0] in ("force", "silent")
            ]
            return self._json("".join(options))
        if name == "request.get_data":
            return self._data(as_text=constant(argument_of(updated_node, "as_text")) is True)
        if name in (
            "render_template",
            "render_template_string",
            "flash",
            "send_file",
            "send_from_directory",
        ):
            raise NotUnderstood(f"it uses {name}()")
        if owner in self._responses and method in ("set_cookie", "delete_cookie"):
            return self._cookie(owner, method, updated_node)
        made = MadeAnswer(self).of(name, updated_node)
        if made is not None:
            return expression(made)
        if name == "url_for":
            return expression(self._url_for(updated_node))
        if name in self._helpers:
            needs = self._helpers[name]
            self.needs.update(needs)
            return expression(
                f"{name}({', '.join([*arguments_of(updated_node), *(f'{need}={need}' for need in needs)])})"
            )
        return updated_node

    def _data(self, *, as_text: bool) -> cst.BaseExpression:
        self.needs.add("body")
        self.raw_body = True
        return expression('(body or b"").decode()' if as_text else '(body or b"")')

    def _from_multi(self, owner: str, method: str, call: cst.Call) -> cst.BaseExpression:
        self._multi(owner)
        values = _MULTI[owner]
        key = argument_of(call, "key", 0)
        kind = argument_of(call, "type", 2 if method == "get" else 1)
        default = argument_of(call, "default", 1) if method == "get" else None
        end = "" if default is None or constant(default) is None else f", {code(default)}"
        if method == "get" and key is not None:
            if kind is None or code(kind) == "str":
                return expression(f"{values}.get({code(key)}{end})")
            self.support.add("typed")
            return expression(f"typed({values}.get({code(key)}), {code(kind)}{end})")
        if method == "getlist" and key is not None:
            every = f"{values}.get_all({code(key)})"
            return expression(every if kind is None else f"[{code(kind)}(value) for value in {every}]")
        if method in ("to_dict", "copy"):
            return expression(f"{{name: {values}.get(name) for name in {values}.keys()}}")
        if method in ("items", "keys", "values"):
            return expression(f"{values}.{method}()")
        raise NotUnderstood(f"{owner}.{method}() has no counterpart")

    # -- errors

    def leave_Expr(self, original_node: cst.Expr, updated_node: cst.Expr) -> cst.BaseSmallStatement:
        call = original_node.value
        if not isinstance(call, cst.Call) or dotted(call.func) != "abort":
            return updated_node
        first = argument_of(call, "code", 0)
        message = argument_of(call, "description", 1)
        is_answer = isinstance(first, cst.Call) and dotted(first.func) in _RESPONSES
        if self._answers and self._depth == 1 and is_answer and first is not None:
            answer = first.visit(self)
            assert isinstance(answer, cst.BaseExpression)
            return cst.Return(self._answer(first, answer))
        if isinstance(updated_node.value, cst.Call) and dotted(updated_node.value.func) == "abort":
            self.public.add("HTTPError")
            self.support.discard("abort")
            return cst.Raise(expression(f"HTTPError({code(first) if first is not None else 500}{_comma(message)})"))
        return updated_node

    def leave_Raise(self, original_node: cst.Raise, updated_node: cst.Raise) -> cst.Raise:
        name = dotted(original_node.exc) if original_node.exc is not None else None
        if name is None or name not in self._errors:
            return updated_node
        return updated_node.with_changes(exc=self._error(self._errors[name], None, None))

    def _error(self, status: int, description: cst.BaseExpression | None, call: cst.Call | None) -> cst.BaseExpression:
        """An exception of Werkzeug's."""
        if call is not None and len(call.args) > (1 if description is not None else 0):
            raise NotUnderstood(f"{code(call)} says more than a text")
        self.public.add("HTTPError")
        return expression(f"HTTPError({status}{_comma(description)})")

    # -- what is given back

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        if not self._answers or self._depth != 1 or original_node.value is None or updated_node.value is None:
            return updated_node
        return updated_node.with_changes(
            value=self._answer(original_node.value, updated_node.value),
            whitespace_after_return=cst.SimpleWhitespace(" "),
        )

    def _answer(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        """A value that a view gives back, as a Response."""
        status, headers = None, None
        if isinstance(updated, cst.Tuple) and isinstance(original, cst.Tuple) and len(updated.elements) in (2, 3):
            rest = [each.value for each in updated.elements[1:]]
            is_headers = isinstance(rest[0], (cst.Dict, cst.List))
            status = None if is_headers else rest[0]
            headers = rest[-1] if is_headers or len(rest) == 2 else None
            original, updated = original.elements[0].value, updated.elements[0].value
        if isinstance(original, cst.IfExp) and isinstance(updated, cst.IfExp) and status is None:
            return updated.with_changes(
                body=self._answer(original.body, updated.body), orelse=self._answer(original.orelse, updated.orelse)
            )
        return expression(self._written(original, updated, status, headers))

    def _written(
        self,
        original: cst.BaseExpression,
        updated: cst.BaseExpression,
        status: cst.BaseExpression | None,
        headers: cst.BaseExpression | None,
    ) -> str:
        value = code(updated)
        kind = kind_of(original)
        called = dotted(original.func) if isinstance(original, cst.Call) else None
        options = options_of(status, headers)
        if constant(status) in (204, 304):
            self.public.add("Response")
            return f"Response({options.removeprefix(', ')})"
        if isinstance(original, cst.Call) and any(each.star == "**" for each in original.args) and not options:
            return value  # of a decorator, whose view has made its answer
        if called in ("jsonify", "flask.jsonify") or kind == "json":
            if not options:
                return value
            self.public.add("Response")
            inner = value.removeprefix("Response.json(").removesuffix(")") if called else value
            return f"Response.json({inner}{options})"
        if called in ("redirect", "make_response", "Response") or (value in self._responses and not options):
            if not options:
                return value
        elif kind == "text" and (headers is None or isinstance(headers, cst.Dict)):
            self.public.add("Response")
            return f"Response({value}{options_of(status, headers, html=True)})"
        self.support.add("answer_of")
        return f"answer_of({value}{options})"


def _comma(node: cst.BaseExpression | None) -> str:
    return "" if node is None else f", {code(node)}"
