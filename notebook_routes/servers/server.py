"""What a server has to offer to be run in a thread: the contract between `ServerThread` and its servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket


class Server(Protocol):
    """Serves an App on sockets, on the running loop."""

    def listen(self, sockets: list[socket.socket]) -> None:
        """Accept connections on `sockets`."""

    async def stop(self, *, grace: float = 1.0) -> None:
        """Stop listening and end every connection within `grace` seconds."""
