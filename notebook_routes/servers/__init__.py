"""Adapters between sockets and `App.fetch`, and the thread they live in.

The adapters are imported from their modules by those who serve, `servers.thread`, `servers.tornado`, `servers.asgi`: a
notebook that is being loaded serves nothing yet.
"""

from __future__ import annotations

from notebook_routes.servers.location import ANY_ADDRESS, Location, host_header, local_url, public_location
from notebook_routes.servers.refusal import MAX_BODY_SIZE

__all__ = ["ANY_ADDRESS", "MAX_BODY_SIZE", "Location", "host_header", "local_url", "public_location"]
