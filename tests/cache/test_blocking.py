from __future__ import annotations

import asyncio
import threading

import pytest

from notebook_routes.cache import MemoryCache, blocking


class Elsewhere:
    """A cache that has to be waited for."""

    async def get(self, key):
        await asyncio.sleep(0)
        if key == "bad":
            raise LookupError(key)
        return key, threading.current_thread().name, id(asyncio.get_running_loop())


def test_memory_answers_at_once_on_the_thread_that_asks():
    memory = MemoryCache()
    assert blocking(memory, lambda: memory.get("k")) is None


def test_all_else_is_waited_for_on_one_thread_of_ours():
    other = Elsewhere()
    told = {blocking(other, lambda: other.get("k")) for _ in range(3)}
    assert {(key, name) for key, name, _ in told} == {("k", "notebook_routes cache")}
    assert len(told) == 1


def test_inside_a_loop_too():
    other = Elsewhere()

    async def cell():
        return blocking(other, lambda: other.get("k"))

    assert asyncio.run(cell())[0] == "k"


def test_what_is_raised_is_raised_here():
    other = Elsewhere()
    with pytest.raises(LookupError, match="bad"):
        blocking(other, lambda: other.get("bad"))


def test_a_memory_that_waits_is_a_mistake_of_ours():
    memory = MemoryCache()
    with pytest.raises(RuntimeError, match="nothing to wait for"):
        blocking(memory, lambda: asyncio.sleep(0))
