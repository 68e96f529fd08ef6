"""Contestants that need no kernel: a program in a process of its own, which prints JSON or answers requests."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import CONTESTANTS, ROOT
from tests.benchmarks.load import ask

_PATIENCE = 60


def run_program(script: str, *arguments: str, timeout: float = 120) -> Any:
    """Run a file in `contestants/`, and return what it prints.

    Raises:
        BenchmarkError: it failed, or did not end within `timeout` seconds.
    """
    command = [sys.executable, str(CONTESTANTS / script), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=_environment(), timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"{script}: no end after {timeout:g} s") from error
    if done.returncode:
        raise BenchmarkError(f"{script}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


@contextmanager
def answering(command: list[str], url: str, *, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a module with its arguments while the block runs, which begins when the module has answered.

    Args:
        command: what stands behind `python -m`.
        url: what it is asked.
        environment: variables of its own.

    Raises:
        BenchmarkError: it ended, or did not answer in time.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env=_environment() | environment, stdout=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + _PATIENCE
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > end:
                raise BenchmarkError(f"{command} does not answer")
            time.sleep(0.002)
        yield
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _answers(url: str) -> bool:
    try:
        return ask(url).status == 200
    except OSError:
        return False


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {"PYTHONPATH": path}
