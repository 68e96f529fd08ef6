"""Serving while a pure-Python cell runs in the same kernel, and what that costs the cell."""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import Kernel
from tests.benchmarks.load import one_client, requests_per_second
from tests.benchmarks.measure.idle import FASTAPI, OURS, PATH
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.side_by_side import check_equal
from tests.benchmarks.summary import Samples

T = TypeVar("T")
# The ends of a window are left out: the loader's start, and the switch interval coming back.
TRIM = 0.4
UNSERVED_SECONDS = 1.5
SEQUENTIAL_SECONDS = 2.0


def measure(settings: Settings) -> dict[str, Samples]:
    """Take every figure of the busy kernel once in each round."""
    figures: defaultdict[str, list[float]] = defaultdict(list)
    with Kernel(OURS) as ours, Kernel(FASTAPI) as fastapi, Kernel(FASTAPI) as logging, Kernel() as empty:
        urls = {kernel: str(kernel.value("url")) + PATH for kernel in (ours, fastapi)}
        urls[logging] = str(logging.value("serve(app, as_it_comes=True)")) + PATH
        check_equal({f"{kernel.name} {url}": url for kernel, url in urls.items()})
        for kernel in (ours, fastapi, logging, empty):
            kernel.run_script("counting.py")

        def load(kernel: Kernel, name: str) -> None:
            url = urls[kernel]
            rate, speed = while_counting(kernel, lambda: requests_per_second(url, seconds=settings.seconds))
            figures[name].append(rate)
            figures[f"{name} cell"].append(speed)

        def leave_alone(kernel: Kernel, name: str) -> None:
            figures[name].append(while_counting(kernel, lambda: time.sleep(UNSERVED_SECONDS))[1])

        def ask_one_by_one() -> None:
            url = urls[ours]
            times, _ = while_counting(ours, lambda: one_client(url, seconds=SEQUENTIAL_SECONDS))
            figures["p50"].append(times["p50"])

        steps: list[Callable[[], None]] = [
            lambda: load(ours, "ours"),
            lambda: leave_alone(ours, "unserved"),
            lambda: leave_alone(empty, "empty"),
            lambda: load(fastapi, "fastapi"),
            lambda: load(logging, "logging"),
            ask_one_by_one,
        ]
        for _, order in settings.each_round("busy", steps):
            for step in order:
                step()
    return {
        "busy-fastapi": Samples(figures["ours"], figures["logging"]),
        "busy-quiet": Samples(figures["ours"], figures["fastapi"]),
        "busy-served": Samples(figures["ours cell"], figures["unserved"]),
        "busy-unserved": Samples(figures["unserved"], figures["empty"]),
        "busy-p50": Samples(figures["p50"]),
    }


def while_counting(kernel: Kernel, action: Callable[[], T]) -> tuple[T, float]:
    """Do something while the counting cell runs in `kernel`.

    Returns:
        What the action returned, and the cell's own speed meanwhile in millions of iterations per second.
    """
    request = kernel.send("busy_marks = count_until_interrupted()", expression="busy_marks")
    try:
        kernel.wait_until_running(request)
        start = time.monotonic()
        result = action()
        end = time.monotonic()
    finally:
        kernel.interrupt()
    # The clock is the machine's: it reads the same in both processes.
    return result, speed_between(start + TRIM, end - TRIM, json.loads(kernel.wait(request)))


def speed_between(start: float, end: float, marks: list[tuple[float, int]]) -> float:
    """Return the millions of iterations per second between two times of the clock.

    Raises:
        BenchmarkError: the cell was not running all that time.
    """
    within = [mark for mark in marks if start <= mark[0] <= end]
    if len(within) < 2 or marks[0][0] > start or marks[-1][0] < end:
        raise BenchmarkError("the counting cell did not run during the whole load")
    (first_time, first_count), (last_time, last_count) = within[0], within[-1]
    return (last_count - first_count) / (last_time - first_time) / 1e6
