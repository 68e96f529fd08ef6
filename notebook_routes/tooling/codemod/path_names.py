"""The paths of another framework as patterns.

There each path may call a parameter as it likes; here one place has one name. So the first name that a place has is the
name of its segment, and who calls it otherwise is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.errors import InvalidPattern
from notebook_routes.routing import RESERVED_NAMES, RoutePattern
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Parameter:
    """A part of a path that is given to the handler.

    Attributes:
        name: as the other framework calls it.
        kind: its converter, such as "int"; "" for text.
        rest: whether it takes all that is left of the path.
    """

    name: str
    kind: str = ""
    rest: bool = False


class PathNames:
    """All paths of a program.

    Args:
        paths: each with those of its parts, between two slashes, that are parameters.
    """

    def __init__(self, paths: Iterable[tuple[str, Mapping[str, Parameter]]]) -> None:
        self._names: dict[tuple[str, ...], str] = {}
        self._new: dict[str, dict[str, str]] = {}
        self._patterns: dict[str, str] = {}
        for path, parameters in paths:
            self._read(path, parameters)

    def pattern(self, path: str) -> str:
        """A path as a `%%route` cell has it.

        Raises:
            NotUnderstood: it cannot be one.
        """
        try:
            return RoutePattern.parse(self._patterns[path]).text
        except InvalidPattern as error:
            raise NotUnderstood(str(error)) from None

    def matcher(self, path: str) -> str:
        """A path as the `matcher` of a middleware has it.

        Raises:
            NotUnderstood: it cannot be one.
        """
        parts = self.pattern(path).split("/")
        return "/".join(_matched(part) for part in parts)

    def names(self, path: str) -> Mapping[str, str]:
        """For the name of each parameter the one that its segment has."""
        return self._new[path]

    def _read(self, path: str, parameters: Mapping[str, Parameter]) -> None:
        shape: list[str] = []
        parts: list[str] = []
        new: dict[str, str] = {}
        for part in path.split("/"):
            found = parameters.get(part)
            if found is None:
                shape.append(part)
                parts.append(f"%5F{part[1:]}" if part.startswith("_") else part)
                continue
            shape.append(":")
            wanted = f"{found.name}_" if found.name in RESERVED_NAMES else found.name
            new[found.name] = self._names.setdefault(tuple(shape), wanted)
            parts.append(f"[{'...' if found.rest else ''}{new[found.name]}]")
        self._new[path] = new
        self._patterns[path] = "/".join(parts) or "/"


def _matched(segment: str) -> str:
    name = segment.strip("[].")
    if segment.startswith("[[..."):
        return f":{name}*"
    if segment.startswith("[..."):
        return f":{name}+"
    return f":{name}" if segment.startswith("[") else re.sub(r"[:(){}*+?\\]", r"\\\g<0>", segment)
