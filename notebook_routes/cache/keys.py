"""Under which key something is kept: all that it depends on, and nothing that a client can choose beside that."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def version_of(*texts: str) -> str:
    """A short digest of source, so that what other code has made is not found."""
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def answer_key(path: str, query: Sequence[tuple[str, str]], *, version: str) -> str:
    """The key of a route's answer.

    Args:
        path: percent-encoded in one spelling, so that no two paths share it and no path has two.
        query: the declared query parameters that were given.
        version: of the code.
    """
    return f"route {version} {path}?{urlencode(query)}" if query else f"route {version} {path}"


def variant_key(key: str, accept: str) -> str:
    """The key of an answer that comes in several forms, by what the client takes."""
    return f"{key} {accept}"


def fetch_key(
    method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes, *, redirect: str = "follow"
) -> str:
    """The key of what another server answers: method, URL, headers and body, and what becomes of a redirect."""
    about = json.dumps([method, url, sorted(headers), redirect]).encode() + b"\n" + body
    return f"fetch {blake2b(about, digest_size=16).hexdigest()}"


def value_key(name: str, version: str, parts: object) -> str:
    """The key of what a function gives for some arguments, which JSON can write."""
    written = json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()
    return f"value {name} {version} {blake2b(written, digest_size=16).hexdigest()}"
