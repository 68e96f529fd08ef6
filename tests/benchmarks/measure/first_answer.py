"""How soon `serve` of many routes answers, from the start of its process on."""

import tempfile
import time
from pathlib import Path

from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.ports import free_port
from tests.benchmarks.program import answering
from tests.benchmarks.summary import Samples

ROUTES = 200
TARGET = "/r7/1?page=2"
BARE = 'async def GET(id):\n    return {"id": id, "name": "Lamp", "price": 30}\n'
SHARED = '"""What the routes share."""\n\nproducts = {"1": {"name": "Lamp", "price": 30}}\norders: list[object] = []\n'
#: As the export writes a notebook of the usual kind: types, a helper, what is shared, two methods.
EXPORTED = '''"""From shop.ipynb."""

from notebook_routes import Response, not_found

from app import _shared


def price_with_tax(price: float) -> float:
    return price * 1.19


def GET(id: int, page: int = 1, q: str | None = None):
    product = _shared.products.get(str(id)) or not_found()
    return {"id": id, "page": page, "q": q, **product, "gross": price_with_tax(product["price"])}


async def POST(id: str, body):
    if not body:
        return Response.json({"error": "empty"}, status=400)
    _shared.orders.append(body)
    return {"orders": len(_shared.orders)}
'''


def measure(settings: Settings) -> dict[str, Samples]:
    """Start both projects in turn; the first starts, which compile what is imported, do not count."""
    trees = {"start-bare": BARE, "start-exported": EXPORTED}
    found: dict[str, list[float]] = {name: [] for name in trees}
    with tempfile.TemporaryDirectory() as folder:
        bytecode = Path(folder) / "bytecode"
        for name, text in trees.items():
            _write(Path(folder) / name, text)
            _first_answer(Path(folder) / name, bytecode)
        for _, order in settings.each_round("serve", list(trees)):
            for name in order:
                found[name].append(_first_answer(Path(folder) / name, bytecode))
    return {name: Samples(milliseconds) for name, milliseconds in found.items()}


def _write(root: Path, text: str) -> None:
    for number in range(ROUTES):
        file = root / "app" / f"r{number}" / "[id]" / "route.py"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    (root / "app" / "_shared.py").write_text(SHARED, encoding="utf-8")


def _first_answer(root: Path, bytecode: Path) -> float:
    """Milliseconds from the start of `serve` until it has answered."""
    # Installed packages are compiled: so it is here, whatever the environment says of writing bytecode.
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(bytecode)}
    port, start = free_port(), time.perf_counter()
    command = ["notebook_routes", "serve", str(root), "--port", str(port)]
    with answering(command, f"http://127.0.0.1:{port}{TARGET}", environment=compiled):
        return (time.perf_counter() - start) * 1000
