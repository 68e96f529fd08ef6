"""Packages that import a module of theirs when a name of it is first asked for (PEP 562).

`%load_ext notebook_routes` has to be quick, and most notebooks need a part of what there is: a cell to compile, an
answer to keep, a middleware. Type checkers read the imports that stand below `if TYPE_CHECKING`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazily(package: str, places: Mapping[str, str]) -> Callable[[str], object]:
    """A package's `__getattr__`.

    Args:
        package: its name.
        places: for each name, the module of the package that has it. No module may be called like a name.
    """

    def find(name: str) -> object:
        place = places.get(name)
        if place is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{place}"), name)
        # From now on it is found without asking here.
        setattr(sys.modules[package], name, value)
        return value

    return find
