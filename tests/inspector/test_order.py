from __future__ import annotations

import pytest

from notebook_routes.inspector.order import order
from notebook_routes.routing import RoutePattern


def tried(path, *others):
    found = order(RoutePattern.parse(path), map(RoutePattern.parse, [path, *others]))
    assert [each["path"] for each in found if each["here"]] == [path]
    return [each["path"] for each in found]


def test_text_before_a_segment_before_a_rest():
    assert tried("/a/[id]", "/[...all]", "/a/new", "/a/[...rest]") == ["/a/new", "/a/[id]", "/a/[...rest]", "/[...all]"]


@pytest.mark.parametrize(
    ("path", "other", "meets"),
    [
        ("/a/[id]", "/b/[id]", False),
        ("/a/[id]", "/a", False),
        ("/a/[id]", "/[x]/b", True),
        ("/a", "/[...all]", True),
        ("/", "/[...all]", False),
        ("/", "/[[...all]]", True),
        ("/a/b/c", "/a/[[...rest]]", True),
        ("/a", "/a/[...rest]", False),
        ("/a", "/a/[[...rest]]", True),
        ("/a/[...rest]", "/[x]/b/c", True),
    ],
)
def test_only_paths_that_have_a_url_in_common(path, other, meets):
    assert tried(path, other).count(other) == meets
    assert tried(other, path).count(path) == meets


def test_each_says_why():
    (new, here, rest) = order(
        RoutePattern.parse("/a/[id]"), map(RoutePattern.parse, ["/a/[id]", "/a/new", "/a/[...rest]"])
    )
    assert new["why"] == 'tried before: the text "new" comes before one segment [id]'
    assert here["why"] == "this path"
    assert rest["why"] == "tried after: one segment [id] comes before the rest [...rest]"


def test_of_very_many_those_around_it_are_shown():
    others = ["/[...all]", *(f"/r{number}" for number in range(100))]
    found = tried("/[...all]", *others[1:])
    assert len(found) == 40
