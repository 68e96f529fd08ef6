"""The headers of a request as a server gives them: in bytes, each decoded when it is asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from notebook_routes.web.header_section import header_section
from notebook_routes.web.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_routes.web.header_section import HeaderSection


#: Around a value it is no part of it (RFC 9110 §5.5), and not every parser takes it off.
_SPACE = " \t"


class WireHeaders(Headers):
    """Headers of which a handler mostly reads one or two; for adapters, nothing is checked.

    Args:
        fields: name and value of each, the name in lower case.
        named: the values by name, where no name is there twice; else None.
    """

    __slots__ = ("_decoded", "_fields", "_named")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]], named: Mapping[bytes, bytes] | None) -> None:
        self._fields = fields
        self._named = named
        self._decoded: list[tuple[str, str]] | None = None

    @property
    def _pairs(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """All of them, decoded; from now on they may be changed."""
        if self._decoded is None:
            self._decoded = [(name.decode("latin-1"), field_value(value)) for name, value in self._fields]
            self._named = None
        return self._decoded

    def get(self, name: str, default: Any = None) -> Any:
        """Returns the value of a field, several joined by ", "; `default` where there is none."""
        named = self._named
        if named is None:
            return super().get(name, default)
        value = named.get(_key(name))
        return default if value is None else value.decode("latin-1").strip(_SPACE)

    def section(self) -> HeaderSection:
        """All fields at once, as they are now."""
        return header_section(tuple(self._pairs))

    def __repr__(self) -> str:
        return repr(self.copy())


def field_value(value: bytes) -> str:
    """A value without the space around it."""
    return value.decode("latin-1").strip(_SPACE)


@lru_cache(maxsize=256)
def _key(name: str) -> bytes:
    return name.lower().encode(errors="replace")
