"""The local isolate of the edge: a project in WebAssembly, in a process that may do next to nothing.

    with Isolate(Path("shop")) as isolate:
        httpx2.get(f"{isolate.url}/products/1")

Deno comes from PyPI with the extra `edge`; Pyodide is fetched once by Deno, pinned. `host.mjs` and `isolate.mjs` run in
Deno, `inside.py` in Pyodide, all else in the Python that asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.lazy import lazily

if TYPE_CHECKING:
    from notebook_routes.project.isolate.engine import Engine
    from notebook_routes.project.isolate.limits import IsolateLimits
    from notebook_routes.project.isolate.process import Isolate

__all__ = ["Engine", "Isolate", "IsolateLimits"]

_PLACES = {"Isolate": "process", "IsolateLimits": "limits", "Engine": "engine"}
__getattr__ = lazily(__name__, _PLACES)
