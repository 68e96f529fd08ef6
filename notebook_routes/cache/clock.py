"""The time that entries and marks are dated by: seconds since the epoch, and within a process never backwards.

The system's clock may be set back while a server runs. Then an entry would be fresh too long, and a tag that expires
would expire nothing that was made before. So it is read once, and counted on from there.
"""

from __future__ import annotations

from time import monotonic, time

_START = time() - monotonic()


def now() -> float:
    """Seconds since the epoch."""
    return _START + monotonic()
