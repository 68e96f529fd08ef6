"""From what a handler returned to a Response (DESIGN §3, "Answers")."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import AsyncIterable, Awaitable, Iterator, Mapping
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import AnswerError
from notebook_routes.runtime.media import DISPLAYS, best_match, representations
from notebook_routes.web import Blob, FileResponse, Headers, Request, Response, ServerSentEvent, json_bytes
from notebook_routes.web.header_section import JSON_SECTION
from notebook_routes.web.scalar_text import utf8

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json"
#: What a cell is told whose text looks like a page.
MARKUP_NOTE = (
    "the answer begins with < and was sent as plain text, which a browser shows as it is: for a page write "
    'Response(text, headers={"content-type": "text/html"})'
)
#: The classes of nearly all answers: an isinstance() against an abstract class costs more than all else here.
_WHOLE = frozenset({Response, dict, list, str, bytes, type(None)})
_EXACT = (dict, list, int, float, bool, set, frozenset)
#: What is JSON and nothing else, whoever asks.
NATIVE_JSON: frozenset[type] = frozenset({dict, list})
_OTHERS = (Response, *_EXACT, str, bytes, bytearray, memoryview, tuple, Awaitable, Iterator, AsyncIterable)


def to_response(value: Any, request: Request) -> Response:
    """The response that `value` stands for.

    Raises:
        AnswerError: it stands for none; the message has the fix.
    """
    if value.__class__ in NATIVE_JSON:
        return json_answer(value)
    if isinstance(value, FileResponse):
        _tell_of_file(request)
        return value.answering(request)
    if isinstance(value, Response):
        return value
    if isinstance(value, _EXACT):
        return json_answer(value)
    if value is None:
        return Response(None, status=204)
    if _is_record(value):
        return json_answer(value)
    if isinstance(value, str):
        return Response(value, headers={"content-type": _TEXT})
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Response(bytes(value), headers={"content-type": "application/octet-stream"})
    if isinstance(value, Blob):
        return Response(value, headers={"content-type": value.type or "application/octet-stream"})
    if inspect.isawaitable(value):
        raise AnswerError(_missing_await(value))
    if isinstance(value, tuple):
        _refuse_status_tuple(value)
        return json_answer(value)
    if is_stream(value):
        raise AnswerError("a stream is negotiated by its first chunk, see runtime.streaming")
    return _shown(value, request)


def is_stream(value: Any) -> bool:
    """Whether the answer comes in pieces: a generator or another iterator, sync or async."""
    if value.__class__ in _WHOLE or _holds_data(value.__class__):
        return False
    return isinstance(value, (Iterator, AsyncIterable))


def looks_like_markup(text: Any) -> bool:
    """Whether it is text that was perhaps meant as a page."""
    return isinstance(text, (str, bytes)) and text[:100].lstrip()[:1] in ("<", b"<")


def lost_index(value: Any) -> str | None:
    """A sentence, if it is a table or a column of pandas whose rows have labels, which are not sent."""
    kind = value.__class__.__name__
    index = getattr(value, "index", None) if kind in ("DataFrame", "Series") else None
    names = getattr(index, "names", None)
    if index is None or names is None:
        return None
    # Rows that are merely numbered, whichever of them are left, have lost nothing.
    if index.inferred_type == "integer" and all(name is None for name in names):
        return None
    if kind == "Series" and index.nlevels == 1:
        return "the index of the Series is not in the answer, only its values: .to_dict() has both"
    return f"the index of the {kind} is not in the answer: .reset_index() makes a column of it"


def stream_encoding(first: Any) -> tuple[str, Callable[[Any], bytes]]:
    """The content type of a stream whose first value is `first`, and how to write each value.

    Str and bytes go out as they are, `ServerSentEvent`s as an event stream, anything else as NDJSON.
    """
    if isinstance(first, ServerSentEvent):
        return "text/event-stream", _event_chunk
    if isinstance(first, str):
        return _TEXT, _chunk
    if isinstance(first, (bytes, bytearray, memoryview)):
        return "application/octet-stream", _chunk
    return "application/x-ndjson", _chunk


def _chunk(value: Any) -> bytes:
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, ServerSentEvent):
        return value.encode()
    return _encode(value) + b"\n"


def _event_chunk(value: Any) -> bytes:
    return (value if isinstance(value, ServerSentEvent) else ServerSentEvent(value)).encode()


def _is_record(value: Any) -> bool:
    """Whether it is a dataclass or a pydantic model that shows nothing of itself: then it is JSON, whatever is asked.

    This answers at once what `representations` finds out by asking for a dozen attributes, which models are slow at.
    """
    return _holds_data(value.__class__) and DISPLAYS.isdisjoint(getattr(value, "__dict__", ()))


@lru_cache(maxsize=256)
def _holds_data(kind: type[Any]) -> bool:
    """Whether all that its objects have to say is in their fields, as far as the class tells."""
    if not (dataclasses.is_dataclass(kind) or hasattr(kind, "model_dump")) or issubclass(kind, _OTHERS):
        return False
    dynamic = getattr(kind, "__getattr__", None)
    # That of pydantic gives what was declared private, or has come beside the fields.
    made_up = dynamic is not None and getattr(dynamic, "__module__", None) != "pydantic.main"
    return not made_up and not any(hasattr(kind, name) for name in DISPLAYS)


def json_answer(value: Any) -> Response:
    """The response that a value stands for which is sent as JSON.

    Raises:
        AnswerError: it cannot be written; the message says where.
    """
    try:
        return Response.of_parts(json_bytes(value), Headers.of_section(JSON_SECTION))
    except (TypeError, ValueError) as error:
        raise AnswerError(_unwritable(value, error)) from error


def _encode(value: Any) -> bytes:
    try:
        return json_bytes(value)
    except (TypeError, ValueError) as error:
        raise AnswerError(_unwritable(value, error)) from error


def _unwritable(value: Any, error: Exception) -> str:
    name = getattr(value, "__name__", "")
    if isinstance(value, type):
        return f"the answer is the class {name}: write {name}(...) for one of its objects"
    if isinstance(value, ModuleType):
        if hasattr(value, "gcf"):
            return f"the answer is the module {name}: write plt.gcf() for the picture"
        return f"the answer is the module {name}: write what of it the client should get"
    if inspect.isroutine(value):
        called = "the lambda: call it" if name == "<lambda>" else f"the function {name}: write {name}(...)"
        return f"the answer is {called}"
    said = f"the answer cannot be written: {error}"
    if not said.endswith("cannot be written as JSON"):
        return said  # it has its own fix
    return f"{said}; write what of it the client should get: a dict, a list, a str, bytes or a Response"


def _missing_await(value: Any) -> str:
    name = getattr(value, "__name__", None) or type(value).__name__
    if not inspect.iscoroutine(value):
        return f"the answer is a {name} that nobody awaited: write `await` before it"
    owner = inspect.getcoroutinelocals(value).get("self")
    value.close()
    if isinstance(owner, (Request, Response)):
        name = f"{type(owner).__name__.lower()}.{name.removeprefix('_read_')}"
    return f"the answer holds a coroutine that nobody awaited: write `await {name}(...)`"


def _refuse_status_tuple(value: tuple[Any, ...]) -> None:
    # A named tuple is a record, and a third part would be headers.
    if value.__class__ is not tuple or len(value) not in (2, 3) or isinstance(value[0], (int, float)):
        return
    status = value[1]
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        return
    if len(value) == 3 and not isinstance(value[2], (Mapping, Headers, list)):
        return
    status = int(status)
    first = value[0]
    if first is None or isinstance(first, Response):
        made = f"Response(..., status={status})"
    else:
        made = f"{'Response' if isinstance(first, (str, bytes)) else 'Response.json'}(value, status={status})"
    raise AnswerError(
        f"a tuple is a JSON list here, so (value, {status}) would not set the status: write {made}; "
        f"if a list is meant, write [value, {status}]"
    )


def _shown(value: Any, request: Request) -> Response:
    """What a cell could show, in the form the client likes best; else JSON; else an error that says what to return."""
    shapes = representations(value)
    if shapes and (dataclasses.is_dataclass(value) or hasattr(value, "model_dump")):
        # What it holds comes before how it looks.
        shapes = {_JSON: lambda: _encode(value)} | shapes
    accept = request.accepted() if shapes else ""
    while shapes:
        media = best_match(accept, list(shapes))
        if media is None:
            return Response(
                f"This resource comes as {', '.join(shapes)}\n",
                status=406,
                headers={"content-type": _TEXT, "vary": "Accept"},
            )
        body = shapes.pop(media)()
        if body is not None:
            return _made(body, media)
    return json_answer(value)


def _tell_of_file(request: Request) -> None:
    """Say of a run whose answer may be kept what a file reads of its request."""
    from notebook_routes.runtime.observed import ObservedRequest  # noqa: PLC0415 - few answers are files

    if isinstance(request, ObservedRequest):
        request.reads("Range and If-None-Match, as every FileResponse does")


def _made(body: bytes | str, media: str) -> Response:
    headers = Headers({"vary": "Accept"})
    headers.set("content-type", f"{media}; charset=utf-8" if media.startswith("text/") else media)
    return Response(body if isinstance(body, bytes) else utf8(str(body)), headers=headers)
