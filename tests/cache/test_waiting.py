"""Code without an event loop waits for a cache on a thread of ours, which can be ended."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading

import pytest

from notebook_routes.cache import blocking, stop_waiting
from notebook_routes.cache.filesystem import FileCache


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "notebook_routes cache"]


def test_the_thread_is_ended_and_another_begun(tmp_path):
    handler = FileCache(tmp_path)
    stop_waiting()
    for _ in range(2):
        assert blocking(handler, lambda: asyncio.sleep(0, "there")) == "there"
        assert len(threads()) == 1
        stop_waiting()
        assert threads() == []


def test_who_waits_is_told(tmp_path):
    handler = FileCache(tmp_path)
    begun = threading.Event()

    async def forever():
        begun.set()
        await asyncio.Event().wait()

    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(lambda: blocking(handler, forever))
        begun.wait()
        stop_waiting()
        with pytest.raises(concurrent.futures.CancelledError):
            waiting.result()
