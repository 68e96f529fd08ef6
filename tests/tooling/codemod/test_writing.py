"""Carrying out a plan: all of it, or nothing."""

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.tooling.codemod import writing
from notebook_routes.tooling.codemod.plan import Plan, Write
from notebook_routes.tooling.codemod.run import run_codemod
from notebook_routes.tooling.codemod.writing import carry_out, outstanding
from tests.tooling.codemod.conftest import texts_below

_HANDLER = "def handler(req, res):\n    res.end('{}')\n"


@pytest.fixture
def routes(write):
    return write({f"pages/api/{name}.py": _HANDLER.format(name) for name in "abc"})


@pytest.mark.parametrize("step", ["_beside", "_copy", "replace", "unlink"])
@pytest.mark.parametrize("time", [1, 2, 3])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "x"), KeyboardInterrupt()])
def test_a_crash_in_the_middle_leaves_everything_as_it_was(routes, monkeypatch, step, time, error):
    before = texts_below(routes)
    left = [time]
    place = writing if step.startswith("_") else type(routes)
    original = getattr(place, step)

    def fails(self, *args, **options):
        # What is put back or tidied up goes on working.
        left[0] -= 1
        if left[0] == 0:
            raise error
        return original(self, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(place, step, fails)
        with pytest.raises((DefinitionError, KeyboardInterrupt)):
            run_codemod("api-routes", routes)
    assert texts_below(routes) == before
    assert not (routes / "app").exists()


def test_modes_stay_and_empty_folders_go(routes, tmp_path):
    file = tmp_path / "pages/api/a.py"
    target = tmp_path / "x.txt"
    target.write_text("old")
    target.chmod(0o640)
    carry_out([Write(target, b"new", "old", "new", target)], [file])
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o640)
    assert not file.exists()
    carry_out([], [tmp_path / "pages/api/b.py", tmp_path / "pages/api/c.py"])
    assert not (tmp_path / "pages").exists()


def test_what_is_there_already_need_not_be_written(tmp_path):
    file = tmp_path / "x.txt"
    file.write_text("same")
    plan = Plan([Write(file, b"same", "", "same", file)])
    assert outstanding(plan) == []
    assert not plan.left


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path):
    file, source = tmp_path / "x.txt", tmp_path / "source.py"
    file.write_text("mine")
    plan = Plan([Write(file, b"new", "", "new", source)], [source])
    assert outstanding(plan) == []
    assert "is there already" in plan.left[source]
    assert plan.removes == []
