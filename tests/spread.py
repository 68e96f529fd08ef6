"""A run of all tests is spread over processes: most of its time is waiting for kernels, browsers and servers.

A run of some stays in one process, and so does one that picks by `-k`, or is watched with `-s` or a debugger. `-n` has
the last word; without pytest-xdist all run in one process.
"""

import compileall
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: More would only repeat what each starts for itself: kernels, a JupyterLab, a Redis.
_MOST = 4
#: Those that take the longest are begun first, or one would be waited for at the end.
_LONGEST = (
    "tests/test_manual.py",
    "tests/project/isolate/test_process.py",
    "tests/tooling/deploy/test_jupyterlite.py",
    "tests/tooling/test_dev.py",
    "tests/project/test_export.py",
    "tests/conformance/test_conformance.py",
    "tests/notebook/test_exporting.py",
    "tests/notebook/test_inspector_in_lab.py",
    "tests/tooling/test_serve.py",
    "tests/project/test_clean_environment.py",
    "tests/notebook/test_inspector_cards.py",
    "tests/notebook/test_inspector_bad_input.py",
    "tests/typegen/test_checkers.py",
    "tests/servers/test_browser.py",
    "tests/notebook/test_inspector_kernels.py",
    "tests/tooling/test_dev_inspector.py",
    "tests/project/test_data_files.py",
    "tests/notebook/test_actions.py",
    "tests/tooling/test_on_uvicorn.py",
    "tests/conformance/test_schemathesis.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    option = config.option
    if hasattr(config, "workerinput") or not hasattr(option, "numprocesses"):
        return
    if option.numprocesses is None and option.dist == "no" and _is_whole(config):
        # One more than there are cores, since they wait.
        option.numprocesses = min((os.cpu_count() or 1) + 1, _MOST)
    if option.numprocesses and option.dist == "no":
        # What the tests of a file share is made once.
        option.dist, option.loadscopereorder = "loadfile", False
        # Where Python may not write bytecode, each of some hundred processes would compile the package for itself.
        compileall.compile_dir(ROOT / "notebook_routes", quiet=2)


def _is_whole(config):
    option = config.option
    watched = option.usepdb or option.trace or option.capture == "no"
    return not watched and not option.keyword and [Path(each).resolve() for each in config.args] == [ROOT / "tests"]


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        from hypothesis import HealthCheck, settings

        # How long an example takes says here how much else the processors have to do.
        busy = {"deadline": None, "suppress_health_check": [*settings().suppress_health_check, HealthCheck.too_slow]}
        settings.register_profile("spread", settings(), **busy)
        settings.load_profile("spread")


def pytest_collection_modifyitems(config, items):
    """In the order in which files are handed out."""
    if hasattr(config, "workerinput"):
        places = {name: place for place, name in enumerate(_LONGEST)}
        items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))
