"""A project in an isolate of its own, as a process that serves it on a port of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from notebook_routes.errors import ServerError
from notebook_routes.project.isolate.archives import archive, core_archive, python_texts, site_files
from notebook_routes.project.isolate.engine import Engine
from notebook_routes.project.isolate.launch import CORE, ERRORS, HOST, SITE, Launch
from notebook_routes.project.isolate.limits import IsolateLimits
from notebook_routes.project.isolate.package_cache import package_files
from notebook_routes.project.isolate.snapshot import snapshot_file
from notebook_routes.project.settings import ServerSettings
from notebook_routes.servers.listener import bind_listener

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    #: Hears what is said; the second argument is whether it is an error.
    Say: TypeAlias = Callable[[str, bool], object]

#: Seconds until a project answers, the first time of all included.
_PATIENCE = 120.0
#: Seconds that Deno has to end in.
_LAST_TIME = 2.0


class Isolate:
    """Serves a project from WebAssembly, in a process that sees nothing of this machine but the project's files.

    All routes run there, whatever their `runtime` is. As a context manager it starts and stops.

    Args:
        root: the project's folder.
        port: to listen on, on 127.0.0.1; 8000 or the next free one if not given.
        settings: as for other servers, but for the folder.
        limits: what the isolate may do.
        say: hears what is printed and logged in the isolate; by default it goes to stdout and stderr.

    Attributes:
        url: "http://127.0.0.1:8000".
        replaced: how many times the isolate has been replaced.
    """

    def __init__(
        self,
        root: Path,
        *,
        port: int | None = None,
        settings: ServerSettings | None = None,
        limits: IsolateLimits | None = None,
        say: Say | None = None,
    ) -> None:
        self.url = ""
        self.replaced = 0
        self._root = root
        self._port = port
        self._settings = settings or ServerSettings(directory=root)
        self._limits = limits or IsolateLimits()
        self._say = say or _print
        self._changed = threading.Condition()
        self._stack = ExitStack()
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._is_ready = self._has_ended = self._stopping = False
        self._failure = ""

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            ServerError: Deno or a package is missing, the port is in use, or the project cannot be loaded there; the
                message says which.
        """
        self._is_ready = self._has_ended = self._stopping = False
        self._failure = ""
        try:
            self._launch = self._prepare()
            self._stack.callback(self._launch.discard_draft)
            self._process = self._launch.start()
            self._thread = threading.Thread(target=self._supervise, name="edge isolate", daemon=True)
            self._thread.start()
            self._wait_ready()
        except BaseException:
            self.stop()
            raise
        self.url = f"http://{HOST}:{self._launch.port}"

    def stop(self) -> None:
        """End it."""
        with self._changed:
            self._stopping, process = True, self._process
        if process is not None:
            _end(process)
        if self._thread is not None:
            self._thread.join()
        self._stack.close()

    def wait(self) -> None:
        """Until it has ended by itself.

        Raises:
            ServerError: it has; the message says why.
        """
        with self._changed:
            # Without a timeout, Windows would not hear Ctrl-C.
            while not self._changed.wait_for(lambda: self._has_ended, 1.0):
                pass
        raise ServerError(f"the isolate has ended: {self._failure}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare(self) -> Launch:
        """Write what it is started with."""
        engine, core = Engine.find(), core_archive()
        place = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="notebook-routes-edge-"))
        folder = Path(place).resolve()
        (folder / CORE).write_bytes(core)
        files = site_files(self._root)
        (folder / SITE).write_bytes(archive(files.items()))
        return Launch(
            engine=engine,
            folder=folder,
            packages=package_files(python_texts(files)).copied_to(folder),
            snapshot=snapshot_file(engine, core),
            port=_free_port(self._port),
            limits=self._limits,
            settings=self._settings.environment(),
        )

    def _wait_ready(self) -> None:
        with self._changed:
            in_time = self._changed.wait_for(lambda: self._is_ready or self._has_ended, _PATIENCE)
            if self._is_ready:
                return
        why = self._failure if in_time else f"it did not answer within {_PATIENCE:g} s"
        raise ServerError(f"{self._root} cannot run in an isolate: {why}")

    def _supervise(self) -> None:
        """From the thread: take in what the process says, and start another where one has ended that answered."""
        assert self._process is not None
        while True:
            answered = self._hear(self._process)
            with self._changed:
                if self._stopping or not answered:
                    self._has_ended = True
                    self._changed.notify_all()
                    return
                self.replaced += 1
                self._process = self._launch.start()
            self._say(f"the isolate was replaced: {self._failure}", True)

    def _hear(self, process: subprocess.Popen[str]) -> bool:
        """Take in the events of one process until it ends; whether it has answered."""
        assert process.stdout is not None
        answered = False
        self._failure = ""
        for line in process.stdout:
            # What the isolate has written there itself may stand before an event.
            text, mark, event = line.partition(self._launch.mark)
            if text:
                self._say(text.rstrip("\n"), False)
            if mark:
                answered |= self._take(json.loads(event))
        process.wait()
        _close(process)
        if not self._failure:
            said = (self._launch.folder / ERRORS).read_text(encoding="utf-8", errors="replace").strip()
            self._failure = said or f"its process has ended with status {process.returncode}"
        return answered

    def _take(self, event: dict[str, Any]) -> bool:
        """Take in one event; whether it is that the isolate answers."""
        kind: str = event["kind"]
        text: str = event.get("text", "")
        if kind == "failed":
            self._failure = text
        elif kind == "snapshot":
            self._launch.keep_snapshot()
        elif kind == "ready":
            with self._changed:
                self._is_ready = True
                self._changed.notify_all()
        elif kind == "stale":
            self._launch.discard_snapshot()
            self._say(text, True)
        else:
            self._say(text, kind == "stderr")
        return kind == "ready"


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_LAST_TIME)
    except subprocess.TimeoutExpired:
        process.kill()


def _close(process: subprocess.Popen[str]) -> None:
    """Close what is left of one that has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    # It may not have taken all that it was told.
    with suppress(OSError):
        process.stdin.close()
    process.stdout.close()


def _free_port(port: int | None) -> int:
    """A port that is free now: Deno binds it itself."""
    with bind_listener(HOST, port) as listener:
        number: int = listener.getsockname()[1]
        return number


def _print(text: str, is_error: bool) -> None:  # noqa: FBT001 - the signature of Say
    stream = sys.stderr if is_error else sys.stdout
    # The isolate may say what this stream has no letters for.
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
