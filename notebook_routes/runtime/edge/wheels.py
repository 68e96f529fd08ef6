"""Whether a package can be taken into an edge isolate, as far as what is installed here tells."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING

from notebook_routes.runtime.edge.tables import EDGE_WHEELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SUFFIXES = tuple(EXTENSION_SUFFIXES)
#: Folders of a package that are looked through; compiled code stands near the top.
_FOLDERS = 400


def is_native(module: str) -> bool:
    """Whether a module is of an installed package that has compiled code, and no wheel for the isolate is known."""
    top = module.partition(".")[0]
    return top not in sys.stdlib_module_names and top not in EDGE_WHEELS and _is_compiled(top)


@cache
def _is_compiled(top: str) -> bool:
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        # A module that was made by hand has no place.
        return False
    if spec is None:
        return False
    if spec.origin is not None and spec.origin.endswith(_SUFFIXES):
        return True
    return any(name.endswith(_SUFFIXES) for name in _files(spec.submodule_search_locations or ()))


def _files(folders: Iterable[str]) -> Iterator[str]:
    count = 0
    for folder in folders:
        for _, _, names in os.walk(folder):
            yield from names
            count += 1
            if count >= _FOLDERS:
                return
