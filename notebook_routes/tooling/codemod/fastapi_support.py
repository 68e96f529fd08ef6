"""Functions and classes that a converted FastAPI program may need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import Statement, body_of, parse

if TYPE_CHECKING:
    from collections.abc import Collection

_TEXTS = {
    "HTTPException": '''
class HTTPException(HTTPError):
    """An error that is answered as JSON, with its detail."""

    def __init__(self, status_code, detail=None, headers=None):
        detail = HTTPStatus(status_code).phrase if detail is None else detail
        content = json.dumps({"detail": detail}, default=str, ensure_ascii=False, separators=(",", ":"))
        super().__init__(status_code, content, headers={"content-type": "application/json", **(headers or {})})
        self.status_code = status_code
        self.detail = detail
''',
    "RequestValidationError": '''
class RequestValidationError(Exception):
    """What the parameters of a request were refused for."""

    def __init__(self, problems, body=None):
        super().__init__(problems)
        self.body = body

    def errors(self):
        return self.args[0]
''',
    "shown": '''
def shown(value, model, **options):
    """A value as the model shows it, without what the model does not have."""
    adapter = TypeAdapter(model)
    checked = adapter.validate_python(value, from_attributes=True)
    return adapter.dump_python(checked, mode="json", by_alias=True, **options)
''',
    "answer_with": '''
def answer_with(value, response):
    """An answer with the headers, the cookies and the status that another one was given."""
    answer = Response.json(value, status=response.status)
    for name, text in response.headers.raw:
        answer.headers.append(name, text)
    return answer
''',
    "bearer_token": '''
def bearer_token(authorization: Annotated[str | None, Header()] = None):
    """The token of the request; 401 where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise HTTPException(401, "Not authenticated", headers={"WWW-Authenticate": "Bearer"})
    return token
''',
    "OAuth2PasswordRequestForm": '''
class OAuth2PasswordRequestForm:
    """Who wants to log in, and by what."""

    def __init__(self, username, password, scope=""):
        self.username = username
        self.password = password
        self.scopes = scope.split()
''',
    "jsonable_encoder": '''
def jsonable_encoder(value, **options):
    """A value as JSON has it: dicts, lists, texts and numbers."""
    return TypeAdapter(type(value)).dump_python(value, mode="json", **options)
''',
}
_IMPORTS = {
    "HTTPException": ["import json", "from http import HTTPStatus"],
    "jsonable_encoder": ["from pydantic import TypeAdapter"],
    "shown": ["from pydantic import TypeAdapter"],
    "bearer_token": ["from typing import Annotated"],
}
_PUBLIC = {"HTTPException": ["HTTPError"], "answer_with": ["Response"], "bearer_token": ["Header"]}


def support(names: Collection[str]) -> tuple[list[Statement], list[Statement], set[str]]:
    """The imports and the functions of these names, and the names of `notebook_routes` that they use."""
    wanted = [name for name in _TEXTS if name in names]
    imports = parse("\n".join(line for name in wanted for line in _IMPORTS.get(name, [])))
    texts = parse("\n".join(f"\n{_TEXTS[name]}" for name in wanted))
    public = {each for name in wanted for each in _PUBLIC.get(name, [])}
    return body_of(cst.IndentedBlock(imports.body)), body_of(cst.IndentedBlock(texts.body)), public
