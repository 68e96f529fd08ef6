from __future__ import annotations

import json
import sys
from contextlib import suppress
from types import SimpleNamespace

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.errors import HTTPError
from notebook_routes.web import URL, URLSearchParams, json_bytes
from notebook_routes.web.url import _maker, refuse_upwards

FULL = "http://user:pa%20ss@Example.com:8080/a/../b c?x=1&y=%20#frag"


def test_the_parts():
    url = URL(FULL)
    assert url.href == str(url) == "http://user:pa%20ss@example.com:8080/b%20c?x=1&y=%20#frag"
    parts = {
        "origin": "http://example.com:8080",
        "protocol": "http:",
        "username": "user",
        "password": "pa%20ss",
        "host": "example.com:8080",
        "hostname": "example.com",
        "port": "8080",
        "pathname": "/b%20c",
        "search": "?x=1&y=%20",
        "hash": "#frag",
    }
    assert {name: getattr(url, name) for name in parts} == parts


def test_every_part_can_be_changed():
    url = URL("http://a/")
    for name, value in {
        "protocol": "https:",
        "username": "u",
        "password": "p",
        "hostname": "b.example",
        "port": 8443,
        "pathname": "/é",
        "search": "q=1",
        "hash": "top",
    }.items():
        setattr(url, name, value)
    assert url.href == "https://u:p@b.example:8443/%C3%A9?q=1#top"
    url.host = "c:1"
    assert url.host == "c:1"
    url.href = "http://d/"
    assert url.href == "http://d/"


def test_a_relative_url_needs_a_base():
    assert URL("../x?y", base="http://a/b/c/d").href == "http://a/b/x?y"
    assert URL("/x", base=URL("http://a/b")).href == "http://a/x"
    with pytest.raises(ValueError, match=r"'/x' is no absolute URL; .*base=request.url"):
        URL("/x")
    with pytest.raises(ValueError, match="'http://a b/' is no URL: its host or its port cannot be one"):
        URL("http://a b/")
    with pytest.raises(ValueError, match="the base 'b' is no absolute URL"):
        URL("/x", base="b")
    assert URL.parse("/x") is None
    assert not URL.can_parse("/x")
    assert URL.can_parse("/x", "http://a")


def test_a_part_that_cannot_be_is_refused():
    url = URL("http://a/")
    with pytest.raises(ValueError, match="'x y' cannot be the host"):
        url.host = "x y"
    with pytest.raises(TypeError, match="pathname of a URL is a str"):
        url.pathname = 5
    assert url.href == "http://a/"


def test_search_params_and_search_follow_each_other():
    url = URL("http://a/?q=1")
    params = url.search_params
    params.append("q", "a b")
    assert url.href == "http://a/?q=1&q=a+b"
    url.search = "?z=9"
    assert list(params) == [("z", "9")]
    url.href = "http://b/?y=8"
    assert url.search_params is params
    assert list(params) == [("y", "8")]
    params.delete("y")
    assert url.href == "http://b/"


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=4))
def test_any_search_params_survive_the_url(pairs):
    url = URL("http://a/")
    for name, value in pairs:
        url.search_params.append(name, value)
    assert list(URLSearchParams(url.search)) == list(url.search_params)


def test_clones_equality_and_json():
    url = URL("http://a/?q=1")
    copy = url.clone()
    copy.search_params.set("q", 2)
    assert url.href == "http://a/?q=1"
    assert url == URL("http://a/?q=1")
    assert url != copy
    assert json.loads(json_bytes({"url": url})) == {"url": "http://a/?q=1"}


def test_the_repr_keeps_the_password():
    assert "pa%20ss" not in repr(URL(FULL))
    assert "user" in repr(URL(FULL))


def test_under_pyodide_the_platform_parses(monkeypatch, request):
    class JsException(Exception):
        pass

    class PlatformURL:
        @staticmethod
        def new(*arguments):
            try:
                return ada_url.URL(*arguments)
            except ValueError as problem:
                raise JsException(str(problem)) from None

    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setitem(sys.modules, "js", SimpleNamespace(URL=PlatformURL))
    request.addfinalizer(_maker.cache_clear)
    _maker.cache_clear()
    assert URL("/x?y=1", base="http://a").search_params.get("y") == "1"
    with pytest.raises(ValueError, match="no absolute URL"):
        URL("/x")


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["http:", "//", "a", ":", "@", "[", "]", "/", "..", "%", "?", "#", "\\"])).map("".join)
)
def test_any_text_is_a_url_or_a_value_error(text):
    for base in (None, "http://a/b/c"):
        try:
            url = URL(text, base)
        except ValueError:
            assert not URL.can_parse(text, base)
            continue
        assert URL(url.href) == url
        assert url.href.isascii()


@given(
    st.sampled_from(["href", "protocol", "username", "host", "hostname", "port", "pathname", "search", "hash"]),
    st.text(max_size=20),
)
def test_any_text_is_a_part_or_a_value_error(part, text):
    url = URL("http://a/b?c#d")
    with suppress(ValueError):
        setattr(url, part, text)
    assert URL(url.href) == url


SPELLINGS = ["..", ".", "%2e", "%2E.", "/", "\\", "a", "\t", "\n", " ", "?", "#", "%2f", "é", "\0", "%"]


@given(st.lists(st.sampled_from(SPELLINGS), max_size=8).map("".join))
def test_what_does_not_lead_upwards_stays_below(text):
    """Whatever is put behind a path, it stays there, or is refused."""
    for before in ("/files/", "http://a/files/"):
        with suppress(HTTPError):
            refuse_upwards(before + text)
            assert URL(before + text, "http://a/x").pathname.startswith("/files/")


@pytest.mark.parametrize(
    "url", ["/a/..b", "/a/...", "/a?x=../b", "/a#/../b", "/a/b..", "/a/%2f..%2fb", "/", "", "?../a"]
)
def test_dots_that_lead_nowhere_are_let_pass(url):
    refuse_upwards(url)


def test_urls_are_read_in_linear_time(growth):
    for piece in ("/..", "/a", "%2e%2e/", "\t", "?", "&a=1"):
        make = lambda size, piece=piece: "http://a/" + piece * size  # noqa: E731
        assert growth(URL, make, 5000) < 24
        assert growth(lambda url: list(URL(url).search_params), make, 1000) < 24

        def refused(url):
            with suppress(HTTPError):
                refuse_upwards(url)

        assert growth(refused, make, 5000) < 24
