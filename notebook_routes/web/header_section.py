"""All fields of a message at once, for those who write it: found out once for all messages that have the same."""

from __future__ import annotations

import re
from functools import lru_cache

# RFC 9110 §5.5: a field value has no CTL but HTAB. The Fetch standard takes most of them, servers do not send them.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OF_THE_BODY = ("content-length", "etag")


class HeaderSection:
    """The header section of a message (RFC 9110 §6.3).

    Args:
        fields: name and value of each, the name in lower case, in their order.

    Attributes:
        fields: as given.
        names: each name once.
        encoded: the fields in bytes; None where a name is there twice, since most fields are to be joined then.
        unsendable: the name of a field whose value has a control character; None where all can be sent.
        is_plain: whether it is sent as it is: nothing in it concerns the body, or cannot be sent.
    """

    __slots__ = ("encoded", "fields", "is_plain", "names", "unsendable")

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        self.fields = fields
        self.names = frozenset([name for name, _ in fields])
        self.unsendable = next((name for name, value in fields if _CONTROL.search(value)), None)
        self.is_plain = self.unsendable is None and self.names.isdisjoint(_OF_THE_BODY)
        self.encoded: tuple[tuple[bytes, bytes], ...] | None = None
        if len(self.names) == len(fields):
            self.encoded = tuple([(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields])


#: Of an answer that is JSON and says nothing else.
JSON_SECTION = HeaderSection((("content-type", "application/json"),))


@lru_cache(maxsize=512)
def header_section(fields: tuple[tuple[str, str], ...]) -> HeaderSection:
    """The section that consists of these fields."""
    return HeaderSection(fields)
