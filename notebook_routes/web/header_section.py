"""All fields of a message at once, for those who write it: found out once for all messages that have the same."""

from __future__ import annotations

from functools import lru_cache


class HeaderSection:
    """The header section of a message (RFC 9110 §6.3).

    Args:
        fields: name and value of each, the name in lower case, in their order.

    Attributes:
        fields: as given.
        names: each name once.
        encoded: the fields in bytes; None where a name is there twice, since most fields are to be joined then.
    """

    __slots__ = ("encoded", "fields", "names")

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        self.fields = fields
        self.names = frozenset([name for name, _ in fields])
        self.encoded: tuple[tuple[bytes, bytes], ...] | None = None
        if len(self.names) == len(fields):
            self.encoded = tuple([(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields])


@lru_cache(maxsize=512)
def header_section(fields: tuple[tuple[str, str], ...]) -> HeaderSection:
    """The section that consists of these fields."""
    return HeaderSection(fields)
