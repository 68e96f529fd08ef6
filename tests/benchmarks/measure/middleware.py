"""Three middlewares: requests per second beside Starlette's `BaseHTTPMiddleware`."""

from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.side_by_side import throughput
from tests.benchmarks.summary import Samples

OURS, STARLETTE = "ours_middleware.ipy", "starlette_middleware.py"


def measure(settings: Settings) -> dict[str, Samples]:
    """Ask for what two middlewares add a header to and a third lets pass."""
    rates = throughput(
        "middleware", [OURS, STARLETTE], settings, target="/products/1", headers=("x-served-by", "x-path")
    )
    return {"middleware": Samples(rates[OURS], rates[STARLETTE])}
