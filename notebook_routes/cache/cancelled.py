"""Whether a cancellation is meant for the code that catches it."""

from __future__ import annotations

import asyncio


def being_cancelled() -> bool:
    """Whether the running task itself is being cancelled; else something that it has awaited was."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
