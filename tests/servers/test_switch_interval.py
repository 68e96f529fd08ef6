from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from notebook_routes.servers.switch_interval import SwitchInterval

USUAL = 0.005


@pytest.fixture(autouse=True)
def _usual_interval():
    before = sys.getswitchinterval()
    sys.setswitchinterval(USUAL)
    yield
    sys.setswitchinterval(before)


def interval_is(seconds):
    return sys.getswitchinterval() == pytest.approx(seconds)


def run(steps):
    """Take the steps on a loop, where a SwitchInterval lives."""

    async def story():
        steps(SwitchInterval())

    asyncio.run(story())


def test_traffic_lowers_it_and_the_end_of_traffic_restores_it(world):
    @world.route("/interval")
    def get():
        return sys.getswitchinterval()

    for _ in range(2):
        assert world.get("/interval").json() < USUAL
        world.wait_until(lambda: interval_is(USUAL))


def test_a_stream_is_traffic(world):
    going = threading.Event()

    @world.route("/stream")
    async def stream():
        while not going.is_set():
            yield b"x"
            await asyncio.sleep(0.01)

    client = world.client()
    client.ask("GET", "/stream")
    client.head_of_reply()
    seen = []
    for _ in range(50):
        assert client.chunk() == b"x"
        seen.append(sys.getswitchinterval())
    going.set()
    assert max(seen) < USUAL
    world.wait_until(lambda: interval_is(USUAL))


def test_it_is_restored_when_the_server_stops(world):
    world.get("/")
    world.thread.stop()
    assert interval_is(USUAL)


def test_a_server_that_nobody_asks_changes_nothing(world):
    world.start()
    assert interval_is(USUAL)


def test_what_somebody_else_has_set_meanwhile_is_kept():
    def steps(switch):
        switch.touch()
        assert sys.getswitchinterval() < USUAL
        sys.setswitchinterval(0.02)
        switch.restore()

    run(steps)
    assert interval_is(0.02)


def test_an_interval_that_is_low_already_is_not_raised():
    sys.setswitchinterval(0.00001)

    def steps(switch):
        switch.touch()
        assert interval_is(0.00001)
        switch.restore()

    run(steps)
    assert interval_is(0.00001)


@pytest.mark.parametrize("first", [0, 1])
def test_two_of_them_in_either_order(first):
    def steps(one):
        both = [one, SwitchInterval()]
        for switch in both:
            switch.touch()
        both[first].restore()
        both[1 - first].restore()

    run(steps)
    assert interval_is(USUAL)


def test_restoring_what_was_never_lowered():
    run(lambda switch: switch.restore())
    assert interval_is(USUAL)


def test_restoring_twice():
    def steps(switch):
        switch.touch()
        switch.restore()
        sys.setswitchinterval(0.02)
        switch.restore()

    run(steps)
    assert interval_is(0.02)
