"""The servers that the cases run against, each a process of its own."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
FIXTURE = Path(__file__).with_name("fixture")


def _serve(tree: Path, port: int, options: Sequence[str], cache: str) -> tuple[list[str], dict[str, str]]:
    given = ["--cache", cache, *options] if cache else options
    return ["-m", "notebook_routes.tooling.cli", "serve", str(tree), "--port", str(port), *given], {}


def _uvicorn(tree: Path, port: int, options: Sequence[str], cache: str) -> tuple[list[str], dict[str, str]]:
    # An ASGI server has options of its own: ours are in Python, or in the environment.
    factory = "tests.conformance.guarded:asgi" if options else "notebook_routes.asgi:create_app"
    environment = {"NOTEBOOK_ROUTES_DIR": str(tree), **({"NOTEBOOK_ROUTES_CACHE": cache} if cache else {})}
    # Left alone, uvicorn trusts forwarded headers from this machine, and writes Server and Date beside a handler's own.
    quiet = ["--no-proxy-headers", "--no-server-header", "--no-date-header", "--log-level", "warning"]
    return ["-m", "uvicorn", "--factory", factory, "--port", str(port), *quiet], environment


def _edge(tree: Path, port: int, options: Sequence[str], cache: str) -> tuple[list[str], dict[str, str]]:
    # An isolate sees nothing of the environment, and reaches no other server, but what it is told.
    told = ["--env", "NOTEBOOK_ROUTES_UPSTREAM", "--allow-net", "127.0.0.1", "--no-access-log", *options]
    return ["-m", "notebook_routes.tooling.cli", "edge", str(tree), "--port", str(port), *told], {}


#: By name: from folder, port, options and cache to the arguments and the environment of Python.
SERVERS: Mapping[str, Callable[[Path, int, Sequence[str], str], tuple[list[str], dict[str, str]]]] = {
    "tornado": _serve,
    "asgi": _uvicorn,
    "edge": _edge,
}
#: Those that keep answers elsewhere than in their own memory, if they are told to.
WITH_CACHES = ("tornado", "asgi")
_PATIENCE = 60.0


@contextmanager
def serving(
    name: str, options: Sequence[str] = (), *, upstream: str, cache: str = "", tree: Path = FIXTURE
) -> Iterator[str]:
    """Start a server of `SERVERS`; gives its address once it listens.

    Args:
        name: a key of `SERVERS`.
        options: further options of `serve`.
        upstream: the address of the other server.
        cache: the URL of its cache; "" for the memory of the process.
        tree: the project's folder.

    Raises:
        RuntimeError: it did not start; the message is what it said.
    """
    port = _free_port()
    arguments, settings = SERVERS[name](tree, port, options, cache)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NOTEBOOK_ROUTES_UPSTREAM": upstream, **settings}
    command = [sys.executable, *arguments]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
        try:
            _wait(process, port, said)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, said) -> None:
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            # One that listens already may still be loading the project.
            urlopen(f"http://127.0.0.1:{port}/_routes/health", timeout=_PATIENCE).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    said.seek(0)
    raise RuntimeError(f"the server did not start: {said.read()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
