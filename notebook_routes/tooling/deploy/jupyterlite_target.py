"""`notebook-routes build NOTEBOOK... --target jupyterlite -o SITE`: what is asked of a site, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from notebook_routes.errors import ConfigError
from notebook_routes.tooling.deploy.jupyterlite import build_site
from notebook_routes.tooling.deploy.targets import Built
from notebook_routes.tooling.progress import progress

if TYPE_CHECKING:
    from notebook_routes.tooling.deploy.jupyterlite import Site
    from notebook_routes.tooling.deploy.targets import BuildRequest

_MEGABYTE = 1_000_000


def build(request: BuildRequest) -> Built:
    """Write a site, as `build_site` does.

    Raises:
        ConfigError: no folder is named, or an option has no meaning for a site.
        DefinitionError: what `build_site` refuses; nothing was written.
        ServerError: Pyodide cannot be fetched; the same.
    """
    given = {
        "--name": request.name is not None,
        "--cpu-ms": request.cpu_ms is not None,
        "--force": request.force,
        "--check": request.check_only,
    }
    useless = [option for option, is_given in given.items() if is_given]
    if useless:
        raise ConfigError(f"{' and '.join(useless)}: a site of jupyterlite has no use for it, leave it out")
    if request.output is None:
        raise ConfigError("a site needs a folder: write --output site")
    with progress(f"Building {request.output}"):
        site = build_site(request.sources, request.output, include=request.include)
    return Built(_said(site))


def _said(site: Site) -> str:
    first = site.notebooks[0]
    lines = [
        f"{site.folder}: JupyterLab, and Python with notebook_routes in the browser, {site.size / _MEGABYTE:.0f} MB",
        f"Any web server shows it: python -m http.server --directory {site.folder}",
        *(f"  http://localhost:8000/lab/index.html?path={quote(name)}" for name in site.notebooks),
    ]
    if site.files:
        lines.append(f"Beside {first}: {', '.join(site.files)}")
    return "\n".join([*lines, *site.remarks])
