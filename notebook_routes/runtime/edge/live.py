"""The check of code whose names have values by now: a cell in its notebook, a file that has been imported.

A name may be a module, a function of a library, or a function of the user's own. The last is checked as well, where its
source is known, and the functions that it calls; so are the modules of the user's, as far as they do something while
they load. What a value was once made from is not seen here: the export, which writes that too, checks it.
"""

from __future__ import annotations

import functools
import inspect
import pathlib
import sys
import textwrap
import types
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from notebook_routes.errors import CellError
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.edge.check import check_text
from notebook_routes.runtime.edge.meaning import public_name
from notebook_routes.runtime.edge.tables import CALLS, CLOCK, RANDOMNESS
from notebook_routes.runtime.loop_watch import is_users_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_routes.runtime.edge.check import Checked
    from notebook_routes.runtime.edge.finding import Finding

_Code: TypeAlias = "types.FunctionType | types.ModuleType"
_MISSING = object()
#: Pieces of code that are followed from one route; a notebook's helpers are few.
_LIMIT = 500


class LiveNames:
    """What the names of a namespace mean, by their values."""

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._namespace = namespace

    def dotted(self, name: str) -> str | None:
        """The public name of a module or of a library's function; "pathlib.Path()" for an object, "" for plain data."""
        value = self._namespace.get(name, _MISSING)
        if value is _MISSING:
            return None
        if isinstance(value, types.ModuleType):
            return "os.path" if value is sys.modules.get("os.path") else value.__name__
        known = _known_functions().get(id(value))
        if known is not None:
            return known
        kind = value if isinstance(value, type) else type(value)
        if isinstance(value, pathlib.PurePath):
            return "pathlib.Path()"
        if isinstance(value, type) and issubclass(value, pathlib.PurePath) and value.__module__.startswith("pathlib"):
            # In Python 3.13 they say that they are of "pathlib._local".
            return f"pathlib.{value.__qualname__}"
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)):
            return public_name(f"{value.__module__}.{value.__qualname__}") if value.__module__ else ""
        return "" if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}()"


def check_live(
    text: CellText,
    namespace: Mapping[str, object],
    *,
    in_function: bool,
    place: str = "",
    name_file: Callable[[str], str] = str,
) -> list[Finding]:
    """Check a text, and the user's own functions and modules that its names stand for.

    Args:
        text: the code.
        namespace: the values of names that it does not bind itself.
        in_function: as for `check_text`.
        place: the same.
        name_file: what people call the file of a function.

    Raises:
        CellError: it is no Python.
    """
    checked = check_text(text, in_function=in_function, outside=LiveNames(namespace), place=place)
    walk = _Walk(name_file)
    walk.follow(checked, namespace)
    return [*checked.findings, *walk.run()]


@dataclass
class _Walk:
    """Goes from the names that a text uses to the code that they stand for, and on."""

    name_file: Callable[[str], str]
    findings: list[Finding] = field(default_factory=list)
    _todo: deque[_Code] = field(default_factory=deque)
    _seen: set[int] = field(default_factory=set)

    def follow(self, checked: Checked, namespace: Mapping[str, object]) -> None:
        for chain in sorted(checked.chains):
            for code in (code for value in _along(chain, namespace, checked.imports) for code in _codes_of(value)):
                if id(code) not in self._seen and len(self._seen) < _LIMIT:
                    self._seen.add(id(code))
                    self._todo.append(code)

    def run(self) -> list[Finding]:
        """Check all of it; the findings."""
        while self._todo:
            code = self._todo.popleft()
            try:
                lines, first = inspect.getsourcelines(code)
                text = CellText.read(textwrap.dedent("".join(lines)), first_line=max(first, 1))
                self._check(code, text)
            except (OSError, TypeError, CellError):
                # Nobody knows how it was written: the guard sees what it does.
                continue
        return self.findings

    def _check(self, code: _Code, text: CellText) -> None:
        is_module = isinstance(code, types.ModuleType)
        namespace = vars(code) if is_module else code.__globals__
        place = self.name_file(inspect.getfile(code)).strip("<>")
        outside = LiveNames(namespace)
        checked = check_text(text, in_function=False, outside=outside, place=place, functions=not is_module)
        self.findings += checked.findings
        self.follow(checked, namespace)


def _along(chain: tuple[str, ...], namespace: Mapping[str, object], imports: Mapping[str, str]) -> list[object]:
    """The values on the way of `shop.db.load`, as far as they can be had without running anything."""
    found: list[object] = []
    if chain[0] in namespace:
        found = [namespace[chain[0]]]
    elif chain[0] in imports:
        found = _imported(imports[chain[0]])
    for word in chain[1:] if found else ():
        value = _attribute(found[-1], word)
        if value is _MISSING:
            break
        found.append(value)
    return found


def _imported(name: str) -> list[object]:
    """The module of a dotted name, and what the name means in it, if that module is loaded."""
    module, _, last = name.rpartition(".")
    if name in sys.modules:
        return [sys.modules[name]]
    value = _attribute(sys.modules[module], last) if module in sys.modules else _MISSING
    return [] if value is _MISSING else [sys.modules[module], value]


def _attribute(owner: object, word: str) -> object:
    if isinstance(owner, types.ModuleType):
        return vars(owner).get(word, _MISSING)
    return inspect.getattr_static(owner, word, _MISSING)


def _codes_of(value: object) -> list[_Code]:
    """The functions or the module of the user's that a value is; of a class its methods; nothing for all else."""
    if isinstance(value, functools.partial):
        value = value.func
    if isinstance(value, (staticmethod, classmethod, types.MethodType)):
        value = value.__func__
    if callable(value) and callable(inspect.getattr_static(value, "__wrapped__", None)):
        value = inspect.unwrap(value)
    if isinstance(value, type):
        inside = [getattr(each, "__func__", each) for each in vars(value).values()]
        return [each for each in inside if isinstance(each, types.FunctionType) and _is_users(each)]
    if isinstance(value, (types.FunctionType, types.ModuleType)) and _is_users(value):
        return [value]
    return []


def _is_users(code: _Code) -> bool:
    file = code.__code__.co_filename if isinstance(code, types.FunctionType) else getattr(code, "__file__", None)
    return isinstance(file, str) and is_users_file(file)


def _known_functions() -> dict[int, str]:
    """The functions of the tables that are loaded here, by identity: they go by many names."""
    found: dict[int, str] = {}
    for name in (*CALLS, *CLOCK, *RANDOMNESS):
        owner, _, last = name.rpartition(".")
        module = sys.modules.get(owner)
        value = vars(module).get(last) if module is not None else None
        if value is not None:
            found.setdefault(id(value), name)
    return found
