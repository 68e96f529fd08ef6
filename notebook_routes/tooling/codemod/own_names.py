"""Names that a `route.py` gives a meaning of its own, `cors` or `tags`, where a program calls something else so.

They are written with an underscore behind them: `cors_`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError
from notebook_routes.project.module_text import bound_by
from notebook_routes.project.rewrite import rename
from notebook_routes.runtime.constants import find_constants
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Collection


def without_config_names(text: str) -> str:
    """A module's text whose own names are no config of a route.

    Raises:
        NotUnderstood: it is no Python, or binds such a name where it cannot be written otherwise.
    """
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise NotUnderstood(f"it is no Python: {error}") from None
    bound = frozenset[str]().union(*map(bound_by, statements))
    new = {name: f"{name}_" for name in find_constants(dict.fromkeys(bound))}
    try:
        return rename(text, new, where="it")
    except DefinitionError as error:
        raise NotUnderstood(f"{', '.join(sorted(new))} means something in a route.py: {error}") from None


def without_public_names(text: str, public: Collection[str]) -> str:
    """A module's text whose own functions and variables are called otherwise than those of `notebook_routes`.

    Raises:
        NotUnderstood: it binds such a name where it cannot be written otherwise.
    """
    bound: set[str] = set()
    for statement in ast.parse(text).body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            bound |= bound_by(statement)
    new = {name: f"{name}_" for name in bound & set(public)}
    try:
        return rename(text, new, where="it")
    except DefinitionError as error:
        raise NotUnderstood(f"{', '.join(sorted(new))} means something in a notebook: {error}") from None
