"""Starting the process of an isolate: what it may do, and what it is told."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.project.isolate.snapshot import keep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_routes.project.isolate.engine import Engine
    from notebook_routes.project.isolate.limits import IsolateLimits
    from notebook_routes.project.isolate.package_cache import PackageFiles

HOST = "127.0.0.1"
#: Files of the run folder.
CORE, SITE, ERRORS = "core.zip", "site.zip", "errors.txt"

_HERE = Path(__file__).parent
#: What Deno and the system need of this process's environment; nothing of it can be seen in the isolate.
_KEPT = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "HOME", "USERPROFILE", "LOCALAPPDATA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How the process of one isolate is started, any number of times.

    Attributes:
        engine: Deno and Pyodide.
        folder: holds the archives of our package and of the project.
        packages: those of what the project imports, in that folder too.
        snapshot: where the snapshot is, or is to be.
        port: to listen on.
        limits: what the isolate may do.
        settings: the environment variables of `ServerSettings`, by name.
        mark: stands before each event on the process's stdout; the isolate cannot guess it.
    """

    engine: Engine
    folder: Path
    packages: PackageFiles
    snapshot: Path
    port: int
    limits: IsolateLimits
    settings: Mapping[str, str]
    mark: str = field(default_factory=lambda: secrets.token_hex(16))

    def start(self) -> subprocess.Popen[str]:
        """Start it. It ends when its stdin ends, and writes events to its stdout."""
        has_snapshot = self.snapshot.exists()
        with (self.folder / ERRORS).open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(  # noqa: S603 - Deno, with arguments of ours
                self._command(has_snapshot=has_snapshot),
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"NO_COLOR": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                # The isolate may write there what it likes.
                errors="replace",
                cwd=self.folder,
                # Ctrl-C is for whoever has started it, who ends it then.
                start_new_session=True,
            )
        assert process.stdin is not None
        # One that has ended already says why itself.
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(self._told(has_snapshot=has_snapshot)) + "\n")
            process.stdin.flush()
        return process

    def keep_snapshot(self) -> None:
        """Keep the snapshot that the first process has made."""
        keep(self._draft, self.snapshot)

    def discard_snapshot(self) -> None:
        """Throw away a snapshot that cannot be used: the next isolate makes another."""
        self.snapshot.unlink(missing_ok=True)

    def discard_draft(self) -> None:
        """Throw away what a process that has failed has left of a snapshot."""
        self._draft.unlink(missing_ok=True)

    @property
    def _draft(self) -> Path:
        # Beside its place, so that it can be moved in one step; another process may be making the same.
        return self.snapshot.with_name(f"{self.folder.name}.draft")

    @property
    def _net(self) -> Sequence[str]:
        return [f"{HOST}:{self.port}", *self.limits.hosts]

    def _command(self, *, has_snapshot: bool) -> list[str]:
        readable = [self.engine.pyodide, self.folder, _HERE]
        if has_snapshot:
            readable.append(self.snapshot)
        anything = "*" in self.limits.hosts
        return [
            str(self.engine.deno), "run", "--quiet", "--no-prompt", "--no-remote", "--no-npm", "--no-config",
            "--no-lock", "--unstable-worker-options", "--unstable-no-legacy-abort",
            f"--allow-read={','.join(map(str, readable))}",
            "--allow-net" if anything else f"--allow-net={','.join(self._net)}",
            *([] if has_snapshot else [f"--allow-write={self._draft}"]),
            str(_HERE / "host.mjs"),
        ]  # fmt: skip

    def _told(self, *, has_snapshot: bool) -> dict[str, object]:
        plain, native = self.packages
        return {
            "mark": self.mark,
            "core": str(self.folder / CORE),
            "packages": str(plain),
            "native": None if native is None else str(native),
            "site": str(self.folder / SITE),
            "pyodide": str(self.engine.pyodide),
            "snapshot": str(self.snapshot) if has_snapshot else None,
            "keep": None if has_snapshot else str(self._draft),
            "hostname": HOST,
            "port": self.port,
            "net": True if "*" in self.limits.hosts else self._net,
            "cpuLimit": self.limits.cpu,
            "memoryLimit": self.limits.memory,
            "inside": {
                "settings": dict(self.settings),
                "environment": dict(self.limits.environment),
                "cpu_limit": self.limits.cpu,
            },
        }
