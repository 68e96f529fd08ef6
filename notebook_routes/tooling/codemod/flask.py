"""`flask`: programs of Flask as Route Handlers.

Views and those of blueprints become functions by method, `before_request` and `after_request` hooks middleware, the
other statements stay as they are. Modules without routes are copied. The program itself is not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.tooling.codemod.flask_program import FlaskProgram
from notebook_routes.tooling.codemod.flask_source import FlaskSource
from notebook_routes.tooling.codemod.modules import Modules
from notebook_routes.tooling.codemod.plan import NotUnderstood, Plan

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_routes.tooling.codemod.catalogue import Options


def plan(path: Path, options: Options) -> Plan:
    """Plan what becomes of a program of Flask.

    Args:
        path: its file, or the folder of its modules.
        options: the destination is a folder, or a notebook; by default `NAME_routes` beside it.
    """
    try:
        modules = Modules(path)
        source = FlaskSource(modules)
        if not source.views:
            return Plan()
        made = FlaskProgram(source)
        found = made.program().plan(path, options)
    except NotUnderstood as reason:
        return Plan(left={path: str(reason)})
    if made.problems:
        found.left[path] = "; ".join(made.problems)
    return found
