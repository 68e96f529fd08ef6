"""Requests per second of the contestants, each in a kernel that does nothing else."""

from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.side_by_side import throughput
from tests.benchmarks.summary import Samples

OURS, BARE, WEB, FASTAPI = "ours.ipy", "bare_tornado.py", "tornado_web.py", "fastapi_uvicorn.py"
PATH = "/products/1"


def measure(settings: Settings) -> dict[str, Samples]:
    """Load ours, bare Tornado, tornado.web and FastAPI in turn."""
    rates = throughput("idle", [OURS, BARE, WEB, FASTAPI], settings, target=PATH)
    return {
        "idle-bare": Samples(rates[OURS], rates[BARE]),
        "idle-web": Samples(rates[OURS], rates[WEB]),
        "idle-fastapi": Samples(rates[OURS], rates[FASTAPI]),
    }
