"""The snapshot of an isolate that has booted: starting from it takes a tenth of the time.

It fits one engine and one version of our package; others are thrown away.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import ServerError
from notebook_routes.project.isolate.engine import CACHE_VARIABLE, PYODIDE, cache_folder

if TYPE_CHECKING:
    from notebook_routes.project.isolate.engine import Engine

_MADE_BY = Path(__file__).with_name("isolate.mjs")
#: How many are kept: two projects may use two versions of ours.
_KEPT = 3


def snapshot_file(engine: Engine, core: bytes) -> Path:
    """Where the snapshot for this engine and this package is, or is to be; its folder is there."""
    what = hashlib.sha256(f"{PYODIDE}\n{engine.version}\n{engine.deno}\n".encode())
    what.update(core)
    what.update(_MADE_BY.read_bytes())
    folder = cache_folder() / "snapshots"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(f"{folder} cannot be made: {error.strerror}; name another in {CACHE_VARIABLE}") from error
    return folder / f"{what.hexdigest()[:24]}.bin"


def keep(draft: Path, place: Path) -> None:
    """Move a new snapshot to its place, and throw the oldest away."""
    draft.replace(place)
    others = sorted(place.parent.glob("*.bin"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in others[_KEPT:]:
        # Another process may have been quicker, or, on Windows, may be reading it.
        with suppress(OSError):
            old.unlink()
