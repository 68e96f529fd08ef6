"""A project served by `notebook-routes serve`, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import ROOT

_ENDING_SECONDS = 10


class Served:
    """One process, started on creation on a free port, and ended by leaving its `with` block.

    Args:
        project: the folder that holds `app/`.
        cache: where answers are kept.
        environment: variables of its own.

    Attributes:
        url: where it listens.

    Raises:
        BenchmarkError: it did not start.
    """

    def __init__(self, project: Path, *, cache: str, environment: dict[str, str]) -> None:
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable, "-m", "notebook_routes.tooling.cli", "serve", str(project), "--port=0"]
        self._process = subprocess.Popen(
            # Nobody reads a log here, and the others that are measured write none.
            [*command, f"--cache={cache}", "--no-access-log"],
            env=os.environ | {"PYTHONPATH": path} | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if " is served at " not in said:
            self.close()
            raise BenchmarkError(f"{project} is not served; its process said {said!r}, and more on stderr")
        self.url = said.rpartition(" ")[2].strip().rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and wait for its end."""
        self._process.terminate()
        try:
            self._process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.communicate()
