"""From sending a `%%route` cell until its new answer has come."""

import statistics
import time

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import Kernel
from tests.benchmarks.load import ask
from tests.benchmarks.measure.idle import OURS
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.summary import Samples

CELLS_PER_ROUND = 5


def measure(settings: Settings) -> dict[str, Samples]:
    """Run the same cell with another answer again and again, as a person does who is editing it."""
    times: list[float] = []
    with Kernel(OURS) as kernel:
        url = f"{kernel.value('url')}/latest"
        until_answered(kernel, url, "first")
        for turn, _ in settings.each_round("cell", [kernel]):
            cells = [until_answered(kernel, url, f"{turn}-{number}") for number in range(CELLS_PER_ROUND)]
            times.append(statistics.median(cells))
    return {"cell": Samples(times)}


def until_answered(kernel: Kernel, url: str, version: str) -> float:
    """Run one cell, wait for its reply, send one request.

    Returns:
        Milliseconds of all that.

    Raises:
        BenchmarkError: the answer is not the new one.
    """
    start = time.perf_counter()
    kernel.run(f"%%route GET /latest\n{version!r}\n", cell_id="latest")
    answer = ask(url)
    milliseconds = (time.perf_counter() - start) * 1000
    if answer.status != 200 or answer.body.decode() != version:
        raise BenchmarkError(f"{url} answers {answer}, not the cell's {version!r}")
    return milliseconds
