"""How long and how often, and the order of the rounds."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What the command line says.

    Attributes:
        rounds: how often everything is measured.
        seconds: of one load.
        stream_bytes: of one stream.
        bulk: also what takes minutes.
        next: also what needs Next.js from npm.
    """

    rounds: int = 7
    seconds: int = 3
    stream_bytes: int = 1024**3
    bulk: bool = False
    next: bool = False

    def each_round(self, what: str, contestants: Sequence[T]) -> Iterator[tuple[int, list[T]]]:
        """Yield each round's number and order: rotated, so that none is always first."""
        for turn in range(self.rounds):
            print(f"{what}: round {turn + 1} of {self.rounds}", file=sys.stderr, flush=True)
            first = turn % len(contestants)
            yield turn, [*contestants[first:], *contestants[:first]]
