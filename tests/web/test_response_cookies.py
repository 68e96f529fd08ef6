from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notebook_routes.web import Cookie, Headers, ResponseCookies

EPOCH = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"


def lines(*steps):
    headers = Headers()
    cookies = ResponseCookies(headers)
    for step in steps:
        step(cookies)
    return headers.get_set_cookie()


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([lambda c: c.set("a", "1")], ["a=1; Path=/"]),
        ([lambda c: c.set({"name": "a", "value": "1", "path": "/x"})], ["a=1; Path=/x"]),
        ([lambda c: c.set(Cookie(name="a", value="1"))], ["a=1; Path=/"]),
        ([lambda c: c.set("a", "", expires=0)], [f"a=; Path=/; {EPOCH}"]),
        ([lambda c: c.set("sp", 'a b;c,d="fé%')], ["sp=a%20b%3Bc%2Cd%3D%22f%C3%A9%25; Path=/"]),
        ([lambda c: c.set("a", "1", path="")], ["a=1"]),
        ([lambda c: c.set("a", "1", same_site="none")], ["a=1; Path=/; SameSite=none"]),
        ([lambda c: c.set("a", "1"), lambda c: c.set("a", "2")], ["a=2; Path=/"]),
        (
            [lambda c: c.set("a", "1"), lambda c: c.set("b", "2"), lambda c: c.set("a", "3")],
            ["a=3; Path=/", "b=2; Path=/"],
        ),
        (
            [lambda c: c.set("a", "1", path="/x"), lambda c: c.set("a", "2", path="/y")],
            ["a=1; Path=/x", "a=2; Path=/y"],
        ),
        ([lambda c: c.delete("a")], [f"a=; Path=/; {EPOCH}"]),
        ([lambda c: c.delete("a", path="/x", domain="example.com")], [f"a=; Path=/x; {EPOCH}; Domain=example.com"]),
        ([lambda c: c.set("a", "1"), lambda c: c.delete("a")], [f"a=; Path=/; {EPOCH}"]),
        ([lambda c: c.delete("a"), lambda c: c.set("a", "1")], ["a=1; Path=/"]),
        ([lambda c: c.delete("__Host-s")], [f"__Host-s=; Path=/; {EPOCH}; Secure"]),
        ([lambda c: c.set("a", 5)], ["a=5; Path=/"]),
        ([lambda c: c.set("a", True)], ["a=true; Path=/"]),
        ([lambda c: c.set("a")], ["a=; Path=/"]),
        (
            [lambda c: c.set("a", "1", expires=datetime(2030, 1, 1, tzinfo=UTC))],
            ["a=1; Path=/; Expires=Tue, 01 Jan 2030 00:00:00 GMT"],
        ),
    ],
)
def test_what_is_sent(steps, expected):
    assert lines(*steps) == expected


@pytest.mark.parametrize(
    "cookie", [{"name": "a", "path": "/x", "domain": "e.com"}, Cookie(name="a", value="1", path="/x", domain="e.com")]
)
def test_a_whole_cookie_can_be_deleted(cookie):
    assert lines(lambda c: c.delete(cookie)) == [f"a=; Path=/x; {EPOCH}; Domain=e.com"]


def test_a_cookie_for_ever_ends_with_the_last_year_of_four_digits():
    (line,) = lines(lambda c: c.set("a", "1", max_age=10**12))
    assert line == "a=1; Path=/; Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=1000000000000"


def test_max_age_also_sends_expires():
    for age in (10, timedelta(seconds=10)):
        (line,) = lines(lambda cookies, age=age: cookies.set("a", "1", max_age=age))
        assert re.fullmatch(r"a=1; Path=/; Expires=[^;]+ GMT; Max-Age=10", line)
    assert lines(lambda cookies: cookies.set("a", "", max_age=0)) == ["a=; Path=/; Max-Age=0"]


def test_max_age_wins_over_expires():
    (line,) = lines(lambda cookies: cookies.set("a", "1", max_age=10, expires=datetime(2100, 1, 1, tzinfo=UTC)))
    assert re.fullmatch(r"a=1; Path=/; Expires=[^;]+ 20[2-9]\d [^;]+ GMT; Max-Age=10", line)


