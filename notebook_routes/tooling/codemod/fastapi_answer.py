"""What a path operation gives back as a Response, and what it asks of the request and the classes of Starlette."""

# ruff: noqa: D102 - the methods are LibCST's, one for each kind of node

from __future__ import annotations

import re
from dataclasses import dataclass, field

import libcst as cst

from notebook_routes.tooling.codemod.answer_rewrite import AnswerRewrite
from notebook_routes.tooling.codemod.api_values import dict_pairs, kind_of, written_headers
from notebook_routes.tooling.codemod.nodes import argument_of, code, constant, dotted, expression
from notebook_routes.tooling.codemod.plan import NotUnderstood

_TYPES = {
    "HTMLResponse": "text/html; charset=utf-8",
    "PlainTextResponse": "text/plain; charset=utf-8",
    "Response": None,
    "StreamingResponse": None,
}
_JSON = ("JSONResponse", "ORJSONResponse", "UJSONResponse")
_RESPONSES = (*_TYPES, *_JSON, "RedirectResponse")
_REQUEST = {
    "query_params": "request.query",
    "client": "request.peer",
    "client.host": '(request.peer or ("127.0.0.1", ""))[0]',
    "url.query": "request.query_string",
    "url.scheme": 'request.next_url.protocol.rstrip(":")',
    "url.hostname": "request.next_url.hostname",
    "cookies": "{cookie.name: cookie.value for cookie in request.cookies}",
    "url.path": "request.next_url.pathname",
    "path_params": "params",
    "base_url": '(request.next_url.origin + "/")',
}
#: Parts of a request that have the same name here; of the other ones a call may be known.
_SAME = ("headers", "method", "state", "url", "json", "body", "form", "stream")
#: Types of which FastAPI sends what there is.
_OPEN = ("dict", "list", "Any", "None", "Dict", "List", "object")


@dataclass
class Says:
    """What the decorator of an operation says about its answer.

    Attributes:
        status: the status, as text; None for 200.
        model: the type that its answer is shown as.
        options: how, as arguments.
        media: the media type of a text; None for JSON.
        redirects: whether the answer is where to go.
        response: the parameter that headers are set on; None where there is none.
    """

    status: str | None = None
    model: cst.BaseExpression | None = None
    options: list[str] = field(default_factory=list)
    media: str | None = None
    redirects: bool = False
    response: str | None = None

    @classmethod
    def read(cls, call: cst.Call, function: cst.FunctionDef) -> Says:
        """Read a decorator, and the type that the function says it gives back."""
        status = argument_of(call, "status_code")
        says = cls(None if status is None or constant(status) == 200 else code(status))
        model = argument_of(call, "response_model")
        if model is None and function.returns is not None:
            model = function.returns.annotation
        top = model.value if isinstance(model, cst.Subscript) else model
        name = dotted(top) if top is not None else None
        if model is not None and (name or "").rpartition(".")[2] not in (*_OPEN, *_RESPONSES):
            says.model = model
        if isinstance(model, cst.Subscript) and name in ("list", "List") and "Any" not in code(model):
            says.model = None if code(model.slice[0]).partition("[")[0] in ("dict", "str", "int", "Dict") else model
        for each in call.args:
            if each.keyword is not None and each.keyword.value.startswith("response_model_"):
                says.options.append(f"{each.keyword.value.removeprefix('response_model_')}={code(each.value)}")
        kind = argument_of(call, "response_class")
        made = (dotted(kind) or "").rpartition(".")[2] if kind is not None else ""
        says.media = _TYPES.get(made)
        says.redirects = made == "RedirectResponse"
        return says


