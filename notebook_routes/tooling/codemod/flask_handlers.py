"""The functions of a Flask program that answer errors: statuses in a middleware, exceptions in a decorator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.flask_errors import flask_errors, flask_handling
from notebook_routes.tooling.codemod.old_errors import DECORATOR

if TYPE_CHECKING:
    from collections.abc import Collection

    from notebook_routes.tooling.codemod.flask_source import FlaskSource
    from notebook_routes.tooling.codemod.nodes import Statement


class FlaskHandlers:
    """What is known of them; one that could not be converted answers nothing.

    Args:
        source: the program.

    Attributes:
        names: what they are called.
        catches_with_request: whether an exception of a view is answered by what reads the request.
    """

    def __init__(self, source: FlaskSource) -> None:
        self._source = source
        self.names = {*source.errors.handled.values(), *source.errors.caught.values(), source.errors.handled_rest}
        self.catches_with_request = False
        self._handled: dict[int, str] = {}
        self._rest: str | None = None
        #: For an exception the function that answers it, and whether that is given the request.
        self._caught: dict[str, tuple[str, bool]] = {}

    def take(self, name: str, *, with_request: bool) -> None:
        """Note that one has been converted, and whether it is given the request by name."""
        source = self._source
        call = f"(lambda error: {name}(error, request=request))" if with_request else name
        self._handled |= {status: call for status, function in source.errors.handled.items() if function == name}
        if source.errors.handled_rest == name:
            self._rest = call
        caught = {kind: (name, with_request) for kind, function in source.errors.caught.items() if function == name}
        self._caught |= caught
        self.catches_with_request = self.catches_with_request or (with_request and bool(caught))

    @property
    def catch(self) -> bool:
        """Whether they answer exceptions of views."""
        return bool(self._caught)

    def around(self, function: cst.FunctionDef) -> cst.FunctionDef:
        """A function whose exceptions they answer."""
        if not self._caught:
            return function
        comments = function.leading_lines if function.decorators else ()
        decorator = cst.Decorator(cst.Name(DECORATOR), leading_lines=comments)
        return function.with_changes(decorators=[decorator, *function.decorators])

    def decorator(self) -> list[Statement]:
        """The decorator of such a function, and what it needs."""
        if not self._caught:
            return []
        if not self.catches_with_request:
            return flask_handling({kind: name for kind, (name, _) in self._caught.items()}, gives_request=False)
        calls = {
            kind: f"lambda error, request: {name}(error{', request=request' if with_request else ''})"
            for kind, (name, with_request) in self._caught.items()
        }
        return flask_handling(calls, gives_request=True)

    def middleware(self, *, pages: bool, statuses: Collection[int]) -> list[Statement]:
        """The middleware that answers errors by status, and what it needs; none where there is nothing to answer.

        Args:
            pages: answer what is left with Flask's pages.
            statuses: those that the program raises.
        """
        if not (pages or self._handled or self._rest):
            return []
        return flask_errors(self._handled, self._rest, pages=pages, statuses=statuses)
