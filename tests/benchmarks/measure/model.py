"""POST of a JSON model: requests per second beside FastAPI."""

from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.side_by_side import throughput
from tests.benchmarks.summary import Samples

OURS, FASTAPI = "ours_model.ipy", "fastapi_model.py"
PRODUCT = (
    '{"name":"Lamp","price":30.5,"tags":["new","red"],'
    '"sizes":{"small":{"width":10.0,"height":25.5},"large":{"width":20.0,"height":51.0}},"note":"Überlänge"}'
)


def measure(settings: Settings) -> dict[str, Samples]:
    """Send a product that has everything, and get it back."""
    rates = throughput("model", [OURS, FASTAPI], settings, target="/products", json=PRODUCT)
    return {"model": Samples(rates[OURS], rates[FASTAPI])}
