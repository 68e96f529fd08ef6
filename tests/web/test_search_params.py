from __future__ import annotations

from urllib.parse import parse_qsl

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.web import URLSearchParams

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6))
def test_what_is_written_is_read_back(pairs):
    params = URLSearchParams(pairs)
    assert list(URLSearchParams(str(params))) == pairs
    assert parse_qsl(str(params), keep_blank_values=True) == [pair for pair in pairs if str(params)]


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("%&=+?2fF"), max_size=20))
def test_parser_and_writer_are_those_of_the_standard(query):
    theirs = ada_url.URLSearchParams(query)
    ours = URLSearchParams(query)
    assert list(ours) == list(theirs.items())
    assert str(ours) == str(theirs)


@pytest.mark.parametrize(
    ("init", "pairs"),
    [
        ("?a=1&b=2", [("a", "1"), ("b", "2")]),
        ("a=b=c&&d", [("a", "b=c"), ("d", "")]),
        ("a=x+y%20z&caf%C3%A9=%FF", [("a", "x y z"), ("café", "\ufffd")]),
        ("a=%zz", [("a", "%zz")]),
        (
            {"a": "1", "tag": ["x", "y"], "n": 2, "on": True},
            [("a", "1"), ("tag", "x"), ("tag", "y"), ("n", "2"), ("on", "true")],
        ),
        ([("a", "1"), ("a", 2.5)], [("a", "1"), ("a", "2.5")]),
        (URLSearchParams("a=1"), [("a", "1")]),
        (None, []),
        ("", []),
        ("a=\ud800", [("a", "\ufffd")]),
    ],
)
def test_made_from(init, pairs):
    assert list(URLSearchParams(init)) == pairs


def test_reading():
    params = URLSearchParams("tag=a&tag=b&page=2")
    assert params.get("tag") == params["tag"] == "a"
    assert params.get_all("tag") == ["a", "b"]
    assert params.get("none") is None
    assert params.get("none", "x") == "x"
    assert params.has("tag", "b")
    assert not params.has("tag", "c")
    assert "page" in params
    assert len(params) == params.size == 3
    assert params.keys() == ["tag", "tag", "page"]
    assert params.values() == ["a", "b", "2"]
    assert dict(params) == {"tag": "a", "page": "2"}
    with pytest.raises(KeyError):
        params["none"]


def test_writing():
    params = URLSearchParams("b=1&a=2&b=3")
    params.set("b", 4)
    assert str(params) == "b=4&a=2"
    params.append("a", "5 6")
    params.sort()
    assert str(params) == "a=2&a=5+6&b=4"
    params.delete("a", "2")
    assert str(params) == "a=5+6&b=4"
    params.delete("a")
    params.set("~*-._", "~")
    assert str(params) == "b=4&%7E*-._=%7E"
    assert params == URLSearchParams("b=4&%7E*-._=~")


def test_values_of_other_types_are_refused():
    with pytest.raises(TypeError, match="'tags' takes a str, a number or a bool, not list"):
        URLSearchParams().set("tags", ["a"])
    with pytest.raises(TypeError, match="name of a search parameter is a str"):
        URLSearchParams([(1, "a")])
