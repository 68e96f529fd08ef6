from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notebook_routes.web import Cookie
from notebook_routes.web.cookie import as_expiry, as_seconds, decode_value, encode_value

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
# Hypothesis takes its bounds without a timezone.
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see above
PLAIN = st.text("abc/.-_09", min_size=1, max_size=8)
COOKIES = st.builds(
    Cookie,
    name=st.text("aZ0!#$%&'*+-.^_`|~", min_size=1, max_size=6),
    value=TEXT,
    path=st.none() | PLAIN,
    expires=st.none() | MOMENTS.map(lambda moment: moment.replace(microsecond=0)),
    domain=st.none() | PLAIN,
    secure=st.booleans(),
    http_only=st.booleans(),
    same_site=st.sampled_from([None, "strict", "lax", "none"]),
    partitioned=st.booleans(),
    priority=st.sampled_from([None, "low", "medium", "high"]),
)


@given(COOKIES)
def test_a_cookie_survives_set_cookie(cookie):
    assert Cookie.from_set_cookie(cookie.to_set_cookie()) == cookie


@given(TEXT)
def test_a_value_survives_its_encoding(value):
    written = encode_value(value)
    assert decode_value(written) == value
    assert written.isascii()
    assert not set(written) & set(' ;,"\\%') - {"%"}


def test_the_attributes_stand_in_their_order():
    cookie = Cookie(
        name="a",
        value='a b;c,d="fé%',
        path="/x",
        expires=datetime(2030, 1, 1, tzinfo=UTC),
        max_age=10,
        domain="example.com",
        secure=True,
        http_only=True,
        same_site="lax",
        partitioned=True,
        priority="high",
    )
    assert cookie.to_set_cookie() == (
        "a=a%20b%3Bc%2Cd%3D%22f%C3%A9%25; Path=/x; Expires=Tue, 01 Jan 2030 00:00:00 GMT; Max-Age=10; "
        "Domain=example.com; Secure; HttpOnly; SameSite=lax; Partitioned; Priority=high"
    )


def test_max_age_also_sends_expires():
    before = datetime.now(UTC).replace(microsecond=0)
    read = Cookie.from_set_cookie(Cookie(name="a", value="1", max_age=60).to_set_cookie())
    assert read.max_age == 60
    assert timedelta(seconds=59) <= read.expires - before <= timedelta(seconds=65)


@pytest.mark.parametrize("name", ["", "na me", "a;b", "é", "a=b"])
def test_an_illegal_name_is_refused(name):
    with pytest.raises(ValueError, match="cannot be a cookie's name"):
        Cookie(name=name, value="1").to_set_cookie()


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("path", "/a; Domain=evil"), ("domain", "a\nb"), ("path", "/é"), ("same_site", "maybe"), ("priority", "top")],
)
def test_an_illegal_attribute_is_refused(attribute, value):
    with pytest.raises(ValueError, match=attribute):
        Cookie(name="a", value="1", **{attribute: value}).to_set_cookie()


def test_reading_a_line_of_somebody_else():
    cookie = Cookie.from_set_cookie(
        'sid="q"; expires=Wed, 21 Oct 2037 07:28:00 GMT ;PATH=/; max-age=x; Foo=bar; HTTPOnly'
    )
    assert cookie.as_dict() == {
        "name": "sid",
        "value": '"q"',
        "path": "/",
        "expires": datetime(2037, 10, 21, 7, 28, tzinfo=UTC),
        "http_only": True,
    }
    assert Cookie.from_set_cookie("a=%zz; Expires=soon").as_dict() == {"name": "a", "value": "%zz"}


@pytest.mark.parametrize(
    ("text", "value"), [("a+b", "a+b"), ("%E0%A4%A", None), ("%ff", None), ("%C3%A9", "é"), ("1=2", "1=2")]
)
def test_decoding(text, value):
    assert decode_value(text) == value


def test_expiry_needs_a_timezone():
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    assert as_expiry(moment) is moment
    assert as_expiry(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert as_expiry(None) is None
    with pytest.raises(ValueError, match="no timezone"):
        as_expiry(datetime(2030, 1, 1))  # noqa: DTZ001 - naive on purpose
    with pytest.raises(TypeError, match="not str"):
        as_expiry("tomorrow")


def test_max_age_is_seconds_or_a_timedelta():
    assert as_seconds(timedelta(minutes=1)) == as_seconds(60.9) == 60
    with pytest.raises(TypeError, match="not str"):
        as_seconds("60")


def test_what_tells_cookies_apart():
    assert (
        Cookie(name="a", value="1", domain=".Example.com").key == Cookie(name="a", value="2", domain="example.com").key
    )
    assert Cookie(name="a", value="1", path="/x").key != Cookie(name="a", value="1", path="/y").key


ATTRIBUTES = st.sampled_from(["expires", "max-age", "path", "samesite", "secure", "domain"])
DATES = st.text("MonJan ,:+-0123456789GMT", max_size=40)


@given(st.text(max_size=40) | st.builds("a=1; {}={}".format, ATTRIBUTES, st.text(max_size=20) | DATES))
@example("a=1; expires=Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
@example("a=1; expires=Mon, 01 Jan 2000 00:00:00 +99999999999999999999")
@example(f"a=1; expires=Mon, 01 Jan 2000 {'1' * 5000}:00:00")
@example("a=1; max-age=" + "9" * 5000)
def test_any_line_is_read(line):
    cookie = Cookie.from_set_cookie(line)
    assert isinstance(cookie.name, str)
    assert cookie.has_ended() in (True, False)


def test_long_lines_are_read_in_linear_time(growth):
    for piece in ("a=1; ", ";", " ", "=", "%41", "expires=Mon, 01 Jan 2000 00:00:00 GMT;"):
        assert growth(Cookie.from_set_cookie, lambda size, piece=piece: "a=" + piece * size, 1000) < 24