class FastAPIBody(AnswerRewrite):
    """Rewrites the body of one function.

    Args:
        says: how it answers; None for a function that is no operation.
        request: the name of the parameter that is the request.
        files: the names of parameters that are uploaded files.
        tasks: the name of the parameter that takes tasks for afterwards.
        responders: functions of the program that give back a response.

    Attributes:
        needs: names that it has to be given beside its parameters.
        public: names of `notebook_routes` that it uses.
        support: names of `fastapi_support` that it uses.
    """

    def __init__(
        self,
        says: Says | None,
        *,
        request: str | None = None,
        files: frozenset[str] = frozenset(),
        tasks: str | None = None,
        responders: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__((*_RESPONSES, "call_next"))
        self._says = says
        self._request = request
        self._files = files
        self._tasks = tasks
        self._responders = responders
        #: Parts of names that are known as a whole.
        self._within: set[int] = set()

    # -- names

    def visit_Attribute(self, node: cst.Attribute) -> None:
        # What is known is the longest part of a name.
        if _is_known(dotted(node), self._request):
            self._within.add(id(node.value))

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        if original_node.value in ("HTTPException", "jsonable_encoder"):
            self.support.add(original_node.value)
        return updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        name = dotted(original_node)
        top, _, rest = (name or "").partition(".")
        if name is None:
            return updated_node
        is_part = id(original_node) in self._within
        if self._request is not None and top == self._request and rest in _REQUEST and not is_part:
            if _REQUEST[rest] == "params":
                self.needs.add("params")
            return expression(re.sub(r"\brequest\b", self._request, _REQUEST[rest]))
        if top == self._request and not _is_known(name, top) and not is_part:
            raise NotUnderstood(f"{name} has no counterpart")
        if (top in self._files or "*" in self._files) and rest in ("filename", "content_type"):
            return expression(f"{top}.{'name' if rest == 'filename' else 'type'}")
        is_response = top in self._responses or (self._says is not None and top == self._says.response)
        if is_response and rest == "status_code":
            return expression(f"{top}.status")
        return updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        name = dotted(original_node.func)
        if name is None:
            return updated_node
        owner, _, method = name.rpartition(".")
        if self._request is not None and owner == self._request and method == "body":
            return expression(f"{owner}.bytes()")
        if self._request is not None and owner == self._request and method == "form":
            return expression(f"{owner}.form_data()")
        if self._request is not None and name == f"{self._request}.cookies.get":
            return updated_node.with_changes(func=expression(f"{self._request}.cookies.value"))
        if owner in self._files and method == "read":
            return expression(f"{owner}.bytes()")
        if owner in self._files:
            raise NotUnderstood(f"{name}() of an uploaded file has no counterpart")
        if self._tasks is not None and name == f"{self._tasks}.add_task":
            self.public.add("after")
            function, *given = [code(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for each in updated_node.args]
            return expression(f"after(lambda: {function}({', '.join(given)}))")
        if method in ("set_cookie", "delete_cookie"):
            said = any(each.star or (each.keyword and each.keyword.value == "samesite") for each in updated_node.args)
            if method == "set_cookie" and not said:
                # Starlette says so by itself.
                lax = cst.parse_expression('f(samesite="lax")')
                assert isinstance(lax, cst.Call)
                updated_node = updated_node.with_changes(args=[*updated_node.args, *lax.args])
            return self._cookie(owner, method, updated_node)
        return self._made(name, updated_node)

    def _made(self, name: str, call: cst.Call) -> cst.BaseExpression:
        kind = name.rpartition(".")[2]
        if kind in _JSON:
            value = argument_of(call, "content", 0)
            self.public.add("Response")
            shown = code(value) if value is not None else "None"
            return expression(f"Response.json({shown}{_options(call)})")
        if kind == "RedirectResponse":
            self.public.add("Response")
            where, status = argument_of(call, "url", 0), argument_of(call, "status_code", 1)
            return expression(
                f"Response.redirect({code(where or cst.Name('None'))}, {code(status) if status else 307})"
            )
        if kind in _TYPES and (name == kind or name.startswith(("fastapi.", "responses."))):
            self.public.add("Response")
            media = argument_of(call, "media_type")
            written = code(media) if media is not None else repr(_TYPES[kind]).replace("'", '"')
            value = argument_of(call, "content", 0)
            number = constant(argument_of(call, "status_code", 1))
            if value is None or number in (204, 304):
                return expression(f"Response({_options(call).removeprefix(', ')})")
            return expression(f"Response({code(value)}{_options(call, media=None if written == 'None' else written)})")
        if kind == "FileResponse":
            raise NotUnderstood("it sends a file: FileResponse(path, root=folder) wants to know a folder")
        return call

    # -- what is given back

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        if self._says is None or self._depth != 1:
            return updated_node
        original = original_node.value if original_node.value is not None else cst.Name("None")
        updated = updated_node.value if updated_node.value is not None else cst.Name("None")
        answer = expression(self.answer(original, updated, self._says))
        return updated_node.with_changes(value=answer, whitespace_after_return=cst.SimpleWhitespace(" "))

    def answer(self, original: cst.BaseExpression, updated: cst.BaseExpression, says: Says) -> str:
        """A value that an operation gives back, as a Response, or as what becomes one by itself."""
        value = code(updated)
        called = (dotted(original.func) or "").rpartition(".")[2] if isinstance(original, cst.Call) else None
        if called in (*_RESPONSES, *self._responders) or value in self._responses:
            return value
        status = f", status={says.status}" if says.status is not None else ""
        if says.status in ("204", "304"):
            self.public.add("Response")
            return f"Response(status={says.status})"
        if says.redirects:
            self.public.add("Response")
            return f"Response.redirect({value}, {says.status or 307})"
        if says.media is not None:
            self.public.add("Response")
            return f'Response({value}{status}, headers={{"content-type": "{says.media}"}})'
        if says.model is not None and (called is None or called != code(says.model) or says.options):
            self.support.add("shown")
            value = f"shown({', '.join([value, code(says.model), *says.options])})"
        if says.response is not None:
            self.support.add("answer_with")
            return f"answer_with({value}, {says.response})"
        if not status and kind_of(original) == "json":
            return value
        self.public.add("Response")
        return f"Response.json({value}{status})"


def _is_known(name: str | None, request: str | None) -> bool:
    """Whether a name is a part of the request that has a counterpart, as a whole."""
    top, _, rest = (name or "").partition(".")
    if request is None or top != request:
        return False
    first, _, further = rest.partition(".")
    is_same = first in _SAME and (first != "url" or not further)
    return rest in _REQUEST or is_same or first in ("query_params", "cookies", "path_params")


def makes_response(function: cst.FunctionDef) -> bool:
    """Whether a function gives back what it has made of a class of responses."""
    found = _Makes()
    function.body.visit(found)
    return found.found


class _Makes(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found = False

    def visit_Return(self, node: cst.Return) -> None:
        called = dotted(node.value.func) if isinstance(node.value, cst.Call) else None
        self.found = self.found or (called or "").rpartition(".")[2] in _RESPONSES


def _options(call: cst.Call, *, media: str | None = None) -> str:
    status = argument_of(call, "status_code", 1)
    headers = argument_of(call, "headers", 2)
    text = "" if status is None or constant(status) == 200 else f", status={code(status)}"
    if media is None:
        return text if headers is None else f"{text}, headers={code(headers)}"
    if headers is not None and not isinstance(headers, cst.Dict):
        return f'{text}, headers={{"content-type": {media}, **{code(headers)}}}'
    pairs = [('"content-type"', media), *dict_pairs(headers)]
    return f"{text}, headers={written_headers(pairs)}"
