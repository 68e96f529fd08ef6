from __future__ import annotations

import asyncio
import threading

import pytest

from notebook_routes.errors import Aborted
from notebook_routes.web import AbortController, AbortSignal


def test_a_controller_fires_its_signal_once():
    controller = AbortController()
    signal = controller.signal
    assert (signal.aborted, signal.reason) == (False, None)
    signal.throw_if_aborted()
    controller.abort("first")
    controller.abort("second")
    assert (signal.aborted, signal.reason) == (True, "first")
    with pytest.raises(Aborted, match="first"):
        signal.throw_if_aborted()


def test_the_reason_is_an_aborted_if_none_is_given():
    assert isinstance(AbortSignal.abort().reason, Aborted)


def test_an_exception_as_reason_is_raised_itself():
    with pytest.raises(LookupError, match="why"):
        AbortSignal.abort(LookupError("why")).throw_if_aborted()


def test_listeners_are_called_once_and_can_be_taken_back():
    controller = AbortController()
    heard = []
    listener = lambda: heard.append("kept")  # noqa: E731 - the same object is added twice
    removed = lambda: heard.append("removed")  # noqa: E731 - as above
    controller.signal.add_listener(listener)
    controller.signal.add_listener(listener)
    controller.signal.add_listener(removed)
    controller.signal.remove_listener(removed)
    controller.signal.remove_listener(removed)
    controller.abort()
    controller.abort()
    assert heard == ["kept"]
    controller.signal.add_listener(lambda: heard.append("late"))
    assert heard == ["kept", "late"]


def test_a_listener_that_fails_stops_no_other(caplog):
    controller = AbortController()
    heard = []
    controller.signal.add_listener(lambda: 1 / 0)
    controller.signal.add_listener(lambda: heard.append(True))
    controller.abort()
    assert heard == [True]
    assert "ZeroDivisionError" in caplog.text


def test_waiting_in_a_loop_for_another_thread():
    async def story():
        controller = AbortController()
        waiting = [asyncio.create_task(controller.signal.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        thread = threading.Thread(target=controller.abort, args=["from a thread"])
        thread.start()
        assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == ["from a thread"] * 3
        thread.join()
        assert await controller.signal.wait() == "from a thread"

    asyncio.run(story())


def test_a_wait_that_is_cancelled_leaves_nothing_behind():
    async def story():
        signal = AbortSignal()
        task = asyncio.create_task(signal.wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert signal._listeners == []

    asyncio.run(story())


def test_a_timeout_fires_with_and_without_a_loop():
    async def story():
        return await asyncio.wait_for(AbortSignal.timeout(0.001).wait(), 5)

    assert isinstance(asyncio.run(story()), TimeoutError)
    fired = threading.Event()
    AbortSignal.timeout(0.001).add_listener(fired.set)
    assert fired.wait(5)


def test_any_follows_the_first_to_fire():
    first, second = AbortController(), AbortController()
    either = AbortSignal.any([first.signal, second.signal])
    assert not either.aborted
    second.abort("second")
    first.abort("first")
    assert either.reason == "second"
    assert first.signal._listeners == []


def test_any_of_one_that_has_fired():
    fresh = AbortSignal()
    assert AbortSignal.any([AbortSignal.abort("before"), fresh]).reason == "before"
    assert AbortSignal.any([fresh, AbortSignal.abort("before")]).reason == "before"
    assert fresh._listeners == []
    assert not AbortSignal.any([]).aborted


def test_the_repr_says_why():
    assert repr(AbortSignal()) == "<AbortSignal>"
    assert "client left" in repr(AbortSignal.abort("client left"))
