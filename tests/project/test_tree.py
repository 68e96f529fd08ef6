"""Which modules of a tree run anew when files have changed."""

import sys
from pathlib import PurePosixPath

import pytest

from notebook_routes.project.tree import ModuleTree


@pytest.fixture
def tree(tmp_path):
    """A tree of files that all hold an object of their own, by which it is seen whether they ran anew."""
    made = []

    def tree(**files):
        for name, source in files.items():
            file = tmp_path / (name.replace("__", "/").replace("/init", "/__init__") + ".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{source}\nmark = object()\n")
        if not made:
            made.append(ModuleTree(tmp_path))
        return made[0]

    yield tree
    for each in made:
        each.close()


def anew(tree, changed, *watched):
    """Which of the watched files run anew after a change of some; each is loaded before and after."""
    paths = {name: PurePosixPath(f"{name}.py") for name in watched}
    before = {name: tree.load(path).mark for name, path in paths.items()}
    tree.forget([PurePosixPath(name) for name in changed])
    return {name for name, path in paths.items() if tree.load(path).mark is not before[name]}


@pytest.mark.parametrize(
    "statement",
    [
        "import app._shared",
        "import app._shared as shared",
        "from app import _shared",
        "from app._shared import mark as other",
        "from app._shared import *",
        "from . import _shared",
        "from ._shared import mark as other",
        "from app._between import mark as other",
    ],
)
def test_who_imports_a_changed_file_runs_anew_and_no_other(tree, statement):
    made = tree(
        app___shared="",
        app___between="from app import _shared",
        app___state="",
        app__a=f"from app import _state\n{statement}",
        app__b="from app import _state",
    )
    watched = ("app/_shared", "app/_state", "app/a", "app/b")
    assert anew(made, ["app/_shared.py"], *watched) == {"app/_shared", "app/a"}
    assert anew(made, ["app/a.py"], *watched) == {"app/a"}
    assert anew(made, ["app/_state.py"], *watched) == {"app/_state", "app/a", "app/b"}
    assert anew(made, ["app/nothing.py"], *watched) == set()


def test_an_import_inside_a_function_counts_once_it_has_run(tree):
    made = tree(app___shared="", app__a="def f():\n    from app import _shared\n    return _shared.mark")
    module = made.load(PurePosixPath("app/a.py"))
    assert anew(made, ["app/_shared.py"], "app/a") == set()
    # The function finds the new one, and by that it is an importer.
    assert module.f() is made.load(PurePosixPath("app/_shared.py")).mark
    assert anew(made, ["app/_shared.py"], "app/a") == {"app/a"}


def test_a_file_that_no_longer_imports_another_stays_when_that_changes(tree):
    made = tree(app___shared="", app__a="from app import _shared")
    assert anew(made, ["app/_shared.py"], "app/a") == {"app/a"}
    tree(app__a="")
    assert anew(made, ["app/a.py"], "app/a") == {"app/a"}
    assert anew(made, ["app/_shared.py"], "app/a") == set()


def test_a_package_that_runs_anew_keeps_the_modules_in_it(tree):
    made = tree(
        lib__init="name = 'old'",
        lib__state="",
        app__a="import lib.state\nfrom lib import name\ndef f():\n    return lib.state.mark",
        app__b="from lib import state",
    )
    state = made.load(PurePosixPath("lib/state.py"))
    tree(lib__init="name = 'new'")
    assert anew(made, ["lib/__init__.py"], "lib/state", "app/a", "app/b") == {"app/a", "app/b"}
    module = made.load(PurePosixPath("app/a.py"))
    assert (module.name, module.f()) == ("new", state.mark)


def test_a_changed_module_is_new_for_those_who_get_it_from_its_package(tree):
    made = tree(app___shared="rows = 1", app__a="from app import _shared\nrows = _shared.rows")
    assert made.load(PurePosixPath("app/a.py")).rows == 1
    tree(app___shared="rows = 2")
    made.forget([PurePosixPath("app/_shared.py")])
    assert made.load(PurePosixPath("app/a.py")).rows == 2


def test_a_package_that_fails_stops_those_who_import_from_it(tree):
    made = tree(lib__init="", lib__state="", app__a="from lib.state import mark as other")
    made.load(PurePosixPath("app/a.py"))
    tree(lib__init="1 / 0")
    made.forget([PurePosixPath("lib/__init__.py")])
    with pytest.raises(ZeroDivisionError):
        made.load(PurePosixPath("app/a.py"))


def test_a_file_that_failed_to_import_another_finds_it_when_it_is_there(tree):
    made = tree(app__a="try:\n    from db import mark as row\nexcept ImportError:\n    row = None")
    assert made.load(PurePosixPath("app/a.py")).row is None
    tree(db="")
    assert anew(made, ["db.py"], "app/a") == {"app/a"}
    assert made.load(PurePosixPath("app/a.py")).row is not None


def test_a_folder_is_all_that_was_in_it(tree):
    made = tree(app__x__one="", app__x__two="", app__y="from app.x import one")
    assert made.load(PurePosixPath("app/y.py"))
    assert made.holds(PurePosixPath("app/x"))
    assert not made.holds(PurePosixPath("app/z"))
    assert anew(made, ["app/x"], "app/x/one", "app/x/two", "app/y") == {"app/x/one", "app/x/two", "app/y"}


def test_what_runs_keeps_what_it_has(tree):
    made = tree(app___shared="rows = [1]", app__a="from app._shared import rows\ndef f():\n    return rows, mark")
    old = made.load(PurePosixPath("app/a.py")).f
    mark = old()[1]
    tree(app___shared="rows = [2]")
    made.forget([PurePosixPath("app/_shared.py")])
    assert made.load(PurePosixPath("app/a.py")).f()[0] == [2]
    assert old() == ([1], mark)


def test_a_file_that_fails_leaves_nothing(tree):
    made = tree(app__a="")
    made.load(PurePosixPath("app/a.py"))
    tree(app__a="1 / 0")
    made.forget([PurePosixPath("app/a.py")])
    with pytest.raises(ZeroDivisionError):
        made.load(PurePosixPath("app/a.py"))
    assert made.name_of(PurePosixPath("app/a")) not in sys.modules
