"""From the figures of the rounds to a verdict."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tests.benchmarks.rows import Row


@dataclass(frozen=True)
class Spread:
    """Median and interquartile range of the rounds."""

    median: float
    iqr: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Summarise one or more figures; a single one has no range."""
        if len(values) == 1:
            return cls(values[0], 0.0)
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, high - low)


@dataclass(frozen=True)
class Samples:
    """One figure for each round, and that round's figure to divide it by (None: judged by itself)."""

    ours: Sequence[float]
    against: Sequence[float] | None = None

    @property
    def compared(self) -> list[float]:
        """The ratio of each round, or the figures themselves."""
        if self.against is None:
            return list(self.ours)
        return [ours / other for ours, other in zip(self.ours, self.against, strict=True)]


@dataclass(frozen=True)
class Outcome:
    """A row with what was measured. `note` says why there are no samples."""

    row: Row
    samples: Samples | None
    note: str = ""

    @property
    def judged(self) -> Spread | None:
        """The figure that the target is held against."""
        if self.samples is None:
            return None
        values = self.samples.compared
        if self.row.judged == "worst":
            return Spread(min(values) if self.row.bound == ">=" else max(values), 0.0)
        return Spread.of(values)

    @property
    def verdict(self) -> str:
        """`ok`, `ok (iqr)` if only the interquartile range reaches the target, `skipped` or `FAIL`."""
        spread = self.judged
        if spread is None:
            return "skipped" if self.note.startswith("skipped") else "FAIL"
        if reaches(spread.median, self.row):
            return "ok"
        return "ok (iqr)" if abs(spread.median - self.row.target) <= spread.iqr else "FAIL"

    def as_json(self) -> dict[str, object]:
        """Return everything that was measured, for `--json`."""
        spread = self.judged
        return {
            "row": self.row.key,
            "what": self.row.what,
            "against": self.row.against,
            "unit": self.row.unit,
            "ours": list(self.samples.ours) if self.samples else None,
            "other": list(self.samples.against) if self.samples and self.samples.against is not None else None,
            "compared": self.samples.compared if self.samples else None,
            "median": spread.median if spread else None,
            "iqr": spread.iqr if spread else None,
            "bound": self.row.bound,
            "target": self.row.target,
            "verdict": self.verdict,
            "note": self.note,
        }


def reaches(value: float, row: Row) -> bool:
    """Say whether the value lies on the right side of the row's target."""
    if row.bound == ">=":
        return value >= row.target
    return value < row.target or (row.bound == "<=" and value == row.target)
