"""`notebook-routes demo`: the packaged quickstart notebook, run in a real kernel and told as a story.

The cells check themselves by their `??` lines. A cell tagged `raises-exception` has to fail, and its message is part
of what is shown.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.resources import files
from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager
from rich.console import Console
from rich.markdown import Markdown
from rich.syntax import Syntax
from rich.text import Text

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

#: Seconds a cell may take.
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the quickstart.

    Attributes:
        source: its text.
        is_code: run it, rather than show it as prose.
        must_fail: whether it is there for its error message.
    """

    source: str
    is_code: bool
    must_fail: bool


def quickstart_cells() -> list[Cell]:
    """The cells of the packaged notebook."""
    text = files("notebook_routes.tooling").joinpath("quickstart.ipynb").read_text(encoding="utf-8")
    return [
        Cell(
            "".join(cell["source"]),
            cell["cell_type"] == "code",
            "raises-exception" in cell["metadata"].get("tags", ()),
        )
        for cell in json.loads(text)["cells"]
    ]


def run_quickstart(console: Console | None = None) -> bool:
    """Run the quickstart notebook in a kernel of this Python, and print it with its answers and timings.

    Returns:
        Whether every cell did what it should.
    """
    console = console or Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="notebook-routes-demo-") as folder:
        manager = KernelManager(kernel_name="python3", kernel_spec_manager=_ThisPython())
        manager.start_kernel(cwd=folder)
        client = manager.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=_PATIENCE)
            wrong = _run_cells(quickstart_cells(), client, console)
            began = time.perf_counter()
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
    console.print(f"\nThe kernel, its server and its port were gone after {time.perf_counter() - began:.1f} s.")
    if wrong:
        console.print(Text(f"{wrong} cells did not do what they should.", style="bold red"))
    else:
        console.print(Text("Every answer was right.", style="bold green"))
    return not wrong


class _ThisPython(KernelSpecManager):
    """Kernels of the Python that runs this, whatever kernels are installed on the machine."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=40"],
            display_name=kernel_name,
            language="python",
        )


def _run_cells(cells: list[Cell], client: BlockingKernelClient, console: Console) -> int:
    wrong = number = 0
    for cell in cells:
        console.print()
        if not cell.is_code:
            console.print(Markdown(cell.source))
            continue
        number += 1
        console.print(Text(f"In [{number}]", style="bold cyan"))
        console.print(Syntax(cell.source, "python", background_color="default", word_wrap=True))
        failed = _run_cell(cell, client, console)
        if failed != cell.must_fail:
            wrong += 1
            what = "failed" if failed else "should have failed"
            console.print(Text(f"^ this cell {what}", style="bold red"))
    return wrong


def _run_cell(cell: Cell, client: BlockingKernelClient, console: Console) -> bool:
    """Run one cell, print its outputs as they come; whether it failed."""
    began = time.perf_counter()
    request = client.execute(cell.source)
    failed = False
    while True:
        try:
            message = client.get_iopub_msg(timeout=_PATIENCE)
        except Empty:
            console.print(Text(f"no answer for {_PATIENCE:g} s", style="bold red"))
            return True
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            break
        failed |= kind == "error"
        text = _shown(kind, content)
        if text:
            moment = f"+{time.perf_counter() - began:5.2f} s  "
            style = "yellow" if kind == "error" else None
            for line in text.rstrip("\n").split("\n"):
                console.print(Text(moment, style="dim"), Text(line, style=style or ""), sep="")
                moment = " " * len(moment)
    client.get_shell_msg(timeout=_PATIENCE)
    return failed


def _shown(kind: str, content: dict[str, Any]) -> str:
    if kind == "stream":
        return str(content["text"])
    if kind in ("display_data", "execute_result"):
        return str(content["data"].get("text/plain", ""))
    if kind == "error":
        return f"{content['ename']}: {content['evalue']}"
    return ""
