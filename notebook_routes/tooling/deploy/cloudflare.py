"""`notebook-routes build DIR --target cloudflare`: a project as a Worker, in Python, of Cloudflare's.

    shop-cloudflare/
      wrangler.jsonc pyproject.toml README.md
      src/entry.py                  the class that the platform calls
      src/notebook_routes/          our package, as far as an isolate needs it
      src/site/                     the project, unchanged: "what runs in the cell is what exports"
      python_modules/               wheels for the isolate

Everything is made in memory and checked (`worker_check.py`) before anything is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError, ExportError
from notebook_routes.project.current_folder import within
from notebook_routes.project.load import load_tree
from notebook_routes.runtime.edge import Finding
from notebook_routes.tooling.deploy.needs import needs_of
from notebook_routes.tooling.deploy.package_files import package_files
from notebook_routes.tooling.deploy.python_modules import FOLDER as PYTHON_MODULES
from notebook_routes.tooling.deploy.python_modules import PythonModules, fetch_python_modules
from notebook_routes.tooling.deploy.site_files import find_site_files
from notebook_routes.tooling.deploy.targets import Built
from notebook_routes.tooling.deploy.upload_size import UploadSize, counted, too_large
from notebook_routes.tooling.deploy.worker_check import check_site, check_worker
from notebook_routes.tooling.deploy.worker_files import ENTRY, project_text
from notebook_routes.tooling.deploy.worker_folder import BuiltFolder
from notebook_routes.tooling.deploy.worker_readme import in_short, readme_text
from notebook_routes.tooling.deploy.worker_rules import WORKER_RULES, refuse_build
from notebook_routes.tooling.deploy.wrangler_config import CONFIG_FILE, MAIN, SITE, SOURCE, config_text, worker_name
from notebook_routes.tooling.progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from notebook_routes.app import App
    from notebook_routes.project.tree_writer import Changes
    from notebook_routes.tooling.deploy.needs import Needs
    from notebook_routes.tooling.deploy.site_files import SiteFiles
    from notebook_routes.tooling.deploy.targets import BuildRequest

TARGET = "cloudflare"
_PROJECT_FILE = "pyproject.toml"
_README = "README.md"
#: What wrangler uploads.
_UPLOADED = (f"{SOURCE}/", f"{PYTHON_MODULES}/")
_NOTHING_WRITTEN = "Nothing was written."
_EDITED = "Move an edit to the project if it belongs there, or write over it with --force."
_ALL_IN_ISOLATE = "A Worker runs every route in an isolate, whatever its runtime is."


@dataclass
class _Worker:
    """The files of a Worker, and what is worth knowing of them."""

    files: dict[str, bytes]
    app: App
    remarks: list[str] = field(default_factory=list)


def build(request: BuildRequest) -> Built:
    """Write a project as a Worker, or bring its folder up to date.

    Raises:
        ConfigError: an option has a value that it cannot have.
        DefinitionError: the project cannot be loaded, or cannot run there; all that is wrong is listed with its place,
            and nothing was written.
    """
    root = _only_one(request.sources)
    found = find_site_files(root, include=request.include)
    project = root.resolve()
    name = worker_name(request.name, project.name)
    output = request.output or project.parent / f"{project.name}-{TARGET}"
    folder = BuiltFolder.open(output, root, target=TARGET, force=request.force)
    worker = _made(found, name, folder, request)
    changes = folder.compare(worker.files, force=request.force)
    files = folder.as_it_will_be(changes, worker.files)
    size = UploadSize({path: files[path] for path in files if path.startswith(_UPLOADED)})
    findings = [*check_worker(files, compiled=folder.as_before(files)), *size.check(), *_strangers(folder, files)]
    remarks = [*worker.remarks, *refuse_build(findings, but=_NOTHING_WRITTEN)]
    if changes.edited and not request.check_only:
        raise ExportError("\n".join([*changes.edited, _EDITED, _NOTHING_WRITTEN]))
    # What was edited and stays is no disagreement: wrangler.jsonc is made to be edited.
    agrees = not (changes.written or changes.removed or changes.edited or changes.outdated_manifest)
    if not (agrees or request.check_only):
        folder.write(changes)
    said = _described(changes, size, agrees=agrees, check_only=request.check_only)
    return Built("\n".join([*said, *remarks, in_short(worker.app)]), agrees=agrees)


def _only_one(sources: tuple[Path, ...]) -> Path:
    if len(sources) != 1:
        raise ConfigError(f"--target {TARGET} builds one project: name one folder, the one that holds app/")
    return sources[0]


def _made(found: SiteFiles, name: str, folder: BuiltFolder, request: BuildRequest) -> _Worker:
    """Make all files of a Worker.

    Raises:
        DefinitionError: as `build`.
    """
    large = too_large(found.sizes)
    site = {} if large else found.read()
    findings = [large] if large else check_site(site)
    # The time zones go with a project that reads them.
    findings = [finding for finding in findings if finding.rule.code != "EDGE015"]
    remarks = refuse_build(findings, but=f"{_ALL_IN_ISOLATE} {_NOTHING_WRITTEN}")
    with within(found.root) as root, progress(f"Loading {found.root}"):
        app = load_tree(root, strict=True)
    needs = needs_of(found.root, site, app.routes.routes())
    modules = fetch_python_modules(needs) if request.force else _kept_modules(needs, name, folder)
    remarks += modules.remarks
    if found.behind:
        remarks.append(f"Not taken: {', '.join(found.behind)}; --include takes a file or folder that the code opens")
    files = {
        **{f"{SITE}/{path}": content for path, content in site.items()},
        **{f"{SOURCE}/{path}": content for path, content in package_files().items()},
        **modules.files,
        MAIN: ENTRY.encode(),
        _PROJECT_FILE: project_text(name, modules.needs).encode(),
        _README: readme_text(name, app, asks_others=needs.asks_others).encode(),
    }
    data = [path.removeprefix(f"{SOURCE}/") for path in files if path.startswith(f"{SOURCE}/") and path[-3:] != ".py"]
    files[CONFIG_FILE] = config_text(name, data, cpu_ms=request.cpu_ms).encode()
    return _Worker(dict(sorted(files.items())), app, remarks)


def _kept_modules(needs: Needs, name: str, folder: BuiltFolder) -> PythonModules:
    """The packages: those that are in the folder, where they were fetched for the same needs, else what pip finds."""
    kept, known = folder.unchanged(f"{PYTHON_MODULES}/"), folder.unchanged(_PROJECT_FILE)
    if kept is not None and known is not None:
        for each in (needs, needs.loosened()):
            if known[_PROJECT_FILE] == project_text(name, each).encode():
                return PythonModules(kept, each)
    return fetch_python_modules(needs)


def _strangers(folder: BuiltFolder, files: Mapping[str, bytes]) -> list[Finding]:
    return [Finding(WORKER_RULES["WORKER012"], path, 0) for path in folder.strangers(files, SOURCE, PYTHON_MODULES)]


def _described(changes: Changes, size: UploadSize, *, agrees: bool, check_only: bool) -> list[str]:
    would = "would be " if check_only else ""
    if agrees:
        lines = [f"{changes.root} is up to date: {size}"]
    else:
        what = [f"{counted(len(changes.written))} {would}written"]
        what += [f"{counted(len(changes.removed))} {would}removed"] if changes.removed else []
        lines = [f"{changes.root}: {', '.join(what)} ({size} in all)"]
    lines += [f"{path} was edited by hand, and stays" for path in changes.kept]
    return [*lines, *changes.edited]
