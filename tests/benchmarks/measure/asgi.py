"""A tree of files on uvicorn beside others, with one worker and with two."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.load import requests_per_second
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.side_by_side import check_equal
from tests.benchmarks.ports import free_port
from tests.benchmarks.program import answering
from tests.benchmarks.summary import Samples

ROUTE = 'async def GET(id):\n    return {"id": id, "name": "Lamp", "price": 30}\n'
TARGET = "/products/7"
OURS, STARLETTE, FASTAPI = "ours", "starlette", "fastapi"
_APPS = {
    OURS: ["--factory", "notebook_routes.asgi:create_app"],
    STARLETTE: ["tests.benchmarks.contestants.starlette_app:app"],
    FASTAPI: ["tests.benchmarks.contestants.fastapi_app:app"],
}
_ROUTES = 200


def measure(settings: Settings) -> dict[str, Samples]:
    """Compare requests per second on uvicorn, and what a second worker brings."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("products", *(f"r{number}" for number in range(1, _ROUTES))):
            file = root / "app" / name / "[id]" / "route.py"
            file.parent.mkdir(parents=True)
            file.write_text(ROUTE, encoding="utf-8")
        one = _rates(settings, root, list(_APPS), workers=1)
        two = _rates(settings, root, [OURS, STARLETTE], workers=2)
        gains = {name: [more / less for more, less in zip(two[name], one[name], strict=True)] for name in two}
        return {
            "asgi-starlette": Samples(one[OURS], one[STARLETTE]),
            "asgi-fastapi": Samples(one[OURS], one[FASTAPI]),
            "asgi-workers": Samples(gains[OURS], gains[STARLETTE]),
        }


def _rates(settings: Settings, root: Path, names: list[str], *, workers: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as stack:
        urls = {name: stack.enter_context(_uvicorn(_APPS[name], root, workers)) + TARGET for name in names}
        check_equal(urls)
        for _, order in settings.each_round(f"uvicorn with {workers}", names):
            for name in order:
                rates[name].append(requests_per_second(urls[name], seconds=settings.seconds))
    return rates


@contextmanager
def _uvicorn(app: list[str], root: Path, workers: int) -> Iterator[str]:
    port = free_port()
    options = ["--port", str(port), "--workers", str(workers), "--no-access-log", "--log-level", "warning"]
    url = f"http://127.0.0.1:{port}"
    with answering(["uvicorn", *app, *options], url + TARGET, environment={"NOTEBOOK_ROUTES_DIR": str(root)}):
        yield url
