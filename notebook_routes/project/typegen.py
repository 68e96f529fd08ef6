"""The paths of a project as types: a stub of `notebook_routes`, for type checkers alone.

    RouteContext[Literal["/products/[id]"]]     its params have an `id`; a path that there is not is an error
    href("/products/[id]", id=1)                the same, and a parameter that is missing
    cookies().value("theme")                    a cookie that no file sets and no handler declares is an error

To a type checker a text in square brackets is the name of a type, unless it stands in a Literal. So the short form,
`RouteContext["/products/[id]"]`, which is the same when it runs, is read by mypy with a plugin, and not by pyright.

The stub stands in `typings/notebook_routes/__init__.pyi`. It says again what the package exports, but for these three;
all that lies below, `notebook_routes.web` and the others, is the installed package's. The project is read and not run:
paths are folders, and cookies stand in the text of its files (see `cookie_names`).
"""

from __future__ import annotations

import ast
import inspect
import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError
from notebook_routes.project.cookie_names import cookie_names
from notebook_routes.routing import (
    Dynamic,
    OptionalCatchAll,
    RoutePattern,
    find_api_routes,
    find_pages,
    find_routes,
    is_parameter_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from notebook_routes.routing import ParamSegment

#: Where the stub stands in a folder of stubs.
STUB_FILE = PurePosixPath("notebook_routes", "__init__.pyi")
#: The first line of a stub that was written here.
STUB_HEAD = (
    '"""What the paths of this project are, for type checkers: written by notebook-routes typegen, not by hand."""'
)
_OURS = {"RouteContext", "cookies", "href"}
_PREAMBLE = """\
# ruff: noqa
# fmt: off
# pyright: reportUnusedImport=false

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from typing import Any, Generic, Literal, NotRequired, TypeAlias, TypedDict, overload
from uuid import UUID

from typing_extensions import TypeVar

"""
_VALUES = """\
_Value: TypeAlias = str | float | date | UUID | Enum
_Values: TypeAlias = list[str] | list[int] | tuple[_Value, ...]
_Scalar: TypeAlias = str | float | bool | Enum
_Query: TypeAlias = Mapping[str, _Scalar | Iterable[_Scalar] | None] | URLSearchParams | None
"""
_TYPE_VARIABLES = """\
_Kind: TypeAlias = Mapping[str, object] | _Path
_Kind_co = TypeVar("_Kind_co", covariant=True, bound=_Kind, default=_Kind)
_Given = TypeVar("_Given", bound=Mapping[str, object])
"""


@dataclass(frozen=True, slots=True)
class ProjectTypes:
    """What a type checker should know of a project.

    Attributes:
        routes: the paths that have a `route.py`.
        pages: the paths that are a page or an API Route only.
        cookies: the names of its cookies; None where they cannot be known.
    """

    routes: tuple[RoutePattern, ...]
    pages: tuple[RoutePattern, ...]
    cookies: frozenset[str] | None

    @classmethod
    def of_tree(cls, root: Path) -> ProjectTypes:
        """Read a project. None of its files is imported.

        Args:
            root: the project's folder, the one that holds `app`.

        Raises:
            DefinitionError: there is no folder `app` or no path in it, a folder has no name that can be a path, or a
                file cannot be read as Python. The message names it.
        """
        routes = {file.pattern.path: file.pattern for file in find_routes(root)}
        pages = {file.pattern.path: file.pattern for file in (*find_pages(root), *find_api_routes(root))}
        if not routes and not pages:
            raise DefinitionError(f"{root} has no route: write app/route.py")
        pages = {path: pattern for path, pattern in pages.items() if path not in routes}
        return cls(_sorted(routes.values()), _sorted(pages.values()), cookie_names(root))

    def stub(self) -> str:
        """The text of the stub; the same for the same project."""
        parts = [
            f"{STUB_HEAD}\n",
            _PREAMBLE + "\n".join(_face()),
            "__version__: str\ndef public_names() -> dict[str, Any]: ...",
            _context(self.routes),
            _href(sorted([*self.routes, *self.pages], key=lambda pattern: pattern.path)),
            _cookies(self.cookies),
        ]
        return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _sorted(patterns: Iterable[RoutePattern]) -> tuple[RoutePattern, ...]:
    return tuple(sorted(patterns, key=lambda pattern: pattern.path))


def _face() -> list[str]:
    """The imports of the package's face, as a stub exports them."""
    # The face is above this floor, and loaded: importing it by name is no import that a floor forbids.
    face = import_module("notebook_routes")
    public = set(face.__all__) - _OURS
    lines = []
    # Some are imported for type checkers only.
    for node in ast.walk(ast.parse(inspect.getsource(face))):
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names if alias.name in public]
            lines += [f"from {node.module} import {name} as {name}" for name in names]
    return lines


