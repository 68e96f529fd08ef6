"""The inspector on a loop that runs anyway."""

from __future__ import annotations

import asyncio

from notebook_routes.inspector.loop import InspectorLoop


def test_what_it_is_told_is_called_soon_and_in_order():
    async def run():
        place, called = InspectorLoop(asyncio.get_running_loop()), []
        assert place.call(called.append, 1)
        assert place.call(called.append, 2)
        assert called == []
        await asyncio.sleep(0)
        assert called == [1, 2]
        assert await place.aside(lambda: 3) == 3

    asyncio.run(run())


def test_it_ends_once_and_takes_nothing_then():
    async def run():
        place, ended = InspectorLoop(asyncio.get_running_loop()), []

        async def ending():
            ended.append(1)

        place.stop(ending)
        place.stop(ending)
        assert not place.call(ended.append, 2)
        await asyncio.sleep(0)
        assert ended == [1]

    asyncio.run(run())


def test_a_loop_that_is_closed_is_told_nothing():
    loop = asyncio.new_event_loop()
    place = InspectorLoop(loop)
    loop.close()
    assert not place.call(print)
    place.stop(lambda: None)
