"""The guard: while an edge handler runs in the kernel, what an edge isolate lacks is refused there too.

Python tells an *audit hook* of files that are opened, processes, sockets and more (PEP 578), and asks *finders* for
modules that are not imported yet. Both see every thread of the process, so they ask first whose code runs: the context
of a handler says so (`handlers_own`), and its exchange says whether its path is of the edge. Nothing is done per
request. No hook hears of threads before Python 3.12, of `time.sleep` before 3.13, and of a
pool whose threads are idle at all: these functions are wrapped.

What is refused raises what the isolate would raise, with the rule and the line in the message; so a handler that knows
what to do without takes the same way here and there. It also stands in the request's log.

This is a guard rail and no prison: a handler that means harm finds a way around, in Python as in C.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import EdgeError
from notebook_routes.runtime.edge.environment import GuardedEnvironment
from notebook_routes.runtime.edge.rules import RULES
from notebook_routes.runtime.edge.stack import is_in_library, stands_for_itself
from notebook_routes.runtime.edge.tables import MISSING_MODULES
from notebook_routes.runtime.exchange import current_exchange, handlers_own
from notebook_routes.runtime.loop_watch import users_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType, ModuleType

    from notebook_routes.runtime.exchange import Exchange

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class EdgeFileError(EdgeError, PermissionError):
    """Files, processes, sockets: an OSError, as in the isolate."""


class EdgeRuntimeError(EdgeError, RuntimeError):
    """What a thread that cannot be started raises in the isolate."""


class EdgeImportError(EdgeError, ModuleNotFoundError):
    """A module that the isolate does not have."""


class EdgeNameError(EdgeError, KeyError):
    """An environment variable that the isolate does not have."""


_RAISED: dict[str, type[EdgeError]] = {
    "EDGE001": EdgeImportError,
    "EDGE006": EdgeRuntimeError,
    "EDGE008": EdgeRuntimeError,
    "EDGE014": EdgeNameError,
}
#: The events of the audit hook, by the rule that refuses them. Of files more is to be known.
_EVENTS: dict[str, str] = {
    event: code
    for code, events in {
        "EDGE003": "open glob.glob os.listdir os.scandir os.walk os.fwalk os.getxattr os.listxattr pathlib.Path.glob",
        "EDGE004": """os.chdir os.chflags os.chmod os.chown os.link os.mkdir os.remove os.removexattr os.rename os.rmdir
        os.setxattr os.symlink os.truncate os.utime shutil.copyfile shutil.copytree shutil.make_archive shutil.move
        shutil.rmtree shutil.unpack_archive tempfile.mkdtemp tempfile.mkstemp sqlite3.connect
        sqlite3.load_extension""",
        "EDGE005": """subprocess.Popen os.system os.exec os.fork os.forkpty os.kill os.killpg os.posix_spawn os.spawn
        os.startfile pty.spawn signal.pthread_kill webbrowser.open""",
        "EDGE006": "_thread.start_new_thread _thread.start_joinable_thread",
        "EDGE007": """socket.bind socket.connect socket.getaddrinfo socket.gethostbyaddr socket.gethostbyname
        socket.getnameinfo socket.getservbyname socket.sendmsg socket.sendto urllib.Request ftplib.connect
        imaplib.open poplib.connect smtplib.connect telnetlib.Telnet.open""",
        "EDGE008": "time.sleep builtins.input",
        "EDGE009": """ctypes.dlopen ctypes.call_function ctypes.cdata ctypes.cdata/buffer ctypes.string_at
        ctypes.wstring_at""",
        "EDGE014": "os.putenv os.unsetenv",
    }.items()
    for event in events.split()
}
_installing = threading.Lock()
_installed = False


def install() -> None:
    """Have edge handlers of this process guarded from now on; done once, and never undone."""
    global _installed  # noqa: PLW0603 - an audit hook stays until the process ends
    with _installing:
        if _installed:
            return
        _installed = True
        sys.meta_path.insert(0, _Finder())
        # A pool may have threads that are idle: then none is started.
        _wrap(ThreadPoolExecutor, "submit", "EDGE006", "a pool of threads")
        if sys.version_info < (3, 12):
            _wrap(threading.Thread, "start", "EDGE006", "threading.Thread.start")
        if sys.version_info < (3, 13):
            _wrap(time, "sleep", "EDGE008", "time.sleep")
        GuardedEnvironment.install(_environment_asked)
        sys.addaudithook(_heard)


def guarded() -> Exchange | None:
    """The exchange whose edge handler runs here; None where other code runs."""
    if not handlers_own.get():
        return None
    exchange = current_exchange.get()
    if exchange is None or exchange.config is None or exchange.config.runtime != "edge":
        return None
    return exchange


def _heard(event: str, args: tuple[Any, ...]) -> None:
    """The audit hook: called for everything that happens in the process, so first of all it is quick."""
    code = _EVENTS.get(event)
    if code is None or not handlers_own.get():
        return
    exchange = guarded()
    if exchange is None:
        return
    if event in _HARMLESS and _HARMLESS[event](args):
        return
    if event == "open" and _writes(args):
        code = "EDGE004"
    _refuse(exchange, code, _named(event, args), sys._getframe(1))  # noqa: SLF001 - the caller is who is asked for


def _refuse(exchange: Exchange, code: str, what: str, frame: FrameType | None) -> None:
    """Raise, unless it is ours or Python's own doing that runs on behalf of the handler."""
    if stands_for_itself(frame):
        return
    line = users_line(frame)
    where = f"{line[0]}: {line[1]}\n" if line is not None else ""
    message = f"{where}{code} {what}: {RULES[code]}"
    if message not in exchange.notes:
        exchange.notes.append(message)
    raise _RAISED.get(code, EdgeFileError)(message, code=code)


