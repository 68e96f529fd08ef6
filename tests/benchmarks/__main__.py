"""The benchmark: `python -m tests.benchmarks`, from the repository's root.

It needs the `test` and `bench` extras (a redis-server and redis-py; FastAPI on `uvicorn[standard]`), and uses `wrk` if
that is installed. With `--with next` it installs Next.js from npm into a folder that is gone afterwards. Every
contestant runs in a process of its own, most in a real kernel; all are driven by the same loader, in turn, round after
round; the figures of one round are divided by each other, and the medians of those ratios are held against the targets.
Exit status 1 if one fails.
"""

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.load import CONNECTIONS, loader
from tests.benchmarks.measure import (
    asgi,
    bound,
    burst,
    busy,
    cell,
    first_answer,
    hit,
    idle,
    load_ext,
    match,
    middleware,
    model,
    next_js,
    stream,
    tags,
    typed,
)
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.rows import ROWS, Row
from tests.benchmarks.summary import Outcome, Samples
from tests.benchmarks.table import table

GROUPS: Mapping[str, Callable[[Settings], Mapping[str, Samples | str]]] = {
    "idle": idle.measure,
    "typed": typed.measure,
    "middleware": middleware.measure,
    "model": model.measure,
    "busy": busy.measure,
    "stream": stream.measure,
    "match": match.measure,
    "cell": cell.measure,
    "load": load_ext.measure,
    "hit": hit.measure,
    "next": next_js.measure,
    "burst": burst.measure,
    "tags": tags.measure,
    "bound": bound.measure,
    "asgi": asgi.measure,
    "start": first_answer.measure,
}
BULK_BYTES = 8 * 1024**3


def main() -> int:
    """Measure, print the table, return the exit status."""
    given = arguments()
    # Ended by another program, clean up as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = [row for row in ROWS if not given.only or row.key in given.only or row.group in given.only]
    settings = Settings(
        rounds=given.rounds,
        seconds=given.seconds,
        stream_bytes=BULK_BYTES if "bulk" in given.extra else Settings.stream_bytes,
        bulk="bulk" in given.extra,
        next="next" in given.extra,
    )
    print(heading(settings), flush=True)
    start = time.monotonic()
    outcomes = [outcome for group in GROUPS for outcome in measured(group, rows, settings)]
    print(table(outcomes))
    print(f"{time.monotonic() - start:.0f} s")
    if given.json:
        report = {"heading": heading(settings), "rows": [outcome.as_json() for outcome in outcomes]}
        given.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return int(any(outcome.verdict == "FAIL" for outcome in outcomes))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure what must be reached.")
    names = sorted({row.key for row in ROWS} | set(GROUPS))
    parser.add_argument("--rounds", type=positive, default=Settings.rounds, help="default: %(default)s")
    parser.add_argument("--seconds", type=positive, default=Settings.seconds, help="of each load; default: %(default)s")
    parser.add_argument("--only", action="append", choices=names, metavar="ROW", help="; ".join(names))
    parser.add_argument(
        "--with",
        dest="extra",
        type=extras,
        default=(),
        metavar="NAME",
        help="bulk: streams of 8 GiB instead of 1 GiB, and 10 GB of kept answers; next: beside Next.js, from npm",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every round")
    return parser.parse_args()


def positive(text: str) -> int:
    """Read a number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def extras(text: str) -> tuple[str, ...]:
    """Read the names given to `--with`."""
    names = tuple(text.split(","))
    for name in names:
        if name not in ("bulk", "next"):
            raise argparse.ArgumentTypeError(f"{name!r} is unknown; there are bulk and next")
    return names


def heading(settings: Settings) -> str:
    """Say what is measured with what."""
    packages = " ".join(
        f"{name} {version(name)}" for name in ("tornado", "fastapi", "starlette", "uvicorn", "ipykernel")
    )
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} processors, {packages}\n"
        f"loader: {loader()}, {CONNECTIONS} connections\n"
        f"{settings.rounds} rounds, interleaved; loads of {settings.seconds} s, "
        f"streams of {settings.stream_bytes / 1024**3:g} GiB\n"
    )


def measured(group: str, rows: list[Row], settings: Settings) -> list[Outcome]:
    """Measure the wanted rows of one group. What cannot be measured has failed; the others go on."""
    wanted = [row for row in rows if row.group == group]
    if not wanted:
        return []
    try:
        found = GROUPS[group](settings)
    except BenchmarkError as error:
        note = " ".join(str(error).split())
        print(note, file=sys.stderr, flush=True)
        return [Outcome(row, None, note) for row in wanted]
    outcomes = []
    for row in wanted:
        samples = found[row.key]
        if isinstance(samples, str):
            outcomes.append(Outcome(row, None, samples))
        else:
            outcomes.append(Outcome(row, samples))
    return outcomes


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; every process that was started has been stopped")
