"""Requests per second of several contestants that give the same answer, in turn, round after round."""

from collections.abc import Mapping
from contextlib import ExitStack

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import Kernel
from tests.benchmarks.load import ask, requests_per_second
from tests.benchmarks.measure.settings import Settings


def throughput(
    what: str,
    scripts: list[str],
    settings: Settings,
    *,
    target: str,
    json: str | None = None,
    headers: tuple[str, ...] = (),
) -> dict[str, list[float]]:
    """Load each contestant in a kernel of its own.

    Args:
        what: how the progress calls it.
        scripts: the contestants, files in `contestants/`.
        settings: rounds and seconds.
        target: path and query that are asked for.
        json: sent with POST; None for GET.
        headers: those of the answer that must be equal too.

    Returns:
        The requests per second of each contestant, round by round.

    Raises:
        BenchmarkError: two contestants answer differently, or one failed.
    """
    rates: dict[str, list[float]] = {script: [] for script in scripts}
    with ExitStack() as stack:
        kernels = [stack.enter_context(Kernel(script)) for script in scripts]
        urls = {kernel.name: str(kernel.value("url")) + target for kernel in kernels}
        check_equal(urls, json=json, headers=headers)
        for url in urls.values():
            requests_per_second(url, seconds=1, json=json)
        for _, order in settings.each_round(what, scripts):
            for script in order:
                rates[script].append(requests_per_second(urls[script], seconds=settings.seconds, json=json))
    return rates


def check_equal(urls: Mapping[str, str], *, json: str | None = None, headers: tuple[str, ...] = ()) -> None:
    """Check that all contestants give the same answer.

    Raises:
        BenchmarkError: two differ, or none is a 200.
    """
    answers = {name: ask(url, json=json, headers=headers) for name, url in urls.items()}
    if len(set(answers.values())) > 1:
        raise BenchmarkError(f"the contestants' answers differ: {answers}")
    if any(answer.status != 200 for answer in answers.values()):
        raise BenchmarkError(f"the contestants do not answer: {answers}")
