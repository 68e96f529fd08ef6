"""What a body may be made of, and how each kind becomes bytes or a stream."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import CoroutineType
from typing import Any, NamedTuple, TypeAlias

from notebook_routes.errors import BodyUsed
from notebook_routes.web.blob import Blob
from notebook_routes.web.formdata import FormData
from notebook_routes.web.scalar_text import utf8
from notebook_routes.web.search_params import URLSearchParams
from notebook_routes.web.streams import ReadableStream

BodyInit: TypeAlias = (
    str
    | bytes
    | bytearray
    | memoryview
    | Blob
    | FormData
    | URLSearchParams
    | ReadableStream
    | AsyncIterable[Any]
    | Iterable[Any]
)
_STREAMS = (AsyncIterable, Iterable)


class Content(NamedTuple):
    """A body taken apart: bytes when all of it is known, else a stream, and its content type."""

    data: bytes | None
    stream: ReadableStream | None
    content_type: str | None


def content_of(body: object, *, owner: str, json_form: str) -> Content:
    """Takes a body apart (Fetch, "extract a body").

    Args:
        body: what was given as body.
        owner: the class it was given to, for the message.
        json_form: how that class is given JSON, for the message.

    Raises:
        TypeError: it cannot be a body.
        BodyUsed: it is a stream that was read already, or has a reader.
    """
    if isinstance(body, str):
        return Content(utf8(body), None, "text/plain;charset=UTF-8")
    if isinstance(body, (bytes, bytearray, memoryview)):
        return Content(bytes(body), None, None)
    if isinstance(body, Blob):
        return Content(body.content, None, body.type or None)
    if isinstance(body, URLSearchParams):
        return Content(str(body).encode(), None, "application/x-www-form-urlencoded;charset=UTF-8")
    if isinstance(body, FormData):
        data, content_type = body.encode()
        return Content(data, None, content_type)
    if isinstance(body, ReadableStream):
        if body.locked or body.disturbed:
            raise BodyUsed(f"the stream given to {owner} was read already, or has a reader; tee() it before")
        return Content(None, body, None)
    if isinstance(body, _STREAMS) and not _is_data(body):
        return Content(None, ReadableStream(body), None)
    kind = type(body).__name__
    if isinstance(body, CoroutineType):
        body.close()
        raise TypeError(f"{owner} was given a coroutine: write await {body.__qualname__}(...)")
    fix = "use its read_bytes()" if isinstance(body, Path) else f"use {json_form}"
    raise TypeError(f"{owner} takes str, bytes, a Blob, a form or a stream, not {kind}: {fix}")


def _is_data(body: object) -> bool:
    """Whether iterating would lose what the value is: a dict, a list, a model, an array, a DataFrame."""
    if isinstance(body, (Mapping, list, tuple, AbstractSet, range)):
        return True
    return any(hasattr(body, name) for name in ("model_dump", "tolist", "to_dict", "to_dicts", "_repr_mimebundle_"))
