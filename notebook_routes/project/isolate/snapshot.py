"""The snapshot of an isolate that has booted: starting from it takes a tenth of the time.

It fits one engine and one version of our package; others are thrown away.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.project.isolate.engine import cache_folder, made_folder
from notebook_routes.project.isolate.target import PYODIDE

if TYPE_CHECKING:
    from notebook_routes.project.isolate.engine import Engine

_MADE_BY = Path(__file__).with_name("isolate.mjs")
#: Two projects may use two versions of ours.
_KEPT = 3


def snapshot_file(engine: Engine, core: bytes) -> Path:
    """Where the snapshot for this engine and this package is, or is to be; its folder is there."""
    what = hashlib.sha256(f"{PYODIDE}\n{engine.version}\n{engine.deno}\n".encode())
    what.update(core)
    what.update(_MADE_BY.read_bytes())
    folder = made_folder(cache_folder() / "snapshots")
    return folder / f"{what.hexdigest()[:24]}.bin"


def keep(draft: Path, place: Path) -> None:
    """Move what was made to its place, in one step, and throw all but the newest of its kind away."""
    draft.replace(place)
    found = sorted(place.parent.glob(f"*{place.suffix}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in found[_KEPT:]:
        # Another process may have been quicker or, on Windows, may be reading it.
        with suppress(OSError):
            old.unlink()
