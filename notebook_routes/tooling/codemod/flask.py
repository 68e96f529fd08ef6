"""`flask`: programs of Flask as Route Handlers.

Views and those of blueprints become functions by method, `before_request` and `after_request` hooks middleware, the
other statements stay as they are. Modules without routes are copied. The program itself is not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.tooling.codemod.flask_program import FlaskProgram
from notebook_routes.tooling.codemod.flask_source import FlaskSource
from notebook_routes.tooling.codemod.modules import Modules
from notebook_routes.tooling.codemod.program import plan_program

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_routes.tooling.codemod.catalogue import Options
    from notebook_routes.tooling.codemod.plan import Plan


def plan(path: Path, options: Options) -> Plan:
    """Plan what becomes of a program of Flask; see `plan_program`."""
    return plan_program(path, options, _read)


def _read(path: Path) -> FlaskProgram | None:
    source = FlaskSource(Modules(path))
    return FlaskProgram(source) if source.views else None
