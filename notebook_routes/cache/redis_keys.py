"""What things are called in Redis, after the prefix that all keys begin with."""

from __future__ import annotations

#: The keys of all entries begin with it.
ENTRIES = b"e:"
#: The keys of all marks, and the fields of an entry that are its tags.
TAGS = b"t:"
_LEASES = b"l:"


def entry_key(key: str) -> bytes:
    """The hash of an entry."""
    return ENTRIES + _bytes(key)


def tag_field(tag: str) -> bytes:
    """A tag as a field of an entry, and the key of its mark."""
    return TAGS + _bytes(tag)


def lease_key(key: str) -> bytes:
    """Who makes the entry of a key."""
    return _LEASES + _bytes(key)


def key_of(name: bytes) -> str:
    """The key that `entry_key` was called with."""
    return name.removeprefix(ENTRIES).decode("utf-8", "surrogatepass")


def _bytes(text: str) -> bytes:
    # A key may hold what no URL should: half of a surrogate pair.
    return text.encode("utf-8", "surrogatepass")
