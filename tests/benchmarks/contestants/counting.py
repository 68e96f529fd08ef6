"""The pure-Python cell that keeps a kernel busy, and measures its own speed while it runs.

It must not release the interpreter lock by itself (no I/O, no sleep): that would lend the servers a hand.
It ends by the interrupt that a user's stop button sends.
"""

import json
import time

busy_marks = "[]"


def count_until_interrupted() -> str:
    """Count; return JSON of [clock, count] pairs, one about every 10 ms, clock being `time.monotonic()`."""
    marks: list[tuple[float, int]] = []
    count = 0
    due = 0.0
    try:
        while True:
            for _ in range(10_000):
                count += 1
            now = time.monotonic()
            if now >= due:
                marks.append((now, count))
                due = now + 0.01
    except KeyboardInterrupt:
        return json.dumps(marks)
