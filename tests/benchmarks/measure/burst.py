"""1,000 clients ask at once for an answer that nobody has yet: in the kernel, and at four processes with Redis."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.kernel import CONTESTANTS, Kernel
from tests.benchmarks.load import burst
from tests.benchmarks.measure.hit import OURS
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.redis import NO_REDIS, redis_server
from tests.benchmarks.served import Served
from tests.benchmarks.summary import Samples

CLIENTS = 1000
PROCESSES = 4


def measure(settings: Settings) -> dict[str, Samples | str]:
    """Ask for another answer in each round."""
    with Kernel(OURS) as kernel:
        runs, times = rounds("burst", settings, [str(kernel.value("url"))], lambda: int(kernel.value("runs['slow']")))
    found: dict[str, Samples | str] = {"burst-runs": runs, "burst-time": times}
    with redis_server() as server:
        if server is None:
            return found | {"burst-shared-runs": NO_REDIS, "burst-shared-time": NO_REDIS}
        with four_processes(server.url) as (urls, count):
            runs, times = rounds("burst-shared", settings, urls, count)
    return found | {"burst-shared-runs": runs, "burst-shared-time": times}


def rounds(what: str, settings: Settings, urls: list[str], count: Callable[[], int]) -> tuple[Samples, Samples]:
    """Return the runs of the handler, and the milliseconds until the last answer, of each round."""
    burst([f"{url}/slow/first" for url in urls], clients=len(urls))
    runs, times = [], []
    for turn, _ in settings.each_round(what, urls):
        before = count()
        times.append(burst([f"{url}/slow/{turn}" for url in urls], clients=CLIENTS)["last"])
        runs.append(float(count() - before))
    return Samples(runs), Samples(times)


@contextmanager
def four_processes(cache: str) -> Iterator[tuple[list[str], Callable[[], int]]]:
    """Serve one project by four processes, each on a port of its own; yield the addresses, and what counts its runs."""
    with ExitStack() as stack:
        project = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-project-")))
        runs = project / "runs"
        runs.touch()
        route = project / "app" / "slow" / "[id]" / "route.py"
        route.parent.mkdir(parents=True)
        shutil.copyfile(CONTESTANTS / "slow_route.py", route)
        served = [
            stack.enter_context(Served(project, cache=cache, environment={"BENCHMARK_RUNS": str(runs)}))
            for _ in range(PROCESSES)
        ]
        yield [process.url for process in served], lambda: len(runs.read_text(encoding="utf-8").splitlines())
