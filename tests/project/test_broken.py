"""Files that cannot stand side by side."""

from pathlib import PurePosixPath

import pytest

from notebook_routes.project.broken import broken_routes, conflicts, is_broken, without_conflicts
from notebook_routes.routing import METHODS, Route, RouteFile, pattern_of


def found(*paths):
    """Files with one route each, by the folders that they are in."""
    files = {}
    for path in paths:
        folders = PurePosixPath(path).parts
        file = RouteFile(PurePosixPath("app", *folders, "route.py"), pattern_of(folders))
        files[file] = [Route("GET", file.pattern, None, cell=str(file))]
    return files


def names(files):
    return {"/".join(file.path.parts[1:-1]) for file in files}


@pytest.mark.parametrize(
    ("paths", "refused"),
    [
        (("a", "b/[id]", "b/[id]/c", "[...rest]"), set()),
        (("[id]", "[slug]", "a"), {"[id]", "[slug]"}),
        (("[id]/a", "[slug]/b"), {"[id]/a", "[slug]/b"}),
        (("(x)/a", "(y)/a", "(z)/a", "b"), {"(x)/a", "(y)/a", "(z)/a"}),
        # The last is in conflict with the second alone.
        (("a", "a/[[...rest]]", "a/[...some]", "b"), {"a", "a/[[...rest]]", "a/[...some]"}),
    ],
)
def test_of_files_in_conflict_none_is_used(paths, refused):
    files = found(*paths)
    reasons = conflicts(files)
    assert names(reasons) == refused
    for file, messages in reasons.items():
        assert all(str(file) in message for message in messages)
    table = without_conflicts(files, reasons)
    fine = {route.cell for route in table if not is_broken(route)}
    assert fine == {str(file) for file in files if file not in reasons}
    assert any(is_broken(route) for route in table) is bool(refused)


def test_a_broken_file_answers_every_method():
    (file,) = found("a/[id]/[...rest]")
    routes = broken_routes(file, "broken")
    assert [route.method for route in routes] == list(METHODS)
    assert all(is_broken(route) for route in routes)
