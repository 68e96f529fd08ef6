"""Starting the clients, each a process of its own, and reading what they measured."""

import http.client
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.benchmarks.failure import BenchmarkError

CLIENTS = Path(__file__).with_name("clients")
CONNECTIONS = 32
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_ERRORS = re.compile(r"Non-2xx or 3xx responses: \d+|Socket errors: .*")


class Answer(NamedTuple):
    """What is compared before anything is measured."""

    status: int
    media_type: str
    body: bytes
    headers: tuple[str | None, ...]


def ask(url: str, *, json: str | None = None, headers: tuple[str, ...] = ()) -> Answer:
    """Send one GET, or a POST of `json`, on a connection of its own; `headers` are those to be compared."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    target = parts._replace(scheme="", netloc="").geturl()
    try:
        if json is None:
            connection.request("GET", target)
        else:
            connection.request("POST", target, body=json.encode(), headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        media_type = response.headers.get_content_type()
        found = tuple(response.headers.get(name) for name in headers)
        return Answer(response.status, media_type, response.read(), found)
    finally:
        connection.close()


def loader() -> str:
    """Name the loader that `requests_per_second` uses."""
    return (
        "wrk -t1"
        if shutil.which("wrk")
        else "the bundled asyncio one (no wrk found; rates are not comparable with wrk's)"
    )


def requests_per_second(url: str, *, seconds: int, json: str | None = None) -> float:
    """Load `url` with 32 connections at full speed for `seconds`, with GET or with a POST of `json`.

    Raises:
        BenchmarkError: an answer was no 2xx, or a connection failed.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        posted = [] if json is None else [f"--json={json}"]
        return float(_client("asyncio_load.py", url, f"--seconds={seconds}", *posted)["requests_per_second"])
    # wrk counts answers that take over 2 s as errors; beside a busy cell some contestants need that long.
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s"]
    posted = [] if json is None else ["-s", str(CLIENTS / "post.lua")]
    report = _run([*command, *posted, url, *([] if json is None else ["--", json])], timeout=seconds + 60)
    rate = _RATE.search(report)
    if rate is None or _ERRORS.search(report):
        raise BenchmarkError(f"wrk on {url}: {report}")
    return float(rate[1])


def one_client(url: str, *, seconds: float) -> dict[str, float]:
    """Send one request after the other for `seconds`; return `requests`, `p50` and `p95` (ms)."""
    return _client("sequential.py", url, f"--seconds={seconds}")


def burst(urls: Sequence[str], *, clients: int) -> dict[str, float]:
    """Have many clients ask at once, in turn at each address; return `connected`, `first` and `last` (ms)."""
    return _client("at_once.py", *urls, f"--clients={clients}")


def drain_command(url: str, *, size: int) -> list[str]:
    """Return the command line of a client that reads a stream of `size` bytes."""
    return [sys.executable, str(CLIENTS / "drain.py"), url, f"--expect={size}"]


def _client(program: str, *arguments: str) -> dict[str, float]:
    result: dict[str, float] = json.loads(_run([sys.executable, str(CLIENTS / program), *arguments], timeout=120))
    return result


def _run(command: list[str], *, timeout: float) -> str:
    """Run a client to its end; it is killed if we are interrupted."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=True)
    except subprocess.CalledProcessError as error:
        raise BenchmarkError(f"{command}: {error.stderr.strip()[-500:]}") from error
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"{command}: no end after {timeout:g} s") from error
    return done.stdout
