"""From an ASGI scope to a Request, or to the answer of what cannot be one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from notebook_routes.app.guard import host_name
from notebook_routes.servers.incoming import IncomingBody
from notebook_routes.servers.refusal import MAX_HEADERS, no_host_name, one_host, plain, too_large, too_many_headers
from notebook_routes.servers.request_target import InvalidTarget, is_plain_target, origin_form
from notebook_routes.web import Request, WireHeaders
from notebook_routes.web.wire_headers import field_value

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from notebook_routes.web import Response

#: As the specification writes them, and HTTP/1.0 as granian does.
HTTP_1 = ("1.0", "1.1", "1")
_NO_BODY = ("GET", "HEAD")


class Refused(Exception):
    """The head of a request is not to be taken further.

    Attributes:
        response: what says why.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self.response = response


def request_of(scope: MutableMapping[str, Any], root: str, max_body_size: int) -> tuple[Request, IncomingBody | None]:
    """What is asked, and its body where one may come.

    Args:
        scope: of the type "http".
        root: below which path the app is mounted; the request's path is what comes after.
        max_body_size: bytes of the body.

    Raises:
        Refused: there are too many headers, no host or several, a body that is too large, or no target.
    """
    fields = list(scope["headers"])
    # Of a name that is there twice, the last value.
    named = dict(fields)
    host = named.get(b"host")
    is_plain = len(named) == len(fields)
    if host is None or not is_plain or b"," in host or len(fields) > MAX_HEADERS:
        _check_headers(fields, host, scope)
    if b"content-length" in named:
        refused = too_large(field_value(named[b"content-length"]), max_body_size)
        if refused is not None:
            raise Refused(refused)
    method: str = scope["method"]
    raw = scope.get("raw_path")
    target = raw.decode("latin-1") if raw and not (root or scope.get("query_string")) else _target(scope, root)
    # Nearly all are plain: asked here, it saves each request a call.
    if not is_plain_target(target):
        try:
            target, authority = origin_form(method, target)
        except InvalidTarget as invalid:
            raise Refused(plain(400, str(invalid))) from None
        if authority is not None:
            # RFC 9112 §3.2.2: it overrides Host. Some servers hand on an absolute-form target as it came.
            host = authority.encode("latin-1")
            fields = [field for field in fields if field[0] != b"host"] + [(b"host", host)]
            named = dict(fields)
    body = None
    if (
        b"content-length" in named
        or b"transfer-encoding" in named
        # HTTP/2 frames bodies without a word in the headers; a GET that has one says so all the same.
        or (method not in _NO_BODY and scope.get("http_version", "1.1") not in HTTP_1)
    ):
        body = IncomingBody(limit=max_body_size)
    origin = _origin(scope.get("scheme", "http"), _own_host(scope) if host is None else host)
    if origin is None and host == b"" and scope.get("http_version") in ("1.0", "1"):
        # granian writes an empty Host where the client has sent none, as it may in HTTP/1.0.
        origin = _origin(scope.get("scheme", "http"), _own_host(scope))
    if origin is None:
        raise Refused(no_host_name())
    request = Request.from_target(
        method,
        target,
        origin=origin,
        headers=WireHeaders(fields, named if is_plain else None),
        body=body,
    )
    client = scope.get("client")
    if client is not None:
        request.peer = (client[0], scope.get("http_version", "1.1"), client[1] or 0)
    return request, body


def _check_headers(fields: list[tuple[bytes, bytes]], host: bytes | None, scope: MutableMapping[str, Any]) -> None:
    """Refuse too many, and another number of hosts than one."""
    if len(fields) > MAX_HEADERS:
        raise Refused(too_many_headers())
    if host is None:
        if scope.get("http_version") == "1.1":
            raise Refused(one_host())
    elif b"," in host or [name for name, _ in fields].count(b"host") > 1:
        raise Refused(one_host())


def _target(scope: MutableMapping[str, Any], root: str) -> str:
    """Path and query as they came, without the root path."""
    raw = scope.get("raw_path")
    # Some servers leave it out, and some have the query in it.
    path = quote(scope["path"], safe="/:@!$&'()*+,;=~") if raw is None else raw.decode("latin-1").partition("?")[0]
    if root:
        path = _without_root(path, root)
    query = scope.get("query_string")
    return f"{path}?{query.decode('latin-1')}" if query else path


def _without_root(path: str, root: str) -> str:
    for spelled in (root, quote(root)):
        if path == spelled:
            return "/"
        if path.startswith(f"{spelled}/"):
            return path[len(spelled) :]
    return path


@lru_cache(maxsize=256)
def _origin(scheme: str, host: bytes) -> str | None:
    """Scheme and host as a URL begins with them; None where the host is none."""
    name = field_value(host)
    return None if host_name(name) is None else f"{scheme}://{name}"


def _own_host(scope: MutableMapping[str, Any]) -> bytes:
    """The server's own, where the client has named none."""
    server = scope.get("server")
    if not server:
        return b"localhost"
    host, port = server
    name = f"[{host}]" if ":" in host else host
    if host_name(name) is None:
        # A socket in the file system.
        return b"localhost"
    return (name if port is None else f"{name}:{port}").encode("latin-1")
