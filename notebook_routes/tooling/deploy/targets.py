"""The platforms that `notebook-routes build --target` builds for, and what each is asked and gives."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

#: The module of each target. Its function `build` takes a `BuildRequest` and gives a `Built`.
TARGETS = {
    "cloudflare": "notebook_routes.tooling.deploy.cloudflare",
    "jupyterlite": "notebook_routes.tooling.deploy.jupyterlite_target",
}


@dataclass(frozen=True)
class BuildRequest:
    """What is to be built. A target refuses what it has no use for.

    Attributes:
        sources: what is built, as the command line names it.
        output: the folder to write; None for the target's own choice.
        name: what the platform is to call it; None for the source's name.
        include: files and folders of the project that go with it though no code imports them.
        cpu_ms: milliseconds of processor time that a request may take there.
        force: make all anew, over files of an earlier build that were edited by hand, or that are another project's.
        check_only: write nothing, and only say what would be written and what is wrong.
    """

    sources: tuple[Path, ...]
    output: Path | None = None
    name: str | None = None
    include: tuple[Path, ...] = ()
    cpu_ms: int | None = None
    force: bool = False
    check_only: bool = False


@dataclass(frozen=True)
class Built:
    """What a build has done, or would do.

    Attributes:
        said: lines for people.
        agrees: whether the folder holds what the build gives, now.
    """

    said: str
    agrees: bool = True


def build(target: str, request: BuildRequest) -> Built:
    """Build for a target.

    Raises:
        ConfigError: there is no such target, or an option has a value that it cannot have.
        DefinitionError: the sources cannot run there; all that is wrong is listed, and nothing was written.
    """
    place = TARGETS.get(target)
    if place is None:
        raise ConfigError(f"--target {target}: there {_listed(list(TARGETS))}")
    built: Built = import_module(place).build(request)
    return built


def _listed(names: list[str]) -> str:
    return f"is {names[0]}" if len(names) == 1 else f"are {', '.join(names[:-1])} and {names[-1]}"
