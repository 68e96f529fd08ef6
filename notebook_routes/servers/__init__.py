"""Adapters between sockets and `App.fetch`, and the thread they live in."""

from __future__ import annotations

from notebook_routes.servers.location import Location, public_location
from notebook_routes.servers.server import Server
from notebook_routes.servers.thread import DEFAULT_PORT, ServerThread
from notebook_routes.servers.tornado import MAX_BODY_SIZE, TornadoServer

__all__ = ["DEFAULT_PORT", "MAX_BODY_SIZE", "Location", "Server", "ServerThread", "TornadoServer", "public_location"]
