"""Requests per second of the contestants, each in a kernel that does nothing else."""

from collections.abc import Mapping
from contextlib import ExitStack

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import Kernel
from tests.benchmarks.load import ask, requests_per_second
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.summary import Samples

OURS, BARE, WEB, FASTAPI = "ours.ipy", "bare_tornado.py", "tornado_web.py", "fastapi_uvicorn.py"
PATH = "/products/1"


def measure(settings: Settings) -> dict[str, Samples]:
    """Load ours, bare Tornado, tornado.web and FastAPI in turn."""
    rates = throughput([OURS, BARE, WEB, FASTAPI], settings)
    return {
        "idle-bare": Samples(rates[OURS], rates[BARE]),
        "idle-web": Samples(rates[OURS], rates[WEB]),
        "idle-fastapi": Samples(rates[OURS], rates[FASTAPI]),
    }


def throughput(scripts: list[str], settings: Settings) -> dict[str, list[float]]:
    """Return the requests per second of each contestant, round by round."""
    rates: dict[str, list[float]] = {script: [] for script in scripts}
    with ExitStack() as stack:
        kernels = [stack.enter_context(Kernel(script)) for script in scripts]
        urls = {kernel.name: str(kernel.value("url")) + PATH for kernel in kernels}
        check_equal(urls)
        for url in urls.values():
            requests_per_second(url, seconds=1)
        for _, order in settings.each_round("idle", scripts):
            for script in order:
                rates[script].append(requests_per_second(urls[script], seconds=settings.seconds))
    return rates


def check_equal(urls: Mapping[str, str]) -> None:
    """Check that all contestants give the same answer.

    Raises:
        BenchmarkError: two differ.
    """
    answers = {name: ask(url) for name, url in urls.items()}
    if len(set(answers.values())) > 1:
        raise BenchmarkError(f"the contestants' answers differ: {answers}")
