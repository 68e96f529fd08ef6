"""The body of a request to an API Route, parsed by its content type before the handler runs.

    application/json, application/ld+json      the value; {} where there is nothing
    application/x-www-form-urlencoded          a dict; what stands there more than once is a list
    anything else, or no type at all           text; "" where there is nothing

The method does not matter: a GET may have a body too. (Observed on Next.js 16.4.6; its documentation speaks of null
where nothing was sent.)
"""

from __future__ import annotations

import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import BodyTooLarge, HTTPError, InvalidBody
from notebook_routes.web import URLSearchParams
from notebook_routes.web.body import parsed_json
from notebook_routes.web.multipart import MAX_FIELDS, too_many_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.runtime.api.config import Size
    from notebook_routes.web import Request

_JSON = ("application/json", "application/ld+json")
# Of the parameters (RFC 9110 §8.3.1) one is asked for, whose values are tokens.
_CHARSET = re.compile(r"""(?:^|;)\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"


async def read_body(request: Request, limit: Size) -> Any:
    """The body as `req.body` shows it.

    Raises:
        BodyTooLarge: 413, it is over the limit.
        HTTPError: 400, it is no JSON; 415, its charset is not known.
    """
    content = await _content(request, limit)
    kind, charset = _type(request.headers.get("content-type", ""))
    try:
        text = content.decode(charset, "replace")
    except LookupError:
        raise HTTPError(415, f"There is no charset {charset}\n") from None
    if kind in _JSON:
        return _json(text)
    if kind == _FORM:
        if text.count("&") >= MAX_FIELDS:
            raise too_many_fields()
        return several(URLSearchParams(text))
    return text


def several(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names and values as a dict, with a list where a name stands more than once."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _json(text: str) -> object:
    if not text:
        return {}
    try:
        return parsed_json(text.encode())
    except InvalidBody:
        raise HTTPError(400, "Invalid JSON") from None


def _type(header: str) -> tuple[str, str]:
    """The media type in lower case and the charset."""
    kind, _, parameters = header.partition(";")
    charset = _CHARSET.search(parameters) if parameters else None
    return kind.strip().lower(), charset[1] if charset else "utf-8"


async def _content(request: Request, limit: Size) -> bytes:
    """The whole body, of which no more is read than the limit allows."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit.bytes:
        raise _too_large(limit)
    known = request.content
    if known is None and request.body is not None:
        chunks, size = [], 0
        async with aclosing(aiter(request.body)) as pieces:
            async for chunk in pieces:
                chunks.append(chunk)
                size += len(chunk)
                if size > limit.bytes:
                    break
        known = b"".join(chunks)
    known = known or b""
    if len(known) > limit.bytes:
        raise _too_large(limit)
    return known


def _too_large(limit: Size) -> BodyTooLarge:
    return BodyTooLarge(limit.bytes, f"Body exceeded {limit} limit")
