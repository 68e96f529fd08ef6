"""`wrangler.jsonc`: written for a Worker, and read again to see what wrangler makes of it.

Of a Python Worker, wrangler uploads below `src` what a rule names: `.py` files by a rule of its own, some endings by
default, and nothing else, without a word. So each ending of the project's data stands in a rule; and since `.html` and
`.txt` would be text by default, and `.wasm` code, the defaults are replaced. A file that no ending has is named itself.

    https://developers.cloudflare.com/workers/wrangler/configuration/#bundling
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ConfigError
from notebook_routes.tooling.deploy.isolate_python import COMPATIBILITY_DATE

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIG_FILE = "wrangler.jsonc"
#: Where the Worker's modules are, and its first one.
SOURCE = "src"
MAIN = f"{SOURCE}/entry.py"
#: The folder of the project's files.
SITE = f"{SOURCE}/site"
PYTHON_FLAG = "python_workers"
#: The least and the most that `limits.cpu_ms` may be.
CPU_MS = (1, 300_000)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DEFAULT_GLOBS = ("**/*.txt", "**/*.html", "**/*.sql", "**/*.bin", "**/*.wasm", "**/*.wasm?module")
_HEAD = """\
// The Worker of {name}, written by `notebook-routes build --target cloudflare`. What you change here stays.
// When the project has changed, build again. `npx wrangler dev` tries it, `npx wrangler deploy` uploads it.
"""


def worker_name(asked: str | None, folder: str) -> str:
    """What the Worker is called: as asked for, or else after the project's folder.

    Raises:
        ConfigError: it is no name that a Worker can have.
    """
    if asked is not None:
        if not _NAME.fullmatch(asked):
            near = _near(asked)
            instead = f", such as {near}" if near else ""
            raise ConfigError(
                f"--name {asked}: a Worker's name has at most 63 small letters, digits and dashes, and begins and ends "
                f"with none of these: write another{instead}"
            )
        return asked
    name = _near(folder)
    if not name:
        raise ConfigError(
            f"a Worker cannot be called {folder}: name it with --name, in small letters, digits and dashes"
        )
    return name


def _near(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")


def config_text(name: str, data_files: Iterable[str], *, cpu_ms: int | None = None) -> str:
    """The text of `wrangler.jsonc`.

    Args:
        name: the Worker's.
        data_files: the files below `src` that are no Python.
        cpu_ms: milliseconds of processor time that a request may take; the platform's own limit if not given.

    Raises:
        ConfigError: `cpu_ms` is none that the platform takes.
    """
    config: dict[str, Any] = {
        "name": name,
        "main": MAIN,
        "compatibility_date": COMPATIBILITY_DATE,
        "compatibility_flags": [PYTHON_FLAG],
        "rules": [
            {"type": "Data", "globs": _globs(data_files), "fallthrough": False},
            {"type": "Text", "globs": [], "fallthrough": False},
            {"type": "CompiledWasm", "globs": [], "fallthrough": False},
        ],
    }
    if cpu_ms is not None:
        if not CPU_MS[0] <= cpu_ms <= CPU_MS[1]:
            raise ConfigError(f"--cpu-ms {cpu_ms}: the platform takes {CPU_MS[0]} to {CPU_MS[1]} milliseconds")
        config["limits"] = {"cpu_ms": cpu_ms}
    return _HEAD.format(name=name) + json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def _globs(data_files: Iterable[str]) -> list[str]:
    """One glob for each ending, and each file that has none."""
    found: set[str] = set()
    for path in data_files:
        ending = PurePosixPath(path).suffix
        # A glob cannot say that a `*` in a name is one.
        found.add(f"**/*{ending}" if ending and "*" not in ending else path)
    return sorted(found)


@dataclass(frozen=True)
class WranglerConfig:
    """What a `wrangler.jsonc` says, as far as it matters here.

    Attributes:
        main: the first module.
        date: the compatibility date.
        flags: the compatibility flags.
        cpu_ms: `limits.cpu_ms`; None where it says nothing.
        globs: those of all rules that count.
    """

    main: str = ""
    date: str = ""
    flags: tuple[str, ...] = ()
    cpu_ms: object = None
    globs: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, text: str) -> WranglerConfig:
        """Read a file's text.

        Raises:
            ConfigError: it is no JSON, with comments or without, or holds something else where these stand.
        """
        try:
            found = json.loads(_without_comments(text))
            rules = [(str(rule["type"]), rule) for rule in found.get("rules", ())]
            limits = found.get("limits", {})
            return cls(
                str(found.get("main", "")),
                str(found.get("compatibility_date", "")),
                tuple(map(str, found.get("compatibility_flags", ()))),
                limits.get("cpu_ms"),
                tuple(_counting_globs(rules)),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"{CONFIG_FILE} cannot be read: {error}") from None

    def uploads(self, path: str) -> bool:
        """Whether wrangler uploads a file below `src`.

        Args:
            path: from `src` on.
        """
        return any(_expression(glob).fullmatch(path) for glob in self.globs)


def _counting_globs(rules: list[tuple[str, dict[str, Any]]]) -> Iterable[str]:
    """The globs of the rules that count: after one without `fallthrough`, no other of its type does."""
    closed: set[str] = set()
    for kind, rule in rules:
        if kind not in closed:
            yield from map(str, rule.get("globs", ()))
        if rule.get("fallthrough") is not True:
            closed.add(kind)
    if not any(kind == "PythonModule" for kind, _ in rules):
        yield "**/*.py"
    for glob in _DEFAULT_GLOBS:
        kind = "CompiledWasm" if ".wasm" in glob else "Data" if glob.endswith(".bin") else "Text"
        if kind not in closed:
            yield glob


def _expression(glob: str) -> re.Pattern[str]:
    """A glob as wrangler reads it: `**` for any folders, `*` for anything within a name, all else as it stands."""
    parts = re.split(r"(\*\*/|\*+)", glob)
    return re.compile("".join("(?:[^/]*/)*" if part == "**/" else "[^/]*" if part[:1] == "*" else re.escape(part)
                              for part in parts))  # fmt: skip


def _without_comments(text: str) -> str:
    """JSON with comments and commas before a closing bracket, without either; a string is passed over whole."""
    token = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[\]}])', re.DOTALL)
    return token.sub(lambda found: found[0] if found[0].startswith('"') else "", text)
