"""A store that fails is said once a minute, not once a request."""

from __future__ import annotations

import logging
import threading
from time import monotonic

_log = logging.getLogger("notebook_routes.cache")
#: Seconds between two lines.
_QUIET = 60.0


class Trouble:
    """Says in the log of `notebook_routes.cache` what is wrong with a store, at most once a minute.

    Args:
        place: what the line names, such as "the cache in /srv/cache".
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._said: float | None = None

    def say(self, problem: object) -> None:
        """Write a line, unless there was one within the last minute."""
        moment = monotonic()
        with self._lock:
            if self._said is not None and moment - self._said < _QUIET:
                return
            self._said = moment
        _log.warning("%s: %s. Requests are answered without it", self._place, str(problem).rstrip(". "))
