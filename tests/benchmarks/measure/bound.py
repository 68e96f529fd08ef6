"""What a cache in memory holds while 10 GB of distinct answers pass through it; only `--with bulk`."""

from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.program import run_program
from tests.benchmarks.summary import Samples

TOTAL_BYTES = 10 * 1000**3
SECONDS = 3600
NOT_ASKED_FOR = "skipped: takes minutes; `--with bulk` runs it"


def measure(settings: Settings) -> dict[str, Samples | str]:
    """Run the program once, however many rounds there are."""
    if not settings.bulk:
        return {"bound-over": NOT_ASKED_FOR, "bound-memory": NOT_ASKED_FOR}
    found = run_program("kept_bound.py", f"--bytes={TOTAL_BYTES}", timeout=SECONDS)
    return {
        "bound-over": Samples([found["over"]]),
        "bound-memory": Samples([found["resident"]], [found["limit"]]),
    }
