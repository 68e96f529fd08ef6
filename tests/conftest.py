"""What tests of every floor use."""

from __future__ import annotations

import gc
import time

import pytest


@pytest.fixture
def growth():
    """How many times as long a function takes for eight times the input: 8 where it is linear, 64 where quadratic.

    Only ratios are compared, of the best of several runs each, in time of this thread alone.
    """

    def seconds(function, given):
        times = []
        for _ in range(5):
            start = time.thread_time()
            function(given)
            times.append(time.thread_time() - start)
        return min(times)

    def measure(function, make, size):
        small, large = make(size), make(8 * size)
        gc.disable()
        try:
            return seconds(function, large) / max(seconds(function, small), 1e-4)
        finally:
            gc.enable()

    return measure
