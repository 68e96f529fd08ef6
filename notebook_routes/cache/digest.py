"""A name for a key or a file's content, the same in every process."""

from __future__ import annotations

from hashlib import blake2b


def digest_of(key: str) -> str:
    """32 hexadecimal digits that stand for a key."""
    # A key may hold what no URL should: half of a surrogate pair.
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
