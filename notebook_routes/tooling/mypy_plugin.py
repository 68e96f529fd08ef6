"""A plugin for mypy, which then reads the path in `RouteContext["/products/[id]"]`, as `typegen --help` says.

Type checkers take a text in square brackets for the name of a type. mypy lets a plugin read it in another way: here it
is `RouteContext[Literal["/products/[id]"]]`, which every checker understands as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy.plugin import AnalyzeTypeContext, Plugin
from mypy.types import LiteralType, RawExpressionType, Type

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("notebook_routes.RouteContext", "notebook_routes.runtime.bind.RouteContext")


class RoutePathPlugin(Plugin):
    """Reads the path of a route where a type is expected."""

    _is_read = False

    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        """What mypy asks for each name of a type."""
        if fullname not in _NAMES:
            return None
        if self._is_read:
            # What was read goes mypy's own way, and what is inside of it is asked for again.
            self._is_read = False
            return None
        return self._read

    def _read(self, context: AnalyzeTypeContext) -> Type:
        text = context.api.named_type("builtins.str", [])
        args = [
            LiteralType(arg.literal_value, text, arg.line, arg.column)
            if isinstance(arg, RawExpressionType) and isinstance(arg.literal_value, str)
            else arg
            for arg in context.type.args
        ]
        self._is_read = True
        return context.api.analyze_type(context.type.copy_modified(args=args))


def plugin(_version: str) -> type[Plugin]:
    """What mypy calls."""
    return RoutePathPlugin
