"""The inspector as a page at `/_routes/`, served by the app's own server beside its routes.

The page itself, its modules and its style are open, and hold nothing. What it shows comes over two paths that ask for
the guard's page token, which the page is given in its address behind the `#`, where no server and no log sees it.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from notebook_routes.app import OwnPages
from notebook_routes.inspector import room
from notebook_routes.inspector.channel import Channel
from notebook_routes.inspector.front_end import STATIC, file_text
from notebook_routes.web import Response

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_routes.app import App, Guard
    from notebook_routes.inspector.service import Inspector
    from notebook_routes.servers import Location
    from notebook_routes.web import Request

PAGE = "/_routes/"
PARTS = "/_routes/inspector/"
#: Seconds for which a page that does not read is waited for.
_LAST_WORDS = 1.0
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
#: Only what is of this server; and answers that are shown, as images or in a frame where no script runs.
_POLICY = "; ".join(  # noqa: FLY002 - one source a line
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "media-src data: blob:",
        "frame-src 'self' data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
_SAFETY = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
_SHELL = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Routes</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="inspector/style.css">
</head>
<body class="nbi-page">
<main>
<h1 class="nbi-hidden">Routes</h1>
<div id="inspector"><noscript>The inspector needs JavaScript.</noscript></div>
</main>
<script type="module" src="inspector/page.js"></script>
</body>
</html>
"""


class InspectorPages:
    """What the page needs of a server.

    Args:
        inspector: what it shows.
    """

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self._channel = Channel(inspector)

    async def close(self, said: str) -> None:
        """End the inspector, and wait until the pages have read why: as long as their server still answers.

        Args:
            said: a sentence for whoever looks at them.
        """
        await asyncio.to_thread(self._inspector.close, said)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                await self._channel.unread()

    def put_into(self, app: App) -> None:
        """Have an app answer the page and its parts, beside its other pages."""
        app.open_pages.add(PAGE, _shell)
        for file in sorted(STATIC.glob("*")):
            if file.suffix in _TYPES:
                app.open_pages.add(f"{PARTS}{file.name}", partial(_part, file))
        if not isinstance(app.own_pages, OwnPages):
            app.own_pages = OwnPages()
        app.own_pages.add(f"{PARTS}events", self._channel.events)
        app.own_pages.add(f"{PARTS}messages", self._channel.message, method="POST")


def page_url(guard: Guard, base: str) -> str:
    """The page's address, with what lets it in; whoever has it sees and sends what the notebook's user can.

    Args:
        guard: lets it in.
        base: the server's address, without a slash at its end.
    """
    return f"{base}{PAGE}#{guard.page_token}"


def addresses(app: App, location: Location, host: str, port: int) -> dict[str, str]:
    """Where a server and its page are found, as a `Subject` says it: "url", "reason", "page", and "room" with "qr".

    Args:
        app: what answers.
        location: its public address.
        host: the address that it listens on.
        port: the port.
    """
    found = {"url": location.url, "reason": location.reason, "page": page_url(app.guard, location.url)}
    beyond = room.room(host, port)
    return found if beyond is None else {**found, "room": beyond["room"], "qr": beyond["qr"]}


def _shell(_request: Request) -> Response:
    return Response(_SHELL, headers={"content-type": "text/html; charset=utf-8", **_SAFETY})


def _part(file: Path, _request: Request) -> Response:
    content = file_text(file.name).encode()
    tag = hashlib.blake2b(content, digest_size=12).hexdigest()
    return Response(content, headers={"content-type": _TYPES[file.suffix], **_SAFETY, "etag": f'"{tag}"'})
