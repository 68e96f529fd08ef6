"""Running a case against a server: its requests in order, each answer held against what is expected."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.conformance.client import Reply, send
from tests.conformance.expectation import differences, lateness
from tests.conformance.translation import renamed, translated

CASES = Path(__file__).with_name("cases.json")
#: An upper bound on time holds once in so many tries, or not at all.
_TRIES = 3
#: What handlers note down when the answer is out may come late on a busy machine: seconds to ask again for it.
_LOG = "/st/log"
_LOG_PATIENCE = 2.0


@dataclass(frozen=True)
class Case:
    """One case of `cases.json`.

    Attributes:
        id: its name.
        area: the chapter of the specification.
        verdict: `same`, `ours` or `skip`.
        why: why it is skipped.
        was: the verdict of the specification, where it is another here.
        ours: how this project differs on purpose.
        serve: options that the server must have been started with.
        steps: each with `waitMs`, `request` and `expect`, in our terms.
    """

    id: str
    area: str
    verdict: str
    why: str
    was: str
    ours: str
    serve: tuple[str, ...]
    steps: tuple[dict[str, Any], ...]


def load_cases() -> list[Case]:
    """Every case, skipped ones included."""
    return [_case(written) for written in json.loads(CASES.read_text("utf-8"))["cases"]]


def run(case: Case, base_url: str) -> list[str]:
    """Run a case; what is not as expected, nothing where all is well."""
    # What is made behind is there after so many milliseconds, but for a machine that has too much to do.
    has_time = any("waitMs" in step for step in case.steps)
    for _ in range(_TRIES):
        found, late = _run_once(case, base_url)
        if not late and not (found and has_time):
            return found
    return found or late


def _run_once(case: Case, base_url: str) -> tuple[list[str], list[str]]:
    place = urlsplit(base_url)
    known = {"{uid}": uuid4().hex, "{origin}": base_url, "{host}": place.netloc, "{port}": str(place.port)}
    found: list[str] = []
    late: list[str] = []
    replies: list[Reply] = []
    for number, written in enumerate(case.steps):
        step = _filled(written, known)
        time.sleep(step.get("waitMs", 0) / 1000)
        answered, wrong = _step(base_url, step, replies)
        replies.append(answered[0])
        label = f"step {number}: " if len(case.steps) > 1 else ""
        found += [label + text for text in wrong]
        late += [label + text for reply in answered for text in lateness(step["expect"], reply)]
    return found, late


def _step(base_url: str, step: dict[str, Any], earlier: list[Reply]) -> tuple[list[Reply], list[str]]:
    request, expect = step["request"], step["expect"]
    patience = time.monotonic() + _LOG_PATIENCE
    while True:
        replies = _send(base_url, request)
        wrong = [text for reply in replies for text in differences(expect, reply, earlier)]
        if expect.get("allBodiesEqual") and len({reply.body for reply in replies}) > 1:
            wrong.append("the bodies are not all equal")
        asked_again = request["path"] == _LOG and request["method"] == "GET" and time.monotonic() < patience
        if not wrong or not asked_again:
            return replies, wrong
        time.sleep(0.05)


def _send(base_url: str, request: dict[str, Any]) -> list[Reply]:
    times = request.get("concurrent", 1)
    if times == 1:
        return [send(base_url, request)]
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(lambda _: send(base_url, request), range(times)))


def _case(written: dict[str, Any]) -> Case:
    return Case(
        id=written["id"],
        area=written["area"],
        verdict=written["verdict"],
        why=written.get("why", ""),
        was=written.get("was", ""),
        ours=written.get("ours", ""),
        serve=tuple(written.get("serve", ())),
        steps=() if written["verdict"] == "skip" else tuple(_steps(written)),
    )


def _steps(written: dict[str, Any]) -> Iterator[dict[str, Any]]:
    steps = written.get("steps") or [{"request": written["request"], "expect": written["expect"]}]
    ours = written.get("expect_ours")
    if written["verdict"] == "ours" and ours is None:
        raise ValueError(f"{written['id']} is `ours`, and has no expect_ours")
    if not isinstance(ours, list):
        ours = [ours] * len(steps)
    for number, (step, expected) in enumerate(zip(steps, ours, strict=True)):
        yield {
            **step,
            "request": renamed(step["request"]),
            "expect": translated(step["expect"], first=number == 0) if expected is None else expected,
        }


def _filled(value: Any, known: dict[str, str]) -> Any:
    """`value` with its placeholders filled in."""
    if isinstance(value, str):
        for placeholder, text in known.items():
            value = value.replace(placeholder, text)
        return value
    if isinstance(value, list):
        return [_filled(item, known) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, known) for key, item in value.items()}
    return value
