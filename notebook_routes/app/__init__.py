"""From a request to a response: guard, match, call, and an answer for everything that can go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.app.application import App
from notebook_routes.app.cors import Cors
from notebook_routes.app.events import LogEntry, RequestLog
from notebook_routes.app.failures import Failures
from notebook_routes.app.frames import FramePass
from notebook_routes.app.guard import LOOPBACK_HOSTS, Guard
from notebook_routes.app.own_pages import OwnPages, health
from notebook_routes.lazy import lazily

if TYPE_CHECKING:
    from notebook_routes.app.matcher import Matcher
    from notebook_routes.app.middleware import Middleware, declared_middleware
    from notebook_routes.app.public import PublicFiles

__all__ = [
    "LOOPBACK_HOSTS",
    "App",
    "Cors",
    "Failures",
    "FramePass",
    "Guard",
    "LogEntry",
    "Matcher",
    "Middleware",
    "OwnPages",
    "PublicFiles",
    "RequestLog",
    "declared_middleware",
    "health",
]

__getattr__ = lazily(
    __name__,
    {
        "Matcher": "matcher",
        "Middleware": "middleware",
        "PublicFiles": "public",
        "declared_middleware": "middleware",
    },
)
