from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.web import Headers

NAMES = st.text(alphabet="ABCXYZabcxyz0189!#$%&'*+-.^_`|~", min_size=1, max_size=8)
VALUES = st.text(alphabet=st.characters(max_codepoint=0xFF, exclude_characters="\r\n\0"), max_size=12).map(
    lambda text: text.strip(" \t")
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_what_is_appended_is_read_back(pairs):
    headers = Headers(pairs)
    assert headers.raw == [(name.lower(), value) for name, value in pairs]
    assert Headers(headers.raw) == headers
    for name, _ in pairs:
        assert headers.has(name.swapcase())


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), NAMES, VALUES)
def test_set_leaves_one(pairs, name, value):
    headers = Headers(pairs)
    headers.set(name, value)
    assert [found for other, found in headers.raw if other == name.lower()] == [value]
    headers.delete(name.upper())
    assert name not in headers


@given(st.text(max_size=8) | NAMES, st.text(max_size=12) | st.text("a\r\n\0\t é✓", max_size=6))
def test_whatever_is_given_a_line_stays_a_line(name, value):
    headers = Headers()
    for write in (headers.append, headers.set, lambda name, value: headers.update({name: value})):
        try:
            write(name, value)
        except ValueError:
            assert headers.raw == []
            return
    for part in headers.raw[0]:
        part.encode("latin-1")
        assert not set(part) & set("\r\n\0")
    assert headers.has(name)


def test_as_many_as_fit_into_a_head_are_read_in_linear_time(growth):
    def make(size):
        return Headers.from_pairs([(f"x-{number % (size // 2)}", "1") for number in range(size)])

    assert growth(lambda headers: list(headers.items()), make, 500) < 24
    assert growth(repr, make, 500) < 24
    assert growth(lambda headers: headers.get("x-1"), make, 500) < 24


def test_names_ignore_case_and_values_are_joined():
    headers = Headers([("Accept", "a/b"), ("accept", "c/d")])
    assert headers.get("ACCEPT") == "a/b, c/d"
    assert headers["Accept"] == "a/b, c/d"
    assert headers.get("x-none") is None
    assert headers.get("x-none", "fallback") == "fallback"


def test_items_are_sorted_with_each_set_cookie_by_itself():
    headers = Headers([("X-B", "1"), ("Set-Cookie", "a=1, x"), ("A", "2"), ("set-cookie", "b=2"), ("x-b", "3")])
    assert list(headers.items()) == [("a", "2"), ("set-cookie", "a=1, x"), ("set-cookie", "b=2"), ("x-b", "1, 3")]
    assert list(headers) == list(headers.keys()) == ["a", "set-cookie", "set-cookie", "x-b"]
    assert list(headers.values()) == ["2", "a=1, x", "b=2", "1, 3"]
    assert headers.get_set_cookie() == ["a=1, x", "b=2"]
    assert len(headers) == 4


def test_raw_keeps_the_order_and_is_a_copy():
    headers = Headers([("X-B", "1"), ("A", "2")])
    headers.raw.clear()
    assert headers.raw == [("x-b", "1"), ("a", "2")]


def test_set_keeps_the_place_of_the_first():
    headers = Headers([("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")])
    headers.set("A", "5")
    assert headers.raw == [("a", "5"), ("b", "2"), ("c", "4")]


def test_it_is_a_mutable_mapping():
    headers = Headers({"A": "1"})
    headers.update({"B": "2"})
    assert headers.setdefault("c", "3") == "3"
    assert headers.pop("b") == "2"
    assert dict(headers) == {"a": "1", "c": "3"}
    assert isinstance(headers, Mapping)
    with pytest.raises(KeyError):
        headers["b"]
    with pytest.raises(KeyError):
        del headers["b"]


def test_equality_is_by_content():
    assert Headers([("a", "1"), ("b", "2")]) == Headers([("B", "2"), ("A", "1")])
    assert Headers({"Content-Type": "x"}) == {"content-type": "x"}
    assert Headers({"a": "1"}) != Headers({"a": "2"})
    assert Headers({"a": "1"}) != 5


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "a\nb", "a\0b"])
def test_a_value_cannot_end_its_line(value):
    with pytest.raises(ValueError, match="x-evil"):
        Headers().append("X-Evil", value)


def test_a_value_beyond_latin_1_is_refused_with_the_fix():
    with pytest.raises(ValueError, match=r"location.*'✓'.*percent-encode"):
        Headers({"location": "/✓"})


def test_latin_1_and_inner_tabs_are_values():
    assert Headers({"x": " caf\xe9\t1 "}).get("x") == "caf\xe9\t1"


@pytest.mark.parametrize("name", ["", "a b", "a:", "é", "a\n"])
def test_a_name_is_a_token(name):
    with pytest.raises(ValueError, match="cannot be a header name"):
        Headers().set(name, "1")


def test_a_number_is_refused_with_the_fix():
    with pytest.raises(TypeError, match=r"x-count takes a str, not int: write str"):
        Headers().set("x-count", 5)
    with pytest.raises(TypeError, match="name is a str"):
        Headers({5: "x"})


@pytest.mark.parametrize("init", ["a: b", ["ab"], [("a", "b", "c")], 5, [5]])
def test_what_is_no_pairs_is_refused(init):
    with pytest.raises(TypeError, match="pairs"):
        Headers(init)


def test_the_repr_keeps_secrets():
    shown = repr(
        Headers({"Authorization": "Bearer s3cret", "Cookie": "a=s3cret", "Set-Cookie": "s3cret=1", "X": "seen"})
    )
    assert "s3cret" not in shown
    assert "seen" in shown
    assert "s3cret" not in repr(Headers({"proxy-authorization": "s3cret"}))


def test_frozen_headers_are_a_view_that_cannot_be_written():
    headers = Headers({"a": "1"})
    frozen = headers.frozen()
    headers.set("b", "2")
    assert frozen.get("b") == "2"
    for write in (
        lambda: frozen.set("c", "3"),
        lambda: frozen.append("c", "3"),
        lambda: frozen.delete("a"),
        lambda: frozen.update({"c": "3"}),
        lambda: frozen.pop("a"),
    ):
        with pytest.raises(TypeError, match="read-only"):
            write()
    copy = frozen.copy()
    copy.set("c", "3")
    assert not headers.has("c")


def test_of_credentials_sent_twice_the_first_counts():
    headers = Headers.from_pairs([("authorization", "A"), ("authorization", "B"), ("host", "x"), ("host", "y")])
    assert headers.get("authorization") == "A"
    assert Headers.from_pairs([("content-type", "a/b"), ("content-type", "c/d")]).get("content-type") == "a/b"
    assert dict(headers.items()) == {"authorization": "A", "host": "x"}


def test_cookie_fields_are_joined_by_semicolons():
    assert Headers([("cookie", "a=1"), ("cookie", "b=2")]).get("cookie") == "a=1; b=2"


def test_copies_are_independent():
    headers = Headers({"a": "1"})
    copied, rewrapped = headers.copy(), Headers(headers)
    headers.set("a", "2")
    assert copied.get("a") == rewrapped.get("a") == "1"
