"""Next.js from npm, in a folder that is gone afterwards: one route that is kept, built and served for production."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import CONTESTANTS
from tests.benchmarks.load import ask
from tests.benchmarks.ports import free_port

VERSION = "16.4.6"
_DEPENDENCIES = {"next": VERSION, "react": "19.x", "react-dom": "19.x"}
_PROGRAM = Path("node_modules", "next", "dist", "bin", "next")
_BUILD_SECONDS, _START_SECONDS, _ENDING_SECONDS = 600, 60, 10


@contextmanager
def next_server() -> Iterator[str]:
    """Install, build and start it; yield its address.

    Raises:
        BenchmarkError: there is no npm, or one of these steps failed.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise BenchmarkError("a comparison with Next.js needs Node.js 20 or later, with npm")
    with tempfile.TemporaryDirectory(prefix="benchmark-next-") as folder:
        project = Path(folder)
        (project / "package.json").write_text(
            json.dumps({"private": True, "dependencies": _DEPENDENCIES}), encoding="utf-8"
        )
        route = project / "app" / "kept" / "[id]" / "route.js"
        route.parent.mkdir(parents=True)
        shutil.copyfile(CONTESTANTS / "next_route.js", route)
        _run([npm, "install", "--no-audit", "--no-fund"], project)
        _run([node, str(_PROGRAM), "build"], project)
        port = free_port()
        command = [node, str(_PROGRAM), "start", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, cwd=project, env=_environment(), stdout=subprocess.DEVNULL)
        try:
            yield _once_it_answers(server, f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            try:
                server.wait(_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _run(command: list[str], project: Path) -> None:
    done = subprocess.run(
        command, cwd=project, env=_environment(), capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{command}: {(done.stdout + done.stderr).strip()[-500:]}")


def _environment() -> dict[str, str]:
    return os.environ | {"NEXT_TELEMETRY_DISABLED": "1", "NODE_ENV": "production"}


def _once_it_answers(server: subprocess.Popen[bytes], url: str) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            ask(f"{url}/kept/1")
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return url
    raise BenchmarkError(f"Next.js did not answer at {url}; what it said is on stderr")
