"""JSON files of a site, written as JupyterLite will hand them to Python.

It reads a `.json` file and writes it anew, without spaces, but says how long the file was before: what is sent by its
length, as `FileResponse` does, would break off. A file that is written so already is the same before and after.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError
from notebook_routes.project.isolate.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# JavaScript itself does it: it writes numbers otherwise than Python. What is no JSON stays as it is.
_REWRITE = """
for (const path of Deno.args) {
  const text = Deno.readTextFileSync(path);
  try {
    Deno.writeTextFileSync(path, JSON.stringify(JSON.parse(text)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}
"""


def rewrite_json(paths: Iterable[Path]) -> None:
    """Write JSON files anew, in their places.

    Raises:
        ExportError: it fails.
        ServerError: there is no Deno.
    """
    files = [str(path) for path in paths]
    if not files:
        return
    command = [str(Engine.find().deno), "eval", "--quiet", "--no-config", "--no-lock", _REWRITE, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - Deno, on files of ours
    if done.returncode:
        raise ExportError(f"JSON files of the site could not be written: {done.stderr.strip()}")
