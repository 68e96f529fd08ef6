"""Typed parameters: requests per second beside FastAPI."""

from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.side_by_side import throughput
from tests.benchmarks.summary import Samples

OURS, FASTAPI = "ours_typed.ipy", "fastapi_typed.py"
TARGET = "/products/7?tag=new&tag=red&page=2&sort=price&sale=true"


def measure(settings: Settings) -> dict[str, Samples]:
    """Ask for what has a segment, a list, numbers, a choice, a switch and a header, some of them left to defaults."""
    rates = throughput("typed", [OURS, FASTAPI], settings, target=TARGET)
    return {"typed": Samples(rates[OURS], rates[FASTAPI])}
