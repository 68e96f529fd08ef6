"""Folders of paths, on any file system."""

from pathlib import PurePosixPath

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.project.paths import folder_of, refuse_collisions
from notebook_routes.routing import RoutePattern
from notebook_routes.routing.filesystem import pattern_of


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/", "app"),
        ("/products/[id]", "app/products/[id]"),
        ("/(shop)/@modal/[[...slug]]", "app/(shop)/@modal/[[...slug]]"),
        ("/%5Fadmin/caf%C3%A9/ü", "app/%5Fadmin/caf%C3%A9/ü"),
        ("/a:b/c*d", "app/a%3Ab/c%2Ad"),
        ("/route.py/Page.html", "app/route%2Epy/Page%2Ehtml"),
        ("/v1./x", "app/v1%2E/x"),
    ],
)
def test_a_folder_reads_back_as_its_path(path, folder):
    if "*" in path:
        path = path.replace("*", "%2A")
    pattern = RoutePattern.parse(path)
    assert str(folder_of(pattern)) == folder
    assert pattern_of(PurePosixPath(folder).parts[1:]).shape == pattern.shape


@pytest.mark.parametrize("word", ["con", "NUL", "com1.txt", "LPT9", "aux.x.y"])
def test_devices_are_refused(word):
    with pytest.raises(DefinitionError, match="Windows has no folder"):
        folder_of(RoutePattern.parse(f"/a/{word}"))


def test_what_is_too_long():
    with pytest.raises(DefinitionError, match="too long"):
        folder_of(RoutePattern.parse("/" + "a" * 300))


@pytest.mark.parametrize(("one", "two"), [("/Shop/a", "/shop/b"), ("/café/a", "/cafe\u0301/b"), ("/a/[Id]", "/a/[id]")])
def test_folders_that_some_disks_take_for_one(one, two):
    places = [(folder_of(RoutePattern.parse(path)), path) for path in (one, two)]
    with pytest.raises(DefinitionError) as error:
        refuse_collisions(places)
    assert one in str(error.value)
    assert two in str(error.value)


def test_folders_that_are_different():
    refuse_collisions(
        [(PurePosixPath("app/shop/a"), "1"), (PurePosixPath("app/shop/b"), "2"), (PurePosixPath("app"), "3")]
    )
