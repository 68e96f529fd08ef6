"""Sending the requests of a notebook to a tree, in order: what a request names is what the tree has by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from notebook_routes.errors import ExportError
from notebook_routes.project.http_file import parse_request_cell

if TYPE_CHECKING:
    from notebook_routes.project.answer import Answer
    from notebook_routes.project.http_file import RequestSpec
    from notebook_routes.project.replay import Replay, ReplayCell, ReplayRequest, TreeClient

#: Seconds for one answer.
PATIENCE = 60.0


class Sender(Protocol):
    """Whoever sends a request."""

    def send_spec(self, spec: RequestSpec, *, timeout: float | None = None) -> Answer:
        """Send one request whose templates are expanded."""


class Replayer:
    """Sends requests whose templates are filled with what a tree has, and with the answers before.

    Args:
        tree: whose modules have the names.
        replay: the requests.
        sender: sends them; by default to the tree itself.

    Raises:
        ExportError: what the requests need of the notebook cannot be made.
    """

    def __init__(self, tree: TreeClient, replay: Replay, *, sender: Sender | None = None) -> None:
        self._sender: Sender = tree if sender is None else sender
        self._names: dict[str, Any] = {"client": tree}
        self._answers: dict[str, Any] = {}
        try:
            exec(replay.prologue, self._names)  # noqa: S102 - the notebook's own code, as its tests run it
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise ExportError(f"what the requests need of the notebook cannot be made: {said}") from error

    def send(self, request: ReplayRequest, cell: ReplayCell) -> tuple[Answer, dict[str, Any]]:
        """Send one request; its answer, and the names that its `??` lines may use.

        Raises:
            TimeoutError: no end of the answer.
            Exception: whatever an expression of the request raises.
        """
        names = {name: eval(place, self._names) for name, place in request.names.items()}  # noqa: S307 - as above
        names |= self._answers
        spec = spec_of(request).expand(lambda expression: eval(expression, dict(names)))  # noqa: S307 - as above
        answer = self._sender.send_spec(spec, timeout=PATIENCE)
        if cell.name is not None:
            self._answers[cell.name] = answer
        return answer, names


def spec_of(request: ReplayRequest) -> RequestSpec:
    """A request as it was written, with its templates."""
    return parse_request_cell("", request.text, first_line=1).requests[0]
