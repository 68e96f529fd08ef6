"""What is kept: an answer of a route, the answer to a fetch, or the value of a function, all as status, headers, body.

Written out, for files and Redis, an entry is a line of JSON about it, its body, and a digest of both in front, so that
one that was cut off or changed is known as such.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b

#: Seconds after which an entry is not given out any more, however stale it may be: Next.js's `expireTime`, one year.
EXPIRE = 31_536_000.0
_DIGEST_SIZE = 16
_FORM = b"nbr1"
#: Bytes that an entry takes beside its texts, more or less: the objects around them.
_OVERHEAD = 600


class CorruptEntry(ValueError):
    """The bytes are no entry, or not all of one."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One kept answer or value; it never changes.

    Attributes:
        status: the status code.
        headers: in the order of sending, names in lower case.
        body: the bytes.
        stored: when the run began that made it, seconds since the epoch: what happened to its tags since then counts.
        checked: when that run ended, or a later one failed: `revalidate` counts from then.
        revalidate: seconds for which it is fresh after `checked`; None for ever.
        expire: seconds after `stored` until which it may be given out stale.
        tags: what it is marked by, its path among them.
        excused: when a later run failed; what made the entry stale until then makes it so no more.
        source: the pattern of its route, or how its function was called; for people.
        status_text: the reason phrase, "" for the usual one.
        url: where a fetched answer came from in the end.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    stored: float
    checked: float
    revalidate: float | None = None
    expire: float = EXPIRE
    tags: tuple[str, ...] = ()
    excused: float = 0.0
    source: str = ""
    status_text: str = ""
    url: str = ""

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, more or less."""
        texts = sum(len(name) + len(value) + 100 for name, value in self.headers) + sum(len(t) + 50 for t in self.tags)
        return len(self.body) + texts + _OVERHEAD

    def encode(self) -> bytes:
        """The entry as bytes; `decode` reads them."""
        about = {
            "status": self.status,
            "headers": self.headers,
            "stored": self.stored,
            "checked": self.checked,
            "revalidate": self.revalidate,
            "expire": self.expire,
            "tags": self.tags,
            "excused": self.excused,
            "source": self.source,
            "status_text": self.status_text,
            "url": self.url,
        }
        content = json.dumps(about, separators=(",", ":")).encode() + b"\n" + self.body
        return _FORM + _digest(content) + content

    @classmethod
    def decode(cls, data: bytes) -> CacheEntry:
        """Read what `encode` has written.

        Raises:
            CorruptEntry: it is something else, or not all of it, or was changed since.
        """
        start = len(_FORM) + _DIGEST_SIZE
        content = data[start:]
        if data[: len(_FORM)] != _FORM or data[len(_FORM) : start] != _digest(content):
            raise CorruptEntry("these bytes are no whole entry of this version")
        about, _, body = content.partition(b"\n")
        try:
            read = json.loads(about)
            headers = tuple((str(name), str(value)) for name, value in read.pop("headers"))
            return cls(body=body, headers=headers, tags=tuple(read.pop("tags")), **read)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # Written whole, but by another version.
            raise CorruptEntry(str(error)) from error


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_SIZE).digest()
