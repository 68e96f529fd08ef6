"""Functions that a converted Flask program may need: what Flask does by itself and a Route Handler says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import Statement, body_of, parse

if TYPE_CHECKING:
    from collections.abc import Collection

HTML = '{"content-type": "text/html; charset=utf-8"}'
_TEXTS = {
    "abort": '''
def abort(status, message=None):
    """Answer with an error, from inside an expression."""
    raise HTTPError(status, message)
''',
    "answer_of": '''
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
''',
    "json_of": '''
NO_JSON = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."


def json_of(request, body, *, force=False, silent=False):
    """The body as JSON; 415 where it is something else, 400 where it is nothing."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        if body is None and not silent:
            raise HTTPError(400)
        return body
    if force:
        try:
            return json.loads(body)
        except (TypeError, ValueError):
            if not silent:
                raise HTTPError(400) from None
    elif not silent:
        raise HTTPError(415, NO_JSON)
    return None
''',
    "form_of": '''
def form_of(body):
    """The form that was sent, an empty one where none was."""
    return body if isinstance(body, FormData) else FormData()
''',
    "field": '''
def field(values, name):
    """A value that has to be there: 400 where it is not."""
    if name not in values:
        raise HTTPError(400)
    return values[name]
''',
    "typed": '''
def typed(value, kind, default=None):
    """A value as another type; the default where it is missing or none of that type."""
    try:
        return default if value is None else kind(value)
    except ValueError:
        return default
''',
}
#: What each needs beside the names of notebook_routes.
_IMPORTS = {"json_of": "import json"}
#: The names of notebook_routes that each uses.
_PUBLIC = {
    "abort": ["HTTPError"],
    "answer_of": ["Response"],
    "json_of": ["HTTPError"],
    "form_of": ["FormData"],
    "field": ["HTTPError"],
}


def support(names: Collection[str]) -> tuple[list[Statement], set[str]]:
    """The functions of these names as statements, and the names of `notebook_routes` that they use."""
    wanted = [name for name in _TEXTS if name in names]
    imports = [_IMPORTS[name] for name in wanted if name in _IMPORTS]
    module = parse("\n".join([*imports, *(f"\n{_TEXTS[name]}" for name in wanted)]))
    return body_of(cst.IndentedBlock(module.body)), {public for name in wanted for public in _PUBLIC.get(name, ())}
