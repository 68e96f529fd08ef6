from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.web import Cookie, Headers, RequestCookies
from notebook_routes.web.cookie import encode_value

NAMES = st.text("aZ0!#$&'*+-.^_`|~", min_size=1, max_size=5)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.dictionaries(NAMES, TEXT, max_size=5))
def test_cookies_come_back(values):
    header = "; ".join(f"{name}={encode_value(value)}" for name, value in values.items())
    assert {cookie.name: cookie.value for cookie in RequestCookies(header)} == values


@given(st.text(max_size=30))
def test_nothing_is_an_error(header):
    for cookie in RequestCookies(header):
        assert isinstance(cookie.value, str)


@given(st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n\0"), max_size=30))
def test_what_a_client_sent_can_be_sent_on(header):
    written = str(RequestCookies(header))
    assert Headers({"cookie": written}).get("cookie") == written.strip(" \t\r\n")


def test_many_are_read_in_linear_time(growth):
    for piece in ("a{}=1; ", ";", " ", "=", "%41", "a=%4;"):
        make = lambda size, piece=piece: "".join(piece.format(number) for number in range(size))  # noqa: E731
        assert growth(lambda header: str(RequestCookies(header)), make, 1000) < 24


@pytest.mark.parametrize(
    ("header", "pairs"),
    [
        ("a=1; b=2", [("a", "1"), ("b", "2")]),
        ("a=1; a=2", [("a", "2")]),
        ("a=1; b=2; a=3", [("a", "3"), ("b", "2")]),
        ('a="quoted"', [("a", '"quoted"')]),
        ("a=%E0%A4%A; b=1", [("b", "1")]),
        ("a=100%; b=%zz; c=1", [("c", "1")]),
        ("a", [("a", "true")]),
        ("=x", [("", "x")]),
        ("a=1=2", [("a", "1=2")]),
        ("a= 1 ; b=2", [("a", " 1 "), ("b", "2")]),
        ("A=1; a=2", [("A", "1"), ("a", "2")]),
        ("a=b+c", [("a", "b+c")]),
        ("a=1,b=2", [("a", "1,b=2")]),
        ("a=1;;b=2", [("a", "1"), ("b", "2")]),
        ("a=%C3%A9%20", [("a", "é ")]),
        ("a=", [("a", "")]),
        ("", []),
    ],
)
def test_parsing(header, pairs):
    assert [(cookie.name, cookie.value) for cookie in RequestCookies(header)] == pairs


def test_reading():
    cookies = RequestCookies("a=1; b=2")
    assert cookies.get("a") == cookies["a"] == Cookie(name="a", value="1")
    assert cookies.get("c") is None
    assert cookies.value("a") == "1"
    assert cookies.value("c", "none") == "none"
    assert cookies.get_all("b") == [Cookie(name="b", value="2")]
    assert len(cookies) == cookies.size == len(cookies.get_all()) == 2
    assert cookies.has("a")
    assert "c" not in cookies
    with pytest.raises(KeyError):
        cookies["c"]


def test_changing():
    cookies = RequestCookies("a=1; b=2; c=3")
    cookies.set("a", "9")
    assert cookies.value("a") == "9"
    assert cookies.delete("a")
    assert not cookies.delete("a")
    assert cookies.delete(["b", "x"])
    assert [cookie.name for cookie in cookies] == ["c"]
    cookies.clear()
    assert len(cookies) == 0


def test_the_repr_shows_no_values():
    assert repr(RequestCookies("session=s3cret")) == "RequestCookies(session)"
