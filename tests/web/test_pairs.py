"""What FormData and URLSearchParams share, read through both."""

import pytest

from notebook_routes.web import FormData, URLSearchParams


@pytest.fixture(params=[FormData, URLSearchParams])
def pairs(request):
    return request.param([("a", "1"), ("b", "2"), ("a", "3")])


def test_reading(pairs):
    assert (pairs.get("a"), pairs.get("c"), pairs.get("c", "none")) == ("1", None, "none")
    assert pairs.get_all("a") == ["1", "3"]
    assert pairs["b"] == "2"
    assert "a" in pairs
    assert "c" not in pairs
    assert len(pairs) == 3
    with pytest.raises(KeyError, match="c"):
        pairs["c"]


def test_order_is_kept(pairs):
    assert pairs.keys() == ["a", "b", "a"]
    assert pairs.values() == ["1", "2", "3"]
    assert list(pairs) == pairs.items() == [("a", "1"), ("b", "2"), ("a", "3")]


def test_set_puts_one_in_the_place_of_the_first(pairs):
    pairs.set("a", "4")
    assert pairs.items() == [("a", "4"), ("b", "2")]


def test_iterating_while_it_changes_sees_what_was_there(pairs):
    for name, _ in pairs:
        pairs.append(name, "more")
    assert len(pairs) == 6


def test_equality_is_of_one_kind(pairs):
    assert pairs == type(pairs)(pairs.items())
    assert pairs != type(pairs)()
    assert FormData([("a", "1")]) != URLSearchParams([("a", "1")])


@pytest.mark.parametrize("kind", [FormData, URLSearchParams])
@pytest.mark.parametrize(
    ("init", "message"),
    [
        (5, "not of int"),
        (b"a=1", "not of bytes"),
        (["ab"], "'ab' is no pair"),
        ([("a",)], r"\('a',\) is no pair"),
        ([5], "5 is no pair"),
    ],
)
def test_what_is_no_pairs_is_refused(kind, init, message):
    with pytest.raises(TypeError, match=f"{kind.__name__} is made of a mapping or of .*{message}"):
        kind(init)
