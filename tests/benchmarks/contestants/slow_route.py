"""Contestant: a kept answer that takes 200 ms to make, `app/slow/[id]/route.py` of a project."""

import os
import time
from pathlib import Path

revalidate = 3600


def GET(id: str) -> dict[str, str]:  # noqa: A002 - named as the segment is
    """Answer slowly, and write down that it ran, for all processes."""
    with Path(os.environ["BENCHMARK_RUNS"]).open("a", encoding="utf-8") as runs:
        runs.write(f"{id}\n")
    time.sleep(0.2)
    return {"id": id}
