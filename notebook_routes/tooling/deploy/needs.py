"""Which packages a project needs in an isolate: those of its requirements, and those that ours imports for it there."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass, replace
from importlib.metadata import requires
from importlib.util import decode_source
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from notebook_routes.errors import ExportError
from notebook_routes.project.requirements import imported_modules, requirements_of
from notebook_routes.routing.filesystem import TEMPLATE_FILE
from notebook_routes.runtime.hints import without_none
from notebook_routes.tooling.deploy.site_files import is_code
from notebook_routes.web import File, FormData

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from notebook_routes.routing import Route

REQUIREMENTS_FILE = "requirements.txt"
#: What the platform's Python imports to call a Worker.
SDK = "workers-runtime-sdk>=1.9"
_OURS = "notebook-routes"
#: A version and nothing else: `pydantic==2.12.3`.
_PINNED = re.compile(r"==\s*(?=[0-9][0-9A-Za-z.!]*\s*(?:;|$))")
#: Of these types pydantic is never asked.
_PLAIN_TYPES = frozenset({inspect.Parameter.empty, Any, str, bytes, File, FormData})


@dataclass(frozen=True)
class Needs:
    """What is to be in `python_modules`.

    Attributes:
        requirements: lines as pip reads them, sorted by name.
        asks_others: whether the project sends requests to other servers.
    """

    requirements: tuple[str, ...]
    asks_others: bool = False

    def loosened(self) -> Needs:
        """The same with `>=` for each `==`: of some versions there is no wheel for the isolate."""
        return replace(self, requirements=tuple(_PINNED.sub(">=", line) for line in self.requirements))


def needs_of(root: Path, files: Mapping[str, bytes], routes: Iterable[Route]) -> Needs:
    """Find out what a project needs.

    Args:
        root: its folder; what its `requirements.txt` names is taken as it stands.
        files: what goes of it.
        routes: what its files declare.

    Raises:
        ExportError: `requirements.txt` cannot be read, or holds what is no requirement.
    """
    sources = {path: decode_source(content) for path, content in files.items() if is_code(path)}
    written = _written(root)
    if written is None:
        written = _imported(sources, files)
    found = {_key(SDK): SDK, **{_key(line): line for line in written if _key(line) != _OURS}}
    words = {word for source in sources.values() for word in _words(source)}
    asks_others = not words.isdisjoint({"fetch", "rewrite", "httpx2"})
    own = {
        # Any client may send a form.
        "python-multipart": True,
        "httpx2": asks_others,
        "jinja2": any(path.endswith(TEMPLATE_FILE) for path in files),
        "pydantic": any(_is_typed(route) for route in routes),
        "tzdata": "zoneinfo" in words,
    }
    for name, is_needed in own.items():
        if is_needed:
            found.setdefault(name, _as_ours(name))
    return Needs(tuple(line for _, line in sorted(found.items())), asks_others)


def _imported(sources: Mapping[str, str], files: Iterable[str]) -> list[str]:
    """What a project's files import, in the versions of this environment."""
    own = {path.partition("/")[0].removesuffix(".py") for path in files}
    if imported_modules(sources).keys() <= own:
        # To look through all packages that are installed takes seconds.
        return []
    # An import that no package answers is named when all imports are followed.
    return _lines(requirements_of(sources)[0], REQUIREMENTS_FILE)


def _written(root: Path) -> list[str] | None:
    """The lines of a project's requirements; None where it has none."""
    file = root / REQUIREMENTS_FILE
    try:
        return _lines(file.read_text(encoding="utf-8-sig"), str(file))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{file} cannot be read: {error}") from None


def _lines(text: str, where: str) -> list[str]:
    found = []
    for number, written in enumerate(text.splitlines(), 1):
        line = re.sub(r"(?:^|\s)#.*", "", written).strip()
        if not line:
            continue
        try:
            by_address = Requirement(line).url is not None
        except InvalidRequirement:
            by_address = True
        if by_address:
            raise ExportError(
                f"{where}, line {number}: {line}\nA Worker takes packages by name and version only: write a line such "
                "as pydantic>=2.14; pip's own configuration names another index"
            )
        found.append(line)
    return found


def requirement_name(line: str) -> str:
    """The name of a requirement's package, as it is written."""
    return Requirement(line).name


def _key(line: str) -> str:
    """The same as all of its spellings have it (PEP 503)."""
    return canonicalize_name(requirement_name(line))


def _as_ours(name: str) -> str:
    """A requirement as notebook_routes has it."""
    for line in requires(_OURS) or ():
        if _key(line) == name and "extra ==" not in line:
            return line
    return name


def _words(source: str) -> set[str]:
    """The names that a file uses and imports, wherever they stand."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name():
                found.add(node.id)
            case ast.Call(func=ast.Attribute(attr="rewrite"), args=[ast.Constant(value=str() as path)]) if (
                path.startswith("/") and not path.startswith("//")
            ):
                # It stays here.
                found.add("rewrite()")
            case ast.Call(func=ast.Attribute(attr=word)):
                found.add(word)
            case ast.Import() | ast.ImportFrom():
                found.update(alias.name for alias in node.names)
                if isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module)
    return found


def _is_typed(route: Route) -> bool:
    """Whether pydantic may be asked for what a handler takes: it reads all that is not plainly text."""
    return any(_asks(given.hint) for given in getattr(route.handler, "inputs", ()))


def _asks(hint: Any) -> bool:
    hint = without_none(hint)
    return hint != list[str] and not any(hint is plain for plain in _PLAIN_TYPES)
