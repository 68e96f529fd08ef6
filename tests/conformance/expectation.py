"""Holding an answer against an expectation: every difference as a sentence."""

import json
import re
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from tests.conformance.client import Reply
from tests.conformance.translation import without_reflection

_SHOWN = 300


def differences(expect: dict[str, Any], reply: Reply, earlier: Sequence[Reply] = ()) -> list[str]:
    """What is not as expected, but for lateness; `earlier` are the answers to the steps before."""
    if not expect:
        return []
    found = []
    status = expect.get("status")
    if status is not None and reply.status != status:
        found.append(f"status {reply.status} instead of {status}: {reply.text[:_SHOWN]!r}")
    for name, value in (expect.get("headers") or {}).items():
        found += _header(name, value, reply)
    if bool(expect.get("incomplete")) != reply.incomplete:
        found.append("the body was cut short" if reply.incomplete else "the body should have been cut short")
    for kind, value in (expect.get("body") or {}).items():
        found += _body(kind, value, reply, earlier)
    timing = expect.get("timing") or {}
    if reply.seconds * 1000 < timing.get("totalAtLeastMs", 0):
        found.append(f"took {reply.seconds * 1000:.0f} ms, which is less than {timing['totalAtLeastMs']}")
    if reply.chunks < timing.get("chunksAtLeast", 0):
        found.append(f"{reply.chunks} chunks instead of {timing['chunksAtLeast']} or more")
    return found


def lateness(expect: dict[str, Any], reply: Reply) -> list[str]:
    """Upper bounds on time that were missed; a busy machine misses one now and then."""
    most = (expect.get("timing") or {}).get("headersWithinMs")
    took = reply.seconds_to_head * 1000
    return [f"the head came after {took:.0f} ms instead of {most}"] if most is not None and took > most else []


def _header(name: str, expected: Any, reply: Reply) -> list[str]:
    lines = reply.values(name)
    got: Any = ", ".join(lines) if lines else None
    if isinstance(expected, dict):
        right = got is not None and re.search(expected["regex"], got) is not None
    elif isinstance(expected, list):
        got, right = lines, lines == expected
    elif name == "content-type" and expected is not None and got is not None:
        right = _media(got) == _media(expected)
    else:
        right = got == expected
    return [] if right else [f"{name}: {got!r} instead of {expected!r}"]


def _media(content_type: str) -> str:
    """Type and charset, not their spelling."""
    return content_type.replace(" ", "").lower()


def _body(kind: str, expected: Any, reply: Reply, earlier: Sequence[Reply]) -> list[str]:
    text = reply.text
    match kind:
        case "json" | "jsonSubset":
            return _json(kind, expected, text)
        case "empty":
            right = reply.body == b""
        case "text":
            right = text == expected
        case "base64":
            right = reply.body == b64decode(expected)
        case "regex":
            right = re.search(expected, text) is not None
        case "contains":
            right = expected in text
        case "notContains":
            right = expected not in text
        case "sameAs":
            right = reply.body == earlier[expected].body
        case "differsFrom":
            right = reply.body != earlier[expected].body
        case _:
            raise ValueError(f"no case says what a body that is {kind!r} looks like")
    return [] if right else [f"body {text[:_SHOWN]!r}, expected {kind} {expected!r}"]


def _json(kind: str, expected: Any, text: str) -> list[str]:
    try:
        got = without_reflection(json.loads(text))
    except ValueError:
        return [f"body {text[:_SHOWN]!r} is no JSON"]
    expected = without_reflection(expected)
    right = got == expected if kind == "json" else _contains(got, expected)
    return [] if right else [f"JSON {json.dumps(got)[:_SHOWN]}, expected {kind} {json.dumps(expected)[:_SHOWN]}"]


def _contains(got: Any, expected: Any) -> bool:
    """Whether every key of `expected` is there; lists have to be equal."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(key in got and _contains(got[key], expected[key]) for key in expected)
    return bool(got == expected)
