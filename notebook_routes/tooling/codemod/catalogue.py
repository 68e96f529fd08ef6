"""The codemods by name. Each is a module of its own, imported only when it is asked for, with LibCST."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_routes.tooling.codemod.plan import Plan

_PACKAGE = "notebook_routes.tooling.codemod"


@dataclass(frozen=True)
class Codemod:
    """One codemod.

    Attributes:
        name: on the command line.
        module: where its `plan(path, options)` is.
        reads: what its sources are, for messages.
        has_target: whether it writes a tree or a notebook, as it is told.
        has_errors: whether it writes the old framework's answers to errors, unless it is told not to.
    """

    name: str
    module: str
    reads: str
    has_target: bool = False
    has_errors: bool = True

    def planner(self) -> Callable[[Path, Options], Plan]:
        """The function that plans it.

        Raises:
            ConfigError: LibCST is not installed.
        """
        if importlib.util.find_spec("libcst") is None:
            raise ConfigError(
                "codemods read programs with LibCST, which is not installed: pip install 'notebook-routes[codemod]'"
            )
        found: Callable[[Path, Options], Plan] = importlib.import_module(f"{_PACKAGE}.{self.module}").plan
        return found


@dataclass(frozen=True)
class Options:
    """What a codemod is told beside its sources.

    Attributes:
        to_notebook: write `%%route` cells instead of a tree of files.
        destination: where to write; None for the codemod's own choice.
        old_errors: answer errors in the words of the old framework, by a middleware.
    """

    to_notebook: bool = False
    destination: Path | None = None
    old_errors: bool = True


CODEMODS = {
    codemod.name: codemod
    for codemod in (
        Codemod("api-routes", "api_routes", "pages/api/**/*.py, and notebooks with %%api cells", has_errors=False),
        Codemod("kernel-gateway", "kernel_gateway", "notebooks for the kernel gateway, in its mode notebook-http"),
        Codemod("flask", "flask", "programs of Flask: a file, or a folder of modules", has_target=True),
        Codemod("fastapi", "fastapi", "programs of FastAPI: a file, or a folder of modules", has_target=True),
    )
}


def find_codemod(name: str) -> Codemod:
    """The codemod of a name.

    Raises:
        ConfigError: there is none.
    """
    found = CODEMODS.get(name)
    if found is None:
        raise ConfigError(f"there is no codemod {name!r}: there are {', '.join(CODEMODS)}")
    return found
