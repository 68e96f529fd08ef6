"""An `%%api` cell: always a whole module, as the file in `pages/api` is. Its handler and its `config` are read from it.

There is no form in which the cell is a handler's body: `def handler(req, res)` is what an API Route is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import CellError
from notebook_routes.runtime.api.config import ApiConfig
from notebook_routes.runtime.api.handler import HANDLER_NAMES, find_handler, no_handler, without_effect
from notebook_routes.runtime.module import RouteModule
from notebook_routes.runtime.modulesource import assemble_module
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_routes.routing import Directive
    from notebook_routes.runtime.celltext import CellText
    from notebook_routes.runtime.modulesource import ModuleSource


@dataclass(frozen=True, slots=True)
class ApiCell:
    """What an `%%api` cell gives.

    Attributes:
        module: what it was compiled to.
        handler: its handler.
        config: what it declares.
        remarks: sentences about what else it says, and what means nothing here.
    """

    module: RouteModule
    handler: Callable[..., Any]
    config: ApiConfig
    remarks: tuple[str, ...] = ()


def compile_api(
    cell: str,
    directive: Directive,
    *,
    namespace: dict[str, Any],
    label: str,
    first_line: int = 2,
    header: str = "",
) -> ApiCell:
    """Run an `%%api` cell, and take its handler.

    The arguments are those of `RouteModule.from_source`.

    Raises:
        DefinitionError: the cell is refused, has no handler, or its `config` says what cannot be.
        Exception: whatever the cell raises while it runs.
    """
    declared: list[tuple[ApiConfig, list[str]]] = []

    def take(found: Mapping[str, Any], text: CellText) -> dict[str, Callable[..., Any]]:
        try:
            handler = find_handler(found)
        except CellError as error:
            raise text.error_in_cell(error.message, error.line) from None
        declared.append((ApiConfig.of(found.get("config", {})), without_effect(found)))
        return {"handler": handler}

    module = RouteModule.from_source(
        cell,
        directive,
        namespace=namespace,
        label=label,
        first_line=first_line,
        header=header,
        expand=expand_api,
        take=take,
    )
    ((config, remarks),) = declared
    return ApiCell(module, module.handlers["handler"], config, tuple(remarks))


def expand_api(cell: CellText, directive: Directive) -> ModuleSource:
    """Write an `%%api` cell as the module that it is.

    Raises:
        CellError: it is no Python, uses `return`, `yield` or `await` outside functions, or has no handler.
    """
    names = read_names(cell.parse().body)
    if names.misplaced is not None:
        line, word = names.misplaced
        raise cell.error(
            f'an API Route is a whole module, and "{word}" stands outside its functions: '
            "put this into def handler(req, res)",
            line,
        )
    if not names.star_imports and names.bound.isdisjoint(HANDLER_NAMES):
        raise cell.error(no_handler(names.bound), None)
    return assemble_module(cell, directive)
