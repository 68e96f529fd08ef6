from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.app.target import normalized

PATHS = st.text("/\\a.%", min_size=0, max_size=8).map("/".__add__)


@pytest.mark.parametrize("path", ["/", "/a", "/a/b", "/a%2F", "/a.b"])
def test_the_right_spelling_stays(path):
    assert normalized(path) is None


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/a/", "/a"),
        ("//", "/"),
        ("//a", "/a"),
        ("/a//b///c", "/a/b/c"),
        ("/a\\b", "/a/b"),
        ("/\\a", "/a"),
        ("/a//", "/a/"),
    ],
)
def test_another_is_redirected(path, right):
    assert normalized(path) == right


@given(PATHS)
def test_it_ends_after_two_hops_and_never_leaves_the_site(path):
    hops = 0
    while (elsewhere := normalized(path)) is not None:
        assert elsewhere.startswith("/")
        assert not elsewhere.startswith(("//", "/\\"))
        path, hops = elsewhere, hops + 1
    assert hops <= 2