def _path_types(routes: Sequence[RoutePattern]) -> list[str]:
    """The union of all paths, and for each the type of its params."""
    return [
        f"_Path: TypeAlias = {_literal(pattern.path for pattern in routes)}",
        *(f'_Params{place} = TypedDict("_Params{place}", {{{_fields(each)}}})' for place, each in enumerate(routes)),
    ]


def _fields(pattern: RoutePattern) -> str:
    return ", ".join(
        f"{json.dumps(name, ensure_ascii=False)}: {_given(segment)}" for name, segment in pattern.params.items()
    )


def _given(segment: ParamSegment) -> str:
    if isinstance(segment, Dynamic):
        return "str"
    return "NotRequired[list[str]]" if isinstance(segment, OptionalCatchAll) else "list[str]"


def _context(routes: Sequence[RoutePattern]) -> str:
    if not routes:
        return "from notebook_routes.runtime import RouteContext as RouteContext"
    kinds = [(_literal([pattern.path]), f"_Params{place}") for place, pattern in enumerate(routes)]
    getters = [
        f"def __get__(self, context: RouteContext[{path}], owner: object, /) -> {params}: ..." for path, params in kinds
    ]
    getters.append("def __get__(self, context: RouteContext[_Given], owner: object, /) -> _Given: ...")
    getters.append("def __get__(self, context: RouteContext, owner: object, /) -> _Params: ...")
    makers = [
        f"def __init__(self: RouteContext[{path}], params: {params}, route: {path}) -> None: ..."
        for path, params in kinds
    ]
    makers.append("def __init__(self: RouteContext[_Given], params: _Given, route: str) -> None: ...")
    return "\n".join(
        [
            "from notebook_routes.types import Params as _Params",
            "",
            *_path_types(routes),
            _TYPE_VARIABLES,
            "class _ParamsOf:",
            *_overloads(getters, indent="    "),
            "",
            "class RouteContext(Generic[_Kind_co]):",
            "    params: _ParamsOf",
            "    @property",
            "    def route(self) -> str: ...",
            *_overloads(makers, indent="    "),
        ]
    )


def _href(patterns: Sequence[RoutePattern]) -> str:
    return f"{_VALUES}\n" + "\n".join(_overloads([_href_of(pattern) for pattern in patterns]))


def _href_of(pattern: RoutePattern) -> str:
    # Before the slash a name means nothing, but it has to be another than those behind it.
    first = "path"
    while first in pattern.names:
        first = f"_{first}"
    taken = [f"{first}: {_literal([pattern.path])}", "/"]
    if all(is_parameter_name(name) for name in pattern.names):
        taken += ["*", *(_asked(name, segment) for name, segment in pattern.params.items()), "query: _Query = None"]
    else:
        # What Python cannot have as a name, `[product-id]`, no checker can ask for.
        taken.append("**params: Any")
    return f"def href({', '.join(taken)}) -> str: ..."


def _asked(name: str, segment: ParamSegment) -> str:
    if isinstance(segment, Dynamic):
        return f"{name}: _Value"
    return f"{name}: _Values | None = None" if isinstance(segment, OptionalCatchAll) else f"{name}: _Values"


def _cookies(names: frozenset[str] | None) -> str:
    if not names:
        return "from notebook_routes.runtime import cookies as cookies"
    pyright = "# pyright: ignore[reportIncompatibleMethodOverride]"
    ignored = f"# type: ignore[override] {pyright}"
    return "\n".join(
        [
            "from notebook_routes.runtime.request_time import CookieJar as _CookieJar",
            "from notebook_routes.web import Cookie as _CookieValue",
            "",
            f"_Cookie: TypeAlias = {_literal(sorted(names))}",
            '_Default = TypeVar("_Default")',
            "",
            "class _Cookies(_CookieJar):",
            "    # Any other name: request.cookies.",
            f"    def get(self, name: _Cookie) -> _CookieValue | None: ... {ignored}",
            "    @overload # type: ignore[override]",
            f"    def value(self, name: _Cookie, default: None = None) -> str | None: ... {pyright}",
            "    @overload",
            f"    def value(self, name: _Cookie, default: _Default) -> str | _Default: ... {pyright}",
            f"    def has(self, name: _Cookie) -> bool: ... {ignored}",
            "",
            "def cookies() -> _Cookies: ...",
        ]
    )


def _overloads(lines: Sequence[str], *, indent: str = "") -> list[str]:
    """Functions of one name; one alone is no overload."""
    mark = [f"{indent}@overload"] if len(lines) > 1 else []
    return [text for line in lines for text in (*mark, indent + line)]


def _literal(texts: Iterable[str]) -> str:
    # What JSON escapes of a printable text, Python reads in the same way.
    return f"Literal[{', '.join(json.dumps(text, ensure_ascii=False) for text in texts)}]"
