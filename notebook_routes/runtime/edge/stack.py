"""Whose doing something is, by the frames above it.

A handler's `open(...)` is its own doing, also through `pathlib` or a library. But what a handler asks of us, such as
`fetch()` or the cache in files, opens sockets and files on its own account, as the platform would do it there. The
innermost frame decides that is of the user's, of ours, or of a part of Python that reads what the isolate has as well.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.runtime.loop_watch import is_users_file

if TYPE_CHECKING:
    from types import FrameType

_OURS = f"{Path(__file__).parents[2]}{os.sep}"
#: Parts of ours that only run what the handler has asked for.
_PASSING_ON = tuple(
    _OURS + part.replace("/", os.sep)
    for part in (
        "app/after.py",
        "app/application.py",
        "app/compose.py",
        "asgi.py",
        "runtime/drive.py",
        "runtime/edge/environment.py",
        "runtime/edge/guard.py",
        "runtime/invoke.py",
        "runtime/streaming.py",
        "runtime/workers.py",
        "servers/",
        "web/",
    )
)
_STDLIB = sysconfig.get_path("stdlib")
#: Parts of Python that look for a file which the isolate has as well, or does without.
_PYTHONS_OWN = (
    "<frozen importlib",
    "<frozen zipimport",
    *(f"{_STDLIB}{os.sep}{name}" for name in ("importlib", "linecache.py", "mimetypes.py", "weakref.py")),
)
#: Their data is a package in the isolate, tzdata.
_TIME_ZONES = {path for path in (sysconfig.get_config_var("TZPATH") or "").split(os.pathsep) if path}
_LIBRARIES = tuple(
    f"{os.path.realpath(path)}{os.sep}"
    for path in {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | _TIME_ZONES
)


def stands_for_itself(frame: FrameType | None) -> bool:
    """Whether what happens below a frame is not the handler's doing."""
    while frame is not None:
        filename = frame.f_code.co_filename
        if filename.startswith(_OURS):
            if not filename.startswith(_PASSING_ON):
                return True
        elif filename.startswith(_PYTHONS_OWN) or frame.f_code.co_name == "__del__":
            # A finalizer of somebody else's may run at any line.
            return True
        elif is_users_file(filename) and not filename.startswith("<string"):
            return False
        frame = frame.f_back
    return False


def is_in_library(path: object) -> bool:
    """Whether a file is Python's own or a package's, which the isolate has as well."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return False
    return os.path.realpath(os.fsdecode(path)).startswith(_LIBRARIES)
