"""The imports at the top of an exported module: one for each module, sorted, the standard library's first.

However the cells have grouped and ordered them, the same names give the same lines.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class ImportLines:
    """Collects imports."""

    #: Modules as they are imported, `pandas as pd`.
    _modules: set[str] = field(default_factory=set)
    #: What is taken from a module.
    _names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: Statements with comments, as they were written, by what they import from.
    _written: dict[str, str] = field(default_factory=dict)

    def add(self, text: str, nodes: Sequence[ast.stmt], used: frozenset[str] | None = None) -> None:
        """Add import statements.

        Args:
            text: how they were written.
            nodes: their syntax trees, all of them imports.
            used: only these names are wanted; all if it is None.
        """
        kept: list[tuple[str | None, str]] = []
        total = 0
        for node in nodes:
            assert isinstance(node, (ast.Import, ast.ImportFrom))
            origin = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else None
            total += len(node.names)
            kept += [(origin, _written(each)) for each in node.names if used is None or _bound(each) in {"*", *used}]
        is_star = any(name == "*" for _, name in kept)
        if is_star or ("#" in text and len(kept) == total):
            self._written.setdefault(text, kept[0][0] or kept[0][1])
            return
        for origin, name in kept:
            if origin is None:
                self._modules.add(name)
            else:
                self._names[origin].add(name)

    def groups(self) -> list[list[str]]:
        """The lines of the standard library, and those of others; either may be empty."""
        lines = [(module, f"import {module}", False) for module in self._modules]
        lines += [
            (origin, f"from {origin} import {', '.join(sorted(names, key=_by_kind))}", True)
            for origin, names in self._names.items()
        ]
        lines += [(origin, text, f"from {origin}" in text) for text, origin in self._written.items()]
        lines.sort(key=lambda line: (line[2], line[0].lower(), line[1]))
        standard = [text for origin, text, _ in lines if _package(origin) in sys.stdlib_module_names]
        others = [text for origin, text, _ in lines if _package(origin) not in sys.stdlib_module_names]
        return [standard, others]


def take_imports(text: str) -> tuple[list[tuple[str, ast.stmt]], str]:
    """Cut the imports off a module's first lines: them, and the rest. At a comment it is over."""
    lines = text.split("\n")
    taken: list[tuple[str, ast.stmt]] = []
    end = 0
    for statement in ast.parse(text).body:
        last = statement.end_lineno or statement.lineno
        piece = "\n".join(lines[end:last])
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) or "#" in piece or ";" in piece or "\\" in piece:
            break
        taken.append((piece.strip("\n"), statement))
        end = last
    return taken, "\n".join(lines[end:]).lstrip("\n") if taken else text


def _written(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _by_kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as formatters sort them."""
    first = name.partition(" ")[0]
    return (0 if first.isupper() and len(first) > 1 else 1 if first[:1].isupper() else 2, name)


def _package(origin: str) -> str:
    return origin.partition(" ")[0].partition(".")[0]
