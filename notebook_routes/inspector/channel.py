"""Between a page and the inspector: one stream of lines to the page, and one POST for each message from it.

Messages are taken and acknowledged by the inspector's own thread, and their answers come in the stream; so a page
tells a server that is busy from one that is gone.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from notebook_routes.web import ReadableStream, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_routes.inspector.service import Inspector
    from notebook_routes.inspector.view import View
    from notebook_routes.web import Request

#: Seconds without news after which a page hears that the server is there.
BEAT = 10.0
#: Bytes that wait for a page which does not read; with more it is cut off, and begins anew.
MOST_WAITING = 32 * 1024 * 1024
_VIEW = re.compile(r"[A-Za-z0-9_-]{8,64}")
_BEAT = b'{"push":"beat"}\n'
_NO_NAME = "The page names its view by 8 to 64 letters, digits, - and _: ?view=NAME\n"


class Channel:
    """Has the views of pages by the names that the pages have chosen.

    Args:
        inspector: what they are views of.
    """

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self._views: dict[str, tuple[View, _Outbox]] = {}
        self._unread = asyncio.Event()
        self._unread.set()

    async def unread(self) -> None:
        """Wait until no page has its stream open; on the server's loop."""
        await self._unread.wait()

    def events(self, request: Request) -> Response:
        """The stream: a message a line; the view is open as long as somebody reads it."""
        name = _name(request)
        if name is None:
            return Response(_NO_NAME, status=400)
        return Response(
            ReadableStream(self._lines(name)),
            headers={
                "content-type": "application/x-ndjson",
                "cache-control": "no-store",
                # nginx would otherwise hold lines back until its buffer is full.
                "x-accel-buffering": "no",
            },
        )

    async def message(self, request: Request) -> Response:
        """Take one message: 202 means that it has been handed on, no more."""
        name = _name(request)
        if name is None:
            return Response(_NO_NAME, status=400)
        found = self._views.get(name)
        if found is None:
            return Response("There is no such view: open its stream first\n", status=409)
        found[0].receive_bytes(await request.bytes())
        return Response(None, status=202)

    async def _lines(self, name: str) -> AsyncIterator[bytes]:
        outbox = _Outbox()
        view = self._inspector.connect(outbox.put)
        former = self._views.get(name)
        if former is not None:
            # The page has lost its stream, before this server has noticed.
            former[1].end()
        self._views[name] = mine = view, outbox
        self._unread.clear()
        try:
            # What a page sends after this finds its view.
            yield _BEAT
            while True:
                lines = await outbox.take()
                if lines is None:
                    return
                yield lines or _BEAT
        finally:
            view.close()
            if self._views.get(name) is mine:
                del self._views[name]
                if not self._views:
                    self._unread.set()


def _name(request: Request) -> str | None:
    """What the page calls its view; None where that is no name."""
    name = request.query.get("view") or ""
    return name if _VIEW.fullmatch(name) else None


class _Outbox:
    """What waits to be read by a page: filled on the inspector's thread, emptied on the server's loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._ended = False

    def put(self, message: dict[str, Any]) -> None:
        """Have a message read; on the inspector's thread."""
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        with suppress(RuntimeError):
            # The server has ended meanwhile, and the view with it.
            self._loop.call_soon_threadsafe(self._put, line, message.get("push") == "bye")

    def end(self) -> None:
        """There is nothing more to be read; on the server's loop."""
        self._lines.clear()
        self._ended = True
        self._news.set()

    async def take(self) -> bytes | None:
        """All that waits; nothing after a while without news, None when there will be no more."""
        if not self._lines and not self._ended:
            try:
                async with asyncio.timeout(BEAT):
                    await self._news.wait()
            except TimeoutError:
                return b""
        self._news.clear()
        if not self._lines:
            return None
        lines = b"".join(self._lines)
        self._lines.clear()
        self._size = 0
        return lines

    def _put(self, line: bytes, is_last: bool) -> None:  # noqa: FBT001 - of a callback
        if self._ended:
            return
        self._lines.append(line)
        self._size += len(line)
        self._ended = is_last
        if self._size > MOST_WAITING:
            self.end()
        self._news.set()
