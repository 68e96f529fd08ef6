"""A page: HTML at a path, as a function that an `Invoker` calls like any handler.

A plain page is sent as it is. A Jinja2 template is rendered for each request, with the same names that a handler has
(`request`, `params`, `query`, each segment) and `cookies`, what `cookies()` returns; nothing else, so that it means
the same in a notebook and in a tree of files. A name that it does not use is not read from the request.
"""

from __future__ import annotations

import inspect
import linecache
import re
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import CellError
from notebook_routes.routing import is_parameter_name
from notebook_routes.runtime.request_time import cookies
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    import jinja2
    from jinja2 import nodes

    from notebook_routes.routing import RoutePattern

_HTML = "text/html; charset=utf-8"
#: What a template has beside its segments; they are filled as parameters of these names are.
_GIVEN = ("request", "params", "query")


class Page:
    """What a `%%page` cell or a page's file gives.

    Attributes:
        handler: answers a request with the page.
        source: the text, as written.
        is_template: whether it is rendered.
    """

    def __init__(self, handler: Callable[..., Any], source: str, *, is_template: bool, listing: str = "") -> None:
        self.handler = handler
        self.source = source
        self.is_template = is_template
        self._listing = listing
        self._lines = linecache.cache.get(listing)

    @classmethod
    def plain(cls, content: bytes) -> Page:
        """A page that is sent as it is.

        Raises:
            CellError: it is no text in UTF-8, or there is none.
        """
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise CellError(
                f"byte {error.start + 1} is no UTF-8, so that this is no page: save it as UTF-8 text"
            ) from None
        _refuse_empty(text)

        async def page() -> Response:
            return Response(content, headers={"content-type": _HTML})

        return cls(page, text, is_template=False)

    @classmethod
    def template(
        cls, text: str, pattern: RoutePattern, *, filename: str, first_line: int = 1, listing: str | None = None
    ) -> Page:
        """A page that Jinja2 renders, with autoescape, for each request.

        Args:
            text: the template.
            pattern: its path, whose segments it is given by name.
            filename: what tracebacks call it.
            first_line: the line that `text` begins at.
            listing: all lines that tracebacks quote from, where `filename` is no file.

        Raises:
            CellError: Jinja2 is not installed; the template is none, or asks for a name that it is not given.
        """
        _refuse_empty(text)
        template, used = _compiled(text, pattern, filename=filename, first_line=first_line)

        def page(**given: Any) -> Response:
            if "cookies" in used:
                given["cookies"] = cookies()
            return Response(template.render(given), headers={"content-type": _HTML})

        asked = [name for name in (*_GIVEN, *pattern.names) if name in used]
        # The binder fills what the signature names, and reads nothing else.
        page.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in asked]
        )
        if listing is not None:
            # Without a modification time, nothing checks it against a file.
            linecache.cache[filename] = (len(listing), None, [f"{line}\n" for line in _lines(listing)], filename)
        return cls(page, text, is_template=True, listing=filename)

    def close(self) -> None:
        """Withdraw from `linecache` what is still this page's own."""
        if self._lines is not None and linecache.cache.get(self._listing) is self._lines:
            del linecache.cache[self._listing]


def _lines(text: str) -> list[str]:
    """Lines as Jinja2 counts them."""
    return re.split(r"\r\n|\r|\n", text)


def _refuse_empty(text: str) -> None:
    if not text.strip("\ufeff \t\r\n"):
        raise CellError("the page is empty: write its HTML")


def _compiled(text: str, pattern: RoutePattern, *, filename: str, first_line: int) -> tuple[jinja2.Template, set[str]]:
    """The template, and the names that it is to be given."""
    try:
        import jinja2  # noqa: PLC0415 - only templates need it
        from jinja2 import nodes  # noqa: PLC0415 - the same
        from jinja2.meta import find_undeclared_variables  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise CellError(
            "a template needs Jinja2, which is not installed: pip install jinja2, or write a plain page"
        ) from None
    if "cookies" in pattern.names:
        raise CellError(f"{pattern}: a template has its cookies under the name `cookies`, call the segment otherwise")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    # A comment as long as what stands above: so lines have the numbers that people see.
    source = "{#" + "\n" * (first_line - 1) + "#}" + text if first_line > 1 else text
    lines = _lines(text)

    def refused(message: str, line: int) -> CellError:
        at = line - first_line
        return CellError(message, line=line, text=lines[at] if 0 <= at < len(lines) else None)

    try:
        tree = environment.parse(source, filename=filename)
        for kind in (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport):
            loads: nodes.Stmt | None = tree.find(kind)
            if loads is not None:
                raise refused("a page is one file: it cannot include, import or extend another", loads.lineno)
        free = find_undeclared_variables(tree)
        code = environment.compile(tree, filename=filename)
    except jinja2.TemplateSyntaxError as error:
        raise refused(f"Jinja2: {error.message or 'this is no template'}", error.lineno) from None
    except RecursionError:
        raise CellError("the template is nested too deeply for Jinja2 to read") from None
    names = [*_GIVEN, "cookies", *(name for name in pattern.names if is_parameter_name(name))]
    unknown = free - {*names, *environment.globals}
    if unknown:
        first = _first_use(tree, unknown)
        raise refused(
            f"`{first.name}` is not defined: a template is given {', '.join(names)}, and no variables of a notebook, "
            "so that it exports as it is; have its script fetch() them from a route",
            first.lineno,
        )
    return jinja2.Template.from_code(environment, code, environment.make_globals(None)), free & {*names}


def _first_use(tree: nodes.Template, unknown: set[str]) -> nodes.Name:
    from jinja2 import nodes  # noqa: PLC0415 - as above

    return min(
        (node for node in tree.find_all(nodes.Name) if node.name in unknown and node.ctx == "load"),
        key=lambda node: node.lineno,
    )