def _is_harmless(args: tuple[Any, ...]) -> bool:
    """Whether it is an open file already, or one that the isolate has too: Python's own, and a package's data."""
    path = args[0]
    return isinstance(path, int) or (not _writes(args) and is_in_library(path))


def _writes(args: tuple[Any, ...]) -> bool:
    _, mode, flags = args
    if isinstance(mode, str):
        return not set("wax+").isdisjoint(mode)
    return isinstance(flags, int) and bool(flags & _WRITING)


def _is_in_memory(args: tuple[Any, ...]) -> bool:
    return args[0] in (":memory:", b":memory:", "")


#: What may be done all the same, by its arguments.
_HARMLESS: dict[str, Callable[[tuple[Any, ...]], bool]] = {
    "open": _is_harmless,
    "os.listdir": lambda args: is_in_library(args[0]),
    "os.scandir": lambda args: is_in_library(args[0]),
    "sqlite3.connect": _is_in_memory,
}


def _named(event: str, args: tuple[Any, ...]) -> str:
    """What was asked for, as a message says it."""
    shows_first = event not in ("_thread.start_new_thread", "_thread.start_joinable_thread", "socket.connect")
    first = args[1] if event == "socket.connect" and len(args) > 1 else args[0] if args and shows_first else None
    if first is None or isinstance(first, (int, float)):
        return event
    text = repr(os.fspath(first) if isinstance(first, os.PathLike) else first)
    return f"{event} {text if len(text) <= 80 else text[:77] + '...'}"


class _Finder(MetaPathFinder):
    """Finds nothing; refuses edge handlers what the isolate does not have."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - Python's signature
        target: ModuleType | None = None,  # noqa: ARG002 - the same
    ) -> None:
        """Raise a ModuleNotFoundError where an edge handler imports what its isolate lacks."""
        if fullname.partition(".")[0] not in MISSING_MODULES:
            return
        exchange = guarded()
        if exchange is not None:
            frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - as above
            while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
                frame = frame.f_back
            _refuse(exchange, "EDGE001", f"import {fullname}", frame)


def _wrap(owner: Any, name: str, code: str, what: str) -> None:
    plain: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(plain)
    def asked(*args: Any, **kwargs: Any) -> Any:
        exchange = guarded()
        if exchange is not None:
            _refuse(exchange, code, what, sys._getframe(1))  # noqa: SLF001 - as above
        return plain(*args, **kwargs)

    setattr(owner, name, asked)


def _environment_asked(name: str) -> None:
    exchange = guarded()
    if exchange is not None:
        _refuse(exchange, "EDGE014", f"the environment variable {name}".rstrip(), sys._getframe(2))  # noqa: SLF001
