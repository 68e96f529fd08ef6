"""Running a `%%request` cell: expand, send, show, check."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ExpectationFailed
from notebook_routes.project.answer import AnswerScope, broken_json
from notebook_routes.project.expectation import check_expectation
from notebook_routes.project.http_file import parse_request_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.notebook.client import FinishedResponse, KernelClient
    from notebook_routes.project.expectation import Outcome


def run_requests(
    line: str,
    cell: str,
    *,
    namespace: dict[str, Any],
    client: KernelClient,
    show: Callable[[FinishedResponse], None],
    first_line: int = 2,
) -> FinishedResponse:
    """Send the requests of a cell one after the other, and return the last response.

    Args:
        line: the magic line.
        cell: the cell's text below it.
        namespace: the notebook's, for `{{expr}}` and for `as name`.
        client: what sends.
        show: called with every response but the last, which is the cell's value.
        first_line: the number of the cell's first line.

    Raises:
        CellError: the cell cannot be read; nothing was sent.
        ExpectationFailed: `??` lines did not hold; all of them are named.
        ServerError: there was no answer.
    """
    parsed = parse_request_cell(line, cell, first_line=first_line)
    response: FinishedResponse | None = None
    for spec in parsed.requests:
        if response is not None:
            show(response)
        expanded = spec.expand(lambda expression: eval(expression, namespace))  # noqa: S307 - the user's own notebook
        typed = any(name.lower() == "content-type" for name, _ in expanded.headers)
        remark = broken_json(expanded.body) if expanded.body and not typed else None
        if remark is not None:
            _print_piece(f"{remark}\n")
        response = client.send(expanded, show=_print_piece)
        response.is_one_of_several = len(parsed.requests) > 1
        if response.streamed and not response.bytes.endswith(b"\n"):
            sys.stdout.write("\n")
        scope = AnswerScope(response, namespace)
        response.outcomes = [check_expectation(expectation, scope) for expectation in spec.expectations]
        if parsed.name is not None:
            namespace[parsed.name] = response
        failed = [outcome for outcome in response.outcomes if not outcome.ok]
        if failed:
            show(response)
            raise ExpectationFailed("\n".join(_sentence(outcome) for outcome in failed))
    assert response is not None
    return response


def _sentence(outcome: Outcome) -> str:
    detail = f": {outcome.detail}" if outcome.detail else ""
    return f"line {outcome.line}: ?? {outcome.text}{detail}"


def _print_piece(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
