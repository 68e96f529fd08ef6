"""The process of `edge_comparison.py`: a tree under Python and in an isolate, and what differs.

python -m notebook_routes.project.edge_process TREE RESULT < job.json
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from notebook_routes.errors import NotebookRoutesError, ServerError
from notebook_routes.project.check import is_harmless
from notebook_routes.project.edge_comparison import FOUND
from notebook_routes.project.isolate import Isolate
from notebook_routes.project.replay import Replay, ReplayCell, ReplayRequest, TreeClient, answer_of, sent_as
from notebook_routes.project.replayer import PATIENCE, Replayer, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_routes.project.answer import Answer
    from notebook_routes.project.http_file import RequestSpec
    from notebook_routes.routing import Route

#: What a server adds or frames by itself; all else is the route's.
_NOT_COMPARED = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})
_SHOWN = 100


def main() -> None:
    """Do the job on the standard input."""
    tree, result = Path(sys.argv[1]), Path(sys.argv[2])
    job = json.load(sys.stdin)
    found: dict[str, Any] = {"failure": None, "of_isolate": False}
    try:
        with (
            TreeClient(tree, explain=False) as client,
            Isolate(tree, port=0, say=_unheard) as isolate,
            IsolateClient(isolate.url) as edge,
        ):
            comparison = Comparison(client, edge, path=job["path"])
            comparison.run(Replay.from_json(job["replay"]), everything=job["replay_all"])
            found |= comparison.found
    except NotebookRoutesError as error:
        # The place where it is tried is gone when this is read.
        found["failure"] = str(error).replace(f"{tree}{os.sep}", "").replace(str(tree), "the notebook")
        found["of_isolate"] = isinstance(error, ServerError)
    result.write_text(json.dumps(found), encoding="utf-8")


class IsolateClient:
    """Sends requests to an isolate, and keeps cookies, as `TreeClient` does."""

    def __init__(self, url: str) -> None:
        import httpx2  # noqa: PLC0415 - only a comparison needs it

        self._client = httpx2.Client(base_url=url, trust_env=False)

    def send_spec(self, spec: RequestSpec, *, timeout: float | None = None) -> Answer:
        """Send one request whose templates are expanded."""
        sent = sent_as(spec)
        if not any(name.lower() == b"host" for name, _ in sent["headers"]):
            # What both are asked is the same, also where an answer tells it.
            sent["headers"].append((b"host", b"localhost"))
        return answer_of(self._client.request(**sent, timeout=timeout), spec)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()


class Comparison:
    """Sends each request to both, and holds the answers of the edge's routes against each other.

    Attributes:
        found: what `EdgeComparison` is made of.
    """

    def __init__(self, tree: TreeClient, edge: IsolateClient, *, path: str | None) -> None:
        self._tree = tree
        self._edge = edge
        self._routes = [
            route
            for route in tree.routes.routes()
            if route.config.runtime == "edge" and path in (None, str(route.pattern))
        ]
        self._asked: set[tuple[str, str]] = set()
        self.found: dict[str, Any] = {**{name: [] for name in FOUND}, "routes": len(self._routes)}

    def run(self, replay: Replay, *, everything: bool) -> None:
        """Compare the requests of a notebook, and those that suggest themselves."""
        if not self._routes:
            return
        here, there = Replayer(self._tree, replay), Replayer(self._tree, replay, sender=self._edge)
        for cell in replay.cells:
            for request in cell.requests:
                self._request(request, cell, here, there, everything=everything)
        for text in self._suggested():
            self._request(ReplayRequest(text, 1), ReplayCell("", ()), here, there, everything=False)
        self.found["unasked"] = [_named(route) for route in self._routes if _key(route) not in self._asked]

    def _request(
        self, request: ReplayRequest, cell: ReplayCell, here: Replayer, there: Replayer, *, everything: bool
    ) -> None:
        spec = spec_of(request)
        what = f"{spec.method} {spec.target}"
        if not spec.target.startswith(("/", "{{")):
            return
        if not (everything or is_harmless(spec.method)):
            self.found["left_out"].append(what)
            return
        try:
            kernel, edge = here.send(request, cell)[0], there.send(request, cell)[0]
        except TimeoutError:
            self.found["differences"].append(f"{what}: no end of the answer after {PATIENCE:g} s")
            return
        except Exception as error:  # noqa: BLE001 - whatever the user's expression raises is told
            if self.found["left_out"]:
                # It may need the answer of one that was not sent.
                self.found["left_out"].append(what)
            else:
                self.found["differences"].append(f"{what}: {type(error).__name__}: {error}")
            return
        route = self._route_of(kernel)
        if route is None:
            return
        self._asked.add(_key(route))
        told = list(differences(kernel, edge))
        if told:
            self.found["differences"] += [f"{kernel.method} {kernel.target}: {each}" for each in told]
        else:
            self.found["same"].append(f"{kernel.method} {kernel.target}")

    def _route_of(self, answer: Answer) -> Route | None:
        match = self._tree.routes.match(answer.target.partition("?")[0])
        route = None if match is None else match.route_path.answering(answer.method)
        return route if route in self._routes else None

    def _suggested(self) -> list[str]:
        return [
            f"GET {route.pattern}"
            for route in self._routes
            if route.method == "GET" and not route.pattern.names and _key(route) not in self._asked
        ]


def differences(kernel: Answer, edge: Answer) -> Iterator[str]:
    """What differs between the answer under Python and that of the isolate."""
    if kernel.status != edge.status:
        yield f"the kernel answers {kernel.status}, the edge {edge.status}"
    ours, theirs = _compared(kernel), _compared(edge)
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            yield f"{name}: the kernel has {ours.get(name)}, the edge {theirs.get(name)}"
    if kernel.bytes != edge.bytes:
        start = next(
            (at for at, (one, other) in enumerate(zip(kernel.bytes, edge.bytes, strict=False)) if one != other),
            min(len(kernel.bytes), len(edge.bytes)),
        )
        begin = max(0, start - _SHOWN // 2)
        shown = [repr(each.bytes[begin : begin + _SHOWN].decode(errors="replace")) for each in (kernel, edge)]
        yield f"the bodies differ from byte {start} on: the kernel has {shown[0]}, the edge {shown[1]}"


def _compared(answer: Answer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in answer.headers.raw:
        if name not in _NOT_COMPARED:
            found.setdefault(name, []).append(value)
    return found


def _key(route: Route) -> tuple[str, str]:
    return route.method, str(route.pattern)


def _named(route: Route) -> str:
    return f"{route.method} {route.pattern}"


def _unheard(_text: str, _is_error: bool) -> None:  # noqa: FBT001 - the signature of Say
    """What the tree prints is printed under Python too; neither is shown."""


if __name__ == "__main__":
    main()
