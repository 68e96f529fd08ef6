"""Adapters between sockets and `App.fetch`, and the thread they live in.

`servers.tornado` is loaded with the first server, not with the package.
"""

from __future__ import annotations

from notebook_routes.servers.asgi import ASGIApp
from notebook_routes.servers.lifetime import HandlerThreads, end_tasks, listening
from notebook_routes.servers.listener import DEFAULT_PORT, bind_listener
from notebook_routes.servers.location import Location, public_location
from notebook_routes.servers.refusal import MAX_BODY_SIZE
from notebook_routes.servers.server import Server
from notebook_routes.servers.thread import ServerThread

__all__ = [
    "DEFAULT_PORT",
    "MAX_BODY_SIZE",
    "ASGIApp",
    "HandlerThreads",
    "Location",
    "Server",
    "ServerThread",
    "bind_listener",
    "end_tasks",
    "listening",
    "public_location",
]
