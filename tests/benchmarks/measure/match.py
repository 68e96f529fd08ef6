"""Time of one match in a small and in a large table, in a process of its own."""

import json
import os
import subprocess
import sys

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import CONTESTANTS, ROOT
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.summary import Samples


def measure(settings: Settings) -> dict[str, Samples]:
    """Run the program that interleaves the two tables."""
    command = [sys.executable, str(CONTESTANTS / "route_table.py"), f"--rounds={settings.rounds}"]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    if done.returncode:
        raise BenchmarkError(f"the match of routes: {done.stderr.strip()[-500:]}")
    times = json.loads(done.stdout)
    return {"match": Samples(times["10000"], times["10"])}
