"""What sending a stream has in common on every server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_routes.web import Response

#: Seconds a stream may take to its first chunk before its head is sent alone.
HEAD_GRACE = 0.05
#: Seconds for which a stream may keep the loop to itself.
TURN = 0.005


def check_complete(response: Response, sent: int) -> None:
    """Look, at the end of a stream, whether it has given what its head has promised.

    Raises:
        ValueError: its Content-Length is another number than `sent`.
    """
    declared = response.headers.get("content-length")
    if declared is not None and int(declared) != sent:
        raise ValueError(f"Content-Length is set to {declared}, but the stream has given {sent} bytes: leave it out")