def test_headers_written_by_hand_are_seen_and_kept():
    headers = Headers([("Set-Cookie", "raw=%zz;httponly"), ("Set-Cookie", "a=1; Path=/")])
    cookies = ResponseCookies(headers)
    assert cookies.value("raw") == "%zz"
    cookies.set("a", "2")
    assert headers.get_set_cookie() == ["raw=%zz;httponly", "a=2; Path=/"]


def test_a_cookie_set_twice_by_hand_becomes_one():
    headers = Headers([("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=1"), ("Set-Cookie", "a=2; Path=/")])
    ResponseCookies(headers).set("a", "3")
    assert headers.get_set_cookie() == ["a=3; Path=/", "b=1"]


def test_reading():
    cookies = ResponseCookies(Headers())
    cookies.set("a", "1 2", path="/x")
    cookies.set("a", "3", path="/y")
    assert cookies.get("a") == cookies["a"] == Cookie(name="a", value="3", path="/y")
    assert [cookie.value for cookie in cookies.get_all("a")] == ["1 2", "3"]
    assert cookies.value("b", "none") == "none"
    assert cookies.has("a")
    assert "b" not in cookies
    assert len(cookies) == cookies.size == len(list(cookies)) == 2
    assert repr(cookies) == "ResponseCookies(a, a)"
    with pytest.raises(KeyError):
        cookies["b"]


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (lambda c: c.set("na me", "x"), ValueError, "'na me' cannot be a cookie's name"),
        (lambda c: c.set("a", {"x": 1}), TypeError, "'a' takes a str or a number, not dict"),
        (lambda c: c.set(5, "x"), TypeError, "name is a str"),
        (lambda c: c.set("a", "1", same_site="true"), ValueError, "same_site"),
        (lambda c: c.set("a", "1", expires=datetime(2030, 1, 1)), ValueError, "timezone"),  # noqa: DTZ001 - on purpose
        (lambda c: c.set("a", "1", expires=1_700_000_000_000), ValueError, "seconds since 1970, not milliseconds"),
        (lambda c: c.set("a", "1", expires=-1e12), ValueError, "seconds since 1970"),
        (lambda c: c.set("a", "1", expires=float("nan")), ValueError, "seconds since 1970"),
        (lambda c: c.set("a", "1", max_age=float("inf")), ValueError, "max_age is a number of seconds, not inf"),
        (lambda c: c.delete(5), TypeError, "name is a str"),
        (lambda c: c.delete(["a", "b"]), TypeError, "name is a str, not list"),
    ],
)
def test_mistakes_change_nothing(step, error, message):
    headers = Headers()
    with pytest.raises(error, match=message):
        step(ResponseCookies(headers))
    assert headers.raw == []


WORDS = st.text(max_size=6) | st.text("a;=,\r\n\0 \t/é", max_size=4)


@given(
    WORDS, WORDS, st.fixed_dictionaries({}, optional=dict.fromkeys(["path", "domain", "same_site", "priority"], WORDS))
)
@example("a", "1\r\nSet-Cookie: b=2", {})
@example("a\r\nb", "1", {})
@example("a", "1", {"path": "/\r\nSet-Cookie: b=2"})
@example("a", "1", {"domain": "x; Secure"})
@example("a", "1", {"same_site": "lax\r\nb"})
def test_whatever_is_given_one_cookie_is_set_or_none(name, value, attributes):
    headers = Headers()
    try:
        ResponseCookies(headers).set(name, value, **attributes)
    except ValueError:
        assert headers.raw == []
        return
    (line,) = headers.get_set_cookie()
    assert line.isascii()
    assert line.isprintable()
    names = [part.partition("=")[0] for part in line.split("; ")]
    assert names[0] == name
    assert set(names[1:]) <= {"Path", "Domain", "SameSite", "Priority"}
    assert Cookie.from_set_cookie(line).value == value


@pytest.mark.parametrize("write", ["set", "delete"])
@pytest.mark.parametrize("path", ["/\r\nX: 1", "/a;b", "/\n", "/\0"])
def test_an_attribute_cannot_end_its_line(write, path):
    headers = Headers()
    with pytest.raises(ValueError, match="path of cookie 'a'"):
        getattr(ResponseCookies(headers), write)("a", path=path)
    assert headers.raw == []
