"""Aliases that cross floors."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any, TypeAlias

#: What a dynamic segment gives: one decoded segment, or a list of them for a catch-all.
ParamValue: TypeAlias = str | list[str]
#: The dynamic segments of a request by name; empty for a static path.
Params: TypeAlias = Mapping[str, ParamValue]
#: What `Headers(...)` accepts.
HeadersInit: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
#: A body in pieces.
ByteStream: TypeAlias = AsyncIterable[bytes]
#: What a handler may return; `runtime.negotiate` says how each becomes a response.
Answer: TypeAlias = Any
