"""The inspector: routes with their figures, requests sent and watched, the log and the cache, for whoever shows them.

It knows neither notebooks nor terminals: the kernel's widgets and the page at `/_routes/` are views of it. What it
shows is given by a `Subject`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.lazy import lazily

if TYPE_CHECKING:
    from notebook_routes.inspector.kept import KeptEntry, KeptThings
    from notebook_routes.inspector.page import InspectorPages, addresses, page_url
    from notebook_routes.inspector.room import Room
    from notebook_routes.inspector.service import Inspector, Subject
    from notebook_routes.inspector.view import View

__all__ = [
    "Inspector",
    "InspectorPages",
    "KeptEntry",
    "KeptThings",
    "Room",
    "Subject",
    "View",
    "addresses",
    "page_url",
]

__getattr__ = lazily(
    __name__,
    {
        "Inspector": "service",
        "InspectorPages": "page",
        "KeptEntry": "kept",
        "KeptThings": "kept",
        "Room": "room",
        "Subject": "service",
        "View": "view",
        "addresses": "page",
        "page_url": "page",
    },
)
