"""How large a Worker is, as wrangler uploads it, and what the platform says to that.

https://developers.cloudflare.com/workers/platform/limits/
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from notebook_routes.runtime.edge import Finding
from notebook_routes.tooling.deploy.worker_rules import WORKER_RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Bytes of all that is uploaded, before compression.
MAX_SIZE = 64 << 20
#: Bytes after it, in the free and in the paid plan, as the platform's older pages have them.
MAX_COMPRESSED = {"free": 3_000_000, "paid": 10_000_000}
#: As much as wrangler compresses when it says a size.
_LEVEL = 6


@dataclass(frozen=True)
class UploadSize:
    """The size of some files.

    Attributes:
        files: by path.
    """

    files: Mapping[str, bytes]

    @cached_property
    def total(self) -> int:
        """Bytes in all."""
        return sum(map(len, self.files.values()))

    @cached_property
    def compressed(self) -> int:
        """Bytes of one compressed stream of them."""
        packer = zlib.compressobj(_LEVEL)
        return sum(len(packer.compress(content)) for content in self.files.values()) + len(packer.flush())

    def check(self) -> Iterator[Finding]:
        """What the platform does not take, or may not."""
        refused = too_large({path: len(content) for path, content in self.files.items()})
        if refused is not None:
            yield refused
            return
        over = [
            f"the {plan} plan's {_mega(limit)}" for plan, limit in MAX_COMPRESSED.items() if self.compressed > limit
        ]
        if over:
            what = f"{_mega(self.compressed)} compressed is over {' and '.join(over)}"
            yield Finding(WORKER_RULES["WORKER008"], what, 0)

    def __str__(self) -> str:
        return f"{counted(len(self.files))}, {_mega(self.total)}, {_mega(self.compressed)} compressed"


def too_large(sizes: Mapping[str, int]) -> Finding | None:
    """What is said of files that are too large together, if they are.

    Args:
        sizes: bytes, by path.
    """
    total = sum(sizes.values())
    if total <= MAX_SIZE:
        return None
    path = max(sizes, key=lambda path: sizes[path])
    what = f"{_mega(total)} in all, of which {path} is {_mega(sizes[path])}"
    return Finding(WORKER_RULES["WORKER007"], what, 0, place=path)


def counted(files: int) -> str:
    """A number of files in words, 1 file or 2 files."""
    return "1 file" if files == 1 else f"{files} files"


def _mega(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
