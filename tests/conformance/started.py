"""The servers of one session, each started when a case first needs it."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Lock

from tests.conformance.client import send
from tests.conformance.run import Case, run
from tests.conformance.servers import SERVERS, WITH_CACHES, serving
from tests.conformance.upstream import upstream

_PATIENCE = 10.0
#: Milliseconds of waiting from which on a case runs on all servers at once.
_LONG = 500


class StartedServers:
    """Runs cases on servers, whose names are those of `SERVERS`.

    Args:
        stack: ends them.
        caches: by the kind of a cache a function from a server's name to the URL of one that it has for itself.
    """

    def __init__(self, stack: ExitStack, caches) -> None:
        self._stack = stack
        self._caches = caches
        self._addresses = {}
        self._found = {}
        self._lock = Lock()

    def run(self, case: Case, name: str, cache: str = "", *, on_every_cache: bool = False) -> list[str]:
        """What a case finds wrong on a server with a kind of cache, "" for its memory.

        One that waits long runs on all servers at once, which are processes of their own; with all kinds of caches, if
        it is to run `on_every_cache`. The next test has its result then.
        """
        if sum(step.get("waitMs", 0) for step in case.steps) < _LONG:
            return run(case, self.address(name, case.serve, cache))
        if (case.id, name, cache) not in self._found:
            kinds = ["", *self._caches] if on_every_cache else [cache]
            places = [(other, kind) for other in SERVERS for kind in kinds if not kind or other in WITH_CACHES]
            with ThreadPoolExecutor(len(places)) as pool:
                found = pool.map(lambda place: run(case, self.address(place[0], case.serve, place[1])), places)
                self._found |= {(case.id, *place): each for place, each in zip(places, found, strict=True)}
        return self._found[case.id, name, cache]

    def address(self, name: str, options: tuple[str, ...], cache: str) -> str:
        """The address of a server with these options of `serve` and this kind of cache."""
        with self._lock:
            started = name, options, cache
            if started not in self._addresses:
                # What one server asks the other is none of the next one's.
                other = self._stack.enter_context(upstream())
                url = self._caches[cache](name) if cache else ""
                base_url = self._stack.enter_context(serving(name, options, upstream=other, cache=url))
                _wait_until_prepared(base_url)
                self._addresses[started] = base_url
            return self._addresses[started]


def _wait_until_prepared(base_url: str) -> None:
    """What a server does by itself once it listens must not come between the steps of a case: /c/fs-after writes."""
    end = time.monotonic() + _PATIENCE
    log = {"method": "GET", "path": "/st/log"}
    while b"c-after" not in send(base_url, log).body and time.monotonic() < end:
        time.sleep(0.05)
