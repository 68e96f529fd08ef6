"""How a module-form cell sees the notebook.

A cell in module form is a module of its own, so that two cells can both define `GET`. Names that it does not
have are looked up in the notebook at the time of the call, then among Python's builtins. Python itself offers
the place for
this: names that a module lacks are asked of its `__builtins__`, and when that is a *subclass* of dict, every
lookup goes through `__getitem__` (CPython 3.11 to 3.13, specialised bytecode included). C code reads
`__import__` and `__build_class__` from the dict's own storage, which therefore holds the real builtins.

What does not go this way does not see the notebook: `globals()`, pandas' `@name`, DuckDB's table names.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import MutableMapping

#: The name under which a module-form cell holds its `NotebookNames`; `global` writes go through it.
NOTEBOOK = "__notebook__"


class NotebookBuiltins(dict[str, object]):
    """A module's `__builtins__`: the notebook's names, then Python's."""

    def __init__(self, namespace: MutableMapping[str, object]) -> None:
        super().__init__(vars(builtins))
        self._namespace = namespace

    def __getitem__(self, name: str) -> object:
        try:
            return self._namespace[name]
        except KeyError:
            # A KeyError from here is the NameError of the line that asked.
            return vars(builtins)[name]


class NotebookNames:
    """The notebook's names by subscript, for code compiled from `global`; a missing one is a NameError."""

    __slots__ = ("_namespace",)

    def __init__(self, namespace: MutableMapping[str, object]) -> None:
        self._namespace = namespace

    def __getitem__(self, name: str) -> object:
        try:
            return self._namespace[name]
        except KeyError:
            raise _missing(name) from None

    def __setitem__(self, name: str, value: object) -> None:
        self._namespace[name] = value

    def __delitem__(self, name: str) -> None:
        try:
            del self._namespace[name]
        except KeyError:
            raise _missing(name) from None


def _missing(name: str) -> NameError:
    return NameError(f"name '{name}' is not defined in the notebook", name=name)
