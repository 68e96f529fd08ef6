"""Real kernels: each supported ipykernel in a process of its own, driven as JupyterLab drives it."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]
#: The oldest supported, the first that routes prints of threads differently, and whatever is installed.
IPYKERNELS = ("6.29.5", "7.1.0", "newest")
#: What no output may hold, since it would differ from run to run.
VARYING = re.compile(r"localhost:\d|127\.0\.0\.1:\d|\b\d\d:\d\d:\d\d\b|0x[0-9a-f]{6,}|\b[0-9a-f]{32}\b")


@dataclass
class Cell:
    """What one run of a cell has shown so far; `kernel.listen` lets more come in."""

    stdout: str = ""
    stderr: str = ""
    shown: list = field(default_factory=list)
    error: dict | None = None
    count: int | None = None
    reply: dict | None = None
    idle: bool = False

    @property
    def text(self):
        """All that a terminal would show."""
        return self.stdout + "\n".join(bundle["text/plain"] for bundle in self.shown)

    @property
    def html(self):
        return "".join(bundle.get("text/html", "") for bundle in self.shown)

    @property
    def traceback(self):
        return "\n".join(self.error["traceback"]) if self.error else ""

    @property
    def refusal(self):
        """The message of a refused cell: it is all that the cell shows, in the traceback as in the error's value."""
        assert self.error is not None, self.text
        assert self.traceback == f"{self.error['ename']}: {self.error['evalue']}"
        assert self.stderr == self.text == ""
        return self.error["evalue"]


class Kernel:
    """A kernel process. Cells carry an id, as JupyterLab's do, unless `cell=None` is given."""

    def __init__(self, folder, *, path=()):
        environment = os.environ | {
            "IPYTHONDIR": str(folder / "ipython"),
            "MPLCONFIGDIR": str(folder / "matplotlib"),
            "PYTHONPATH": os.pathsep.join([*map(str, path), str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        environment.pop("VSCODE_PROXY_URI", None)
        environment.pop("JUPYTERHUB_SERVICE_PREFIX", None)
        self.manager = KernelManager(kernel_name="python3")
        self.log = (folder / "kernel.log").open("w+b")
        self.manager.start_kernel(
            cwd=str(folder), env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT
        )
        self.client = self.manager.client()
        self.client.start_channels(hb=False)
        self.client.wait_for_ready(timeout=60)
        self.cells = {}
        assert self.value("__import__('sys').executable") == sys.executable
        self.pid = self.value("__import__('os').getpid()")
        self.ipykernel = self.value("__import__('ipykernel').__version__")

    def send(self, code, *, cell=None, subshell=None, silent=False, expression=None):
        """Send a cell and do not wait for its end."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {} if expression is None else {"value": expression},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        sent = self.cells[message["header"]["msg_id"]] = Cell()
        return sent

    def run(self, code, *, cell=None, timeout=30, **how):
        """Run a cell to its end."""
        sent = self.send(code, cell=cell, **how)
        self.listen(lambda: sent.reply is not None and sent.idle, timeout=timeout)
        return sent

    def ok(self, code, **how):
        """Run a cell that must not fail, and must say nothing on stderr."""
        ran = self.run(code, **how)
        assert ran.error is None, ran.traceback
        assert ran.stderr == ""
        return ran

    def value(self, expression):
        """The value of an expression in the kernel, if JSON can carry it."""
        ran = self.run("", silent=True, expression=f"__import__('json').dumps({expression})")
        value = ran.reply["user_expressions"]["value"]
        assert value["status"] == "ok", value
        return json.loads(__import__("ast").literal_eval(value["data"]["text/plain"]))

    def listen(self, until, *, timeout=30):
        """Take in messages until the condition holds."""
        deadline = time.monotonic() + timeout
        while not until():
            assert time.monotonic() < deadline, "the kernel did not come to it"
            for channel in (self.client.iopub_channel, self.client.shell_channel):
                try:
                    self._take(channel.get_msg(timeout=0.01))
                except queue.Empty:
                    continue

    def _take(self, message):
        cell = self.cells.get(message["parent_header"].get("msg_id"))
        if cell is None:
            return
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "stream":
            setattr(cell, content["name"], getattr(cell, content["name"]) + content["text"])
        elif kind in ("display_data", "execute_result"):
            cell.shown.append(content["data"])
        elif kind == "error":
            cell.error = content
        elif kind == "execute_input":
            cell.count = content["execution_count"]
        elif kind == "status":
            cell.idle = content["execution_state"] == "idle"
        elif kind == "execute_reply":
            cell.reply = content

    def interrupt(self):
        self.manager.interrupt_kernel()

    def listening(self):
        """The ports that the process listens on, ZeroMQ's aside."""
        info = self.manager.get_connection_info()
        own = {value for name, value in info.items() if name.endswith("_port")}
        connections = psutil.Process(self.pid).net_connections(kind="tcp")
        return {c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN} - own

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.log.close()
