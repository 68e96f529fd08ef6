from __future__ import annotations

import pytest

from notebook_routes.errors import HTTPError
from notebook_routes.routing import Route, RoutePath, RoutePattern
from notebook_routes.routing.trie import Node, find, grow, prune


def path(text):
    pattern = RoutePattern.parse(text)
    return RoutePath(pattern, {"GET": Route("GET", pattern, None)})


def tree(*texts):
    root = Node()
    for text in texts:
        root = grow(root, path(text))
    return root


def found(root, raw):
    match = find(root, raw)
    return None if match is None else (str(match[0].pattern), match[1])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("/a/b/x", ("/a/b/x", {})),
        ("/a/b/y", ("/a/[p]/y", {"p": "b"})),
        ("/a/b/z", ("/[q]/b/z", {"q": "a"})),
        ("/a/c/z", ("/[...rest]", {"rest": ["a", "c", "z"]})),
        ("/a", ("/[...rest]", {"rest": ["a"]})),
        ("/", None),
    ],
)
def test_a_dead_end_goes_back_to_the_last_choice(raw, expected):
    root = tree("/a/b/x", "/a/[p]/y", "/[q]/b/z", "/[...rest]")
    assert found(root, raw) == expected


def test_growing_and_pruning_leave_the_old_tree_alone():
    before = tree("/a/[p]")
    after = prune(grow(before, path("/a/[p]/x")), RoutePattern.parse("/a/[p]"))
    assert found(before, "/a/1") == ("/a/[p]", {"p": "1"})
    assert found(before, "/a/1/x") is None
    assert found(after, "/a/1") is None
    assert found(after, "/a/1/x") == ("/a/[p]/x", {"p": "1"})


@pytest.mark.parametrize("text", ["/", "/a/b", "/a/[p]/c", "/a/[...r]", "/a/[[...r]]", "/[[...r]]"])
def test_pruning_leaves_no_empty_branch(text):
    assert prune(tree(text), RoutePattern.parse(text)).is_empty()


@pytest.mark.parametrize("text", ["/a/[...r]", "/a/b/c", "/a/[p]"])
def test_pruning_keeps_the_routes_beside(text):
    root = prune(tree("/a", text), RoutePattern.parse(text))
    assert found(root, "/a") == ("/a", {})
    assert found(root, "/a/b") is None


def test_a_value_that_cannot_be_decoded_is_named():
    with pytest.raises(HTTPError, match='"%ZZ" in the path is not percent-encoded UTF-8') as caught:
        find(tree("/a/[p]"), "/a/%ZZ")
    assert caught.value.status == 400
    assert find(tree("/a/b"), "/a/%ZZ") is None
