"""The table that is printed."""

from collections.abc import Sequence

from tests.benchmarks.summary import Outcome, Spread

HEAD = ("row", "what", "against", "ours (IQR)", "other (IQR)", "compared (IQR)", "target", "verdict")
LEFT = 3


def table(outcomes: Sequence[Outcome]) -> str:
    """Lay the outcomes out in columns, with the notes below."""
    lines = [HEAD, *(_cells(outcome) for outcome in outcomes)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    text = [_line(line, widths) for line in lines]
    notes = [f"{outcome.row.key}: {outcome.note}" for outcome in outcomes if outcome.note]
    return "\n".join([text[0], rule, *text[1:], rule, *notes])


def _cells(outcome: Outcome) -> tuple[str, ...]:
    row, samples = outcome.row, outcome.samples
    ours = other = compared = "-"
    if samples is not None and outcome.judged is not None:
        ours = f"{_spread(Spread.of(samples.ours))} {row.unit}"
        unit = "" if samples.against is not None else f" {row.unit}"
        compared = _spread(outcome.judged) + unit
        if samples.against is not None:
            other = f"{_spread(Spread.of(samples.against))} {row.unit}"
    target = f"{row.bound} {row.target:g}" + ("" if row.against else f" {row.unit}")
    return (row.key, row.what, row.against, ours, other, compared, target, outcome.verdict)


def _spread(spread: Spread) -> str:
    return f"{_number(spread.median)} ({_number(spread.iqr)})"


def _number(value: float) -> str:
    """Write three digits that matter, without exponents."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if column < LEFT or column == len(HEAD) - 1 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()
