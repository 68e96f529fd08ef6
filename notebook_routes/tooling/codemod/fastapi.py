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
from notebook_routes.tooling.codemod.plan import NotUnderstood, Plan

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_routes.tooling.codemod.catalogue import Options


def plan(path: Path, options: Options) -> Plan:
    """Plan what becomes of a program of FastAPI.

    Args:
        path: its file, or the folder of its modules.
        options: the destination is a folder, or a notebook; by default `NAME_routes` beside it.
    """
    try:
        source = FastAPISource(Modules(path))
        if not source.operations:
            return Plan()
        made = FastAPIProgram(source)
        found = made.program().plan(path, options)
    except NotUnderstood as reason:
        return Plan(left={path: str(reason)})
    if made.problems:
        found.left[path] = "; ".join(dict.fromkeys(made.problems))
    return found
