"""The validator: whether a Worker's folder can run at the platform, as far as its files tell.

What it cannot see: whether the platform knows a flag that is not Python's, what a package does while it loads, and,
where the Python that builds is older than 3.14, whether newer syntax in a package is right. No syntax that an older
Python reads has been taken away up to 3.14.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from datetime import date
from importlib.util import decode_source
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError
from notebook_routes.project.isolate.target import PYTHON
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.edge import Finding, check_text
from notebook_routes.tooling.deploy.import_closure import check_imports
from notebook_routes.tooling.deploy.isolate_python import COMPATIBILITY_DATE, COMPATIBILITY_FLAG, words
from notebook_routes.tooling.deploy.python_modules import FOLDER as PYTHON_MODULES
from notebook_routes.tooling.deploy.site_files import is_code
from notebook_routes.tooling.deploy.worker_rules import WORKER_RULES
from notebook_routes.tooling.deploy.wrangler_config import (
    CONFIG_FILE,
    CPU_MS,
    MAIN,
    PYTHON_FLAG,
    SITE,
    SOURCE,
    WranglerConfig,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FLAGS = words(
    """python_workers python_workers_20250116 python_workers_20260610 python_workers_314 no_python_workers_20250116
    no_python_workers_20260610 python_workflows disable_python_workflows python_no_global_handlers
    disable_python_no_global_handlers python_dedicated_snapshot disable_python_dedicated_snapshot
    python_check_rng_state disable_python_check_rng_state python_workers_force_new_vendor_path
    python_process_pth_files disable_python_process_pth_files enable_python_external_sdk disable_python_external_sdk
    python_request_headers_preserve_commas disable_python_request_headers_preserve_commas
    python_workflows_implicit_dependencies"""
)
#: The Worker's Python comes from the package workers-runtime-sdk, which these would hide or stop.
_REFUSED_FLAGS = frozenset({"disable_python_external_sdk", "no_python_workers_20250116", "python_workers_development"})


def check_site(files: Mapping[str, bytes]) -> list[Finding]:
    """Check a project's files before anything is fetched: syntax, and the rules of the edge for every one of them.

    Args:
        files: by path from the project's folder on.
    """
    found: list[Finding] = []
    for path, content in files.items():
        if is_code(path):
            broken = _compiled(path, content)
            found += [broken] if broken else check_text(_text(content), in_function=False, place=path).findings
    return found


def check_worker(files: Mapping[str, bytes], *, compiled: Container[str] = ()) -> list[Finding]:
    """Check all files of a Worker, but for their size (`upload_size.py`).

    Args:
        files: by path from its folder on.
        compiled: those that an earlier build has compiled.
    """
    found = [*_check_config(files)]
    for path, content in files.items():
        # The project's own were compiled before anything else was done.
        if path.endswith(".py") and not path.startswith(f"{SITE}/") and path not in compiled:
            broken = _compiled(path, content)
            found += [broken] if broken else []
    return [*found, *check_imports(files)]


def _compiled(path: str, content: bytes) -> Finding | None:
    """What is wrong with a file's syntax."""
    try:
        with warnings.catch_warnings():
            # They are for its authors.
            warnings.simplefilter("ignore")
            compile(content, path, "exec", dont_inherit=True)
            if sys.version_info[:2] > PYTHON:
                ast.parse(content, path, feature_version=PYTHON)
    except SyntaxError as error:
        return _broken(path, f"{error.msg}", error.lineno or 0, (error.text or "").strip())
    except (ValueError, RecursionError) as error:
        return _broken(path, f"{error}", 0, "")
    return None


def _broken(path: str, what: str, line: int, text: str) -> Finding:
    is_packages = path.startswith(f"{PYTHON_MODULES}/") and sys.version_info[:2] < PYTHON
    return Finding(WORKER_RULES["WORKER002" if is_packages else "WORKER001"], what, line, text, path)


def _check_config(files: Mapping[str, bytes]) -> Iterator[Finding]:
    try:
        config = WranglerConfig.read(files[CONFIG_FILE].decode())
    except (ConfigError, UnicodeDecodeError) as error:
        yield _setting(str(error))
        return
    if config.main != MAIN:
        yield _setting(f"main is {config.main}, and the build writes {MAIN}")
    if PYTHON_FLAG not in config.flags:
        yield _setting(f"compatibility_flags lack {PYTHON_FLAG}, without which wrangler takes no Python")
    yield from _check_date(config)
    for flag in config.flags:
        if flag in _REFUSED_FLAGS:
            yield _setting(f"compatibility_flags has {flag}, which stops the packages of python_modules")
        elif "python" in flag and flag not in _FLAGS:
            yield Finding(WORKER_RULES["WORKER010"], flag, 0, place=CONFIG_FILE)
    limit = config.cpu_ms
    if limit is not None and not (type(limit) is int and CPU_MS[0] <= limit <= CPU_MS[1]):
        yield _setting(f"limits.cpu_ms is {limit}, and may be {CPU_MS[0]} to {CPU_MS[1]}")
    for path in files:
        if path.startswith(f"{SOURCE}/") and not config.uploads(path.removeprefix(f"{SOURCE}/")):
            yield Finding(WORKER_RULES["WORKER009"], path, 0, place=CONFIG_FILE)


def _check_date(config: WranglerConfig) -> Iterator[Finding]:
    try:
        day = date.fromisoformat(config.date if _DATE.fullmatch(config.date) else "")
    except ValueError:
        yield _setting(f"compatibility_date is {config.date!r}, which is no date such as {COMPATIBILITY_DATE}")
        return
    if config.date < COMPATIBILITY_DATE and COMPATIBILITY_FLAG not in config.flags:
        yield _setting(
            f"compatibility_date {config.date} means an older Python than 3.14, for which python_modules is made: "
            f"{COMPATIBILITY_DATE} is the first"
        )
    # Wherever the platform is, it is today there by now.
    if (day - date.today()).days > 1:  # noqa: DTZ011 - the day here
        yield _setting(f"compatibility_date {config.date} is in the future, which wrangler refuses")


def _setting(what: str) -> Finding:
    return Finding(WORKER_RULES["WORKER011"], what, 0, place=CONFIG_FILE)


def _text(content: bytes) -> CellText:
    return CellText.read(decode_source(content), first_line=1)
