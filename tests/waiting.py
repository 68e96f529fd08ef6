"""Waiting for what other threads do."""

import time

#: Seconds for what certainly comes; only a test that fails waits so long.
PATIENCE = 60.0


def wait_until(condition, *, seconds=PATIENCE):
    """Return what `condition()` gives as soon as it is true; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain")
        time.sleep(0.002)
    return value
