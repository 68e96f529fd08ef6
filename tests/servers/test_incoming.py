from __future__ import annotations

import asyncio

import pytest

from notebook_routes.errors import Aborted, BodyTooLarge
from notebook_routes.servers.incoming import IncomingBody


async def read(body):
    return [chunk async for chunk in body]


def run(story, *, limit=1 << 30):
    async def with_body():
        await asyncio.wait_for(story(IncomingBody(limit=limit)), 10)

    asyncio.run(with_body())


def test_chunks_come_as_they_are_fed():
    async def story(body):
        reading = asyncio.create_task(read(body))
        for chunk in (b"one", b"two"):
            assert body.feed(chunk) is None
            await asyncio.sleep(0)
        body.end()
        assert await reading == [b"one", b"two"]
        assert body.ended

    run(story)


def test_an_empty_body():
    async def story(body):
        body.end()
        assert await read(body) == []

    run(story)


def test_whoever_feeds_too_fast_has_to_wait():
    async def story(body):
        assert body.feed(b"x" * 200_000) is None
        waiting = asyncio.ensure_future(body.feed(b"y" * 200_000))
        await asyncio.sleep(0)
        assert not waiting.done()
        chunks = aiter(body)
        await anext(chunks)
        await waiting
        await chunks.aclose()

    run(story)


def test_what_nobody_reads_is_dropped_and_holds_nobody_up():
    async def story(body):
        waiting = asyncio.ensure_future(body.feed(b"x" * 300_000))
        await asyncio.sleep(0)
        body.discard()
        await waiting
        assert body.feed(b"y" * 300_000) is None
        body.end()
        await body.wait_ended()

    run(story)


def test_the_limit_is_over_all_chunks():
    async def story(body):
        body.feed(b"x" * 6)
        body.feed(b"y" * 4)
        chunks = aiter(body)
        assert await anext(chunks) == b"x" * 6
        body.feed(b"z")
        assert await anext(chunks) == b"y" * 4
        with pytest.raises(BodyTooLarge, match="10 bytes"):
            await anext(chunks)
        assert body.feed(b"x" * 10_000_000) is None

    run(story, limit=10)


def test_a_client_that_leaves_is_an_error_after_what_has_come():
    async def story(body):
        body.feed(b"part")
        reading = asyncio.create_task(read(body))
        await asyncio.sleep(0)
        body.break_off()
        with pytest.raises(Aborted, match="before the body was complete"):
            await reading
        await body.wait_ended()

    run(story)


def test_leaving_after_the_end_changes_nothing():
    async def story(body):
        body.feed(b"all")
        body.end()
        body.break_off()
        assert await read(body) == [b"all"]

    run(story)


def test_leaving_frees_whoever_waits_to_feed():
    async def story(body):
        waiting = asyncio.ensure_future(body.feed(b"x" * 300_000))
        await asyncio.sleep(0)
        body.break_off()
        await waiting

    run(story)
