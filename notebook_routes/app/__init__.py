"""From a request to a response: guard, match, call, and an answer for everything that can go wrong."""

from __future__ import annotations

from notebook_routes.app.application import App
from notebook_routes.app.cors import Cors
from notebook_routes.app.events import LogEntry, RequestLog
from notebook_routes.app.failures import Failures
from notebook_routes.app.frames import FramePass
from notebook_routes.app.guard import LOOPBACK_HOSTS, Guard
from notebook_routes.app.kept_answers import BEHIND_NOTE
from notebook_routes.app.matcher import Matcher
from notebook_routes.app.middleware import Middleware, declared_middleware
from notebook_routes.app.own_pages import OwnPages, health
from notebook_routes.app.public import PublicFiles

__all__ = [
    "BEHIND_NOTE",
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
