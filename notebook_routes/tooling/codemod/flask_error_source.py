"""What a program of Flask says of errors: the exceptions that it imports, those it aborts with, and its handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import argument_of, constant, dotted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.tooling.codemod.nodes import Statement

#: The statuses of Werkzeug's exceptions.
_STATUSES = {
    "BadRequest": 400, "Unauthorized": 401, "Forbidden": 403, "NotFound": 404, "MethodNotAllowed": 405,
    "Conflict": 409, "Gone": 410, "RequestEntityTooLarge": 413, "UnsupportedMediaType": 415,
    "UnprocessableEntity": 422, "TooManyRequests": 429, "InternalServerError": 500, "NotImplemented": 501,
    "ServiceUnavailable": 503,
}  # fmt: skip


class FlaskErrorSource:
    """Notes what a program says.

    Attributes:
        names: names of Werkzeug's exceptions, each with its status; None for that of all.
        handled: for a status the function that answers errors of it.
        handled_rest: the function that answers errors of all other statuses; None where there is none.
        caught: for an exception of the program's, or of Python's, the function that answers it.
        aborted: the statuses that it aborts with.
    """

    def __init__(self) -> None:
        self.names: dict[str, int | None] = {}
        self.handled: dict[int, str] = {}
        self.handled_rest: str | None = None
        self.caught: dict[str, str] = {}
        self.aborted: set[int] = set()

    @property
    def statuses(self) -> dict[str, int]:
        """The names of those exceptions that have one status."""
        return {name: status for name, status in self.names.items() if status is not None}

    def imported(self, name: str, bound: str) -> None:
        """Note a name that is imported from `werkzeug.exceptions`, and what it is called."""
        if name in _STATUSES or name == "HTTPException":
            self.names[bound] = _STATUSES.get(name)

    def find_aborts(self, node: Statement) -> None:
        """Note the statuses that a statement aborts with, or raises."""
        aborts = _Aborts(self.statuses)
        node.visit(aborts)
        self.aborted |= aborts.statuses

    def handle(self, wanted: cst.BaseExpression | None, function: str | None) -> bool:
        """Note what answers errors of a status, or an exception.

        Returns:
            Whether it can be told which.
        """
        status, name = constant(wanted), dotted(wanted) if wanted is not None else None
        if name is not None:
            status = self.names.get(name, ...)
        if function is None or (status is ... and name is None):
            return False
        if isinstance(status, int):
            self.handled[status] = function
        elif status is None:
            self.handled_rest = function
        else:
            self.caught[str(name)] = function
            if name == "Exception" and self.handled_rest is None:
                self.handled_rest = function
        return True


class _Aborts(cst.CSTVisitor):
    """The statuses that a statement aborts with."""

    def __init__(self, names: Mapping[str, int]) -> None:
        self._names = names
        self.statuses: set[int] = set()

    def visit_Call(self, node: cst.Call) -> None:
        if dotted(node.func) in ("abort", "flask.abort"):
            status = constant(argument_of(node, "code", 0))
            self.statuses |= {status} if isinstance(status, int) else set(_STATUSES.values())

    def visit_Name(self, node: cst.Name) -> None:
        if node.value in self._names:
            self.statuses.add(self._names[node.value])
