"""`fastapi`: programs of FastAPI as Route Handlers.

Path operations and those of routers become functions by method, with the parameters that they have; dependencies that
are functions are called, HTTP middleware stays middleware. Modules without routes are copied. The program itself is not
touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.tooling.codemod.fastapi_program import FastAPIProgram
from notebook_routes.tooling.codemod.fastapi_source import FastAPISource
from notebook_routes.tooling.codemod.modules import Modules
from notebook_routes.tooling.codemod.program import plan_program

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_routes.tooling.codemod.catalogue import Options
    from notebook_routes.tooling.codemod.plan import Plan


def plan(path: Path, options: Options) -> Plan:
    """Plan what becomes of a program of FastAPI; see `plan_program`."""
    return plan_program(path, options, _read)


def _read(path: Path) -> FastAPIProgram | None:
    source = FastAPISource(Modules(path))
    return FastAPIProgram(source) if source.operations else None
