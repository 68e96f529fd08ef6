"""`Body`: what requests and responses share, reading a body once, in whichever form.

A body is bytes (`_content`) where all of it is known, else a stream (`_source`); `_stream` is what `body` has
shown of it. `json()` is left to the two classes: on `Response` that name has two meanings.
"""

from __future__ import annotations

import json
import re
import sys
from itertools import accumulate
from typing import TYPE_CHECKING, NoReturn, Self

from notebook_routes.errors import BodyUsed, InvalidBody
from notebook_routes.web.blob import Blob
from notebook_routes.web.formdata import FormData
from notebook_routes.web.multipart import MAX_FIELDS, decode_multipart, too_many_fields
from notebook_routes.web.search_params import URLSearchParams
from notebook_routes.web.streams import ReadableStream, StreamSource

if TYPE_CHECKING:
    import builtins

    from notebook_routes.web.headers import Headers

_TOO_DEEP = "The body is not JSON that can be read: it is nested too deeply"
#: How deeply JSON may be nested where Python does not count: in WebAssembly the whole interpreter ends.
_DEEPEST = 1000 if sys.platform == "emscripten" else None
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_ESCAPED, _STRING = re.compile(rb"\\."), re.compile(rb'"[^"]*"?')
_NO_BRACKETS = bytes(set(range(256)) - {*_STEPS, ord('"')})


class Body:
    """A body that can be read once."""

    __slots__ = ("_content", "_source", "_stream", "_used", "headers")

    #: The header fields.
    headers: Headers
    _content: bytes | None
    _source: StreamSource | None
    _stream: ReadableStream | None
    _used: bool

    @property
    def body(self) -> ReadableStream | None:
        """The body in pieces; None where there is none."""
        stream = self._stream
        if stream is None:
            if self._source is not None:
                source = self._source
                stream = source if isinstance(source, ReadableStream) else ReadableStream(source)
            elif self._content is not None:
                stream = ReadableStream(self._content)
            else:
                return None
            self._stream = stream
            if self._used:
                # The bytes went out through text() or the like: nothing is left to stream.
                stream.exhaust()
        return stream

    @property
    def body_used(self) -> bool:
        """Whether the body was read, wholly or in part."""
        return self._used or (self._stream is not None and self._stream.disturbed)

    async def text(self) -> str:
        """Reads the body as UTF-8; what is no UTF-8 becomes U+FFFD, and a leading BOM is dropped.

        Raises:
            BodyUsed: the body was read already.
        """
        return (await self._read()).decode("utf-8", "replace").removeprefix("\ufeff")

    async def bytes(self) -> builtins.bytes:
        """Reads the body as it is.

        Raises:
            BodyUsed: the body was read already.
        """
        return await self._read()

    async def blob(self) -> Blob:
        """Reads the body as a blob of its content type.

        Raises:
            BodyUsed: the body was read already.
        """
        return Blob([await self._read()], type=self.headers.get("content-type", ""))

    async def form_data(self) -> FormData:
        """Reads the body as a form, urlencoded or multipart by its content type.

        Raises:
            InvalidBody: the content type is no form's, or the body is malformed.
            BodyTooLarge: it has over 1,000 files or 1,000 other fields, or is over the server's limit.
            BodyUsed: the body was read already.
        """
        content_type = self.headers.get("content-type", "")
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            content = await self._read()
            if content.count(b"&") >= MAX_FIELDS:
                # Taken apart, a hundred megabytes of "&a" would be gigabytes.
                raise too_many_fields()
            return FormData.from_pairs([*URLSearchParams(content.decode("utf-8", "replace"))])
        if kind != "multipart/form-data":
            shown = f"is {content_type}" if content_type else "is missing"
            raise InvalidBody(
                f"The body is not a form: its Content-Type {shown}, "
                "not multipart/form-data or application/x-www-form-urlencoded"
            )
        stream = self._open()
        if stream is None:
            stream = ReadableStream(self._content)
        return FormData.from_pairs(await decode_multipart(stream, content_type))

    async def _read_json(self) -> object:
        return parsed_json(await self._read())

    async def _read(self) -> builtins.bytes:
        stream = self._open()
        if stream is None:
            return self._content or b""
        return await stream.collect()

    def _open(self) -> ReadableStream | None:
        """Marks the body as read.

        Returns:
            The stream to read; None where `_content` is the body, or there is none.
        """
        stream = self._stream
        if self._used or (stream is not None and (stream.disturbed or stream.locked)):
            self._refuse()
        if self._content is None and self._source is None:
            return None  # no body: reading nothing is never too late (Fetch, "consume body")
        if stream is None and self._source is not None:
            stream = self.body
        self._used = True
        return stream

    def _share(self, twin: Self) -> None:
        """Gives `twin` a copy of the body, as `clone()` promises."""
        stream = self._stream
        if self._used or (stream is not None and (stream.disturbed or stream.locked)):
            raise BodyUsed(
                f"this {type(self).__name__.lower()}'s body was read already, so it cannot be cloned; "
                "clone() before the first read"
            )
        twin._used = False
        twin._content = self._content
        twin._source = twin._stream = None
        if self._source is not None:
            opened = self.body
            if opened is not None:
                self._stream, twin._stream = opened.tee()
                self._source, twin._source = self._stream, twin._stream

    def _refuse(self) -> NoReturn:
        raise BodyUsed(
            f"this {type(self).__name__.lower()}'s body was read already; keep what the first read gave, "
            "or clone() before it"
        )


def parsed_json(content: builtins.bytes) -> object:
    """Parses JSON as RFC 8259 has it: UTF-8, no NaN.

    Raises:
        InvalidBody: it is no JSON; the message says where.
    """
    if not content:
        raise InvalidBody("The body is not JSON: it is empty")
    if _is_too_deep(content):
        raise InvalidBody(_TOO_DEEP)
    try:
        return _DECODER.decode(content.decode().removeprefix("\ufeff"))
    except json.JSONDecodeError as problem:
        # Some of Python's messages end with the word already.
        said = problem.msg.removesuffix(" at")
        at = f"line {problem.lineno} column {problem.colno}"
        raise InvalidBody(f"The body is not JSON: {said} at {at}") from problem
    except UnicodeDecodeError as problem:
        raise InvalidBody(f"The body is not JSON: byte {problem.start} is not UTF-8") from problem
    except RecursionError:
        raise InvalidBody(_TOO_DEEP) from None
    except ValueError as problem:
        # Python refuses integers of thousands of digits; _no_constant refuses NaN.
        raise InvalidBody(f"The body is not JSON that can be read: {problem}") from problem


def _is_too_deep(content: builtins.bytes) -> bool:
    if _DEEPEST is None or content.count(b"[") + content.count(b"{") <= _DEEPEST:
        return False
    brackets = _STRING.sub(b"", _ESCAPED.sub(b"", content).translate(None, _NO_BRACKETS))
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > _DEEPEST


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON, write null")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
