"""Clocks that step, and machines that sleep."""

import pytest

from notebook_routes.cache import clock


@pytest.fixture
def wall(monkeypatch):
    """Both of the system's clocks, to be set."""
    times = {"time": 1000.0, "monotonic": 5.0}
    monkeypatch.setattr(clock.time, "time", lambda: times["time"])
    monkeypatch.setattr(clock.time, "monotonic", lambda: times["monotonic"])
    monkeypatch.setattr(clock, "_clock", clock._Clock())
    return times


def test_it_goes_with_the_system(wall):
    assert clock.now() == 1000
    wall.update(time=1060.0, monotonic=65.0)
    assert clock.now() == 1060


def test_a_clock_that_is_set_back_does_not_take_it_back(wall):
    wall.update(time=400.0, monotonic=65.0)
    assert clock.now() == 1060


def test_after_a_sleep_the_system_is_believed(wall):
    # Eight hours that the monotonic clock did not see.
    wall.update(time=1000.0 + 8 * 3600, monotonic=6.0)
    assert clock.now() == 1000 + 8 * 3600


def test_a_thread_that_is_held_up_while_it_asks_moves_nothing(wall, monkeypatch):
    def held_up(name):
        moment = wall[name]
        wall.update(time=wall["time"] + 30, monotonic=wall["monotonic"] + 30)
        return moment

    with monkeypatch.context() as patched:
        patched.setattr(clock.time, "time", lambda: held_up("time"))
        patched.setattr(clock.time, "monotonic", lambda: held_up("monotonic"))
        clock.now()
    assert clock.now() == wall["time"]
