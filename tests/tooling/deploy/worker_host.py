"""The folder of a Worker, running in Deno and Pyodide as it would at the platform: see `worker_host.mjs`."""

import queue
import subprocess
import threading
from pathlib import Path

from notebook_routes.project.isolate.engine import Engine, deno_environment

_HOST = Path(__file__).with_name("worker_host.mjs")
#: Seconds for booting Python, on a busy machine.
_PATIENCE = 240


class WorkerHost:
    """Runs a Worker's folder; `port` is where it answers, and `said` what it prints."""

    def __init__(self, folder):
        engine = Engine.find()
        read = ",".join(map(str, (engine.pyodide, folder.resolve(), _HOST)))
        self._process = subprocess.Popen(
            [
                *(str(engine.deno), "run", "--quiet", "--no-prompt", "--no-remote", "--no-npm", "--no-config"),
                *("--no-lock", "--unstable-no-legacy-abort", f"--allow-read={read}", "--allow-net=127.0.0.1"),
                *(str(_HOST), str(engine.pyodide), str(folder.resolve())),
            ],
            env=deno_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.said = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = self._wait_until_it_listens()

    def _read(self):
        for line in self._process.stdout:
            self.said.append(line)
            self._lines.put(line)
        self._lines.put("")

    def _wait_until_it_listens(self):
        while line := self._lines.get(timeout=_PATIENCE):
            if line.startswith("listening "):
                return int(line.split()[1])
        self.stop()
        raise AssertionError("".join(self.said))

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()
