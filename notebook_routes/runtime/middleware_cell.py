"""A `%%middleware` cell: the body of one middleware, or a whole `middleware.py`.

Which of the two it is, the cell says itself: one that defines `middleware` or `proxy` is a module. A body is expanded
to `def middleware(request, next)` as the body of a route is to its handler, with those of the two that it uses.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import DirectiveError
from notebook_routes.routing import Directive, RoutePattern
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.expand import expand_body
from notebook_routes.runtime.module import RouteModule
from notebook_routes.runtime.modulesource import assemble_module
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from notebook_routes.runtime.body_names import BodyNames
    from notebook_routes.runtime.expand import Expansion
    from notebook_routes.runtime.modulesource import ModuleSource

_NAMES = ("middleware", "proxy")
#: What the body is given.
GIVEN = ("request", "next", "query")
#: A dynamic segment as a route's path has it.
_SEGMENT = re.compile(r"(?<=/)\[?\[(\.\.\.)?(\w+)\]\]?(?=/|$)")


def parse_matchers(line: str) -> list[str]:
    """Read the line of a `%%middleware` cell: its matchers.

    Raises:
        DirectiveError: a word is none; the message has the fix.
    """
    words = line.split()
    for word in words:
        segment = _SEGMENT.search(word)
        if segment is not None:
            name = f":{segment[2]}{'*' if segment[1] else ''}"
            raise DirectiveError(
                f'%%middleware {line.strip()}: "{segment[0]}" is how routes write it: '
                f"in a matcher write {name}, {word.replace(segment[0], name)}"
            )
        if not word.startswith("/"):
            raise DirectiveError(
                f'%%middleware {line.strip()}: "{word}" is no matcher: write paths such as /admin/:path*, '
                'and conditions into the cell, config = {"matcher": ...}'
            )
    return words


def compile_middleware(
    cell: str,
    matchers: Sequence[str],
    *,
    namespace: dict[str, Any],
    label: str,
    first_line: int = 2,
    header: str = "",
) -> tuple[RouteModule, dict[str, object]]:
    """Compile a `%%middleware` cell.

    Args:
        cell: the text below the magic line.
        matchers: the words on that line.
        namespace: the notebook's names.
        label: names the cell in tracebacks.
        first_line: the line of the cell where `cell` begins.
        header: the cell's text above that line.

    Returns:
        The module, and what it declares: `middleware` or `proxy`, and `config`.

    Raises:
        CellError: the cell is refused.
        Exception: whatever a cell in module form raises while it runs.
    """
    text = CellText.read(cell, first_line=first_line)
    tree = text.parse()
    names = read_names(tree.body)
    if not tree.body:
        raise text.error("the cell has no code: write below the line what happens to a request on its way", None)
    directive = _directive(matchers)
    places: dict[str, Any] = {
        "namespace": namespace,
        "label": label,
        "first_line": first_line,
        "header": header,
    }
    if names.bound.isdisjoint(_NAMES):
        _refuse_stream(text, names)
        _refuse_config(text, tree.body)
        module = RouteModule.from_body(cell, directive, expand=_expand_middleware, names=_NAMES[:1], **places)
        return module, {**module.handlers, **directive.options}
    found: dict[str, object] = {}

    def take(declared: Mapping[str, Any], _: CellText) -> dict[str, Callable[..., Any]]:
        found.update((name, declared[name]) for name in (*_NAMES, "config") if name in declared)
        return {name: declared[name] for name in _NAMES if callable(declared.get(name))}

    module = RouteModule.from_source(cell, directive, expand=_expand_module, take=take, **places)
    return module, found


def middleware_source(
    cell: str,
    matchers: Sequence[str],
    *,
    namespace: Mapping[str, object] | None = None,
    first_line: int = 2,
) -> str:
    """The module source of a `%%middleware` cell, which is not run: what `compile_middleware` compiles.

    Raises:
        CellError: the cell is refused.
    """
    text = CellText.read(cell, first_line=first_line)
    tree = text.parse()
    names = read_names(tree.body)
    if not tree.body:
        raise text.error("the cell has no code: write below the line what happens to a request on its way", None)
    directive = _directive(matchers)
    if names.bound.isdisjoint(_NAMES):
        _refuse_stream(text, names)
        _refuse_config(text, tree.body)
        return _expand_middleware(cell, directive, namespace=namespace, first_line=first_line).source
    return _expand_module(text, directive).source


def _directive(matchers: Sequence[str]) -> Directive:
    matcher = matchers[0] if len(matchers) == 1 else list(matchers)
    options: dict[str, object] = {"config": {"matcher": matcher}} if matchers else {}
    return Directive(method=None, pattern=RoutePattern.parse("/"), parameters=(), options=options)


def _expand_middleware(
    cell: str, directive: Directive, *, namespace: Mapping[str, object] | None = None, first_line: int = 2
) -> Expansion:
    return expand_body(cell, directive, namespace=namespace, first_line=first_line, name="middleware", given=GIVEN)


def _expand_module(text: CellText, directive: Directive) -> ModuleSource:
    names = read_names(text.parse().body)
    if names.misplaced is not None:
        line, word = names.misplaced
        raise text.error(
            f'the cell defines its middleware as a function, and "{word}" stands outside of it: '
            "put it into the function, or leave the function's first line out",
            line,
        )
    if directive.options and "config" in names.bound:
        raise text.error("matchers stand on the magic line and in config: keep one of the two", None)
    return assemble_module(text, directive)


def _refuse_config(text: CellText, body: Sequence[ast.stmt]) -> None:
    """A matcher that would be an ordinary local, so that the middleware sees every path."""
    for statement in body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "config" for target in targets):
            raise text.error(
                "config is read where the cell defines a function: write def middleware(request): ... below it, "
                "or the paths on the magic line",
                statement.lineno,
            )


def _refuse_stream(text: CellText, names: BodyNames) -> None:
    if names.yields:
        raise text.error(
            "a middleware gives one answer and cannot yield: return it; to stream, return Response(a_generator())",
            min(names.yields),
        )
