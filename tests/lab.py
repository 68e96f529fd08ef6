"""A real JupyterLab, and a notebook that is open in it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import expect

ROOT = Path(__file__).parents[1]
#: Seconds for what takes the longest: a server or a kernel that starts on a machine with other work.
PATIENCE = 90

_NOT_ASKED = {"@jupyterlab/apputils-extension:announcements": True}
_READY = """() => {
    window.panel = window.jupyterapp?.shell.currentWidget;
    return panel?.sessionContext?.session?.kernel?.status === "idle" && panel.content.widgets.length > 0;
}"""
_PUT = """sources => {
    const model = panel.content.model.sharedModel;
    model.transact(() => {
        model.deleteCellRange(0, model.cells.length);
        model.insertCells(0, sources.map(source => ({cell_type: "code", source})));
    });
}"""
_WRITE = """([place, source]) => {
    panel.content.model.sharedModel.cells[place].setSource(source);
}"""
_RUN = """async place => {
    panel.content.activeCellIndex = place;
    const late = new Promise((_, fail) => setTimeout(() => fail(new Error("The cell does not end")), 60_000));
    await Promise.race([jupyterapp.commands.execute("notebook:run-cell"), late]);
}"""
_START = """place => {
    panel.content.activeCellIndex = place;
    void jupyterapp.commands.execute("notebook:run-cell");
}"""


class Lab:
    """JupyterLab on a free port, without a token and with folders of its own.

    Args:
        folder: an empty folder.
        environment: what its kernels find beside what this process has.
    """

    def __init__(self, folder, environment=()):
        self.work = folder / "work"
        self.work.mkdir(parents=True)
        settings = folder / "config" / "labconfig"
        settings.mkdir(parents=True)
        (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": _NOT_ASKED}))
        folders = {
            name: str(folder / name.lower())
            for name in ("IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        }
        self._data = folder / "jupyter_data_dir"
        self._log = (folder / "lab.log").open("wb")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
                *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--ServerApp.password="),
                *("--IdentityProvider.token=", f"--ServerApp.root_dir={self.work}"),
                *("--LabApp.news_url=None", "--LabApp.extension_manager=readonly"),
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            env={
                **os.environ,
                **folders,
                "JUPYTER_CONFIG_DIR": str(folder / "config"),
                "NOTEBOOK_ROUTES_PORT": "0",
                "NO_PROXY": "*",
                "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
                **dict(environment),
            },
            stdout=self._log,
            stderr=self._log,
        )
        try:
            self.url = self._found(folder / "jupyter_runtime_dir", folder / "lab.log")
        except BaseException:
            self.close()
            raise

    def _found(self, runtime, log):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            for file in runtime.glob("jpserver-*.json"):
                try:
                    return json.loads(file.read_text())["url"]
                except ValueError:
                    pass  # It is being written.
            time.sleep(0.05)
        raise AssertionError(f"JupyterLab does not start:\n{log.read_text()[-3000:]}")

    def add_kernel(self, name, path):
        """Have a kernel of a name, whose PYTHONPATH begins with these folders."""
        about = self._data / "kernels" / name / "kernel.json"
        about.parent.mkdir(parents=True)
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        environment = {"PYTHONPATH": os.pathsep.join([*map(str, path), str(ROOT), os.environ.get("PYTHONPATH", "")])}
        said = {"argv": command, "display_name": name, "language": "python", "env": environment}
        about.write_text(json.dumps(said))

    def open(self, page, name, *, cells=("",), kernel="python3"):
        """Open a new notebook, with its kernel ready."""
        written = [
            {
                "cell_type": "code",
                "id": f"cell{at}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": it,
            }
            for at, it in enumerate(cells)
        ]
        about = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
        content = {"cells": written, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
        (self.work / f"{name}.ipynb").write_text(json.dumps(content))
        return self.reopen(page, name)

    def reopen(self, page, name):
        """Show a notebook that there is."""
        page.goto(f"{self.url}doc/tree/{name}.ipynb?reset", timeout=PATIENCE * 1000)
        notebook = LabNotebook(page)
        notebook.wait()
        return notebook

    def close(self):
        """End the server, and its kernels with it."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()


class LabNotebook:
    """The notebook that a page shows.

    Args:
        page: Playwright's.

    Attributes:
        failures: what the page's scripts have not caught.
    """

    def __init__(self, page):
        self.page = page
        self.failures = []
        page.on("pageerror", lambda error: self.failures.append(error))  # noqa: PLW0108 - it marks what it calls

    def wait(self):
        """Wait until its kernel is idle."""
        self.page.wait_for_function(_READY, timeout=PATIENCE * 1000)

    def end(self):
        """End its kernel."""
        self.page.evaluate("() => panel.sessionContext.shutdown()")

    def put(self, *sources):
        """Have these cells and no others."""
        self.page.evaluate(_PUT, list(sources))
        expect(self.page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(sources))

    def put_and_run(self, *sources):
        """The same, and run them one after another."""
        self.put(*sources)
        for place in range(len(sources)):
            self.run(place)

    def write(self, place, source):
        """Edit a cell."""
        self.page.evaluate(_WRITE, [place, source])

    def run(self, place):
        """Run a cell to its end."""
        self.page.evaluate(_RUN, place)

    def start(self, place):
        """Run a cell, and do not wait for it."""
        self.page.evaluate(_START, place)

    def execute(self, command, **options):
        """A command of JupyterLab, as its menus have it."""
        self.page.evaluate(
            "([command, options]) => void jupyterapp.commands.execute(command, options)", [command, options]
        )

    def close_others(self):
        """Close what else was opened beside it."""
        self.page.evaluate("""() => {
            const all = ["main", "down"].flatMap((area) => [...jupyterapp.shell.widgets(area)]);
            for (const other of all) if (other !== panel) other.dispose();
            jupyterapp.shell.activateById(panel.id);
        }""")

    def restart(self):
        """Restart the kernel."""
        self.page.evaluate("() => panel.sessionContext.session.kernel.restart()")
        self.wait()

    def cell(self, place):
        """A cell with its outputs."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(place)

    def text(self, place):
        """What a cell has printed."""
        return self.cell(place).locator(".jp-OutputArea-output").inner_text()

    def card(self, place):
        """The inspector under a cell."""
        return self.cell(place).locator(".nbi")

    def send(self, place):
        """Press Send in a card, and give the place of the answer."""
        card = self.card(place)
        card.get_by_role("button", name="Send", exact=True).click()
        return card.locator(".nbi-answer")
