"""Contestants that need no kernel: a program in a process of its own, which prints JSON."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import CONTESTANTS, ROOT


def run_program(script: str, *arguments: str, timeout: float = 120) -> Any:
    """Run a file in `contestants/`, and return what it prints.

    Raises:
        BenchmarkError: it failed, or did not end within `timeout` seconds.
    """
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, str(CONTESTANTS / script), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"{script}: no end after {timeout:g} s") from error
    if done.returncode:
        raise BenchmarkError(f"{script}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)
