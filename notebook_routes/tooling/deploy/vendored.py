"""Packages that pip has unpacked, and which of them an isolate needs.

pip reads the conditions of requirements (`; sys_platform == "emscripten"`) for the machine that it runs on, whatever
platform it is asked for. So it leaves out what only an isolate needs, and takes what only this machine would. Here the
conditions are read again.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from email.parser import Parser
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from notebook_routes.project.isolate.target import MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_RECORD = "RECORD"
#: An empty package on PyPI so far, for which `runtime/jsfetch.py` stands in.
_STOOD_IN_FOR = frozenset({"httpx2-jsfetch"})


@dataclass(frozen=True)
class Vendored:
    """One package of a folder.

    Attributes:
        name: in the spelling that all have in common.
        version: its version.
        requires: what it needs, with conditions.
        files: its files, from the folder on.
    """

    name: str
    version: str
    requires: tuple[Requirement, ...]
    files: tuple[str, ...]


def vendored_in(folder: Path) -> dict[str, Vendored]:
    """The packages of a folder, by name."""
    found: dict[str, Vendored] = {}
    for about in sorted(folder.glob("*.dist-info")):
        said = Parser().parsestr((about / "METADATA").read_text(encoding="utf-8", errors="replace"))
        name = canonicalize_name(str(said["Name"]))
        requires = tuple(_read(said.get_all("Requires-Dist", [])))
        with (about / _RECORD).open(encoding="utf-8", newline="") as listed:
            files = tuple(row[0] for row in csv.reader(listed) if row)
        found[name] = Vendored(name, str(said["Version"]), requires, files)
    return found


def needed_of(requirements: Iterable[str], packages: dict[str, Vendored]) -> tuple[set[str], list[str]]:
    """Which packages an isolate needs of those that are there, and the requirements of those that are not.

    Args:
        requirements: what is asked for; conditions have been read.
        packages: what is there.
    """
    needed: set[str] = set()
    missing: dict[str, str] = {}
    todo = [Requirement(line) for line in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        asked = todo.pop()
        name, extras = canonicalize_name(asked.name), frozenset(asked.extras)
        if (name, extras) in seen or name in _STOOD_IN_FOR:
            continue
        seen.add((name, extras))
        if name not in packages:
            missing[name] = _without_condition(asked)
            continue
        needed.add(name)
        todo += [each for each in packages[name].requires if applies(each, extras)]
    return needed, sorted(missing.values())


def applies(asked: Requirement, extras: Iterable[str] = ()) -> bool:
    """Whether a requirement's condition holds in an isolate."""
    return asked.marker is None or any(asked.marker.evaluate({**MARKERS, "extra": extra}) for extra in (*extras, ""))


def for_isolate(lines: Iterable[str]) -> list[str]:
    """Requirements whose conditions hold in an isolate, without these.

    Raises:
        InvalidRequirement: a line is none.
    """
    return [_without_condition(asked) for asked in map(Requirement, lines) if applies(asked)]


def _without_condition(asked: Requirement) -> str:
    asked = Requirement(str(asked))
    asked.marker = None
    return str(asked)


def _read(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            # Old packages have such; pip has passed over it as well.
            continue
