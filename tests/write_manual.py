"""Run the manual's notebooks and save their outputs, after a change of what cells show.

    python -m tests.write_manual

Widget views and state are left out: they belong to one kernel, and carry its port.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
_WIDGET = "application/vnd.jupyter.widget-view+json"


def write(path: Path) -> None:
    """Run one notebook, and save it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=60, store_widget_state=False, resources={"metadata": {"path": NOTEBOOKS}}
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(_WIDGET, None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    os.environ["NOTEBOOK_ROUTES_PORT"] = "0"
    for notebook_path in sorted(NOTEBOOKS.glob("*.ipynb")):
        write(notebook_path)
