from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.servers.request_target import InvalidTarget, origin_form
from notebook_routes.web import URL

SEGMENTS = st.sampled_from(["", ".", "..", "%2e", "%2E", ".%2e", "%2E%2e", "...", "a", ".a", "b.", "%41", "c d"])


@given(st.lists(SEGMENTS, min_size=1, max_size=6))
def test_dots_are_resolved_as_the_url_standard_has_it(segments):
    path = "/" + "/".join(segments)
    target, host = origin_form("GET", path)
    assert host is None
    assert target.replace(" ", "%20") == URL(f"http://x{path}").pathname


@given(st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=12))
def test_any_path_is_ascii_afterwards_and_stays_as_it_is(text):
    target, _ = origin_form("GET", "/" + text)
    assert target.isascii()
    assert target.startswith("/")
    assert "#" not in target
    assert origin_form("GET", target) == (target, None)


@pytest.mark.parametrize(
    ("given", "target", "host"),
    [
        ("/", "/", None),
        ("/a?b=../c", "/a?b=../c", None),
        ("/a/../b?c", "/b?c", None),
        ("/a#b?c", "/a", None),
        ("//evil.example/x", "//evil.example/x", None),
        ("/\xc3\xa9?\xc3\xa9", "/%C3%A9?%C3%A9", None),
        ("http://h", "/", "h"),
        ("http://h:1/a/./b?c=d", "/a/b?c=d", "h:1"),
        ("https://h?a=1", "/?a=1", "h"),
        ("http://user:pw@h:1/", "/", "h:1"),
        ("HTTP://[::1]:1/x", "/x", "[::1]:1"),
    ],
)
def test_the_forms(given, target, host):
    assert origin_form("GET", given) == (target, host)


@pytest.mark.parametrize("target", ["*", "h:80", "a/b", "http:/x", "http://", "ftp://h/", "http://[::1", "://h/", ""])
def test_what_is_no_target(target):
    with pytest.raises(InvalidTarget, match="OPTIONS needs"):
        origin_form("OPTIONS", target)


@given(st.text(st.characters(max_codepoint=0xFF), max_size=20) | st.text("http://[]@:a/.%2e?#\\", max_size=20))
def test_any_target_is_a_path_or_refused(target):
    try:
        path, host = origin_form("GET", target)
    except InvalidTarget:
        return
    assert path.startswith("/")
    assert path.isascii()
    assert host is None or "/" not in host


def test_long_targets_are_read_in_linear_time(growth):
    for piece in ("/..", "/a", "/%2e%2e/a", "é", "?"):
        assert (
            growth(lambda target: origin_form("GET", target), lambda size, piece=piece: "/." + piece * size, 1000) < 24
        )
