"""A real kernel in a process of its own, which runs a contestant's cells as a front end would send them."""

import ast
import os
import queue
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Self

import psutil
from jupyter_client.manager import KernelManager

from tests.benchmarks.failure import BenchmarkError

ROOT = Path(__file__).parents[2]
CONTESTANTS = Path(__file__).with_name("contestants")


class Kernel:
    """One kernel process, started on creation and ended by `close()` or by leaving its `with` block.

    Args:
        script: file in `contestants/` whose cells are run first; lines of `# %%` part them.

    Raises:
        BenchmarkError: a cell failed.
    """

    def __init__(self, script: str | None = None) -> None:
        self.name = script or "an empty kernel"
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-kernel-")
        environment = os.environ | {
            # The user's start-up files and history stay out of it.
            "IPYTHONDIR": self._folder.name,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }
        self._manager = KernelManager(kernel_name="python3")
        self._client = self._manager.client()
        try:
            self._start(environment)
            self.pid: int = self.value("__import__('os').getpid()")
            self._check_python()
            if script:
                self.run_script(script)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def run_script(self, script: str) -> None:
        """Run the cells of a file in `contestants/`."""
        text = (CONTESTANTS / script).read_text(encoding="utf-8")
        for number, cell in enumerate(text.split("\n# %%\n")):
            self.run(cell + "\n", cell_id=f"{script}-{number}")

    def run(self, code: str, *, cell_id: str | None = None) -> None:
        """Run one cell and wait for its reply.

        Raises:
            BenchmarkError: the cell raised.
        """
        self.wait(self.send(code, cell_id=cell_id))

    def value(self, expression: str) -> Any:
        """Return the value of an expression in the kernel, if its repr is a Python literal."""
        return self.wait(self.send("", silent=True, expression=expression))

    def _start(self, environment: dict[str, str]) -> None:
        self._manager.start_kernel(
            cwd=self._folder.name, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def _check_python(self) -> None:
        python = self.value("__import__('sys').executable")
        if python != sys.executable:
            raise BenchmarkError(f"the kernel 'python3' is {python}, not {sys.executable}")

    def send(self, code: str, *, cell_id: str | None = None, silent: bool = False, expression: str = "None") -> str:
        """Send a cell without waiting; return the request's id, for `wait()`."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {"value": expression},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        metadata = {"cellId": cell_id} if cell_id else {}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def wait(self, request: str, *, timeout: float = 120.0) -> Any:
        """Wait for the reply to `request`; return the value of the expression that was sent along.

        Raises:
            BenchmarkError: the cell or the expression raised, or nothing came for `timeout` seconds.
        """
        while True:
            try:
                reply = self._client.get_shell_msg(timeout=timeout)
            except queue.Empty:
                raise BenchmarkError(f"{self.name}: the kernel gave no reply for {timeout:g} s") from None
            if reply["parent_header"].get("msg_id") == request:
                break
        content = reply["content"]
        if content["status"] == "ok":
            content = content["user_expressions"]["value"]
        if content["status"] != "ok":
            what = f"{content.get('ename')}: {content.get('evalue')}"
            raise BenchmarkError(f"{self.name}: a cell failed with {what}")
        return ast.literal_eval(content["data"]["text/plain"])

    def wait_until_running(self, request: str, *, timeout: float = 30.0) -> None:
        """Wait until the cell of `request` has begun to run."""
        while True:
            try:
                message = self._client.get_iopub_msg(timeout=timeout)
            except queue.Empty:
                raise BenchmarkError(f"{self.name}: the cell did not begin within {timeout:g} s") from None
            if message["msg_type"] == "execute_input" and message["parent_header"].get("msg_id") == request:
                return

    def interrupt(self) -> None:
        """Do what the stop button does."""
        self._manager.interrupt_kernel()

    def listening(self) -> set[tuple[str, int]]:
        """Return the addresses that the kernel process accepts TCP connections on."""
        connections = psutil.Process(self.pid).net_connections(kind="tcp")
        return {tuple(c.laddr) for c in connections if c.status == psutil.CONN_LISTEN}

    def resident_bytes(self) -> int:
        """Return the memory of the kernel process that is in RAM (RSS)."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def close(self) -> None:
        """End the process and wait for its end."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._folder.cleanup()
